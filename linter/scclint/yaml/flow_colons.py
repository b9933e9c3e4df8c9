"""Colons within bare scalars in flow style: `{image: nginx:1.25}`.

The cluster's parser takes them for text; the libyaml release that ruamel.yaml.clib carries refuses them. So they are hidden
from it: a character that the text does not have stands in for each, which keeps every position as it is.
"""

import re
from typing import Any

ATTEMPTS = 8
"""How often a text is parsed anew for a colon that the first, wholesale hiding did not reach."""

# A run of characters without blanks and flow indicators, unless it begins as an alias, anchor, tag, directive or quote.
_RUN = r"(?<![^\s,\[\]{}])[^\s,\[\]{}\"'*&!%][^\s,\[\]{}]*"
_COLON = r"(?s)(?<=[^\"':]):(?=.)"


def hide_colon(error: Any, text: str, stand_in: str) -> tuple[str, str] | None:
    """The text without the colon that libyaml's `error` is about, and the stand-in. None if the error is about anything else.

    `stand_in` is empty the first time; then all colons that look like that one are hidden with it.
    """
    mark = getattr(error, "problem_mark", None)
    if mark is None or error.problem != "found unexpected ':'" or not text.startswith(":", mark.index):
        return None
    first = not stand_in
    stand_in = stand_in or next((chr(point) for point in range(0xE000, 0xF900) if chr(point) not in text), "")
    if not stand_in:
        return None
    hidden = text[: mark.index] + stand_in + text[mark.index + 1 :]
    if first and "%TAG" not in text:
        hidden = re.sub(_RUN, lambda run: re.sub(_COLON, stand_in, run[0]), hidden)
    return hidden, stand_in
