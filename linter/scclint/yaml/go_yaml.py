"""Where go-yaml v2, the cluster's parser, reads a text otherwise than the libyaml of PyYAML.

- U+FEFF in column 1 is text, except at the very start of the input. libyaml skips it.
- A colon before a flow indicator is part of an unquoted value: `[a:]` has the value `a:`. libyaml refuses it.
- A question mark ends an unquoted value in flow style, so that `[a?]` is refused. libyaml takes it for text.
- A comma right after a tag is part of the tag: `[!!str,a]`. libyaml ends the tag before it. scclint refuses the text.

For the first two, other characters stand in for these in the text that libyaml reads, so that every place stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from yaml import ScalarEvent

from scclint.errors import LoadError
from scclint.yaml.lines import BYTE_ORDER_MARK

QUESTION_MARK_ERROR = (
    "not valid in the cluster: an unquoted value between brackets or braces cannot have a `?`: quote the value"
)
TAG_ERROR = "not valid in the cluster: the comma after this tag is read as part of the tag: put a space before the comma"

# A run of characters that begins as an unquoted value does. The `:` that ends it comes before a flow indicator.
_COLON = re.compile(r"""(?<![^\s,\[\]{}?])[^\s,\[\]{}"'*&!%#:?][^\s,\[\]{}"']*:(?=[,\[\]{}])""")
_LIKELY_COLON = re.compile(r""":(?=[,\[\]{}])(?<=[^\s,\[\]{}"']:)""")
"""Finds what `_COLON` does and more, a hundred times faster: it begins with a literal."""
_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))


def has_other_text(text: str) -> bool:
    """Whether `stand_ins` may find a character to replace. Quick, and true too often."""
    return "\ufeff" in text or _LIKELY_COLON.search(text) is not None


def stand_ins(text: str, file: str, first_line: int) -> tuple[str, Mapping[int, str]]:
    """Return the text for libyaml, and the table with which `str.translate` restores a value.

    Raises LoadError for a text that has every private-use character, because then none is left to stand in.
    """
    table: dict[int, str] = {}
    unused = _unused_characters(text)
    # A `%TAG` directive may have such a colon in its prefix, which is no value.
    patterns = ((BYTE_ORDER_MARK, "\ufeff"), (_COLON, ":")) if "%TAG" not in text else ((BYTE_ORDER_MARK, "\ufeff"),)
    for pattern, character in patterns:
        if pattern.search(text):
            stand_in = next(unused, None)
            if stand_in is None:
                raise LoadError(
                    "has every private-use character, so that scclint cannot read it as the cluster does", file, first_line, 1
                )
            table[ord(stand_in)] = character
            text = stand_in.join(_without_last(pattern, text))
    return text, table


def restoring(next_event: Callable[[], Any], table: Mapping[int, str]) -> Callable[[], Any]:
    """Return a source of the same events, with the characters back in their values that others stand in for."""

    def restored() -> Any:
        event = next_event()
        if event.__class__ is ScalarEvent:
            event.value = event.value.translate(table)
        return event

    return restored


def _unused_characters(text: str) -> Iterator[str]:
    used = set(text)
    yield from (character for points in _PRIVATE_USE for character in map(chr, points) if character not in used)


def _without_last(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield the parts of the text between the last characters of all matches."""
    start = 0
    for match in pattern.finditer(text):
        yield text[start : match.end() - 1]
        start = match.end()
    yield text[start:]
