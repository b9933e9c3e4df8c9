"""Split a stream of text into the texts of its documents, without parsing them.

A line that begins with `---` or `...`, followed by a blank or the end of the line, always ends a document. This is also true in
a block scalar. In a quoted scalar it is an error. The cuts are therefore correct for every text that parses.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_MARKER = re.compile(r"\n(---|\.\.\.)(?=[ \t\r\n]|\Z)")
_FALSE_MARKER = re.compile(r"\n(?=---(?![ \t\r\n]|\Z)[^\S\n]*(?:#|\n|\Z))")
_COMMENT = "#[^\n\r\x85\u2028\u2029]*+"
# Possessive, so that a million comment lines leave no trail of positions to go back to.
_BLANK_LINES = rf"(?:[ \t]*+(?:{_COMMENT})?+\r?\n)*+"
_LAST_LINE = rf"(?:[ \t]*+(?:{_COMMENT})?+\Z)?+"
_START = r"---(?=[ \t\r\n]|\Z)"
# Compiled on first use, because many runs do not need them.
_PREAMBLE = rf"(?:{_BLANK_LINES}%[^\n]*+\n?)*+{_BLANK_LINES}{_LAST_LINE}"
_EMPTY = rf"{_BLANK_LINES}(?:{_START})?+{_BLANK_LINES}(?:\.\.\.[ \t]*+\r?(?:\n|\Z))?+{_BLANK_LINES}{_LAST_LINE}"
_HEAD = re.compile(rf"{_BLANK_LINES}(?:{_START}[ \t]*+(?:{_COMMENT})?+)?+{_BLANK_LINES}[ \t]*+")
_SOURCE = re.compile(r"#[ \t]Source:[ \t](\S[^\r\n]*)")


class Chunk(NamedTuple):
    """The text of one document, its `---` line and the comments and directives before it included. `line` is 1-based."""

    text: str
    line: int

    @property
    def start(self) -> int:
        """The offset of the first content: past comments, blank lines, the `---` and blanks before the content."""
        match = _HEAD.match(self.text)
        return match.end() if match else 0

    @property
    def false_marker(self) -> int:
        """The offset of a line that ends a document for kubectl and is text for YAML, as `---#x: |` is; -1 if there is none.

        apimachinery's YAMLReader cuts at each line that begins with `---` and has nothing more than white space, as Go's TrimSpace
        knows it, or a `#` behind that.
        """
        match = _FALSE_MARKER.search(self.text) if "\n---" in self.text else None
        return match.end() if match else -1

    @property
    def is_empty(self) -> bool:
        """Return whether the document contains only blank lines and comments."""
        # Most documents have content, which neither a comment nor a mark begins.
        return self.text[(at := self.start) : at + 1] in ("", ".", "#") and re.fullmatch(_EMPTY, self.text) is not None

    @property
    def source(self) -> str:
        """The path in the `# Source:` line that Helm writes above a document; empty if there is none."""
        end = self.start
        if self.text.find("# Source:", 0, end) < 0:
            return ""
        match = _SOURCE.search(self.text, 0, end)
        return match[1].rstrip() if match else ""


def split(text: str) -> Iterator[Chunk]:
    """Return the documents of a stream, in order. An empty text has none."""
    line = 1
    start = counted = 0
    for end in _cuts(text):
        line += text.count("\n", counted, start)
        counted = start
        yield Chunk(text[start:end], line)
        start = end


def _cuts(text: str) -> Iterator[int]:
    """Return the offsets of the ends of documents. Comments and directives before a `---` belong to the document after it."""
    start = 0
    may_be_preamble = not _marks_start(text)  # nothing but comments and directives may have been seen since `start`
    for marker in _MARKER.finditer(text):
        at = marker.start() + 1
        if marker[1] == "---":
            if may_be_preamble and _is_preamble(text, start, at):
                may_be_preamble = False
                continue
            may_be_preamble = False
        else:
            newline = text.find("\n", at)
            at = newline + 1 if newline >= 0 else len(text)
            may_be_preamble = True
        yield at
        start = at
    if (text and not start) or (start < len(text) and not (may_be_preamble and _is_preamble(text, start, len(text)))):
        yield len(text)


def _is_preamble(text: str, start: int, end: int) -> bool:
    """Whether a part of the text contains only comments and directives."""
    return re.compile(_PREAMBLE).fullmatch(text, start, end) is not None


def _marks_start(text: str) -> bool:
    return text.startswith("---") and text[3:4] in ("", " ", "\t", "\r", "\n")
