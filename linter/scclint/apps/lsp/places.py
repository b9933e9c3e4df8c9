"""Places in a text as an editor counts them, as scclint counts them, and as paths into a document."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from lsprotocol.types import Position
from pygls.workspace import PositionCodec

from scclint.finding import END, Path
from scclint.source import Span
from scclint.yaml.nodes import MappingNode, Node, SequenceNode

_BREAK = re.compile(r"\r\n|\n|\r")
"""What ends a line in the protocol. For scclint, a CR alone does not."""


class LineColumn(NamedTuple):
    """A line and column of a file, both from 1; columns count code points (see `scclint.source.Span`)."""

    line: int
    column: int


class TextPlaces:
    """Translates places in one text. `codec` has the encoding that the editor counts columns in."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self._text = text.removeprefix("\ufeff")
        self._codec = codec
        self._lines = _BREAK.split(self._text)
        self._starts = [LineColumn(1, 1)]
        line, start = 1, 0
        for end in _BREAK.finditer(self._text):
            if end[0] != "\r":
                line, start = line + 1, end.end()
            self._starts.append(LineColumn(line, end.end() - start + 1))

    def to_editor(self, line: int, column: int) -> tuple[int, int]:
        """Return line and character, both from 0, of a place as scclint has it. A place beyond its line or the text is moved to the end."""
        number = bisect_right(self._starts, (line, max(column, 1))) - 1
        start, before = self._starts[number], self._lines[number]
        if line == start.line:
            before = before[: column - start.column]
        # The codec looks at each character, and a line of JSON can have millions.
        return number, len(before) if before.isascii() else self._codec.client_num_units(before)

    def from_editor(self, line: int, character: int) -> LineColumn:
        """Return the place of a line and character, both from 0. A place beyond its line or the text is moved to the end."""
        if line >= len(self._lines):
            line, character = len(self._lines) - 1, END - 1
        start, content = self._starts[line], self._lines[line]
        # The codec moves a place beyond the line to its last character, which is its end here.
        place = self._codec.position_from_client_units([f"{content}\n"], Position(0, character))
        return LineColumn(start.line, start.column + min(place.character, len(content)))

    def line(self, line: int) -> str:
        """Return the text of a line (from 1) without its end; empty beyond the text."""
        return "".join(self._text.split("\n")[line - 1 : line]).rstrip("\r")


class LineMap:
    """The lines of a saved text in the text that an editor has now."""

    def __init__(self, saved: str, now: str) -> None:
        self._same = saved == now
        self._to_now: dict[int, int] = {}
        if self._same:
            return

        for a, b, size in SequenceMatcher(None, saved.split("\n"), now.split("\n"), autojunk=False).get_matching_blocks():
            self._to_now |= {a + step + 1: b + step + 1 for step in range(size)}

    def now(self, span: Span) -> Span | None:
        """Return a span of the saved text in the text of now; None if its first line was changed or removed."""
        if self._same:
            return span
        line = self._to_now.get(span.line)
        return None if line is None else span._replace(line=line, end_line=line + span.end_line - span.line)


def path_at(root: Node, place: LineColumn) -> Path:
    """Return the path of the innermost field or item of a document at a place; empty outside of all."""
    return tuple(_steps(root, place))


def _steps(node: Node | None, place: LineColumn) -> Iterator[str | int]:
    while node is not None:
        part = next((part for part in _parts(node) if part[0][:2] <= place <= part[0][2:]), None)
        node = part[2] if part else None
        if part:
            yield part[1]


def _parts(node: Node) -> Iterator[tuple[tuple[int, int, int, int], str | int, Node | None]]:
    """Yield the extent, step and value of each field or item that is written in the node. An alias has no value here."""
    if isinstance(node, MappingNode):
        for entry in node.entries:
            if not entry.merged:
                key, end = entry.key.span, (entry.alias or entry.value.span)
                last = max((key.end_line, key.end_column), (end.end_line, end.end_column))
                yield (key.line, key.column, *last), str(entry.key.value), None if entry.alias else entry.value
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            alias = node.item_spans.get(index)
            yield (alias or item.span)[1:], index, None if alias else item
