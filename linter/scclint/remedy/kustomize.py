"""Carry a remedy out in the sources of a kustomization: in its resources and patches, else by a patch of the overlay."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from scclint.finding import Append, Operation, Path, Remove, Set
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.record import replace
from scclint.remedy.patches import json_patch, merge_patch
from scclint.remedy.workbench import Basis, Edit, Workbench, attempted
from scclint.text import field_path
from scclint.units.kustomize.trace import corresponding
from scclint.untyped import has, value_at
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.edit_lists import append_entry
from scclint.yaml.nodes import to_data
from scclint.yaml.write import block_text


def edits(bench: Workbench, basis: Basis, operations: Sequence[Operation]) -> Iterator[Edit | EditRefused]:
    """Yield the edits to try, in order, or why one of them cannot be made."""
    obj = basis.subject
    if isinstance(obj, ApiObject):
        yield attempted(_Kustomization(bench, obj).in_sources, operations)
        yield from patches(bench, obj, operations)


def patches(bench: Workbench, obj: ApiObject, operations: Sequence[Operation]) -> Iterator[Edit | EditRefused]:
    """Yield the patches of the unit's own kustomization to try: a merge patch, and then a JSON patch."""
    kustomization = _Kustomization(bench, obj)
    yield attempted(kustomization.as_merge_patch, operations)
    yield attempted(kustomization.as_json_patch, operations)


class _Source:
    """A document of a kustomization, a resource or a patch. `data` is its content after the operations so far."""

    def __init__(self, document: Document, path: Path) -> None:
        assert document.root is not None
        self.document = document
        self.path = path
        self.data = to_data(document.root)
        self.operations: list[Operation] = []

    @property
    def own(self) -> Any:
        """The object, which can be an item of a List."""
        return value_at(self.data, self.path)

    def do(self, operation: Operation, path: Path) -> None:
        """Carry out an operation at a path of the object."""
        moved = replace(operation, path=(*self.path, *path))
        self.data = changed_data(self.data, moved)
        self.operations.append(moved)


class _Kustomization:
    """The kustomization of a unit, for edits that concern one object that it builds."""

    def __init__(self, bench: Workbench, obj: ApiObject) -> None:
        self._bench = bench
        self._obj = obj
        self._session = bench.session
        self._closure = self._session.rendered.closures[bench.opened.unit.name]
        origin = bench.opened.tracer().origin(obj)
        self._source = origin.source if origin is not None else None
        # Patches go by the name and namespace that the object has before kustomize changes them.
        self._named = self._source or obj

    def in_sources(self, operations: Sequence[Operation]) -> Edit:
        """Edit the resource that the object is built from, and the patches of it. Raises EditRefused where they lack a field."""
        if self._source is None:
            raise EditRefused("the file that kustomize built the object from is not known")
        resource = _Source(self._source.document, self._source.path)
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
        return Edit(texts, needs_review)

    def as_merge_patch(self, operations: Sequence[Operation]) -> Edit:
        """Add a strategic merge patch to the kustomization."""
        self._check_removed(operations)
        before, after = self._before_and_after(operations)
        metadata = {"name": self._named.name}
        if self._named.namespace:
            metadata["namespace"] = self._named.namespace
        header = {"apiVersion": self._obj.api_version, "kind": self._obj.kind, "metadata": metadata}
        return self._with_patch({**header, **_below_metadata(merge_patch(before, after), metadata)})

    def as_json_patch(self, operations: Sequence[Operation]) -> Edit:
        """Add a JSON patch to the kustomization."""
        self._check_removed(operations)
        target = {"group": self._obj.group, "kind": self._obj.kind, "name": self._named.name}
        patch = list(json_patch(*self._before_and_after(operations)))
        return self._with_patch(patch, {key: value for key, value in target.items() if value})

    def _with_patch(self, patch: Any, target: dict[str, str] | None = None) -> Edit:
        file = self._session.shown_rendered(self._closure.entry)
        document = self._bench.document(file)
        if document is None:
            raise EditRefused(f"{file} cannot be read")

        def value(dash: int) -> dict[str, Any]:
            return {"patch": block_text(patch, dash), **({"target": target} if target else {})}

        edited = append_entry(self._bench.text(file), document.index, ("patches",), value)
        return Edit({file: edited}, where=f"with a patch in {file}")

    def _check_removed(self, operations: Sequence[Operation]) -> None:
        """Raises EditRefused if a field to be removed comes from a patch: another patch against it would only hide that."""
        if self._source is None:
            return
        built = to_data(self._obj.root)
        for operation in operations:
            path = operation.path[len(self._obj.path) :]
            there = corresponding(value_at(built, self._obj.path), self._source.data, path)
            if isinstance(operation, Remove) and (there is None or not has(self._source.data, there)):
                raise EditRefused(f"a patch or a field of a kustomization writes {field_path(path)}: change it there")
            built = changed_data(built, operation)

    def _patches(self, resource: _Source) -> Iterator[_Source]:
        """The documents of patch files that name the object, in the order of their files."""
        outline = self._session.outline
        for name in self._closure.patches:
            for document in outline.documents(self._session.shown_rendered(name)):
                if document.root is None or document is resource.document:
                    continue
                data = to_data(document.root)
                names = (self._obj.name, self._named.name)
                if value_at(data, ("kind",)) == self._obj.kind and value_at(data, ("metadata", "name")) in names:
                    yield _Source(document, ())

    def _before_and_after(self, operations: Sequence[Operation]) -> tuple[Any, Any]:
        before = to_data(self._obj.root)
        after = deepcopy(before)
        for operation in operations:
            after = changed_data(after, operation)
        return value_at(before, self._obj.path), value_at(after, self._obj.path)


def _spread(operation: Operation, sources: Sequence[_Source], built: Any, within: Path) -> None:
    """Carry an operation out in each source that has the field; a new field goes to the resource, the first of the sources."""
    path = operation.path[len(within) :]
    own = value_at(built, within)
    places = [(source, corresponding(own, source.own, path)) for source in sources]
    having = [(source, there) for source, there in places if there is not None and has(source.own, there)]
    if isinstance(operation, Set | Append):
        # The last patch that has the field decides.
        chosen = having[-1:] or [(source, there) for source, there in places[:1] if there is not None]
    else:
        chosen = having
    if not chosen:
        raise EditRefused(f"a patch or a field of a kustomization writes {field_path(path)}: change it there")
    for source, there in chosen:
        source.do(operation, there)


def _below_metadata(patch: dict[str, Any], metadata: dict[str, str]) -> dict[str, Any]:
    """The patch without the fields that its header has."""
    changed = {**metadata, **(patch.pop("metadata", None) or {})}
    return {**({"metadata": changed} if changed != metadata else {}), **patch}
