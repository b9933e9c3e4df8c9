"""The patch that makes one object of another: as a strategic merge patch, or as a JSON patch (RFC 6902)."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.yaml.edit import EditRefused

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
}
"""Lists of pods that a strategic merge patch merges, by the field that tells their items apart (`x-kubernetes-patch-merge-key`)."""


def merge_patch(before: Any, after: Any) -> dict[str, Any]:
    """Return the strategic merge patch from one mapping to another. Raises EditRefused for lists that such a patch replaces."""
    patch: dict[str, Any] = {}
    for key in (*before, *(key for key in after if key not in before)):
        one, other = before.get(key), after.get(key)
        if key not in after:
            patch[key] = None
        elif key not in before:
            patch[key] = other
        elif one != other:
            patch[key] = _changed(key, one, other)
    return patch


def _changed(key: str, before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        return merge_patch(before, after)
    if not isinstance(before, list):
        return after
    name = _MERGE_KEYS.get(key)
    if name is None or not all(isinstance(item, dict) and name in item for item in (*before, *after)):
        raise EditRefused(f"a merge patch replaces {key} as a whole")
    items = {item[name]: item for item in after}
    patch: list[Any] = []
    for item in before:
        if item[name] not in items:
            patch.append({"$patch": "delete", name: item[name]})
        elif changes := merge_patch(item, items[item[name]]):
            patch.append({name: item[name], **changes})
    return patch


def json_patch(before: Any, after: Any, path: Path = ()) -> Iterator[dict[str, Any]]:
    """Yield the operations of the JSON patch from one value to another."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            if key not in after:
                yield {"op": "remove", "path": _pointer((*path, key))}
            elif key not in before:
                yield {"op": "add", "path": _pointer((*path, key)), "value": after[key]}
            else:
                yield from json_patch(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(after) <= len(before):
        kept = _kept(before, after)
        # From the last one on, so that the places of the others stay.
        for index in reversed(range(len(before))):
            if index not in kept:
                yield {"op": "remove", "path": _pointer((*path, index))}
        for number, index in enumerate(kept):
            yield from json_patch(before[index], after[number], (*path, number))
    elif before != after:
        yield {"op": "replace", "path": _pointer(path), "value": after}


def _kept(before: list[Any], after: list[Any]) -> list[int]:
    """The indices of the items that become those of the shorter list, in order: those that are equal, else the first ones."""
    kept = []
    start = 0
    for number, item in enumerate(after):
        last = len(before) - (len(after) - number)
        index = next((i for i in range(start, last + 1) if before[i] == item), start)
        kept.append(index)
        start = index + 1
    return kept


def _pointer(path: Path) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
