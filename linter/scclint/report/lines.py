"""Lines of the files a report points into, and the part of a line that a span covers."""

from collections.abc import Mapping
from typing import NamedTuple

from scclint.source import Span


class Region(NamedTuple):
    """The part of a span that lies on its first line, with that line's text.

    Code review tools show a finding only where all of its lines were changed, so none is shown longer than one line.
    Columns count code points from 1, `end` is exclusive and None where it is not known. `text` is the line without its
    line ending and byte order mark, None where the file's text is not at hand.
    """

    line: int
    start: int
    end: int | None
    text: str | None

    @property
    def utf16(self) -> tuple[int, int | None]:
        """`start` and `end` in UTF-16 code units, SARIF's `utf16CodeUnits`."""
        if self.text is None or self.text.isascii():
            return self.start, self.end
        units = [_utf16_column(self.text, column) for column in (self.start, self.end or self.start)]
        return units[0], units[1]

    @property
    def utf8(self) -> tuple[int, int | None]:
        """`start` and `end` in UTF-8 bytes, as reviewdog counts."""
        if self.text is None or self.text.isascii():
            return self.start, self.end
        units = [_utf8_column(self.text, column) for column in (self.start, self.end or self.start)]
        return units[0], units[1]


class Lines:
    """The lines of each file in `texts`, split once a file. Only LF and CRLF end a line, as for `Span`."""

    __slots__ = ("_split", "_texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._split: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str | None:
        """Line `number` of `file`, without its ending and a byte order mark; None where there is no such line at hand."""
        lines = self._split.get(file)
        if lines is None:
            text = self._texts.get(file)
            if text is None:
                return None
            lines = self._split[file] = text.removeprefix("\ufeff").split("\n")
        return lines[number - 1].removesuffix("\r") if 1 <= number <= len(lines) else None

    def region(self, span: Span) -> Region:
        """The region of `span`. A place without a line is line 1; one outside its line is moved to the nearest end."""
        line = max(span.line, 1)
        text = self.line(span.file, line)
        start = max(span.column, 1)
        one_line = span.end_line == span.line
        if text is None:
            return Region(line, start, max(span.end_column, start) if one_line else None, None)
        after = len(text) + 1
        start = min(start, after)
        end = min(span.end_column, after) if one_line else after
        return Region(line, start, max(end, min(start + 1, after)), text)


def _utf16_column(line: str, column: int) -> int:
    return column + sum(char > "\uffff" for char in line[: column - 1])


def _utf8_column(line: str, column: int) -> int:
    return len(line[: column - 1].encode("utf-8", "surrogatepass")) + 1
