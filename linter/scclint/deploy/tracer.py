"""From places in rendered text to the files that people edit."""

from collections.abc import Callable, Sequence

from scclint.deploy.origin import FieldOrigin
from scclint.finding import Finding, Path
from scclint.load.document import Document
from scclint.model.object import ApiObject, Origin
from scclint.record import replace
from scclint.source import Span


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
    return replace(finding, related=related, flow=flow, suppression=suppression)
