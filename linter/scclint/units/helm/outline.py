"""The outline of YAML or JSON text by its indentation, which holds for template source as well as for what it renders to."""

import re
from collections.abc import Iterable, Iterator

from scclint.units.helm.go_template import WILD, Line

_KEY = re.compile(
    rf"""("[^"{WILD}]*"|'[^'{WILD}]*'|[^\s"'#{WILD}](?:[^:{WILD} \t]++|[ \t]++(?!:))*+)[ \t]*+:(?=[\s{WILD}]|\Z)"""
)
_DEEPEST = 60
"""The number of levels. Text in block scalars can be indented further than any object."""
_CLOSING = re.compile(r"[\]}]+,?")
ITEM = "-"
"""The text of an item of a sequence. Its content are its children; the first can be on the line of the item."""


class OutlineEntry:
    """A line, or the rest of it after its dashes, with the lines that are indented further.

    `end` is the last line of its block; `indent` its column, from 0; `key` the key that it begins with, unquoted. `parts` are
    the literal texts around what actions write, if they write anything.
    """

    __slots__ = ("children", "depth", "end", "indent", "key", "line", "parent", "parts", "text", "value")

    def __init__(self, line: Line, indent: int, depth: int, text: str) -> None:
        self.line = line
        self.indent = indent
        self.depth = depth
        self.text = text
        self.end = line.number
        self.children: list[OutlineEntry] = []
        self.parent: OutlineEntry | None = None
        match = _KEY.match(text)
        self.key = match[1].strip("\"'") if match else ""
        self.value = text[match.end() :].strip() if match else text
        self.parts = tuple(part.strip() for part in text.split(WILD)) if WILD in text else ()

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def open(self) -> bool:
        """Whether what an action of this very line writes may go on below it, within the entry."""
        within = self.children if self.text == ITEM else [self]
        return any(e.number == self.number and e.text.endswith(WILD) and not (e.key and e is not self) for e in within)

    def walk(self) -> "Iterator[OutlineEntry]":
        """The entry and all it holds, in the order of writing."""
        stack = [self]
        while stack:
            entry = stack.pop()
            yield entry
            stack.extend(reversed(entry.children))


def outline(lines: Iterable[Line], first: int, last: int) -> tuple[OutlineEntry, list[Line]]:
    """A root, whose children are the outermost lines, and the comment lines, which belong to no level.

    `first` and `last` are the lines of the file where the text begins and ends.
    """
    root = OutlineEntry(Line(first, ""), -1, -2, "")
    open_entries = [root]
    comments = []

    def add(line: Line, indent: int, text: str) -> None:
        depth = 2 * indent + (text == ITEM)
        while open_entries[-1].depth >= depth:
            open_entries.pop().end = line.number - 1
        entry = OutlineEntry(line, indent, depth, text)
        entry.parent = open_entries[-1]
        entry.parent.children.append(entry)
        if len(open_entries) < _DEEPEST:
            open_entries.append(entry)

    for line in lines:
        text = line.text.strip()
        if text.startswith("#"):
            comments.append(line)
        elif text and not _CLOSING.fullmatch(text):
            indent = len(line.text) - len(line.text.lstrip())
            while text.startswith("- ") or text == ITEM:
                add(line, indent, ITEM)
                rest = text[1:].lstrip()
                indent += len(text) - len(rest)
                text = rest
            if text in ("{", "["):
                add(line, indent, ITEM)
            elif text:
                add(line, indent, text.rstrip(","))
    for entry in open_entries:
        entry.end = last
    for entry in root.walk():
        entry.end = max(entry.end, entry.number)
    return root, comments
