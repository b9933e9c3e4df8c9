"""The interface: what is asked about where people wrote the fields of a unit, and the answer."""

from collections.abc import Callable, Sequence

from scclint.finding import Finding, Path
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject, Origin
from scclint.record import record, replace
from scclint.source import Span


@record
class FieldOrigin:
    """Where a field is written, or would be written: `span` is the place to edit.

    `keys` lead to the field in the values of a chart; they are empty where something else than a value writes it. `written` is False if the
    field is not there, and `span` is the mapping that would get it. `whole` is False if the value is only a part of the field, so that an
    operation on the field is none on the value. `replaces`: the templates have defaults for the mapping around the field, and the one of the
    values takes their place.
    """

    span: Span
    keys: Path = ()
    written: bool = True
    whole: bool = True
    replaces: bool = False

    @property
    def name(self) -> str:
        """The values key in the words of helm: `web.securityContext.runAsUser`, `containers[0].image`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.keys).removeprefix(".")


class Tracer:
    """Moves findings and places to the files that people edit. This one moves nothing: what was read is what people edit."""

    def finding(self, finding: Finding) -> Finding:
        """The finding with all its places moved."""
        return finding

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        """Findings with all their places moved. What takes long to find out is asked for all of them at once."""
        return [self.finding(finding) for finding in findings]

    def span(self, span: Span) -> Span:
        """The place in a file that people edit; the place itself if none is known."""
        return span

    def field(self, span: Span) -> Span:
        """The place of the value that sets the field at a place, or else of the line that writes it."""
        return self.span(span)

    def origin_of_field(self, document: Document, path: Path) -> FieldOrigin | None:
        """Where a field of a rendered document is written, or would be written, if that is known better than by its line."""
        return None

    def origin(self, obj: ApiObject) -> Origin | None:
        """What kustomize built an object from; None if it did not build the object, or that is not known."""
        return None


def with_places_moved(finding: Finding, move: Callable[[Span], Span]) -> Finding:
    """Return the finding with the places moved that it refers to. Its own place stays."""
    suppression = finding.suppression
    if suppression is not None and suppression.span is not None:
        suppression = replace(suppression, span=move(suppression.span))
    related = tuple(replace(place, span=move(place.span)) for place in finding.related)
    flow = tuple(replace(place, span=move(place.span)) for place in finding.flow)
    decision = finding.decision
    if decision is not None and decision.at is not None:
        decision = replace(decision, at=replace(decision.at, span=move(decision.at.span)))
    return replace(finding, related=related, flow=flow, suppression=suppression, decision=decision)
