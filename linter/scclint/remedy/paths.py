"""Paths in plain data, of which some may lead nowhere."""

from typing import Any

from scclint.finding import Path
from scclint.untyped import value_at


def has(data: Any, path: Path) -> bool:
    """Whether there is something at a path, null included."""
    holder, step = value_at(data, path[:-1]), path[-1]
    if isinstance(step, int):
        return isinstance(holder, list) and 0 <= step < len(holder)
    return isinstance(holder, dict) and step in holder
