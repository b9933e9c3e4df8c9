"""Schemas of values in charts that name other files or URLs, which helm would read, and print parts of where they are no schema."""

import json
import os
from typing import Any

from scclint.errors import LoadError
from scclint.files import display, read

SCHEMA = "values.schema.json"
_PACKED = ".tgz"
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
_IDENTIFIERS = frozenset(("$id", "id"))
_DRAFT = "$schema"
_DRAFTS = ("http://json-schema.org/", "https://json-schema.org/")
"""The schemas of schemas, which helm contains."""


def outward_schema(chart: str) -> str:
    """Return the schema of values in a chart, or in a dependency of it, that may name something outside of itself; empty if none does.

    The chart was checked by `chart_problem`. A schema that cannot be read counts, because helm may read it otherwise.
    """
    for at, _, files in os.walk(chart, followlinks=True):
        for name in sorted(files):
            path = os.path.join(at, name)
            if (name == SCHEMA and _file_is_outward(path)) or (name.endswith(_PACKED) and _holds_outward(path)):
                return display(os.path.relpath(path, chart))
    return ""


def _file_is_outward(path: str) -> bool:
    try:
        return _is_outward(read(path))
    except LoadError:
        return True


def _holds_outward(path: str) -> bool:
    """Whether a packed chart has such a schema, or another packed chart."""
    from scclint.files.dump import entries

    try:
        found = entries(path, path, lambda name: name.endswith((f"/{SCHEMA}", _PACKED)))
        return any(not isinstance(content, bytes) or _is_outward(content) for _, content in found)
    except LoadError:
        return True


def _is_outward(text: str | bytes) -> bool:
    outward: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        outward.extend(key for key, value in pairs if _leads_out(key, value))

    try:
        # Each pair counts, also where a key is repeated.
        json.loads(text, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return True
    return bool(outward)


def _leads_out(key: str, value: Any) -> bool:
    if key in _REFERENCES:
        return not isinstance(value, str) or not value.startswith("#")
    if key == _DRAFT:
        return not isinstance(value, str) or not value.startswith(_DRAFTS)
    return key in _IDENTIFIERS and isinstance(value, str) and value.lower().startswith("file:")
