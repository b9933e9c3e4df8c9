"""What a check of a profile file yields."""

from scclint.finding import Path, Severity
from scclint.record import record
from scclint.source import Span

WEAK, BROKEN, UNKNOWN = "SEC211", "SEC212", "SEC213"
"""The rules that profile problems belong to."""


@record
class ProfileProblem:
    """One problem of a seccomp profile.

    `id` names the kind of problem (`missing-architectures`), `rule` the scclint rule that reports it. `path` leads to the
    decisive place within the profile; `span` is set where a path cannot say it: a key that stands there twice, text that
    is no JSON.
    """

    id: str
    rule: str
    severity: Severity
    message: str
    settle: str
    path: Path = ()
    span: Span | None = None
