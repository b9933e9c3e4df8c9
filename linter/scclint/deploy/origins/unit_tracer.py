"""Makes the tracer of a unit: from rendered text to Helm templates, kustomize resources and patches."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from scclint.config.model import Config
from scclint.deploy.helm import CHART_FILE, Charts
from scclint.deploy.origins.charts import Trace
from scclint.deploy.origins.kustomizations import (
    Named,
    Patches,
    before_kustomize,
    by_name,
    configured_in,
    find_origin,
    from_wrapper,
    generator_entry,
)
from scclint.deploy.origins.template_lines import MarkedRendering
from scclint.deploy.origins.tracer import FieldOrigin, Tracer, with_places_moved
from scclint.deploy.origins.values_keys import FieldKeys
from scclint.deploy.outline import Outline
from scclint.deploy.render import Renderer
from scclint.deploy.unit import Rendering, Unit
from scclint.deploy.unit_renderer import UnitRenderer
from scclint.files import display, is_below
from scclint.finding import Finding, Path, Related
from scclint.objects.documents import load_text
from scclint.objects.documents.document import Document, first_root
from scclint.objects.types import ApiObject, Origin
from scclint.record import EMPTY, Memo, replace
from scclint.source import Span
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, is_key, locate, node_at

if TYPE_CHECKING:
    from scclint.deploy.helm.chart import Origins
    from scclint.deploy.helm.values import ViewValues
    from scclint.deploy.kustomize.kustomization import Closure
    from scclint.deploy.render import RendererOutput


class RenderedUnits(Protocol):
    """What units render to: see `scclint.run.deploy.Rendered`."""

    @property
    def renderings(self) -> Mapping[str, Rendering]: ...

    @property
    def renderer(self) -> "UnitRenderer | None": ...

    @property
    def texts(self) -> Mapping[str, str]: ...

    @property
    def closures(self) -> "Mapping[str, Closure]": ...

    @property
    def tree(self) -> str: ...

    def text(self, path: str, name: str) -> str: ...

    def output(self, unit: Unit, texts: Mapping[str, str] = EMPTY, *, origins: bool = False) -> "RendererOutput": ...

    def with_values(self, unit: Unit, values: Mapping[str, Any]) -> str: ...


class TracedRun(Protocol):
    """What tracers need of a run: see `scclint.run.shared.Run`."""

    @property
    def outline(self) -> Outline: ...

    @property
    def config(self) -> Config: ...

    @property
    def rendered(self) -> RenderedUnits: ...

    @property
    def memo(self) -> Memo: ...

    @property
    def by_name(self) -> Mapping[str, Unit]: ...

    def values(self, unit: Unit) -> "ViewValues": ...

    def rendering(self, unit: Unit) -> Rendering | None: ...

    def shown_rendered(self, name: str) -> str: ...

    def traced(self, unit: Unit) -> "TracedDocuments": ...


class TracedDocuments(NamedTuple):
    """The documents of a unit that findings may be about, and where Helm's comments say that they come from."""

    documents: Sequence[Document]
    templates: "Origins"


class _ChartTrace(Tracer):
    """Moves to Chart.yaml what no template is known for: what scclint rendered lies in no file that people have."""

    def __init__(self, inner: Tracer, rendered: str, chart: str) -> None:
        self._inner = inner
        self._rendered = rendered
        self._entry = Span(display(chart), 1, 1, 1, 1)

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return [self._moved(finding) for finding in self._inner.findings(findings)]

    def finding(self, finding: Finding) -> Finding:
        return self._moved(self._inner.finding(finding))

    def _moved(self, moved_by_inner: Finding) -> Finding:
        related = tuple(place for place in moved_by_inner.related if place.span.file != self._rendered)
        moved = with_places_moved(replace(moved_by_inner, related=related), self._to_entry)
        if moved_by_inner.span.file != self._rendered:
            return moved
        return replace(moved, span=self._entry, notes=(*moved_by_inner.notes, "helm made it, and no template of it is known"))

    def span(self, span: Span) -> Span:
        return self._to_entry(self._inner.span(span))

    def field(self, span: Span) -> Span:
        return self._to_entry(self._inner.field(span))

    def origin_of_field(self, document: Document, path: Path) -> FieldOrigin | None:
        return self._inner.origin_of_field(document, path)

    def _to_entry(self, span: Span) -> Span:
        return self._entry if span.file == self._rendered else span


