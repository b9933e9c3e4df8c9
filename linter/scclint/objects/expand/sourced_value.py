"""Pods that are put together from several places: each piece keeps its plain data and the node that its author wrote, in step."""

from collections.abc import Iterable, Mapping
from typing import Any

from scclint.finding import Path
from scclint.objects.types import Item, Workload
from scclint.record import record, replace
from scclint.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from scclint.yaml.untyped import children_of, value_at


@record
class SourcedValue:
    """A piece of a manifest: its plain data, its node, and the path that leads to it in its document.

    `entry` is its key in the manifest, with its value. `node` and `entry` are None if the manifest does not contain the piece. `node`
    is also None for a value that a Template parameter added.
    """

    data: Any
    node: Node | None
    path: Path
    entry: Entry | None = None

    def at(self, *path: str | int) -> "SourcedValue":
        """The part at a path below this one; one without data and node where there is none."""
        part = self
        for step in path:
            part = part._below(step)
        return part

    def _below(self, step: str | int) -> "SourcedValue":
        node, entry = None, None
        if isinstance(step, str) and isinstance(self.node, MappingNode):
            entry = self.node.entry(step)
            node = None if entry is None else entry.value
        elif isinstance(step, int) and isinstance(self.node, SequenceNode) and step < len(self.node.items):
            node = self.node.items[step]
        return SourcedValue(value_at(self.data, (step,)), node, (*self.path, step), entry)

    @property
    def fields(self) -> dict[str, "SourcedValue"]:
        """What a mapping holds, by key; nothing where it is none."""
        return {key: self._below(key) for key in self.data} if isinstance(self.data, dict) else {}

    @property
    def items(self) -> tuple["SourcedValue", ...]:
        """What a list holds; nothing where it is none."""
        return tuple(self._below(i) for i in range(len(self.data))) if isinstance(self.data, list) else ()

    def __bool__(self) -> bool:
        """Whether there is any data that is not empty."""
        return bool(self.data)


NOTHING = SourcedValue(None, None, ())

Inner = dict[Path, Mapping[str, SourcedValue] | Mapping[int, SourcedValue]]
"""The pieces of mappings and lists, by the path of the mapping or list."""


def values_in(data: Any) -> int:
    """How many values there are in plain data: each mapping and list is one itself, and null is none."""
    if data is None:
        return 0
    return 1 + sum(map(values_in, children_of(data)))


def laid_over(base: SourcedValue, over: SourcedValue) -> SourcedValue:
    """One part over another: mappings are joined key by key, all else is replaced. What the upper one has comes first."""
    if not isinstance(base.data, dict) or not isinstance(over.data, dict):
        return over
    below = base.fields
    fields = {key: laid_over(below[key], part) if key in below else part for key, part in over.fields.items()}
    return in_mapping({**fields, **{key: part for key, part in below.items() if key not in fields}}, over)


def in_mapping(fields: Mapping[str, SourcedValue], place: SourcedValue) -> SourcedValue:
    """Return a mapping of these parts at the position of `place`. A part with another key gets the new key."""
    data = {key: part.data for key, part in fields.items()}
    if place.node is None:
        return SourcedValue(data, None, place.path, place.entry)
    entries = {
        key: _renamed(part.entry, key, part.node)
        for key, part in fields.items()
        if part.entry is not None and part.node is not None
    }
    return SourcedValue(data, MappingNode(place.node.span, entries), place.path, place.entry)


def in_list(items: Iterable[SourcedValue], place: SourcedValue) -> SourcedValue:
    """Return a list of these parts at the position of `place`."""
    items = tuple(items)
    data = [item.data for item in items]
    if place.node is None:
        return SourcedValue(data, None, place.path, place.entry)
    nodes = tuple(place.node if item.node is None else item.node for item in items)
    return SourcedValue(data, SequenceNode(place.node.span, nodes, {}), place.path, place.entry)


def named(container: SourcedValue, name: str) -> SourcedValue:
    """A container with the name that its controller gives it if it has none. Nobody wrote that, so the tree is without it."""
    if not isinstance(container.data, dict) or container.data.get("name"):
        return container
    return replace(container, data={**container.data, "name": name})


def called(whole: SourcedValue) -> str:
    """What messages call an object: `TaskRun build-1`."""
    name = whole.at("metadata", "name") or whole.at("metadata", "generateName")
    kind = str(whole.at("kind").data)
    return f"{kind} {name.data}" if name else kind


@record
class PodPieces:
    """The pieces that a controller puts a pod together from: its `metadata`, and its `spec`, which is at the position of `place`.

    `inner` are the pieces of mappings and lists further in, by path; findings on these point at the pieces. Findings on the pod as a whole
    point at the piece `name`, if it has data.
    """

    metadata: Mapping[str, SourcedValue]
    spec: Mapping[str, SourcedValue]
    place: SourcedValue
    inner: Inner
    name: SourcedValue = NOTHING


def pod_of(item: Item, whole: SourcedValue, pieces: PodPieces, *, part: str = "", run: str = "") -> Item:
    """Return the pod that a controller makes for the object `whole`, which is that of `item`.

    The pod has the fields of the object, with other `metadata` and another `spec`. `part` and `run` are fields of its provenance.
    """
    metadata = pieces.metadata
    if pieces.name:
        metadata = {**metadata, "name": replace(pieces.name, data=whole.at("metadata", "name").data)}
    spec = in_mapping(pieces.spec, pieces.place)
    fields = {**whole.fields, "metadata": in_mapping(metadata, whole.at("metadata")), "spec": spec}
    pod = in_mapping(fields, whole)
    levels: Inner = {(): fields, ("metadata",): metadata, ("spec",): pieces.spec, **pieces.inner}
    moved = {(*path, key): piece.path for path, pieces in levels.items() for key, piece in pieces.items()}
    root = item.root if pod.node is None else pod.node
    label = f"{part} of {called(whole)}" if part else called(whole)
    if run:
        label = f"{label}, run by {run}"
    elif not part:
        label = ""
    provenance = replace(item.provenance, moved=moved, label=label, part=part, run=run)
    return Item(root, (), pod.data, provenance, Workload, template=())


def _renamed(entry: Entry, name: str, value: Node) -> Entry:
    key = entry.key
    if key.value == name and entry.value is value:
        return entry
    return Entry(ScalarNode(key.span, name, key.text, key.plain), value)
