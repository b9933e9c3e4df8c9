import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.report.text import Region, SourceLines
from scclint.source import Span

TEXT = "\ufeffa: é🔥 b\r\nsecond\u2028still\rsecond\nlast"


@pytest.mark.parametrize(
    ("span", "region", "utf16", "utf8"),
    [
        (Span("f", 1, 4, 1, 6), Region(1, 4, 6, "a: é🔥 b"), (4, 7), (4, 10)),
        (Span("f", 1, 7, 1, 8), Region(1, 7, 8, "a: é🔥 b"), (8, 9), (11, 12)),
        (Span("f", 1, 4, 3, 2), Region(1, 4, 8, "a: é🔥 b"), (4, 9), (4, 12)),
        (Span("f", 2, 8, 2, 13), Region(2, 8, 13, "second\u2028still\rsecond"), (8, 13), (10, 15)),
        (Span("f", 3, 1, 3, 1), Region(3, 1, 2, "last"), (1, 2), (1, 2)),
        (Span("f", 3, 5, 3, 5), Region(3, 5, 5, "last"), (5, 5), (5, 5)),
        (Span("f", 3, 90, 3, 99), Region(3, 5, 5, "last"), (5, 5), (5, 5)),
        (Span("f", 0, 0, 0, 0), Region(1, 1, 2, "a: é🔥 b"), (1, 2), (1, 2)),
        (Span("f", 9, 3, 9, 5), Region(9, 3, 5, None), (3, 5), (3, 5)),
        (Span("f", 9, 3, 10, 5), Region(9, 3, None, None), (3, None), (3, None)),
        (Span("other", 0, 0, 0, 0), Region(1, 1, 1, None), (1, 1), (1, 1)),
    ],
)
def test_region(span: Span, region: Region, utf16: tuple[int, int | None], utf8: tuple[int, int | None]) -> None:
    lines = SourceLines({"f": TEXT})
    assert lines.region(span) == region
    assert lines.utf16(span) == utf16
    assert lines.utf8(span) == utf8


@given(st.text("a🔥é\n\r"), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_region_lies_in_its_line(text: str, line: int, column: int, end_line: int, end_column: int) -> None:
    lines, span = SourceLines({"f": text}), Span("f", line, column, end_line, end_column)
    region = lines.region(span)
    assert region.line >= 1
    assert region.start >= 1
    assert region.end is None or region.start <= region.end
    if region.text is not None:
        assert region.end is not None
        assert region.end <= len(region.text) + 1
        covered = region.text[region.start - 1 : region.end - 1]
        start, end = lines.utf16(span)
        units = region.text.encode("utf-16-le")[(start - 1) * 2 : ((end or 0) - 1) * 2]
        assert units.decode("utf-16-le") == covered
        start, end = lines.utf8(span)
        raw = region.text.encode()[start - 1 : (end or 0) - 1]
        assert raw.decode() == covered


@pytest.mark.parametrize("length", [1023, 1024, 1025, 2048, 3000])
def test_columns_of_a_long_line(length: int) -> None:
    text = ("a🔥é" * length)[:length]
    lines = SourceLines({"f": text})
    for column in range(1, length + 2):
        span, before = Span("f", 1, column, 1, column), text[: column - 1]
        assert lines.utf16(span)[0] == len(before.encode("utf-16-le")) // 2 + 1
        assert lines.utf8(span)[0] == len(before.encode()) + 1
