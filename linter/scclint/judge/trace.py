"""From rendered text to the files that people edit: Helm templates, kustomize resources and patches."""

from collections.abc import Sequence
from typing import Protocol

from scclint.finding import Finding
from scclint.judge.inputs import Inputs
from scclint.judge.session import Session
from scclint.model.object import ApiObject
from scclint.source import Span
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


def tracer(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], session: Session) -> Tracer:
    """What moves the findings of a unit. `objects` are those to report on."""
    if unit.kind == "kustomize" and unit.rendered:
        from scclint.judge.kustomize_trace import KustomizeTrace

        return KustomizeTrace(unit, objects, session)
    if not inputs.origins:
        return InPlace()
    from scclint.units.helm.trace import Trace

    return Trace(inputs.targets, inputs.origins)
