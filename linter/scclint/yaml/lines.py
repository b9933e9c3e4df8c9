"""Lines and columns from character offsets, where only LF and CRLF end a line.

YAML also breaks lines at a lone CR, NEL, LS and PS, and its parser counts them; editors, git and SARIF do not.
"""

import re
from bisect import bisect_right

ODD_BREAK_NAMES = {"\r": "CR", "\x85": "NEL", "\u2028": "LS", "\u2029": "PS"}
# Compiled on first use, because few texts have such characters.
ODD_BREAK = "\r(?!\n)|[\x85\u2028\u2029]"
BYTE_ORDER_MARK = "(?:(?<=[\n\r\x85\u2028\u2029])|^)\ufeff"
"""A U+FEFF in column 1, for YAML and for editors."""


def has_odd_breaks(text: str) -> bool:
    """Whether YAML sees more line breaks in the text than editors do."""
    if "\r" in text and re.search(ODD_BREAK, text):
        return True
    return not text.isascii() and ("\x85" in text or "\u2028" in text or "\u2029" in text)


class Lines:
    """Translates 0-based offsets in a text whose first line is line `first` (1-based) of its file."""

    __slots__ = ("_starts", "first")

    def __init__(self, text: str, first: int) -> None:
        self.first = first
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        self._starts = starts

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and column of the offset."""
        line = bisect_right(self._starts, offset) - 1
        return self.first + line, offset - self._starts[line] + 1


def odd_line_breaks(text: str, first_line: int) -> list[tuple[str, int, int]]:
    """(name, line, column) of each character that breaks a line in YAML only: a CR without LF, NEL, LS, PS."""
    if not has_odd_breaks(text):
        return []
    lines = Lines(text, first_line)
    return [(ODD_BREAK_NAMES[match[0]], *lines.place(match.start())) for match in re.finditer(ODD_BREAK, text)]


def byte_order_marks(text: str, first_line: int) -> list[tuple[int, int]]:
    """(line, column) of each U+FEFF that begins a line, where the cluster takes it for text and editors show nothing."""
    if "\ufeff" not in text:
        return []
    lines = Lines(text, first_line)
    return [lines.place(match.start()) for match in re.finditer(BYTE_ORDER_MARK, text)]
