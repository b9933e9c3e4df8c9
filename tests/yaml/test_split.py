"""Where documents begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.yaml.split import Chunk, split


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("", []),
        ("a: 1", [("a: 1", 1)]),
        ("---\na: 1\n---\nb: 2\n", [("---\na: 1\n", 1), ("---\nb: 2\n", 3)]),
        ("# lead\n---\na: 1", [("# lead\n---\na: 1", 1)]),
        ("a: 1\n...\nb: 2\n", [("a: 1\n...\n", 1), ("b: 2\n", 3)]),
        ("a: 1\n...\n# tail\n", [("a: 1\n...\n", 1)]),
        ("a: 1\n...\n%YAML 1.1\n# c\n---\nb: 1\n", [("a: 1\n...\n", 1), ("%YAML 1.1\n# c\n---\nb: 1\n", 3)]),
        ("---apiVersion: v1\n---b\n ---\n", [("---apiVersion: v1\n---b\n ---\n", 1)]),
        ("a\r\n---\r\nb", [("a\r\n", 1), ("---\r\nb", 2)]),
        ("--- {a: b}\n--- # c\nd: e\n---\tf\n---", [("--- {a: b}\n", 1), ("--- # c\nd: e\n", 2), ("---\tf\n", 4), ("---", 5)]),
        ("# a\u2028kind: Pod\n---\nb: 1", [("# a\u2028kind: Pod\n", 1), ("---\nb: 1", 2)]),
    ],
)
def test_split(text: str, chunks: list[tuple[str, int]]) -> None:
    assert list(split(text)) == chunks


LINES = ["---\n", "--- # c\n", "...\n", "a: 1\n", "# c\n", "\n", "%YAML 1.1\n", "--- x\r\n", "---x\n", "  y\n"]


@given(st.lists(st.sampled_from(LINES)))
def test_nothing_is_lost_but_what_follows_the_last_end(lines: list[str]) -> None:
    text = "".join(lines)
    chunks = list(split(text))
    joined = "".join(chunk.text for chunk in chunks)
    assert text.startswith(joined)
    assert all(line[0] in "#%\n" for line in text[len(joined) :].splitlines(keepends=True))
    line = 1
    for chunk in chunks:
        assert chunk.line == line and chunk.text
        line += chunk.text.count("\n")


@pytest.mark.parametrize("text", ["", "\n", "---", "---\n# c\n \n", "# c", "--- # c\n", "# c\r\n---\r\n", "---\n...\n"])
def test_empty(text: str) -> None:
    assert Chunk(text, 1).is_empty


@pytest.mark.parametrize("text", ["a", "--- a", "# c\u2028a: 1", "---\n%x", "---a", "~"])
def test_not_empty(text: str) -> None:
    assert not Chunk(text, 1).is_empty


def test_body_start() -> None:
    assert Chunk("# c\n--- # d\n\n  {}", 1).start == 15
    assert Chunk("--- {}", 1).start == 4
    assert Chunk("---a", 1).start == 0


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("---\n# Source: chart/templates/a b.yaml \nkind: Pod\n", "chart/templates/a b.yaml"),
        ("---\n# x\n# Source: c/t.yaml\r\nkind: Pod\n", "c/t.yaml"),
        ("---\nkind: Pod\n# Source: c/t.yaml\n", ""),
        ("---\n#Source: c/t.yaml\n", ""),
    ],
)
def test_helm_source(text: str, path: str) -> None:
    assert Chunk(text, 1).source == path
