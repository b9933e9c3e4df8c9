"""One problem of a seccomp profile file, and the texts of every kind, which problems.json has."""

from collections.abc import Mapping
from functools import cache

from scclint.files.package_data import read_json
from scclint.finding import Path, Severity
from scclint.record import record
from scclint.source import Span


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
    help: str
    path: Path = ()
    span: Span | None = None


def problem(id: str, path: Path = (), span: Span | None = None, /, **values: object) -> ProfileProblem:
    """Return a problem of a kind that problems.json describes, with these values in its texts."""
    kind = _kinds()[id]
    message, help = kind["message"].format(**values), kind["help"].format(**values)
    return ProfileProblem(id, kind["rule"], Severity(kind["severity"]), message, help, path, span)


@cache
def _kinds() -> Mapping[str, Mapping[str, str]]:
    """For each kind of problem the rule that reports it, its severity, and the texts of the message and of the fix."""
    kinds: Mapping[str, Mapping[str, str]] = read_json(__file__, "problems.json")
    return kinds