class _AcrossUnits(Tracer):
    """Moves places that lie in what other units render to, as well. `others` are these units by rendered file."""

    def __init__(self, inner: Tracer, others: Mapping[str, Unit], run: TracedRun) -> None:
        self._inner = inner
        self._others = others
        self._run = run

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return [self._moved(finding) for finding in self._inner.findings(findings)]

    def finding(self, finding: Finding) -> Finding:
        return self._moved(self._inner.finding(finding))

    def _moved(self, finding: Finding) -> Finding:
        # A binding of one unit can bring rights of a role that another one renders.
        return replace(with_places_moved(finding, self._from_others), span=self._from_others(finding.span))

    def span(self, span: Span) -> Span:
        return self._from_others(self._inner.span(span))

    def field(self, span: Span) -> Span:
        return self._from_others(self._inner.field(span))

    def origin_of_field(self, document: Document, path: Path) -> FieldOrigin | None:
        return self._inner.origin_of_field(document, path)

    def origin(self, obj: ApiObject) -> Origin | None:
        return self._inner.origin(obj)

    def _from_others(self, span: Span) -> Span:
        other = self._others.get(span.file)
        return span if other is None else self._tracer_of(other).span(span)

    def _tracer_of(self, unit: Unit) -> Tracer:
        run = self._run

        def made() -> Tracer:
            loaded = run.traced(unit)
            return _tracer(unit, loaded, run.outline.objects(loaded.documents), run)

        return run.memo(("tracer", unit.name), made)


def tracer(unit: Unit, loaded: TracedDocuments, objects: Sequence[ApiObject], givers: Iterable[str], run: TracedRun) -> Tracer:
    """Return what moves the findings of a unit. `objects` are those to report on, `givers` the units that it takes others from."""
    tracer_of_unit = _tracer(unit, loaded, objects, run)
    renderings = run.rendered.renderings
    others = {renderings[name].file: run.by_name[name] for name in givers if name in renderings}
    return _AcrossUnits(tracer_of_unit, others, run) if others else tracer_of_unit


def _marked(unit: Unit, origins: "Origins", run: TracedRun, chart: str) -> "MarkedRendering":
    """What the chart of that name renders to with marks; nothing where helm is not asked, or makes nothing of it.

    Of what another program rendered, the values are not known: lines that the default values give as well have marks.
    """
    if unit.kind == "chart" and run.rendered.renderer is not None:
        return run.memo((_marked, unit.name), partial(run.rendered.renderer.marked, unit, run.rendered.texts))
    for (_, source), origin in origins.items():
        name, _, path = source.partition("/")
        if name == chart and origin.file.endswith(path) and run.config.render != "never":
            folder = origin.file.removesuffix(path) or os.curdir
            tree = os.curdir if is_below(os.path.realpath(folder), os.path.realpath(os.curdir)) else folder
            renderer = UnitRenderer(Renderer(), (), run.config, {}, tree, Charts())
            return run.memo((_marked, folder), partial(renderer.marked, Unit(chart, "chart", folder, (), ""), {}))
    return MarkedRendering()


def _field_keys(unit: Unit, documents: Sequence[Document], run: TracedRun) -> "FieldKeys":
    """What tells which values the fields of the documents of a chart come from."""

    def render(overlay: Mapping[str, Any]) -> list[Document]:
        made = run.rendered.with_values(unit, overlay)
        return load_text(run.rendered.renderings[unit.name].file, made, run.outline.kinds) if made else []

    return run.memo((FieldKeys, unit.name), lambda: FieldKeys(lambda: run.values(unit).data, documents, render))


