"""One problem of a seccomp profile file, and the rules that report it."""

from scclint.finding import Path, Severity
from scclint.record import record
from scclint.source import Span

WEAK, BROKEN, UNKNOWN, WIDER = "SEC211", "SEC212", "SEC213", "SEC217"
"""The rules that profile problems belong to."""


@record
class ProfileProblem:
    """One problem of a seccomp profile.

    `id` names the kind of problem (`missing-architectures`) and `rule` the scclint rule that reports it. `path` is the place of
    the problem within the profile. `span` is set if no path can name that place: for a duplicate key.
    """

    id: str
    rule: str
    severity: Severity
    message: str
    settle: str
    path: Path = ()
    span: Span | None = None
