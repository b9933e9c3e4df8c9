import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.report.snippet import Snippet, snippet
from scclint.report.text import SourceLines
from scclint.source import Span
from scclint.text import display_width


def shown(text: str, start: int, end: int) -> Snippet | None:
    return snippet(SourceLines({"f": text}).region(Span("f", 1, start, 1, end)))


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("  runAsUser: 0", 3, 15, ("  runAsUser: 0", 2, 12)),
        ("a:\tb: 1", 4, 8, ("a:  b: 1", 4, 4)),
        ("名前: x", 5, 6, ("名前: x", 6, 1)),
        ("e\u0301: x", 5, 6, ("e\u0301: x", 3, 1)),
        ("a\x1b[31m: x", 9, 10, ("a\\x1b[31m: x", 11, 1)),
        ("b: \x1b", 4, 5, ("b: \\x1b", 3, 4)),
        ("n: ##[error] x", 14, 15, ("n: ##\\[error] x", 14, 1)),
        ("- ::1", 3, 6, ("- ::1", 2, 3)),
        ("ab", 3, 3, ("ab", 2, 1)),
        ("ab ", 4, 4, ("ab ", 3, 1)),
        ("ab ", 1, 3, ("ab", 0, 2)),
    ],
)
def test_alignment(text: str, start: int, end: int, expected: tuple[str, int, int]) -> None:
    found = shown(text, start, end)
    assert found is not None
    assert found[:3] == expected


def test_long_lines_are_cut_around_the_place() -> None:
    text = "x" * 500 + "HERE" + "y" * 500
    found = shown(text, 501, 505)
    assert found is not None
    assert found.source[found.indent : found.indent + found.width] == "HERE"
    assert found.source[0] == found.source[-1] == "…"
    assert len(found.source) == 74
    head = shown("HERE" + "y" * 500, 1, 400)
    assert head == ("HERE" + "y" * 68 + "…", 0, 72, 0, 72)


def test_nothing_to_show() -> None:
    assert shown("", 1, 1) is None
    assert shown("   ", 1, 2) is None
    assert shown("x" + " " * 500 + "y", 200, 201) is None
    assert snippet(SourceLines({}).region(Span("f", 1, 1, 1, 2))) is None


@given(st.text(st.characters(codec=None, exclude_characters="\n")), st.integers(1, 200), st.integers(1, 200))
def test_marks_lie_below_the_line(text: str, start: int, end: int) -> None:
    found = shown(text, start, end)
    if found is not None:
        assert found.width >= 1
        assert 0 <= found.start <= found.end
        assert display_width(found.source[: found.start]) == found.indent
        assert all(c.isprintable() or c == "\u3000" for c in found.source)
        assert display_width(found.source) <= 10 * 98
