"""JSON text to nodes. YAML would do for most of it, but not for surrogate escapes, tabs and very long keys."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from scclint.errors import LoadError
from scclint.limits import MAX_DEPTH, LimitError
from scclint.yaml.lines import Lines
from scclint.yaml.merge_keys import effective_mapping
from scclint.yaml.nodes import JsonValue, Node, ScalarNode, SequenceNode
from scclint.yaml.scalars import json_value

_STRING = r'"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"'
_VALUE = re.compile(
    rf"[ \t\r\n]*(?:{_STRING}|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)|(true|false|null)|([{{\[]))"
)
_KEY = re.compile(rf"[ \t\r\n]*{_STRING}[ \t\r\n]*:")
_AFTER = {"{": re.compile(r"[ \t\r\n]*([,}])"), "[": re.compile(r"[ \t\r\n]*([,\]])")}
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(.))", re.S)
_PLAIN_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_CLOSERS = {"{": "}", "[": "]"}


def parse_json(text: str, file: str, first_line: int = 1) -> Node:
    """The one value that the text holds. Raises LoadError with the place in the file, also if more follows."""
    reader = _Reader(text, file, first_line)
    root = reader.value()
    if reader.has_more():
        raise reader.error("the text must end here")
    return root


def parse_json_stream(text: str, file: str, first_line: int, start: int = 0) -> Iterator[tuple[int, Node]]:
    """Yields (line, root) for each JSON value from offset `start` on; values follow each other as in a kubectl stream.

    Raises LoadError with the place in the file. A key given twice counts as last written.
    """
    reader = _Reader(text, file, first_line, start)
    while reader.has_more():
        root = reader.value()
        yield root.line, root


class _Reader:
    """Reads the values of a text one after the other, from the offset `position` on."""

    def __init__(self, text: str, file: str, first_line: int, position: int = 0) -> None:
        self._text = text
        self._file = file
        self._place = Lines(text, first_line).place
        self._position = position

    def has_more(self) -> bool:
        """Go to what follows the white space, and return whether there is something."""
        match = _SPACE.match(self._text, self._position)
        self._position = match.end() if match else self._position
        return self._position < len(self._text)

    def value(self, depth: int = 0) -> Node:
        """Read a value within so many collections. `MAX_DEPTH` is low enough for recursion."""
        match = self._next(_VALUE.match, "a value must stand here")
        if not match[4]:
            return self._scalar(match)
        if depth >= MAX_DEPTH:
            raise LimitError(f"nested deeper than {MAX_DEPTH} levels", self._file, *self._place(match.start(4)))
        opener, closer, children = match[4], _CLOSERS[match[4]], list[Any]()
        closed = self.has_more() and self._text[self._position] == closer
        self._position += closed
        while not closed:
            if opener == "{":
                children.append(self._scalar(self._next(_KEY.match, "a quoted key and a colon must stand here")))
            children.append(self.value(depth + 1))
            closed = self._next(_AFTER[opener].match, f"a comma or `{closer}` must stand here")[1] != ","
        region = (self._file, *self._place(match.start(4)), *self._place(self._position))
        return effective_mapping(region, children, {}) if opener == "{" else SequenceNode(region, tuple(children), {})

    def error(self, problem: str, position: int | None = None) -> LoadError:
        """The error at an offset, or at what comes next."""
        if position is None and not self.has_more():
            position, problem = len(self._text.rstrip()), "the text ends too early"
        elif position is None and self._text[self._position] == '"':
            problem += " (this string has no end on its line, or a control character)"
        place = self._place(self._position if position is None else position)
        return LoadError(f"not valid JSON: {problem}", self._file, *place)

    def _next(self, pattern: Callable[[str, int], re.Match[str] | None], problem: str) -> re.Match[str]:
        match = pattern(self._text, self._position)
        if match is None:
            raise self.error(problem)
        self._position = match.end()
        return match

    def _scalar(self, match: re.Match[str]) -> ScalarNode:
        group = match.lastindex or 0
        quoted, text = group == 1, match[group]
        start, end = match.span(group)
        value: JsonValue
        if quoted:
            value = text = _ESCAPE.sub(lambda escape: self._character(escape, start), text) if "\\" in text else text
        else:
            value = _WORDS[text] if group == 3 else self._number(text, start)
        return ScalarNode((self._file, *self._place(start - quoted), *self._place(end + quoted)), value, text, not quoted)

    def _number(self, text: str, start: int) -> JsonValue:
        if len(text) <= 20 and text.lstrip("-").isdigit():
            number = int(text)
            if -(1 << 63) <= number < 1 << 64:
                return number
        try:
            return json_value(float(text))
        except ValueError:
            raise self.error("the number is out of range", start) from None

    def _character(self, escape: re.Match[str], start: int) -> str:
        """The character of an escape, or of two that form a surrogate pair; a lone surrogate is U+FFFD, as Go reads it."""
        high, low, plain = escape.groups()
        if high is None:
            if plain not in _PLAIN_ESCAPES:
                raise self.error("unknown escape in a string", start + escape.start())
            return _PLAIN_ESCAPES[plain]
        code = int(high, 16)
        if 0xD800 <= code < 0xDC00 and low is not None:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low, 16) - 0xDC00)
        return ("\ufffd" if 0xD800 <= code < 0xE000 else chr(code)) + ("" if low is None else "\ufffd")
