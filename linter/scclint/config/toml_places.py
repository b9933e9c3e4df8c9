"""Find the place of each key and value in a TOML text, because `tomllib` does not report places.

The text is taken to be valid: `tomllib` has read it before.
"""

import re
from collections.abc import Callable, Iterator

from scclint.finding import Path

BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
BARE = re.compile(r"[^,\]}#\n]*")
EXTENT = tuple[int, int]


class Places:
    """`keys` and `values`: for each path, the start and end offset of its key (for a list item, the item itself) and of its value."""

    def __init__(self, text: str) -> None:
        self.keys: dict[Path, EXTENT] = {}
        self.values: dict[Path, EXTENT] = {}
        self._sizes: dict[Path, int] = {}
        self._text = text
        self._document()

    def _document(self) -> None:
        table: Path = ()
        at = self._after(BLANK, 0)
        while at < len(self._text):
            if self._text[at] == "[":
                table, at = self._header(at)
            else:
                at = self._pair(table, at)
            at = self._after(BLANK, at)

    def _header(self, at: int) -> tuple[Path, int]:
        """`[a.b]` or `[[a.b]]`: the path that the pairs below it belong to."""
        array = self._text.startswith("[[", at)
        keys = list(self._keys(at + (2 if array else 1)))
        path: Path = ()
        for index, (key, start, end) in enumerate(keys):
            path = (*path, key)
            self.keys.setdefault(path, (start, end))
            if array and index == len(keys) - 1:
                self._sizes[path] = self._sizes.get(path, 0) + 1
            if path in self._sizes:
                path = (*path, self._sizes[path] - 1)
                self.keys.setdefault(path, (start, end))
        close = "]]" if array else "]"
        at = self._text.find(close, keys[-1][2] if keys else at)
        return path, (at + len(close) if at >= 0 else len(self._text))

    def _pair(self, table: Path, at: int) -> int:
        path = table
        for key, start, end in self._keys(at):
            path = (*path, key)
            self.keys.setdefault(path, (start, end))
            at = end
        at = self._after(SPACE, at) + 1  # the equals sign
        return self._value(path, self._after(SPACE, at))

    def _keys(self, at: int) -> Iterator[tuple[str, int, int]]:
        """The parts of a dotted key with their extents."""
        while (part := KEY.match(self._text, self._after(SPACE, at))) is not None:
            text = part.group()
            yield _unquoted(text) if text[0] in "\"'" else text, part.start(), part.end()
            at = self._after(SPACE, part.end())
            if self._text[at : at + 1] != ".":
                return
            at += 1

    def _value(self, path: Path, start: int) -> int:
        opening = self._text[start : start + 1]
        if opening == "[":
            end = self._between(start + 1, "]", lambda index, at: self._item((*path, index), at))
        elif opening == "{":
            end = self._between(start + 1, "}", lambda index, at: self._pair(path, at))
        else:
            end = self._after(STRING if STRING.match(self._text, start) else BARE, start)
            end = start + len(self._text[start:end].rstrip())
        self.values.setdefault(path, (start, end))
        return end

    def _item(self, path: Path, at: int) -> int:
        """Read an item of an array."""
        end = self._value(path, at)
        self.keys.setdefault(path, (at, end))
        return end

    def _between(self, at: int, close: str, read: Callable[[int, int], int]) -> int:
        """Read what is between brackets with `read`, which gets the index and the offset of an item, and returns where it ends."""
        index = 0
        while (at := self._after(BLANK, at)) < len(self._text) and self._text[at] != close:
            at = self._after(BLANK, max(read(index, at), at + 1))
            at += self._text.startswith(",", at)
            index += 1
        return at + 1

    def _after(self, pattern: re.Pattern[str], at: int) -> int:
        """Return the end of what the pattern matches at an offset, or the offset if it does not match."""
        match = pattern.match(self._text, at)
        return match.end() if match else at


def _unquoted(text: str) -> str:
    if text[0] == "'" or "\\" not in text:
        return text[1:-1]
    import tomllib

    return next(iter(tomllib.loads(f"{text} = 0")))
