"""Convert TOML text to plain values with `tomllib`, without the texts for which it needs hours or all memory."""

import re
from collections.abc import Callable
from typing import Any

from scclint.limits import MAX_TOML_KEY

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_TOML_KEY}}}")


def loads(text: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The table that the text holds. Raises ValueError for a text that is no TOML or beyond the limits."""
    import tomllib

    if match := _LONG_KEY.search(text):
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        raise ValueError(f"A key of more than {MAX_TOML_KEY} parts (at line {line}, column {column})")
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except RecursionError:
        raise ValueError("Nested too deeply") from None
