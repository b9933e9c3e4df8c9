"""How `oc apply` merges a manifest into the object that the cluster has.

Sources: `CreateThreeWayMergePatch` in `strategicpatch/patch.go` and `jsonmergepatch/patch.go` of apimachinery. `oc` uses the second
for SecurityContextConstraints, whose lists it replaces as a whole. Of the other kinds that decide verdicts, it merges two lists.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from scclint.finding import Path
from scclint.yaml.untyped import Object, as_mapping, copied, has, mappings, value_at

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_MERGE_KEYS: Mapping[Path, str] = {("metadata", "ownerReferences"): "uid", ("secrets",): "name"}
"""The lists that are merged item by item, each with the field that identifies an item (`patchMergeKey`)."""

_CONTROLLERS = frozenset(("cluster-policy-controller", "pod-security-admission-label-synchronization-controller"))
"""Controllers of OpenShift that apply fields of namespaces: no manifest owns these."""


def applied(live: Object, item: Object, last: Object | None = None) -> dict[str, Any]:
    """Return `live`, an object that the cluster has, after the manifest `item` of the same object is applied.

    A field that `item` does not name stays, unless an earlier manifest owned it: `last`, the one in the annotation `LAST_APPLIED` or,
    without the annotation, the one of the only manager that applies in `managedFields`. A field that is null is deleted.
    """
    metadata, named = as_mapping(live.get("metadata")), as_mapping(item.get("metadata"))
    # What is applied has the annotation itself, so that the annotations are never deleted as a whole.
    whole = {**item, "metadata": {**named, "annotations": named.get("annotations") or {}}}
    gone = [*_dropped(last or {}, whole)]
    text = as_mapping(metadata.get("annotations")).get(LAST_APPLIED)
    if isinstance(text, str):
        with suppress(ValueError):
            gone += _dropped(as_mapping(json.loads(text)), whole)
    else:
        gone += (path for path in _owned(metadata) if not has(whole, path))
    remainder = copied(live)
    for path in gone:
        holder = value_at(remainder, path[:-1])
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
    return merged(remainder, whole)


def merged(live: Object, item: Object, path: Path = ()) -> dict[str, Any]:
    """Return an object, or the part of one at `path`, with what the manifest names there. What is null is deleted."""
    result = {**live}
    for key, value in item.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = merged(as_mapping(live.get(key)), value, (*path, key))
        elif (by := _MERGE_KEYS.get((*path, key))) and isinstance(value, list):
            names = [entry.get(by) for entry in mappings(value)]
            result[key] = [*value, *(entry for entry in mappings(live.get(key)) if entry.get(by) not in names)]
        else:
            result[key] = value
    return result


def _dropped(last: Object, item: Object, path: Path = ()) -> Iterator[Path]:
    """Yield the fields that an earlier manifest names and `item` does not. `oc` deletes a mapping that is gone with all its keys."""
    for key, value in last.items():
        if key not in item:
            yield *path, key
        elif isinstance(value, Mapping) and isinstance(item[key], Mapping):
            yield from _dropped(value, item[key], (*path, key))


def _owned(metadata: Object) -> set[Path]:
    """Return the fields that only the manager that applies owns; none if several managers apply."""
    managers = mappings(metadata.get("managedFields"))
    applying = [
        manager for manager in managers if manager.get("operation") == "Apply" and manager.get("manager") not in _CONTROLLERS
    ]
    if len(applying) != 1:
        return set()
    others = {
        path for manager in managers if manager is not applying[0] for path in _leaves(as_mapping(manager.get("fieldsV1")))
    }
    return {*_leaves(as_mapping(applying[0].get("fieldsV1")))} - others


def _leaves(fields: Object, path: Path = ()) -> Iterator[Path]:
    """Yield the fields in `fieldsV1`. Items of lists, whose keys have another prefix, are left out."""
    for key, inner in fields.items():
        if key.startswith("f:"):
            below = (*path, key[2:])
            yield from [*_leaves(as_mapping(inner), below)] or [below]
