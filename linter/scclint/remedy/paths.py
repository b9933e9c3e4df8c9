"""Paths in plain data, of which some may lead nowhere."""

from typing import Any

from scclint.finding import Path


def value_at(data: Any, path: Path) -> Any:
    """Return the value at a path; None if there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def has(data: Any, path: Path) -> bool:
    """Whether there is something at a path, null included."""
    holder, step = value_at(data, path[:-1]), path[-1]
    if isinstance(step, int):
        return isinstance(holder, list) and 0 <= step < len(holder)
    return isinstance(holder, dict) and step in holder
