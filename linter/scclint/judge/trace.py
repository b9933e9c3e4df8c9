"""From rendered text to the files that people edit: Helm templates, kustomize resources and patches."""

import os
from collections.abc import Sequence
from typing import Protocol

from scclint.files.discover import display
from scclint.finding import Finding
from scclint.judge.inputs import Inputs
from scclint.judge.session import Session
from scclint.model.object import ApiObject
from scclint.record import replace
from scclint.source import Span
from scclint.units.helm import CHART_FILE
from scclint.units.unit import Unit


class Tracer(Protocol):
    """Moves findings and places to the files that people edit, where those are known."""

    def findings(self, findings: Sequence[Finding]) -> list[Finding]: ...

    def span(self, span: Span) -> Span: ...


class InPlace:
    """What was read is what people edit."""

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        return list(findings)

    def span(self, span: Span) -> Span:
        return span


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

    def _moved(self, finding: Finding) -> Finding:
        related = tuple(place for place in finding.related if place.span.file != self._rendered)
        flow = tuple(replace(place, span=self.span(place.span)) for place in finding.flow)
        if finding.span.file != self._rendered:
            return replace(finding, related=related, flow=flow)
        note = "helm made it, and no template of it is known"
        return replace(finding, span=self._entry, related=related, flow=flow, notes=(*finding.notes, note))


def tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], session: Session) -> Tracer:
    """What moves the findings of a unit. `objects` are those to report on."""
    if unit.kind == "kustomize" and unit.rendered:
        from scclint.judge.kustomize_trace import KustomizeTrace

        return KustomizeTrace(unit, objects, session)
    found: Tracer = InPlace()
    if inputs.origins:
        from scclint.units.helm.trace import Trace

        found = Trace(inputs.targets, inputs.origins)
    rendering = session.rendering(unit)
    return found if rendering is None else _ChartTrace(found, rendering.file, os.path.join(unit.path, CHART_FILE))
