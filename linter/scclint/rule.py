"""A rule is a module with a `check` generator under `@rule`; this is the record the decorator makes of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from scclint.finding import Ignore, Kind, Problem, Reach, Severity
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject
from scclint.record import EMPTY, record

if TYPE_CHECKING:
    from scclint.outcome.world import World

Checked: TypeAlias = ApiObject | Document | Ignore
"""What a rule can look at."""

S = TypeVar("S", bound=Checked)
Check = Callable[[S, "World"], Iterable[Problem]]


Severities = Mapping[str, Severity]
"""The severity of problems that matter more or less than others of a rule, by code: see `Problem`."""


@record
class Rule(Generic[S]):
    """One rule: its identity, the kind of its facts, how much they matter, what it looks at, and its check.

    `kind` decides how its facts are shown and counted. A rule of kind problem has a `severity`, and one of kind access a `reach`, which an
    access word may change (see `AccessWord`).
    `on` is the model class of its subjects (`Workload`, `SecurityContextConstraints`, `RoleBinding`, ...), or `Document`.
    `security_severity` is GitHub's 0.1 to 10.0 scale, None for a rule that is not about security. `cwe` are CWE numbers.
    `sentences` are what it says, by code, and `severities` that of problems that matter more or less than others of the rule, by code: see
    `Problem`.
    `page` is the manual: Markdown, the docstring of the rule's module. `study` counts the findings on manifests of other people that
    were read (tools/studies.md), and how many of them were right.
    """

    id: str
    name: str
    title: str
    kind: Kind
    severity: Severity | None
    reach: Reach | None
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

    @property
    def heading(self) -> str:
        """The severity of its problems, or else its kind."""
        return self.kind if self.severity is None else self.severity.value

    def __hash__(self) -> int:
        return hash(self.id)


AnyRule = Rule[Any]


def rule(
    id: str,
    name: str,
    title: str,
    *,
    on: type[S],
    kind: Kind = "problem",
    severity: Severity | None = None,
    reach: Reach | None = None,
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
            kind,
            severity,
            reach,
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
