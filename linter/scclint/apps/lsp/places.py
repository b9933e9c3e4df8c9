"""Places in a text as an editor counts them, as scclint counts them, and as paths into a document."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lsprotocol.types import Position
from pygls.workspace import PositionCodec

from scclint.finding import Path
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
        self._editor = [0, *(match.end() for match in _BREAK.finditer(self._text))]
        self._own = [0, *(match.end() for match in re.finditer("\n", self._text))]

    def to_editor(self, line: int, column: int) -> tuple[int, int]:
        """Return line and character, both from 0, of a place as scclint has it. A place beyond its line or the text is moved to the end."""
        if line > len(self._own):
            return self._position(len(self._text))
        start = self._own[line - 1]
        end = self._own[line] - 1 if line < len(self._own) else len(self._text)
        if end > start and self._text[end - 1 : end + 1] == "\r\n":
            end -= 1
        return self._position(min(start + max(column - 1, 0), end))

    def from_editor(self, line: int, character: int) -> LineColumn:
        """Return the place of a line and character, both from 0. A place beyond its line or the text is moved to the end."""
        offset = len(self._text)
        if line < len(self._editor):
            start, end = (*self._editor, offset)[line : line + 2]
            content = self._text[start:end].rstrip("\r\n")
            # The codec moves a place beyond the line to its last character, which is its end here.
            found = self._codec.position_from_client_units([f"{content}\n"], Position(0, character))
            offset = start + min(found.character, len(content))
        own = bisect_right(self._own, offset) - 1
        return LineColumn(own + 1, offset - self._own[own] + 1)

    def line(self, line: int) -> str:
        """Return the text of a line (from 1) without its end; empty beyond the text."""
        if line > len(self._own):
            return ""
        end = self._own[line] if line < len(self._own) else len(self._text)
        return self._text[self._own[line - 1] : end].rstrip("\r\n")

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._editor, offset) - 1
        before = self._text[self._editor[line] : offset]
        # The codec looks at each character, and a line of JSON can have millions.
        return line, len(before) if before.isascii() else self._codec.client_num_units(before)


class LineMap:
    """The lines of a saved text in the text that an editor has now."""

    def __init__(self, saved: str, now: str) -> None:
        self._same = saved == now
        self._to_now: dict[int, int] = {}
        if self._same:
            return
        from difflib import SequenceMatcher

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


def _steps(node: Node, place: LineColumn) -> Iterator[str | int]:
    while True:
        found = next((part for part in _parts(node) if part[0] <= place <= part[1]), None)
        if found is None:
            return
        _, _, step, below = found
        yield step
        if below is None:
            return
        node = below


def _parts(node: Node) -> Sequence[tuple[LineColumn, LineColumn, str | int, Node | None]]:
    """The start, end, step and value of each field or item that is written in the node. An alias has no value here."""
    parts: list[tuple[LineColumn, LineColumn, str | int, Node | None]] = []
    if isinstance(node, MappingNode):
        for entry in node.entries:
            if entry.merged:
                continue
            key, end = entry.key, entry.alias or entry.value
            last = max(LineColumn(key.end_line, key.end_column), LineColumn(end.end_line, end.end_column))
            parts.append((LineColumn(key.line, key.column), last, str(key.value), None if entry.alias else entry.value))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            alias = node.item_spans.get(index)
            span = alias or item.span
            start, last = LineColumn(span.line, span.column), LineColumn(span.end_line, span.end_column)
            parts.append((start, last, index, None if alias else item))
    return parts
