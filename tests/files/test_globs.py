"""Git-style globs."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scclint.files import globs as glob_module
from scclint.files.globs import path_filter


def matches(path: str, globs: list[str]) -> bool:
    return path_filter(globs)(path)


@pytest.mark.parametrize(
    ("glob", "taken", "left"),
    [
        ("*.yaml", ["a.yaml", "x/y/a.yaml", ".yaml"], ["a.yml", "a.yaml.j2"]),
        ("/*.yaml", ["a.yaml"], ["x/a.yaml"]),
        ("x/*.yaml", ["x/a.yaml"], ["x/y/a.yaml", "z/x/a.yaml"]),
        ("x/**/a.yaml", ["x/a.yaml", "x/y/a.yaml", "x/y/z/a.yaml"], ["x/ya.yaml", "a.yaml"]),
        ("**/testdata/*.yaml", ["testdata/a.yaml", "p/q/testdata/a.yaml"], ["mytestdata/a.yaml", "testdata/b/a.yaml"]),
        ("vendor", ["vendor/a.yaml", "x/vendor/y/a.yaml", "vendor"], ["vendors/a.yaml", "myvendor/a.yaml"]),
        ("vendor/", ["vendor/a.yaml", "x/vendor/a.yaml"], ["vendor", "x/vendor"]),
        ("x/**", ["x/a", "x/y/z"], ["x", "y/x/a"]),
        ("a?c", ["abc"], ["ac", "a/c", "abbc"]),
        ("[ab].yaml", ["a.yaml", "b.yaml"], ["c.yaml", "ab.yaml"]),
        ("[!ab].yaml", ["c.yaml"], ["a.yaml", "/.yaml"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("a[", ["a["], ["a"]),
        ("[z-a]", [], ["b"]),
        ("a**b", ["ab", "axb"], ["a/b"]),
        ("*a*b*c", ["abc", "xaxbxc", "aabbcc"], ["acb", "abcx"]),
        ("**/**/a", ["a", "b/a"], ["ab"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c", "a/b/b/c/c"], ["a/c/b", "b/a/c"]),
        ("**/a/b/**/c", ["a/b/c", "a/a/b/c", "x/a/b/a/b/x/c"], ["a/x/b/c"]),
        ("a.b", ["a.b"], ["axb"]),
        ("./x/a", ["x/a"], ["y/x/a"]),
        (".", ["a", "x/y"], []),
    ],
)
def test_table(glob: str, taken: list[str], left: list[str]) -> None:
    assert [path for path in taken if not matches(path, [glob])] == []
    assert [path for path in left if matches(path, [glob])] == []


def test_any_of_several() -> None:
    assert matches("b", ["a", "b"])
    assert not matches("b", [])


def test_a_filter_compiles_nothing_for_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = path_filter([f"folder-{number}/**/*.yaml" for number in range(2000)])
    monkeypatch.setattr(glob_module, "re", None)
    assert taken("folder-1999/a/b.yaml")
    assert not taken("folder-2000/a/b.yaml")


PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "**"])
GLOBS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "aab"]), min_size=1, max_size=4).map("/".join)


@settings(max_examples=12)
@given(globs=st.lists(GLOBS, min_size=8, max_size=8), paths=st.lists(PATHS, min_size=8, max_size=8, unique=True))
def test_agrees_with_git(tmp_path_factory: pytest.TempPathFactory, globs: list[str], paths: list[str]) -> None:
    repository: Path = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    for glob in globs:
        (repository / ".git" / "info" / "exclude").write_text(glob + "\n", encoding="utf-8")
        ignored = subprocess.run(
            ["git", "-c", "core.excludesFile=", "-C", str(repository), "check-ignore", "--no-index", "--stdin"],
            input="\n".join(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        assert [p for p in paths if matches(p, [glob])] == ignored.stdout.split(), glob
    assert [p for p in paths if matches(p, globs)] == [p for p in paths if any(matches(p, [glob]) for glob in globs)]
