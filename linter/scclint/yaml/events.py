r"""YAML text to events and tokens, through ruamel.yaml: its scanner in C or, without one, its scanner in Python.

The cluster's parser, go-yaml v2, reads some texts otherwise than these scanners:

- U+FEFF in column 1 is text, except at the very start of the input. The scanners skip it.
- A colon is part of an unquoted value in flow style unless a blank follows: `[nginx:1]` and `[a:]` have one value. The scanner in C
  refuses them.
- `\/` is no escape between double quotes, so that the text is refused. The scanners read it as `/`, as JSON does.

For the first two, other characters stand in for these in the text that is scanned, so that every place stays as it is.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)
from ruamel.yaml.scanner import ScannerError

from scclint.limits import MAX_COLON_ATTEMPTS, MAX_DEPTH, LimitError
from scclint.yaml.lines import BYTE_ORDER_MARK

try:
    from _ruamel_yaml import CParser

    IN_C = True
except ModuleNotFoundError:
    IN_C = False

IN_PYTHON = (
    "no scanner in C is installed for YAML, so that reading takes ten times as long and some texts are refused "
    "that the cluster takes: pip install ruamel.yaml.clib"
)
"""What to tell the user unless `IN_C`."""


def event_source(text: str) -> Callable[[], Any]:
    """Return a function that returns the next event of the text. It raises YAMLError or UnicodeError."""
    # The loaders of ruamel.yaml refer to themselves: without a garbage collection, none would be freed.
    source: Callable[[], Any] = CParser(text).get_event if IN_C else _scanner().parse(text).__next__
    return source


def tokens(text: str) -> Iterator[Any]:
    """Yield the tokens of the text. Raises YAMLError or UnicodeError."""
    return iter(CParser(text).get_token, None) if IN_C else iter(_scanner().scan(text))


_ANCHOR, _ALIAS = re.compile(r"&([\w-]++)"), re.compile(r"\*([\w-]++)")


def endless_alias(file: str, text: str) -> str:
    """Say where an alias is in the value of its own anchor; empty if no alias of a text is. kustomize follows such an alias without end."""
    around: list[str | None] = []
    with suppress(YAMLError, UnicodeError):
        # Few texts have an alias of an anchor, while `&&` of scripts and `*` of roles are in many.
        anchors = set(_ANCHOR.findall(text)) if "*" in text else set()
        has_aliases = bool(anchors) and not anchors.isdisjoint(_ALIAS.findall(text))
        next_event = event_source(text if has_aliases else "")
        while (event := next_event()).__class__ is not StreamEndEvent and len(around) <= MAX_DEPTH:
            anchor = event.anchor if isinstance(event, NodeEvent) else None
            if anchor and anchor in around:
                if event.__class__ is AliasEvent:
                    return f"{file}:{event.start_mark.line + 1}: anchor {anchor!r} contains itself"
                # An anchor that is set again inside the value means the new value.
                around[around.index(anchor)] = None
            if isinstance(event, CollectionStartEvent):
                around.append(anchor)
            elif isinstance(event, CollectionEndEvent):
                around.pop()
    return ""


def _scanner() -> Any:
    scanner = YAML(typ="base", pure=True)
    scanner.version = (1, 1)
    return scanner


SLASH_ERROR = r"not valid in the cluster: the escape `\/` is JSON and not YAML 1.1: write `/`"
ESCAPED_SLASH = r'[^"]*"(?:[^\\]|\\[^/])*?\\/'
"""Matches a double-quoted value, with its tag and anchor, through its first `\\/`."""

_END = r" \t\r\n\x85\u2028\u2029"
# Colons are left where they end a quoted value or a collection, and in directives, anchors, aliases and tags.
_COLONS = (
    rf"""(?m)(?<=[^{_END},\[\]{{}}"'?:]):+(?=[^{_END}])"""
    rf"|^%.*|(?<![^{_END},\[\]{{}}?:])(?:[*&][^{_END},\[\]{{}}]*|![^{_END}{{}}]*)"
)
_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))


class ScannedText:
    """A text as the scanner reads it. `table` restores the text of a value with `str.translate`.

    Raises LimitError for a text that has every private-use character, because then none is left to stand in.
    """

    __slots__ = ("_attempts", "_colon", "_start", "table", "text")

    def __init__(self, text: str, file: str = "", first_line: int = 1) -> None:
        self.text = text
        self.table: dict[int, str] = {}
        self._start = (file, first_line, 1)
        self._attempts = MAX_COLON_ATTEMPTS
        self._colon = ""
        if "\ufeff" in text and re.search(BYTE_ORDER_MARK, text):
            self.text = re.sub(BYTE_ORDER_MARK, self._stand_in("\ufeff"), text)

    def hides_colon(self, error: Exception) -> bool:
        """Whether the error of the scanner is about a colon that is text for the cluster. `text` then hides it from the scanner."""
        if not isinstance(error, ScannerError) or error.problem != "found unexpected ':'" or not self._attempts:
            return False
        self._attempts -= 1
        self._colon = colon = self._colon or self._stand_in(":")
        at = error.problem_mark.index
        text = f"{self.text[:at]}{colon}{self.text[at + 1 :]}"
        self.text = re.sub(_COLONS, lambda match: colon * len(match[0]) if match[0][0] == ":" else match[0], text)
        return True

    def restoring(self, next_event: Callable[[], Any]) -> Callable[[], Any]:
        """Return a source of the same events, with the characters back in their values that others stand in for."""

        def restored() -> Any:
            event = next_event()
            if event.__class__ is ScalarEvent:
                event.value = event.value.translate(self.table)
            return event

        return restored if self.table else next_event

    def _stand_in(self, character: str) -> str:
        used = set(self.text)
        unused = next((chr(point) for points in _PRIVATE_USE for point in points if chr(point) not in used), None)
        if unused is None:
            raise LimitError(
                "has every private-use character, so that scclint cannot read it as the cluster does", *self._start
            )
        self.table[ord(unused)] = character
        return unused
