"""From places in rendered text to the files that people edit."""

from collections.abc import Callable

from scclint.finding import Finding
from scclint.model.object import ApiObject, Origin
from scclint.record import replace
from scclint.source import Span


class Tracer:
    """Moves findings and places to the files that people edit. This one moves nothing: what was read is what people edit."""

    def finding(self, finding: Finding) -> Finding:
        """The finding with all its places moved."""
        return finding

    def span(self, span: Span) -> Span:
        """The place in a file that people edit; the place itself if none is known."""
        return span

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
