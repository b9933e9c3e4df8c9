"""A source line with its decisive part underlined, aligned as a terminal shows it."""

from typing import NamedTuple

from scclint.report.text import IDEOGRAPHIC_SPACE, Region, break_commands
from scclint.text import char_width, escape

_LONGEST = 96
"""Columns of a line that is shown whole where there is no terminal."""
_LEAD = 24
_TAB = 4


class Snippet(NamedTuple):
    """`source` is safe to show; its decisive part begins after `indent` terminal columns and takes `width` (at least 1).

    The characters of that part are `source[start:end]`.
    """

    source: str
    indent: int
    width: int
    start: int
    end: int


def snippet(region: Region, longest: int = _LONGEST) -> Snippet | None:
    """The line of `region`, or the part of it around its start if it has more than `longest` characters.

    None where the text is not at hand or blank.
    """
    text = region.text
    if text is None:
        return None
    start, end = region.start - 1, (region.end or len(text) + 1) - 1
    first, last = 0, len(text)
    if last > longest:
        # A manifest on one line of JSON can have kilobytes. Only the part around the span helps.
        excerpt = longest * 3 // 4
        first = start - _LEAD if start > excerpt // 2 else 0
        last = min(last, first + excerpt)
    if not text[first:last].strip():
        return None
    before, column = _cells(text[first:start], 1 if first else 0)
    if first:
        before = "…" + before
    marked, end_column = _cells(text[start : min(end, last)], column)
    after, _ = _cells(text[min(end, last) : last], end_column)
    if last < len(text):
        after += "…"
    start, end = len(break_commands(before)), len(break_commands(before + marked))
    column += start - len(before)
    width = max(end_column + end - len(before + marked) - column, 1)
    shown = break_commands(before + marked + after)
    # A place may lie behind the blanks at the end of a line.
    return Snippet(shown[:start] + shown[start:].rstrip(), column, width, start, end)


def _cells(text: str, column: int) -> tuple[str, int]:
    """`text` as shown from display column `column` (from 0) on, and the column after it."""
    if text.isascii() and text.isprintable():
        return text, column + len(text)
    shown = []
    for char in text:
        if char == "\t":
            piece = " " * (_TAB - column % _TAB)
        elif char.isprintable() or char == IDEOGRAPHIC_SPACE:
            piece = char
        else:
            piece = escape(char)
        column += char_width(piece) if len(piece) == 1 else len(piece)
        shown.append(piece)
    return "".join(shown), column
