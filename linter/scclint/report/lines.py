"""Lines of the files a report points into, and the part of a line that a span covers."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from scclint.finding import TextEdit
from scclint.limits import TEXTS_KEPT
from scclint.source import Span

_STEP = 1024
"""Characters of a line that are counted in other units together: JSON on one line has as many findings as it is long."""


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


class WholeLines(NamedTuple):
    """The lines `first` to `last` (at least one), and the text in their place. `ended`: the last of them has a line end."""

    first: int
    last: int
    text: str
    ended: bool


class SourceLines:
    """The lines of each file in `texts`. Only LF and CRLF end a line, as for `Span`. Those of the latest files are kept."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._split: dict[str, list[str]] = {}
        self._units: dict[tuple[str, int, str], list[int]] = {}

    def line(self, file: str, number: int) -> str | None:
        """Line `number` of `file`, without its ending and a byte order mark; None where there is no such line at hand."""
        lines = self._split.get(file)
        if lines is None:
            text = self._texts.get(file)
            if text is None:
                return None
            lines = text.removeprefix("\ufeff").split("\n")
            if "\r" in text:
                lines = [line.removesuffix("\r") for line in lines]
            if len(self._split) == TEXTS_KEPT:
                del self._split[next(iter(self._split))]
            self._split[file] = lines
        return lines[number - 1] if 1 <= number <= len(lines) else None

    def changed(self, edit: TextEdit) -> Iterator[tuple[str, str]]:
        """Yield each line that an edit removes, with `-` in front, and then each that it adds, with `+`."""
        for number in range(edit.line, edit.end_line):
            if (line := self.line(edit.file, number)) is not None:
                yield "-", line
        for line in edit.text.removesuffix("\n").split("\n") if edit.text else ():
            yield "+", line.removesuffix("\r")

    def whole_lines(self, edit: TextEdit) -> WholeLines | None:
        """An edit as a replacement of at least one whole line, as review tools take it; None if the file's text is not at hand."""
        first = edit.line if edit.end_line > edit.line else max(edit.line - 1, 1)
        last = max(edit.end_line - 1, first)
        text = self._texts.get(edit.file)
        if text is None or self.line(edit.file, last) is None:
            return None
        kept = [
            self._with_end(edit.file, number) for number in range(first, last + 1) if not edit.line <= number < edit.end_line
        ]
        new = "".join((*kept, edit.text) if first < edit.line else (edit.text, *kept))
        return WholeLines(first, last, new, self._with_end(edit.file, last).endswith("\n"))

    def _with_end(self, file: str, number: int) -> str:
        lines = self._texts[file].removeprefix("\ufeff").split("\n", number)
        return lines[number - 1] + ("\n" if len(lines) > number else "")

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

    def utf16(self, span: Span) -> tuple[int, int | None]:
        """Start and end of the region of `span` in UTF-16 code units, SARIF's `utf16CodeUnits`."""
        return self._columns(span, "utf-16-le", 2)

    def utf8(self, span: Span) -> tuple[int, int | None]:
        """Start and end of the region of `span` in UTF-8 bytes, as reviewdog counts."""
        return self._columns(span, "utf-8", 1)

    def _columns(self, span: Span, encoding: str, width: int) -> tuple[int, int | None]:
        """Start and end of the region of `span`, counted in units of `width` bytes of the encoding."""
        line, start, end, text = self.region(span)
        if text is None or text.isascii():
            return start, end
        key = (span.file, line, encoding)
        before = self._units.get(key)
        if before is None:
            pieces = (text[at : at + _STEP] for at in range(0, len(text), _STEP))
            before = self._units[key] = [0, *accumulate(_size(piece, encoding) // width for piece in pieces)]

        def column_of(column: int) -> int:
            steps, rest = divmod(column - 1, _STEP)
            return before[steps] + _size(text[column - 1 - rest : column - 1], encoding) // width + 1

        return column_of(start), column_of(end or start)


def _size(text: str, encoding: str) -> int:
    return len(text.encode(encoding, "surrogatepass"))
