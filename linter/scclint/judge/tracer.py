"""What moves places in rendered text to the files that people edit."""

from collections.abc import Sequence
from typing import Protocol

from scclint.finding import Finding
from scclint.source import Span


class Tracer(Protocol):
    """Moves findings and places to the files that people edit, where those are known."""

    def findings(self, findings: Sequence[Finding]) -> list[Finding]: ...

    def span(self, span: Span) -> Span: ...
