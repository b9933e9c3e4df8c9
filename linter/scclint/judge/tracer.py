"""What moves places in rendered text to the files that people edit."""

from collections.abc import Sequence
from typing import Protocol

from scclint.finding import Finding
from scclint.model.object import ApiObject, Origin
from scclint.source import Span


class Tracer(Protocol):
    """Moves findings and places to the files that people edit, where those are known."""

    def findings(self, findings: Sequence[Finding]) -> list[Finding]: ...

    def span(self, span: Span) -> Span: ...

    def origin(self, obj: ApiObject) -> Origin | None:
        """What kustomize built an object from; None if it did not build the object, or that is not known."""
