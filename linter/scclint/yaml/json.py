"""JSON text to nodes. YAML would do for most of it, but not for surrogate escapes, tabs and very long keys."""

import re
from collections.abc import Iterator
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
_AFTER = re.compile(r"[ \t\r\n]*([,}\]])")
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(.))", re.S)
_PLAIN_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_CLOSERS = {"{": "}", "[": "]"}


def parse_json(text: str, file: str, first_line: int = 1) -> Node:
    """The one value that the text holds. Raises LoadError with the place in the file, also if more follows."""
    lines = Lines(text, first_line)
    root, end = _parse(text, 0, file, lines)
    end = _skip(text, end)
    if end < len(text):
        raise _error("the text must end here", text, end, file, lines)
    return root


def parse_json_stream(text: str, file: str, first_line: int, start: int = 0) -> Iterator[tuple[int, Node]]:
    """Yields (line, root) for each JSON value from offset `start` on; values follow each other as in a kubectl stream.

    Raises LoadError with the place in the file. A key given twice counts as last written.
    """
    lines = Lines(text, first_line)
    position = _skip(text, start)
    while position < len(text):
        root, end = _parse(text, position, file, lines)
        yield root.line, root
        position = _skip(text, end)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _parse(text: str, position: int, file: str, lines: Lines) -> tuple[Node, int]:
    """The value at the offset, and the offset behind it. Iterative, since nesting is the input's choice."""
    place = lines.place
    stack: list[tuple[list[Any], str, int]] = []
    children: list[Any] = []
    opener = ""
    opened = position
    while True:
        closed = None
        if opener and not children:
            closed = _closing(text, position, opener)
        if closed is None:
            if opener == "{":
                match = _KEY.match(text, position)
                if match is None:
                    raise _error("a quoted key and a colon must stand here", text, position, file, lines)
                name = _string(text, match, file, lines)
                children.append(ScalarNode((file, *place(match.start(1) - 1), *place(match.end(1) + 1)), name, name, False))
                position = match.end()
            match = _VALUE.match(text, position)
            if match is None:
                raise _error("a value must stand here", text, position, file, lines)
            position = match.end()
            group = match.lastindex or 0
            if group == 4:
                stack.append((children, opener, opened))
                if len(stack) > MAX_DEPTH:
                    raise LimitError(f"nested deeper than {MAX_DEPTH} levels", file, *lines.place(position - 1))
                children, opener, opened = [], match[4], position - 1
                continue
            children.append(_scalar(text, match, group, file, lines))
        else:
            position = closed
            children, opener, opened = _close(children, opener, opened, position, stack, file, lines)
        while opener:
            match = _AFTER.match(text, position)
            if match is None or (match[1] != "," and match[1] != _CLOSERS[opener]):
                raise _error(f"a comma or `{_CLOSERS[opener]}` must stand here", text, position, file, lines)
            position = match.end()
            if match[1] == ",":
                break
            children, opener, opened = _close(children, opener, opened, position, stack, file, lines)
        if not opener:
            root: Node = children[0]
            return root, position


def _closing(text: str, position: int, opener: str) -> int | None:
    position = _skip(text, position)
    return position + 1 if text.startswith(_CLOSERS[opener], position) else None


def _close(
    children: list[Any], opener: str, opened: int, end: int, stack: list[tuple[list[Any], str, int]], file: str, lines: Lines
) -> tuple[list[Any], str, int]:
    """Ends the open collection at offset `end`, adds it to the one around it, and returns to that."""
    region = (file, *lines.place(opened), *lines.place(end))
    node = effective_mapping(region, children, {}) if opener == "{" else SequenceNode(region, tuple(children), {})
    outer = stack.pop()
    outer[0].append(node)
    return outer


def _scalar(text: str, match: re.Match[str], group: int, file: str, lines: Lines) -> ScalarNode:
    start, end = match.span(group)
    if group == 1:
        string = _string(text, match, file, lines)
        return ScalarNode((file, *lines.place(start - 1), *lines.place(end + 1)), string, string, False)
    written = match[group]
    value = _WORDS[written] if group == 3 else _number(written, text, start, file, lines)
    return ScalarNode((file, *lines.place(start), *lines.place(end)), value, written, True)


def _number(written: str, text: str, start: int, file: str, lines: Lines) -> JsonValue:
    if len(written) <= 20 and written.lstrip("-").isdigit():
        number = int(written)
        if -(1 << 63) <= number < 1 << 64:
            return number
    try:
        return json_value(float(written))
    except ValueError:
        raise _error("the number is out of range", text, start, file, lines) from None


def _string(text: str, match: re.Match[str], file: str, lines: Lines) -> str:
    raw = match[1]
    if "\\" not in raw:
        return raw

    def unescape(escape: re.Match[str]) -> str:
        high, low, plain = escape.groups()
        if high is None:
            if plain not in _PLAIN_ESCAPES:
                raise _error("unknown escape in a string", text, match.start(1) + escape.start(), file, lines)
            return _PLAIN_ESCAPES[plain]
        return _character(int(high, 16), low)

    return _ESCAPE.sub(unescape, raw)


def _character(high: int, low: str | None) -> str:
    """The character of an escape, or of two that form a surrogate pair; a lone surrogate is U+FFFD, as Go reads it."""
    if 0xD800 <= high < 0xDC00 and low is not None:
        return chr(0x10000 + ((high - 0xD800) << 10) + int(low, 16) - 0xDC00)
    first = "\ufffd" if 0xD800 <= high < 0xE000 else chr(high)
    return first if low is None else first + "\ufffd"


def _error(problem: str, text: str, position: int, file: str, lines: Lines) -> LoadError:
    position = _skip(text, position)
    if position >= len(text):
        position = len(text.rstrip())
        problem = "the text ends too early"
    elif text[position] == '"':
        problem += " (this string has no end on its line, or a control character)"
    return LoadError(f"not valid JSON: {problem}", file, *lines.place(position))
