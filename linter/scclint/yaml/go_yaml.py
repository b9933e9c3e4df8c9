r"""Where go-yaml v2, the cluster's parser, reads a text otherwise than the libyaml of PyYAML.

- U+FEFF in column 1 is text, except at the very start of the input. libyaml skips it.
- A colon before a flow indicator is part of an unquoted value: `[a:]` has the value `a:`. libyaml refuses it.
- A question mark ends an unquoted value in flow style, so that `[a?]` is refused. libyaml takes it for text.
- A comma right after a tag is part of the tag: `[!!str,a]`. libyaml ends the tag before it. scclint refuses the text.
- `\/` is no escape between double quotes, so that the text is refused. libyaml reads it as `/`, as JSON does.

For the first two, other characters stand in for these in the text that libyaml reads, so that every place stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from yaml import ScalarEvent

from scclint.errors import LoadError
from scclint.yaml.lines import BYTE_ORDER_MARK

QUESTION_MARK_ERROR = (
    "not valid in the cluster: an unquoted value between brackets or braces cannot have a `?`: quote the value"
)
TAG_ERROR = "not valid in the cluster: the comma after this tag is read as part of the tag: put a space before the comma"
SLASH_ERROR = r"not valid in the cluster: the escape `\/` is JSON and not YAML 1.1: write `/`"
ESCAPED_SLASH = r'[^"]*"(?:[^\\]|\\[^/])*?\\/'
"""Matches a double-quoted value, with its tag and anchor, through its first `\\/`."""

# A whole run of characters in which an unquoted value begins, at its start or after a `?`. The `:` that ends it comes before a flow
# indicator.
_RUN = r"""[^\s,\[\]{}"']"""
_VALUE = r"""[^\s,\[\]{}"'*&!%#:?]"""
_COLON = rf"""(?<!{_RUN})(?:(?<!["'])(?={_VALUE})|(?={_RUN}*?\?{_VALUE})){_RUN}++(?<=:)(?=[,\[\]{{}}])"""
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
    for places, character in ((_marks, "\ufeff"), *(((_colons, ":"),) if "%TAG" not in text else ())):
        if found := list(places(text)):
            stand_in = next(unused, None)
            if stand_in is None:
                raise LoadError(
                    "has every private-use character, so that scclint cannot read it as the cluster does", file, first_line, 1
                )
            table[ord(stand_in)] = character
            text = stand_in.join(text[start + 1 : end] for start, end in pairwise([-1, *found, len(text)]))
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


def _marks(text: str) -> Iterator[int]:
    """Return the offset of each byte order mark that is text for the cluster."""
    # The pattern begins with no literal, so it is slow on a large text that has none.
    return (match.start() for match in re.finditer(BYTE_ORDER_MARK, text)) if "\ufeff" in text else iter(())


def _colons(text: str) -> Iterator[int]:
    """Yield the offset of each colon that is part of an unquoted value for the cluster."""
    end = 0
    for likely in _LIKELY_COLON.finditer(text):
        if likely.start() >= end:
            # An unquoted value in flow style has no white space before such a colon, so that it is in one line.
            start = text.rfind("\n", 0, likely.start()) + 1
            newline = text.find("\n", likely.start())
            end = newline if newline >= 0 else len(text)
            yield from (match.end() - 1 for match in re.compile(_COLON).finditer(text, start, end))
