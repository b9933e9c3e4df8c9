"""Write plain data as YAML in block style."""

import json
import re
from collections.abc import Iterator
from typing import Any

from scclint.yaml.scalars import resolve

_PLAIN = re.compile(r"[\w./][\w./ -]*[\w./]|\w", re.ASCII)


def block_lines(data: Any, dash: int = 0) -> Iterator[str]:
    """Yield the lines of a mapping or list in block style, indented by two spaces for each level, and lists by `dash` spaces."""
    if isinstance(data, dict):
        for key, value in data.items():
            if not _is_filled(value):
                yield f"{_scalar(key)}: {_scalar(value)}"
                continue
            yield f"{_scalar(key)}:"
            indent = " " * (2 if isinstance(value, dict) else dash)
            yield from (f"{indent}{line}" for line in block_lines(value, dash))
    else:
        for item in data:
            lines = block_lines(item, dash) if _is_filled(item) else [_scalar(item)]
            yield from (f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines))


def _is_filled(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _scalar(value: Any) -> str:
    """A scalar, plain where that reads as the same text; an empty collection as JSON."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and _reads_as_itself(value):
        return value
    return json.dumps(value, ensure_ascii=isinstance(value, str) and not value.isprintable())


def _reads_as_itself(text: str) -> bool:
    try:
        return resolve(text, True) == text
    except ValueError:
        return False
