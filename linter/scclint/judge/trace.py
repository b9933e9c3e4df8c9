"""From rendered text to the files that people edit: Helm templates, kustomize resources and patches."""

import os
from collections.abc import Iterable, Mapping, Sequence

from scclint.files.discover import display
from scclint.finding import Finding, Related
from scclint.judge.inputs import Inputs
from scclint.judge.load import load_documents
from scclint.judge.session import Session
from scclint.judge.tracer import Tracer
from scclint.model.object import ApiObject, Origin
from scclint.record import replace
from scclint.source import Span
from scclint.units.helm import CHART_FILE
from scclint.units.unit import Unit


class InPlace:
    """What was read is what people edit."""

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return list(findings)

    def span(self, span: Span) -> Span:
        return span

    def origin(self, obj: ApiObject) -> Origin | None:
        return None


class _ChartTrace:
    """Moves to Chart.yaml what no template is known for: what scclint rendered lies in no file that people have."""

    def __init__(self, inner: Tracer, rendered: str, chart: str) -> None:
        self._inner = inner
        self._rendered = rendered
        self._entry = Span(display(chart), 1, 1, 1, 1)

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return [self._moved(finding) for finding in self._inner.findings(findings)]

    def span(self, span: Span) -> Span:
        found = self._inner.span(span)
        return self._entry if found.file == self._rendered else found

    def origin(self, obj: ApiObject) -> Origin | None:
        return None

    def _moved(self, finding: Finding) -> Finding:
        related = tuple(place for place in finding.related if place.span.file != self._rendered)
        flow = tuple(replace(place, span=self.span(place.span)) for place in finding.flow)
        if finding.span.file != self._rendered:
            return replace(finding, related=related, flow=flow)
        note = "helm made it, and no template of it is known"
        return replace(finding, span=self._entry, related=related, flow=flow, notes=(*finding.notes, note))


class _AcrossUnits:
    """Moves related places that lie in what other units render to, as well. `others` are these units by rendered file."""

    def __init__(self, own: Tracer, others: Mapping[str, Unit], session: Session) -> None:
        self._own = own
        self._others = others
        self._session = session

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return [
            replace(finding, related=self._moved(finding.related), flow=self._moved(finding.flow))
            for finding in self._own.findings(findings)
        ]

    def span(self, span: Span) -> Span:
        other = self._others.get(span.file)
        return self._own.span(span) if other is None else self._tracer_of(other).span(span)

    def origin(self, obj: ApiObject) -> Origin | None:
        return self._own.origin(obj)

    def _moved(self, places: Iterable[Related]) -> tuple[Related, ...]:
        return tuple(replace(r, span=self.span(r.span)) if r.span.file in self._others else r for r in places)

    def _tracer_of(self, unit: Unit) -> Tracer:
        session = self._session
        if unit.name not in session.tracers:
            inputs = load_documents(unit, session)
            session.tracers[unit.name] = _tracer(unit, inputs, session.outline.objects(inputs.targets), session)
        return session.tracers[unit.name]


def tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], givers: Iterable[str], session: Session) -> Tracer:
    """Return what moves the findings of a unit. `objects` are those to report on, `givers` the units that it takes others from."""
    own = _tracer(unit, inputs, objects, session)
    renderings = session.rendered.renderings
    others = {renderings[name].file: session.units[name] for name in givers if name in renderings}
    return _AcrossUnits(own, others, session) if others else own


def _tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], session: Session) -> Tracer:
    if unit.kind == "kustomize" and unit.rendered:
        from scclint.judge.kustomize_trace import KustomizeTrace

        return KustomizeTrace(unit, objects, session)
    found: Tracer = InPlace()
    if inputs.origins:
        from scclint.units.helm.trace import Trace
        from scclint.units.helm.values import ViewValues

        found = Trace(inputs.targets, inputs.origins, ViewValues(unit, session.outline) if unit.view else None)
    rendering = session.rendering(unit)
    return found if rendering is None else _ChartTrace(found, rendering.file, os.path.join(unit.path, CHART_FILE))
