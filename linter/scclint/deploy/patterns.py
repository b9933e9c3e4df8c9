"""Globs with alternatives, as Argo CD has them in its objects: `{a,b}*.yaml`. They can come from anyone's repository.

The set of all positions in the text that a beginning of the pattern leads to is kept as the bits of a number. So the time grows with the
length of the pattern, and not with the number of ways to choose among its alternatives.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from scclint.limits import MAX_GLOB

_TOKEN = re.compile(r"\\.|\*\*/?|\*|\?|\[!?[^\]]+\]|.", re.DOTALL)


def matches(pattern: str, text: str, *, folders: bool = False) -> bool:
    """Whether a glob takes a text: `*`, `?`, `[a-z]`, `{a,b}`, and a backslash before a character that means itself.

    With `folders`, `*` and `?` take no `/`, and `**/` takes any folders or none. Without, `*` takes any text, as in gobwas/glob, which
    Argo CD uses for `directory.include`. A pattern that is too long takes nothing.
    """
    everything = (1 << len(text)) - 1
    names = everything & ~_places(text, "/") if folders else everything
    reached = 1
    before: list[tuple[int, int]] = []
    for token in _tokens(pattern):
        if token == "{":
            before.append((reached, 0))
        elif token == "}" and before:
            reached |= before.pop()[1]
        elif token == "," and before:
            start, others = before[-1]
            before[-1] = start, others | reached
            reached = start
        elif token == "**/" and folders:
            reached |= _spread(reached, everything) & (_places(text, "/") << 1)
        elif token[0] == "*":
            reached = _spread(reached, everything if token[1:] else names)
            reached = (reached & _places(text, "/")) << 1 if token == "**/" else reached
        elif token == "?":
            reached = (reached & names) << 1
        elif token[0] == "[" and token[1:]:
            reached = (reached & names & _places_of_set(text, token[1:-1])) << 1
        else:
            reached = (reached & _places(text, token[-1])) << 1
        if not reached and not before:
            return False
    for _, others in before:
        reached |= others
    return bool(reached >> len(text) & 1)


@lru_cache(maxsize=64)
def _tokens(pattern: str) -> Sequence[str]:
    return _TOKEN.findall(pattern) if len(pattern) <= MAX_GLOB else ["\0"]


def _spread(reached: int, taken: int) -> int:
    """The positions that any number of characters at the places `taken` leads to."""
    while (more := reached | (reached & taken) << 1) != reached:
        reached = more
    return reached


def _places(text: str, character: str) -> int:
    """The places of a character in a text, as bits."""
    places, at = 0, text.find(character)
    while at >= 0:
        places |= 1 << at
        at = text.find(character, at + 1)
    return places


def _places_of_set(text: str, inner: str) -> int:
    negated = inner.startswith("!")
    members, listed = inner[negated:], set()
    ranges = re.findall(r"(.)-(.)", members, re.DOTALL)
    listed = set(re.sub(r".-.", "", members, flags=re.DOTALL))
    places = 0
    for at, character in enumerate(text):
        taken = character in listed or any(low <= character <= high for low, high in ranges)
        places |= (taken != negated) << at
    return places
