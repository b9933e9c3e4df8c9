"""Values of data whose types nobody has checked: a value if it has the type asked for, else an empty value of that type."""

from binascii import a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from scclint.record import EMPTY

Object = Mapping[str, Any]
"""An object of the API as plain data, or a part of one."""


def children_of(data: Any) -> Iterable[Any]:
    """Return the values of a mapping or list; none of anything else."""
    if isinstance(data, dict):
        return data.values()
    return data if isinstance(data, list) else ()


def as_text(value: object) -> str:
    """Return the value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is a mapping, else an empty mapping."""
    # Nearly every mapping is a dict, which this finds several times as fast as the abstract class does.
    return value if type(value) is dict or isinstance(value, Mapping) else EMPTY


def as_list(value: object) -> list[Any]:
    """Return the value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the items of a list that are mappings, and an empty list for any other value."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_mappings(value: object) -> list[dict[str, Any]]:
    """Return the items of a list, each that is no mapping replaced by an empty one, so that indices stay true."""
    return [item if isinstance(item, dict) else {} for item in as_list(value)]


def texts(value: object) -> list[str]:
    """Return the items of a list that are strings, and an empty list for any other value."""
    return [item for item in as_list(value) if isinstance(item, str)]


def from_base64(value: str) -> str:
    """Return the text that is encoded in base64; empty for a value that encodes none."""
    try:
        return a2b_base64(value).decode()
    except ValueError:
        return ""


def several(value: Any) -> tuple[Any, ...]:
    """Return the items of an iterable; a text, path or mapping as the only one, because nobody means its letters or keys."""
    return (value,) if isinstance(value, str | PathLike | Mapping) else tuple(value)


def copied(data: Any) -> Any:
    """Return a copy of plain data in which no two places share a value."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data


def value_at(data: Any, path: Iterable[str | int]) -> Any:
    """Return the value that `path` leads to through mappings and lists of plain data; None if there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def in_any_item(path: Sequence[str | int]) -> tuple[str, ...]:
    """Return a path with `*` in place of each index of a list."""
    return tuple(step if isinstance(step, str) else "*" for step in path)


def has(data: Any, path: Sequence[str | int]) -> bool:
    """Return whether plain data has something at `path`, null included."""
    holder, step = value_at(data, path[:-1]), path[-1]
    if isinstance(step, str):
        return isinstance(holder, dict) and step in holder
    return isinstance(holder, list) and 0 <= step < len(holder)
