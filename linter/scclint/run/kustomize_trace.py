"""From what kustomize built to the resources and patches that people edit."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from scclint.finding import Finding, Path, Related
from scclint.load import load_text
from scclint.model.object import ApiObject, Origin
from scclint.record import replace
from scclint.run.shared import Run
from scclint.source import Span
from scclint.units.kustomize.trace import Named, Patches, before_kustomize, by_name, find_origin, from_wrapper
from scclint.units.tracer import Tracer, with_places_moved
from scclint.units.unit import Unit
from scclint.yaml.locate import locate, node_at
from scclint.yaml.nodes import MappingNode, Node, SequenceNode

_ObjectKey = tuple[str, str, str, str]
"""API group, kind, namespace and name."""


class KustomizeTrace(Tracer):
    """From places in what kustomize built to its resources and patches. The unit is built once more, with origins, when asked."""

    def __init__(self, unit: Unit, objects: Sequence[ApiObject], run: Run) -> None:
        self._unit = unit
        self._objects = objects
        self._run = run
        self._rendered = run.rendered.renderings[unit.name].file
        self._closure = run.rendered.closures[unit.name]
        self._named: dict[str, Named] = {}

    def finding(self, finding: Finding) -> Finding:
        moved = with_places_moved(finding, self.span)
        if finding.span.file != self._rendered:
            return moved
        origin = self._place(finding.span)
        if origin is None:
            note = "kustomize made it, and no file of it is known"
            return replace(moved, span=self._entry(finding.span), notes=(*finding.notes, note))
        return replace(moved, span=origin.span)

    def span(self, span: Span) -> Span:
        place = self._place(span)
        return place.span if place is not None else self._entry(span)

    def origin(self, obj: ApiObject) -> Origin | None:
        built = self._built.get(_key(obj))
        return built[1] if built is not None else None

    def _entry(self, span: Span) -> Span:
        """The first key of the kustomization, for a place whose file is not known."""
        return self._first_key if span.file == self._rendered else span

    @cached_property
    def _first_key(self) -> Span:
        shown = self._run.shown_rendered(self._closure.entry)
        for document in load_text(shown, self._run.outline.text(shown), frozenset()):
            if isinstance(document.root, MappingNode) and document.root.entries:
                return document.root.entries[0].key.span
        return Span(shown, 1, 1, 1, 1)

    def _place(self, span: Span) -> Related | None:
        if span.file != self._rendered:
            return None
        for obj in self._objects:
            first, last = obj.lines
            built = self._built.get(_key(obj))
            if built is None or not first <= span.line <= last:
                continue
            twin, origin = built
            path = next((path for path in _paths(obj) if locate(obj.root, path)[0] == span), obj.place.path)
            field = twin.field(*path[len(obj.path) :]) if path[: len(obj.path)] == obj.path else twin.place
            return before_kustomize(twin.with_provenance(origin=origin), field, self._patches)
        return None

    @cached_property
    def _patches(self) -> Patches:
        rendered = self._run.rendered
        return Patches(self._closure, rendered.tree, self._run.shown_rendered, rendered.text, self._unit.deployment)

    @cached_property
    def _built(self) -> dict[_ObjectKey, tuple[ApiObject, Origin]]:
        """The objects as kustomize builds them with origins, each with its own."""
        rendered = self._run.rendered
        made = rendered.output(self._unit, origins=True)
        if made.error:
            return {}
        outline = self._run.outline
        resolve = from_wrapper(made.base, made.root)
        objects = outline.objects(load_text(self._rendered, made.text, outline.kinds))
        built = {}
        for obj in objects:
            origin = find_origin(obj, self._objects_of, resolve)
            if origin is not None and origin.source is not None:
                built[_key(obj)] = obj, origin
        return built

    def _objects_of(self, name: str) -> Named:
        outline = self._run.outline
        if name not in self._named:
            self._named[name] = by_name(outline.objects(outline.documents(self._run.shown_rendered(name))))
        return self._named[name]


def _key(obj: ApiObject) -> _ObjectKey:
    return obj.group, obj.kind, obj.namespace, obj.name


def _paths(obj: ApiObject) -> Iterator[Path]:
    """The path of every value of an object, from the root of its document, outer ones first."""
    pending: list[tuple[Path, Node]] = [(obj.path, node_at(obj.root, obj.path))]
    while pending:
        path, node = pending.pop(0)
        yield path
        if isinstance(node, MappingNode):
            pending += [((*path, str(entry.key.value)), entry.value) for entry in node.entries]
        elif isinstance(node, SequenceNode):
            pending += [((*path, index), item) for index, item in enumerate(node.items)]
