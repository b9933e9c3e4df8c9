"""A rule is a module with a `check` generator under `@rule`; this is the record the decorator makes of it. And the rules that are gone."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from scclint.finding import Ignore, Problem, Severity
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.record import record

if TYPE_CHECKING:
    from scclint.outcome.world import World

Checked: TypeAlias = ApiObject | Document | Ignore
"""What a rule can look at."""

S = TypeVar("S", bound=Checked)
Check = Callable[[S, "World"], Iterable[Problem]]


@record
class Rule(Generic[S]):
    """One rule: its identity, how much it matters, what it looks at, and its check.

    `on` is the model class of its subjects (`Workload`, `SecurityContextConstraints`, `RoleBinding`, ...), or `Document`.
    `security_severity` is GitHub's 0.1 to 10.0 scale, None for a rule that is not about security. `cwe` are CWE numbers.
    `page` is the manual: Markdown, the docstring of the rule's module. `study` counts the findings on manifests of other people that
    were read (docs/corpus.md), and how many of them were right.
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


AnyRule = Rule[Any]


class RetiredRule(NamedTuple):
    """A rule of an earlier version. Its ID and name mean its `successor`, or no rule if that is empty. No other rule gets them."""

    id: str
    name: str
    successor: str


_RETIRED = (
    RetiredRule("SCC106", "required-scc-ignored", ""),
    RetiredRule("SCC108", "release-dependent-verdict", ""),
    RetiredRule("SCC302", "scc-with-wildcard-seccomp-only", "SCC301"),
    RetiredRule("SCC304", "scc-with-invalid-seccomp-entry", "SCC310"),
    RetiredRule("SCC305", "scc-captures-pods", "SCC306"),
    RetiredRule("SCC308", "scc-open-by-omission", "SCC311"),
    RetiredRule("SCC313", "scc-never-chosen", ""),
    RetiredRule("SCC314", "scc-subject-never-matches", "SCC310"),
    RetiredRule("SEC205", "annotation-overrides-field", "SEC204"),
    RetiredRule("SEC207", "invalid-localhost-profile", "MAN002"),
    RetiredRule("SEC209", "container-weakens-profile", "SEC202"),
    RetiredRule("SEC213", "unknown-syscall", "SEC212"),
    RetiredRule("SEC214", "seccomp-on-windows", "MAN002"),
    RetiredRule("SEC215", "profile-path-of-other-operator-release", "SEC208"),
    RetiredRule("SEC216", "ignored-runtime-annotation", ""),
    RetiredRule("SEC217", "seccomp-profile-wider-than-base", "SEC211"),
)
RETIRED: Mapping[str, RetiredRule] = {word: rule for rule in _RETIRED for word in (rule.id, rule.name)}
"""The retired rules by ID and by name, sorted by ID."""


def retired(id_or_name: str) -> RetiredRule | None:
    """Return the retired rule with that ID or name, in any case."""
    return RETIRED.get(id_or_name.upper()) or RETIRED.get(id_or_name.lower())


def rule(
    id: str,
    name: str,
    title: str,
    *,
    severity: Severity,
    on: type[S],
    since: str,
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
        return Rule(id, name, title, severity, on, check, page, since, tags, security_severity, cwe, references, study)

    return wrap
