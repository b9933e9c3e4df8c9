"""A rule is a module with a `check` generator under `@rule`; this is the record the decorator makes of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from scclint.finding import Applied, Ignore, Problem, Severity
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject
from scclint.record import EMPTY, record

if TYPE_CHECKING:
    from scclint.outcome.world import World

Checked: TypeAlias = ApiObject | Document | Ignore
"""What a rule can look at."""

S = TypeVar("S", bound=Checked)
Check = Callable[[S, "World"], Iterable[Problem]]


Severities = Mapping[str, Severity | tuple[Severity, Severity]]
"""The severity of problems that matter more or less than others of a rule, by code: see `Problem`.

Of two, the first is that in a check, and the second that of a problem that a change makes new.
"""


MOST_SEVERE: Mapping[Applied, Severity] = {
    "shown": Severity.INFO,
    "unknown": Severity.ERROR,
    "built": Severity.ERROR,
    "applied": Severity.ERROR,
}
"""The most that a finding matters in a check, by who applies its object. A finding that a change makes new counts in full."""

MOST_SEVERE_IF_ASSUMED = Severity.WARNING
"""The most that a finding matters that rests on something absent, also one that a change makes new."""


@record
class Rule(Generic[S]):
    """One rule: its identity, how much it matters, what it looks at, and its check.

    `on` is the model class of its subjects (`Workload`, `SecurityContextConstraints`, `RoleBinding`, ...), or `Document`.
    `security_severity` is GitHub's 0.1 to 10.0 scale, None for a rule that is not about security. `cwe` are CWE numbers.
    `sentences` are what it says, by code, and `severities` that of problems that matter more or less than others of the rule, by code: see
    `Problem`. With two of them, the second counts for what a change makes new.
    `page` is the manual: Markdown, the docstring of the rule's module. `study` counts the findings on manifests of other people that
    were read (tools/studies.md), and how many of them were right.
    """

    id: str
    name: str
    title: str
    severity: Severity
    on: type[S]
    check: "Check[S]"
    page: str
    since: str
    tags: tuple[str, ...] = ()
    security_severity: float | None = None
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    study: tuple[int, int] = (0, 0)
    sentences: Mapping[str, str] = EMPTY
    severities: Severities = EMPTY

    def __hash__(self) -> int:
        return hash(self.id)


AnyRule = Rule[Any]


def severities(
    rule: AnyRule, code: str, setting: Severity, *, applied: Applied = "unknown", is_assumed: bool = False
) -> tuple[Severity, Severity]:
    """Return how much a problem matters in a check, and how much if a change makes it new.

    This is all that decides it. `setting` is the severity of the rule in the file: another one than that of the rule is from the user,
    and holds. `is_assumed`: the problem rests on something that the input does not give.
    """
    if setting is not rule.severity:
        return setting, setting
    given = rule.severities.get(code, rule.severity)
    in_check, if_new = given if isinstance(given, tuple) else (given, given)
    most = MOST_SEVERE_IF_ASSUMED if is_assumed else Severity.ERROR
    return lightest(in_check, most, MOST_SEVERE[applied]), lightest(if_new, most)


def lightest(*severities: Severity) -> Severity:
    """Return the severity that matters least."""
    return max(severities, key=lambda severity: severity.rank)


def rule(
    id: str,
    name: str,
    title: str,
    *,
    severity: Severity,
    on: type[S],
    since: str,
    sentences: Mapping[str, str] = EMPTY,
    severities: Severities = EMPTY,
    tags: tuple[str, ...] = (),
    security_severity: float | None = None,
    cwe: tuple[int, ...] = (),
    references: tuple[str, ...] = (),
    study: tuple[int, int] = (0, 0),
) -> Callable[["Check[S]"], Rule[S]]:
    """Make a `check(subject, world)` generator into a `Rule`. The module's docstring becomes its manual page.

    The registry (`scclint.registry`) validates the record; nothing is registered here.
    """

    def wrap(check: "Check[S]") -> Rule[S]:
        page = (check.__globals__.get("__doc__") or "").strip()
        return Rule(
            id,
            name,
            title,
            severity,
            on,
            check,
            page,
            since,
            tags,
            security_severity,
            cwe,
            references,
            study,
            sentences,
            severities,
        )

    return wrap