def _tracer(unit: Unit, loaded: TracedDocuments, objects: Sequence[ApiObject], run: TracedRun) -> Tracer:
    if unit.kind == "kustomize" and unit.rendered:
        return KustomizeTrace(unit, objects, run)
    inner = Tracer()
    if loaded.templates:
        marked = partial(_marked, unit, loaded.templates, run)
        known = (
            (run.values(unit), _field_keys(unit, loaded.documents, run))
            if unit.kind == "chart" and unit.rendered
            else (None, None)
        )
        inner = Trace(loaded.documents, loaded.templates, marked, *known)
    rendering = run.rendering(unit)
    return inner if rendering is None else _ChartTrace(inner, rendering.file, os.path.join(unit.path, CHART_FILE))


_ObjectKey = tuple[str, str, str, str]
"""API group, kind, namespace and name."""


class KustomizeTrace(Tracer):
    """From places in what kustomize built to its resources and patches. The unit is built once more, with origins, when asked."""

    def __init__(self, unit: Unit, objects: Sequence[ApiObject], run: TracedRun) -> None:
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
        if origin is not None:
            return replace(moved, span=origin.span)
        entry = self._entry(finding.span)
        return replace(moved, span=entry.span, notes=(*finding.notes, entry.message))

    def span(self, span: Span) -> Span:
        if span.file != self._rendered:
            return span
        return (self._place(span) or self._entry(span)).span

    def origin(self, obj: ApiObject) -> Origin | None:
        built = self._built.get(_key(obj))
        return built[1] if built is not None else None

    def _entry(self, span: Span) -> Related:
        """The entry of a kustomization that makes the object at a place, as by a chart; its first key where that is not known."""
        obj = next((obj for obj in self._objects if obj.lines[0] <= span.line <= obj.lines[1]), None)
        generated = self._generated.get(_key(obj)) if obj is not None else None
        return generated or Related("kustomize made it, and no file of it is known", self._first_key)

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
            at_span = (path for path in _paths(obj) if locate(obj.root, path)[0] == span or is_key(obj.root, path, span))
            path = next(at_span, obj.place.path)
            field = twin.field(*path[len(obj.path) :]) if path[: len(obj.path)] == obj.path else twin.place
            return before_kustomize(twin.with_provenance(origin=origin), field, self._patches)
        return None

    @cached_property
    def _patches(self) -> Patches:
        rendered = self._run.rendered
        return Patches(self._closure, rendered.tree, self._run.shown_rendered, rendered.text, self._unit.deployment)

    @cached_property
    def _with_origins(self) -> tuple[Sequence[ApiObject], Callable[[str], Iterable[str]]]:
        """The objects as kustomize builds them with origins, and how to resolve their paths."""
        made = self._run.rendered.output(self._unit, origins=True)
        outline = self._run.outline
        objects = [] if made.error else outline.objects(load_text(self._rendered, made.text, outline.kinds))
        return objects, from_wrapper(made.base, made.root)

    @cached_property
    def _built(self) -> dict[_ObjectKey, tuple[ApiObject, Origin]]:
        """The objects that have a source, each with it."""
        objects, resolve = self._with_origins
        built = {}
        for obj in objects:
            origin = find_origin(obj, self._objects_of, resolve)
            if origin is not None and origin.source is not None:
                built[_key(obj)] = obj, origin
        return built

    @cached_property
    def _generated(self) -> dict[_ObjectKey, Related]:
        """The entries of kustomizations that make objects of no file."""
        objects, resolve = self._with_origins
        generated = {}
        for obj in objects:
            file, generator = configured_in(obj)
            names = (self._run.shown_rendered(name) for name in resolve(file)) if file else ()
            for shown in names:
                outline = self._run.outline
                root = first_root(load_text(shown, outline.text(shown), frozenset())) if shown in outline.files else None
                if root is not None and (entry := generator_entry(root, generator, obj)) is not None:
                    generated[_key(obj)] = entry
        return generated

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
