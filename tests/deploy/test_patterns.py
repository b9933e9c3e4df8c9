"""Globs of Argo CD: what they take, and that hostile ones end."""

import time
from fnmatch import fnmatchcase

import pytest

from scclint.deploy.patterns import matches
from scclint.limits import MAX_GLOB


@pytest.mark.parametrize(
    ("pattern", "takes", "leaves"),
    [
        ("*.yaml", ["a.yaml", "b/a.yaml", ".yaml"], ["a.yml", "a.yaml.txt", ""]),
        ("{a,b}.yaml", ["a.yaml", "b.yaml"], ["ab.yaml", ".yaml", "{a,b}.yaml"]),
        ("{,a}b", ["b", "ab"], ["a", "aab"]),
        ("{a,{b,c}d}e", ["ae", "bde", "cde"], ["be", "de", "ade"]),
        ("x{*.yaml,**/y}z", ["x.yamlz", "xa/yz", "xa/b.yamlz"], ["xyz", "xz"]),
        ("[a-c]?[!x]", ["a1y", "c/z"], ["d1y", "a1x", "a1"]),
        ("[a-cz].yaml", ["b.yaml", "z.yaml"], ["y.yaml"]),
        (r"\{a\}\*", ["{a}*"], ["a", "{a}b"]),
        ("a,b}", ["a,b}"], ["a"]),
        ("a{b", ["ab"], ["a{b", "a"]),
        ("", [""], ["a"]),
        ("é?", ["éü"], ["é"]),
    ],
)
def test_what_a_glob_takes(pattern: str, takes: list[str], leaves: list[str]) -> None:
    assert [text for text in (*takes, *leaves) if matches(pattern, text)] == takes


@pytest.mark.parametrize(
    ("pattern", "takes", "leaves"),
    [
        ("*/c.json", ["a/c.json"], ["c.json", "a/b/c.json"]),
        ("**/c.json", ["c.json", "a/c.json", "a/b/c.json"], ["a/xc.json", "c.json/a"]),
        ("a/**/c.json", ["a/c.json", "a/b/d/c.json"], ["a/xc.json", "b/a/c.json", "ac.json"]),
        ("a/**", ["a/b", "a/b/c"], ["b/a"]),
        ("a/{b,c/*}/d", ["a/b/d", "a/c/x/d"], ["a/c/d", "a/c/x/y/d"]),
        ("a?b", ["axb"], ["a/b"]),
    ],
)
def test_what_a_glob_of_paths_takes(pattern: str, takes: list[str], leaves: list[str]) -> None:
    assert [text for text in (*takes, *leaves) if matches(pattern, text, folders=True)] == takes


@pytest.mark.parametrize("pattern", ["*a*b?", "*[ab]*", "a*?*b", "**", "?*"])
def test_globs_without_alternatives_are_those_of_python(pattern: str) -> None:
    texts = [f"{a}{b}{c}{d}" for a in ("", "a", "b") for b in ("", "/", "x") for c in ("", "ab", "b") for d in ("", "b", "c")]
    assert [text for text in texts if matches(pattern, text)] == [text for text in texts if fnmatchcase(text, pattern)]


@pytest.mark.parametrize("folders", [False, True])
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{a,b}" * 60, "x.yaml"),
        ("{a,aa}" * 60, "a" * 90 + "b"),
        ("{*a,*aa}" * 60 + "z", "a" * 200),
        ("*a" * 2_000 + "z", "a" * 200),
        ("**/" * 2_000 + "z", "a/" * 200),
        ("{" * 5_000, "x" * 200),
        ("{a," * 3_000, "x" * 200),
        ("[" * MAX_GLOB, "x" * 200),
        ("{a,b}" * 100_000, "a" * 100_000),
    ],
)
def test_a_hostile_glob_ends(pattern: str, text: str, folders: bool) -> None:
    start = time.process_time()
    assert not matches(pattern, text, folders=folders)
    assert time.process_time() - start < 1


def test_sixty_alternatives_take_each_text_that_they_stand_for() -> None:
    assert matches("{a,b}" * 60, "ab" * 30)
    assert not matches("{a,b}" * 60, "ab" * 29)
