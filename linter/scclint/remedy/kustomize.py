"""Carry a remedy out in the sources of a kustomization: in its resources and patches, else by a patch of the overlay.

The patch of the overlay is a strategic merge patch or a JSON patch (RFC 6902).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Any

from scclint.deploy.origins.kustomizations import corresponding
from scclint.finding import Append, Operation, Path, Remove, Set
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject
from scclint.record import replace
from scclint.remedy.workbench import FileEdit, Workbench
from scclint.text import field_path
from scclint.yaml.edit import EditRefused, append_entry, changed_data, edit
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import has, value_at
from scclint.yaml.write import block_text

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
}
"""Lists of pods that a strategic merge patch merges, by the field that tells their items apart (`x-kubernetes-patch-merge-key`)."""


class _SourceDocument:
    """A document of a kustomization, a resource or a patch. `data` is its content after the operations so far."""

    def __init__(self, document: Document, path: Path) -> None:
        assert document.root is not None
        self.document = document
        self.path = path
        self.data = to_data(document.root)
        self.operations: list[Operation] = []

    @property
    def object(self) -> Any:
        """The object, which can be an item of a List."""
        return value_at(self.data, self.path)

    def do(self, operation: Operation, path: Path) -> None:
        """Carry out an operation at a path of the object."""
        moved = replace(operation, path=(*self.path, *path))
        self.data = changed_data(self.data, moved)
        self.operations.append(moved)


class KustomizationEdits:
    """The edits of the sources of a kustomization that concern one object that it builds."""

    def __init__(self, bench: Workbench, obj: ApiObject) -> None:
        self._bench = bench
        self._obj = obj
        self._session = bench.session
        self._closure = self._session.rendered.closures[bench.opened.unit.name]
        origin = bench.opened.tracer().origin(obj)
        self._source = origin.source if origin is not None else None
        # Patches go by the name and namespace that the object has before kustomize changes them.
        self._named = self._source or obj

    def edits(self, operations: Sequence[Operation]) -> Iterator[Callable[[], FileEdit]]:
        """Yield what makes each edit to try, in order, or raises EditRefused."""
        yield partial(self._in_sources, operations)
        yield partial(self.with_patch, operations, merge=True)
        yield partial(self.with_patch, operations, merge=False)

    def _in_sources(self, operations: Sequence[Operation]) -> FileEdit:
        """Edit the resource that the object is built from, and the patches of it. Raises EditRefused where they lack a field."""
        if self._source is None:
            raise EditRefused("the file that kustomize built the object from is not known")
        resource = _SourceDocument(self._source.document, self._source.path)
        sources = [resource, *self._patches(resource)]
        built = to_data(self._obj.root)
        for operation in operations:
            _spread(operation, sources, built, self._obj.path)
            built = changed_data(built, operation)
        texts: dict[str, str] = {}
        needs_review = False
        for source in sources:
            if source.operations:
                file = source.document.file
                edited = edit(texts.get(file, self._bench.text(file)), source.document.index, source.operations)
                texts[file], needs_review = edited.text, needs_review or edited.needs_review
        return FileEdit(texts, needs_review)

    def with_patch(self, operations: Sequence[Operation], *, merge: bool) -> FileEdit:
        """Add a patch to the kustomization, a strategic merge patch if `merge`, else a JSON patch. Raises EditRefused."""
        self._check_removed(operations)
        after = reduce(changed_data, operations, to_data(self._obj.root))
        before, after = (value_at(data, self._obj.path) for data in (to_data(self._obj.root), after))
        if merge:
            changes = merge_patch(before, after)
            namespace = {"namespace": self._named.namespace} if self._named.namespace else {}
            metadata = {"name": self._named.name, **namespace, **(changes.pop("metadata", None) or {})}
            header = {"apiVersion": self._obj.api_version, "kind": self._obj.kind, "metadata": metadata}
            return self._added({**header, **changes}, {})
        target = {"group": self._obj.group, "kind": self._obj.kind, "name": self._named.name}
        return self._added(list(json_patch(before, after)), {key: value for key, value in target.items() if value})

    def _added(self, patch: Any, target: dict[str, str]) -> FileEdit:
        """The edit that adds a patch, for the object that `target` selects if it has anything."""
        file = self._session.shown_rendered(self._closure.entry)
        document = self._bench.document(file)
        if document is None:
            raise EditRefused(f"{file} cannot be read")

        def value(dash: int) -> dict[str, Any]:
            return {"patch": block_text(patch, dash), **({"target": target} if target else {})}

        edited = append_entry(self._bench.text(file), document.index, ("patches",), value)
        return FileEdit({file: edited}, where=f"with a patch in {file}")

    def _check_removed(self, operations: Sequence[Operation]) -> None:
        """Raises EditRefused if a field to be removed comes from a patch: another patch against it would only hide that."""
        if self._source is None:
            return
        built = to_data(self._obj.root)
        for operation in operations:
            path = operation.path[len(self._obj.path) :]
            there = corresponding(value_at(built, self._obj.path), self._source.data, path)
            if isinstance(operation, Remove) and (there is None or not has(self._source.data, there)):
                raise EditRefused(_elsewhere(path))
            built = changed_data(built, operation)

    def _patches(self, resource: _SourceDocument) -> Iterator[_SourceDocument]:
        """The documents of patch files that name the object, in the order of their files."""
        outline = self._session.outline
        for name in self._closure.patches:
            for document in outline.documents(self._session.shown_rendered(name)):
                if document.root is None or document is resource.document:
                    continue
                data = to_data(document.root)
                names = (self._obj.name, self._named.name)
                if value_at(data, ("kind",)) == self._obj.kind and value_at(data, ("metadata", "name")) in names:
                    yield _SourceDocument(document, ())


def _spread(operation: Operation, sources: Sequence[_SourceDocument], built: Any, within: Path) -> None:
    """Carry an operation out in each source that has the field; a new field goes to the resource, the first of the sources."""
    path = operation.path[len(within) :]
    obj = value_at(built, within)
    places = [(source, at) for source in sources if (at := corresponding(obj, source.object, path)) is not None]
    chosen = [(source, at) for source, at in places if has(source.object, at)]
    if isinstance(operation, Set | Append):
        # The last patch that has the field decides.
        chosen = chosen[-1:] or [place for place in places if place[0] is sources[0]]
    if not chosen:
        raise EditRefused(_elsewhere(path))
    for source, there in chosen:
        source.do(operation, there)


def _elsewhere(path: Path) -> str:
    return f"a patch or a field of a kustomization writes {field_path(path)}: change it there"


def merge_patch(before: Any, after: Any) -> dict[str, Any]:
    """Return the strategic merge patch from one mapping to another. Raises EditRefused for lists that such a patch replaces."""
    patch: dict[str, Any] = {}
    for key in (*before, *(key for key in after if key not in before)):
        old, new = before.get(key), after.get(key)
        if key not in after:
            patch[key] = None
        elif key not in before:
            patch[key] = new
        elif old != new:
            patch[key] = _changed(key, old, new)
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
    """Yield the operations of the JSON patch from one value to another: `add`, `remove` and `replace`, which people read.

    The package `jsonpatch` joins fields of equal values by `move`, such as `privileged` with `runAsNonRoot`.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            if key not in after:
                yield {"op": "remove", "path": _pointer((*path, key))}
            elif key not in before:
                yield {"op": "add", "path": _pointer((*path, key)), "value": after[key]}
            else:
                yield from json_patch(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(after) <= len(before):
        indices = _kept(before, after)
        # From the last one on, so that the places of the others stay.
        for index in reversed(range(len(before))):
            if index not in indices:
                yield {"op": "remove", "path": _pointer((*path, index))}
        for number, index in enumerate(indices):
            yield from json_patch(before[index], after[number], (*path, number))
    elif before != after:
        yield {"op": "replace", "path": _pointer(path), "value": after}


def _kept(before: list[Any], after: list[Any]) -> list[int]:
    """The indices of the items that become those of the shorter list, in order: those that are equal, else the first ones."""
    indices = []
    start = 0
    for number, item in enumerate(after):
        last = len(before) - (len(after) - number)
        index = next((i for i in range(start, last + 1) if before[i] == item), start)
        indices.append(index)
        start = index + 1
    return indices


def _pointer(path: Path) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
