"""JSON text for machines that may also pass a terminal, a log with commands, or a parser stricter than Python's."""

import json
import re
from collections.abc import Iterable
from typing import Any

_COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")
"""Runners of GitHub and Azure take `##[error]` for a command anywhere in a line."""


def dump(value: object) -> str:
    """Return `value` as compact JSON in ASCII, in which neither a terminal nor the runner of a pipeline finds a command.

    A fix contains lines of the source as they are, so what might be a command is written with an escape.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f")
    return _COMMAND.sub(r"#\\u0023", text)


def present(**fields: object) -> dict[str, Any]:
    """Return the fields that are not empty, as the formats leave out what a finding does not have."""
    return {name: value for name, value in fields.items() if value}


def with_units(entries: Iterable[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    """Return each entry once, in order, with the names of the units that it holds in as `units`."""
    merged: dict[str, dict[str, Any]] = {}
    for entry, unit in entries:
        merged.setdefault(dump(entry), {**entry, "units": []})["units"].append(unit)
    return list(merged.values())


def rows(entries: Iterable[object]) -> str:
    """Return the items of a JSON array, each on a line of its own; empty if there are none."""
    items = ",\n".join(map(dump, entries))
    return f"\n{items}\n" if items else ""
