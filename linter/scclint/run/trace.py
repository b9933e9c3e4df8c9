"""From rendered text to the files that people edit: Helm templates, kustomize resources and patches."""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scclint.files.discover import display, is_below
from scclint.finding import Finding
from scclint.model.object import ApiObject, Origin
from scclint.record import replace
from scclint.run.inputs import Inputs
from scclint.run.load import load_documents
from scclint.run.render import UnitRenderer
from scclint.run.shared import Run
from scclint.source import Span
from scclint.units.helm import CHART_FILE
from scclint.units.tracer import Tracer, with_places_moved
from scclint.units.unit import Unit

if TYPE_CHECKING:
    from scclint.units.helm.markers import MarkedRendering
    from scclint.units.helm.sources import Origins


class _ChartTrace(Tracer):
    """Moves to Chart.yaml what no template is known for: what scclint rendered lies in no file that people have."""

    def __init__(self, inner: Tracer, rendered: str, chart: str) -> None:
        self._inner = inner
        self._rendered = rendered
        self._entry = Span(display(chart), 1, 1, 1, 1)

    def finding(self, finding: Finding) -> Finding:
        moved_by_inner = self._inner.finding(finding)
        related = tuple(place for place in moved_by_inner.related if place.span.file != self._rendered)
        moved = with_places_moved(replace(moved_by_inner, related=related), self._to_entry)
        if moved_by_inner.span.file != self._rendered:
            return moved
        return replace(moved, span=self._entry, notes=(*moved_by_inner.notes, "helm made it, and no template of it is known"))

    def span(self, span: Span) -> Span:
        return self._to_entry(self._inner.span(span))

    def _to_entry(self, span: Span) -> Span:
        return self._entry if span.file == self._rendered else span


class _AcrossUnits(Tracer):
    """Moves related places that lie in what other units render to, as well. `others` are these units by rendered file."""

    def __init__(self, inner: Tracer, others: Mapping[str, Unit], run: Run) -> None:
        self._inner = inner
        self._others = others
        self._run = run

    def finding(self, finding: Finding) -> Finding:
        return with_places_moved(self._inner.finding(finding), self._from_others)

    def span(self, span: Span) -> Span:
        return self._from_others(self._inner.span(span))

    def origin(self, obj: ApiObject) -> Origin | None:
        return self._inner.origin(obj)

    def _from_others(self, span: Span) -> Span:
        other = self._others.get(span.file)
        return span if other is None else self._tracer_of(other).span(span)

    def _tracer_of(self, unit: Unit) -> Tracer:
        run = self._run

        def made() -> Tracer:
            inputs = load_documents(unit, run)
            return _tracer(unit, inputs, run.outline.objects(inputs.targets), run)

        return run.memo(("tracer", unit.name), made)


def tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], givers: Iterable[str], run: Run) -> Tracer:
    """Return what moves the findings of a unit. `objects` are those to report on, `givers` the units that it takes others from."""
    tracer_of_unit = _tracer(unit, inputs, objects, run)
    renderings = run.rendered.renderings
    others = {renderings[name].file: run.by_name[name] for name in givers if name in renderings}
    return _AcrossUnits(tracer_of_unit, others, run) if others else tracer_of_unit


def _marked(unit: Unit, origins: "Origins", run: Run, chart: str) -> "MarkedRendering":
    """What the chart of that name renders to with marks; nothing where helm is not asked, or makes nothing of it.

    Of what another program rendered, the values are not known: lines that the default values give as well have marks.
    """
    from scclint.units.helm.markers import MarkedRendering

    if unit.kind == "chart" and run.rendered.renderer is not None:
        return run.rendered.renderer.marked(unit, run.rendered.texts)
    for (_, source), origin in origins.items():
        name, _, path = source.partition("/")
        if name == chart and origin.file.endswith(path) and run.config.render != "never":
            from scclint.units.render import Renderer

            folder = origin.file.removesuffix(path) or os.curdir
            tree = os.curdir if is_below(os.path.realpath(folder), os.path.realpath(os.curdir)) else folder
            unit = Unit(chart, "chart", folder, (), "")
            return UnitRenderer(Renderer(), (), run.config, {}, tree).marked(unit, {})
    return MarkedRendering()


def _tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], run: Run) -> Tracer:
    if unit.kind == "kustomize" and unit.rendered:
        from scclint.run.kustomize_trace import KustomizeTrace

        return KustomizeTrace(unit, objects, run)
    inner = Tracer()
    if inputs.origins:
        from scclint.units.helm.trace import Trace
        from scclint.units.helm.values import ViewValues

        marked = partial(_marked, unit, inputs.origins, run)
        inner = Trace(inputs.targets, inputs.origins, marked, ViewValues(unit, run.outline) if unit.kind == "chart" else None)
    rendering = run.rendering(unit)
    return inner if rendering is None else _ChartTrace(inner, rendering.file, os.path.join(unit.path, CHART_FILE))
