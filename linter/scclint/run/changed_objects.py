"""Namespaces and SCCs as commands of scripts leave them, which label, annotate or patch them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scclint.cluster import installed
from scclint.cluster.apply import merged
from scclint.config.model import Config
from scclint.finding import Path
from scclint.objects.documents.document import Operation
from scclint.objects.types import ApiObject, Item, SecurityContextConstraints
from scclint.platform.releases import DEFAULT
from scclint.record import replace
from scclint.yaml.nodes import Entry, MappingNode, Node, Region, SequenceNode, made_node, node_at
from scclint.yaml.untyped import Object, copied

_NOT_THERE = "the input does not have the SCC that it changes"


def with_changes(objects: Sequence[ApiObject], config: Config) -> list[ApiObject]:
    """Return the objects, with each Namespace and SCC as the commands among the objects change it. What they change is at their lines.

    What a command changes of an SCC of OpenShift is an object by itself, which is merged into that SCC. A change of an SCC that is not
    there is no whole object.
    """
    changes = [obj for obj in objects if obj.document.operations is not None]
    if not changes:
        return list(objects)
    result: list[ApiObject] = [obj for obj in objects if obj.document.operations is None]
    positions = {(type(obj), obj.name): index for index, obj in enumerate(result) if not obj.partial}
    for change in changes:
        key = type(change), change.name
        index = positions.get(key)
        if index is not None:
            result[index] = _changed(result[index], change)
        else:
            positions[key] = len(result)
            result.append(_of_platform(change, config))
    return result


def _of_platform(change: ApiObject, config: Config) -> ApiObject:
    """Return the fields that a command changes of an object that the input does not have."""
    base: Object = {}
    if isinstance(change, SecurityContextConstraints):
        release = (config.openshift or (DEFAULT,))[-1]
        own = {} if config.platform == "kubernetes" else installed.own_sccs(_installation(release, config))
        if change.name not in own:
            return change.with_provenance(partial=_NOT_THERE)
        base = own[change.name]
    operations = change.document.operations or ()
    whole = _patched({**base, **change.data}, operations)
    # Other releases have other values in the rest.
    named = {*change.data, *(operation.path[0] for operation in operations if operation.path)}
    data = {key: whole.get(key) for key in named}
    return type(change)(change.document, Item(made_node(data, _region(change.root)), (), data, change.provenance))


def _installation(release: str, config: Config) -> installed.Installation:
    return installed.Installation(release, config.platform, addons=config.addons)


def _changed(obj: ApiObject, change: ApiObject) -> ApiObject:
    """Return an object with what a command changes of it."""
    data = _patched(merged(obj.data, change.data), change.document.operations or ())
    old = node_at(obj.root, obj.path)
    root = _with_node(obj.root, obj.path, _overlaid(old, obj.data, data, _region(change.root)))
    return type(obj)(obj.document, replace(obj.item, root=root, data=data, manifest=None))


def _region(node: Node) -> Region:
    return node.file, node.line, node.column, node.end_line, node.end_column


def _patched(data: Object, operations: Iterable[Operation]) -> dict[str, Any]:
    """Return data after the operations of a JSON patch.

    The input may lack a part of the object that the cluster has: what a path leads through is added, and an operation that does not fit
    changes nothing. The package `jsonpatch` refuses such a patch as a whole.
    """
    whole: dict[str, Any] = copied(data)
    for op, path, value in operations:
        holder: Any = whole
        for step in path[:-1]:
            holder = _child(holder, step, make=op != "remove")
        if not path:
            continue
        last = path[-1]
        if isinstance(holder, dict):
            if op == "remove":
                holder[last] = None
            elif op in ("add", "replace"):
                holder[last] = value
        elif isinstance(holder, list) and (last == "-" or last.isdecimal()):
            index = len(holder) if last == "-" else min(int(last), len(holder))
            holder[index : index + (op != "add")] = [] if op == "remove" else [value]
    return whole


def _child(holder: Any, step: str, *, make: bool) -> Any:
    """Return what a step of a path leads to; with `make`, a mapping in place of what is missing in a mapping."""
    if isinstance(holder, dict):
        return holder.setdefault(step, {}) if make and holder.get(step) is None else holder.get(step)
    if isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
        return holder[int(step)]
    return None


def _overlaid(node: Node, old: Any, new: Any, region: Region) -> Node:
    """Return the tree of some new data, where what is as in the old data keeps its place, and the rest is at `region`."""
    if new == old:
        return node
    if not (isinstance(node, MappingNode) and isinstance(old, Mapping) and isinstance(new, Mapping)):
        return made_node(new, region)
    made = made_node(new, region)
    assert isinstance(made, MappingNode)
    entries = {}
    for entry in made.entries:
        key = str(entry.key.value)
        written = node.entry(key)
        if written is None:
            entries[key] = entry
        elif new[key] == old.get(key):
            entries[key] = written
        else:
            value = _overlaid(written.value, old.get(key), new[key], region)
            entries[key] = Entry(written.key if isinstance(value, MappingNode) else entry.key, value)
    return MappingNode(_region(node), entries)


def _with_node(root: Node, path: Path, node: Node) -> Node:
    """Return a tree with another node at a path."""
    if not path:
        return node
    step, *rest = path
    if isinstance(root, SequenceNode):
        items = (_with_node(item, tuple(rest), node) if index == step else item for index, item in enumerate(root.items))
        return SequenceNode(_region(root), tuple(items), root.item_spans)
    assert isinstance(root, MappingNode)
    entries = {
        str(entry.key.value): Entry(entry.key, _with_node(entry.value, tuple(rest), node)) if entry.key.value == step else entry
        for entry in root.entries
    }
    return MappingNode(_region(root), entries, root.duplicates)
