"""The outline of YAML or JSON text by its indentation, which holds for template source as well as for what it renders to."""

import re
from collections.abc import Iterable

from scclint.load.gotemplate import WILD, Line

_KEY = re.compile(rf"""("[^"{WILD}]*"|'[^'{WILD}]*'|[^\s"'#{WILD}][^:{WILD}]*?)[ \t]*:(?=[\s{WILD}]|\Z)""")
_CLOSING = re.compile(r"[\]}]+,?")
ITEM = "-"
"""The text of an item of a sequence; what it holds are its children, of which the first may stand on its line."""


class Entry:
    """A line, or what remains of it after its dashes, with the lines that stand further in.

    `end` is the last line of its block; `indent` its column, from 0; `key` the key that it begins with, unquoted.
    """

    __slots__ = ("children", "depth", "end", "indent", "key", "line", "pattern", "text", "value")

    def __init__(self, line: Line, indent: int, depth: int, text: str) -> None:
        self.line = line
        self.indent = indent
        self.depth = depth
        self.text = text
        self.end = line.number
        self.children: list[Entry] = []
        match = _KEY.match(text)
        self.key = match[1].strip("\"'") if match else ""
        self.value = text[match.end() :].strip() if match else text
        self.pattern = _pattern(text) if WILD in text else None

    @property
    def number(self) -> int:
        return self.line.number

    def child(self, key: str) -> "Entry | None":
        return next((c for c in self.children if c.key == key), None)

    def __repr__(self) -> str:
        return f"Entry({self.number}: {self.text!r})"


def outline(lines: Iterable[Line], first: int) -> tuple[Entry, list[Line]]:
    """A root, whose children are the outermost lines, and the comment lines, which belong to no level."""
    root = Entry(Line(first, ""), -1, -2, "")
    open_entries = [root]
    comments = []
    last = first

    def add(line: Line, indent: int, text: str) -> None:
        depth = 2 * indent + (text == ITEM)
        while open_entries[-1].depth >= depth:
            open_entries.pop().end = line.number - 1
        entry = Entry(line, indent, depth, text)
        open_entries[-1].children.append(entry)
        open_entries.append(entry)

    for line in lines:
        text = line.text.strip()
        last = line.number
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
        entry.end = max(last, entry.number)
    for entry in _all(root):
        entry.end = max(entry.end, entry.number)
    return root, comments


def _all(entry: Entry) -> Iterable[Entry]:
    stack = [entry]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(top.children)


def _pattern(text: str) -> re.Pattern[str]:
    """What the line can be rendered to. What an action writes may be nothing, with the blanks around it gone."""
    parts = [r"\s+".join(map(re.escape, part.strip().split())) for part in re.split(f"{WILD}+", text)]
    return re.compile(r"\s*.*?\s*".join(parts), re.DOTALL)
