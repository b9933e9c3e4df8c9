"""What admission says about a pod: the verdict, and how each SCC fared."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from scclint.admission.field import FieldError
from scclint.errors import UsageError
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX
from scclint.record import record, replace
from scclint.yaml.untyped import several

__all__ = ["Candidate", "FieldError", "Grant", "ObjectRef", "Outcome", "SubjectType", "User", "Verdict"]

SubjectType = Literal["serviceaccount", "user"]
Outcome = Literal["denied", "too restrictive", "chosen", "not reached"]


@record
class User:
    """Who creates a pod: a user name and the groups it is in, as the API server's authentication gives them."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def service_account(self) -> tuple[str, str] | None:
        """Namespace and name of the service account that the user is; None for others."""
        namespace, _, name = self.name.removeprefix(SERVICE_ACCOUNT_PREFIX).partition(":")
        return (namespace, name) if self.name.startswith(SERVICE_ACCOUNT_PREFIX) and namespace and name else None


def given_user(user: User | None) -> User | None:
    """Return a user of the public API, whose groups may be given as one text. Raises UsageError for a name in place of a User."""
    if isinstance(user, str):
        raise UsageError(f"a user has groups: write scclint.User({user!r}, ('system:authenticated',))")
    return user and replace(user, groups=several(user.groups))


class ObjectRef(NamedTuple):
    """The name of an API object. `namespace` is empty for a cluster-scoped one."""

    kind: str
    namespace: str
    name: str


@record
class Grant:
    """How a subject may use an SCC.

    `via` is the SCC's own `users` or `groups`, or `rbac`; `group` is the group that matched, if one did. For `rbac` the
    binding, the role that holds the rule (the bound one, or one it aggregates) and the rule's 0-based index say which. The group
    `system:masters` may do everything without a rule.
    """

    subject: SubjectType
    via: Literal["users", "groups", "rbac"]
    group: str = ""
    binding: ObjectRef | None = None
    role: ObjectRef | None = None
    rule_index: int | None = None


@record
class Candidate:
    """How one SCC fared, in the order in which the plugin tries them.

    `denied`: neither the service account nor the user may use it, and `grant` is None. `too restrictive`: it rejects the pod, for
    `reasons`. `not reached`: an SCC before it admits the pod. `errors` makes the reasons, and is one object for SCCs
    that differ only in their names and in who may use them.
    """

    scc: str
    outcome: Outcome
    grant: Grant | None = None
    errors: Callable[[], tuple[FieldError, ...]] = tuple

    @property
    def reasons(self) -> tuple[FieldError, ...]:
        """Why the SCC does not admit the pod. They are made each time, since they may be many and are rarely read."""
        return self.errors()

    def __repr__(self) -> str:
        # Without what makes the errors, which holds the whole SCC.
        return f"Candidate(scc={self.scc!r}, outcome={self.outcome!r}, grant={self.grant!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Candidate):
            return NotImplemented
        return (self.scc, self.outcome, self.grant, self.reasons) == (other.scc, other.outcome, other.grant, other.reasons)

    def __hash__(self) -> int:
        return hash((self.scc, self.outcome, self.grant))


@record
class Verdict:
    """The verdict for a pod.

    `scc` is the SCC that admits it, `subject` the subject whose grant of that SCC counted, and `pod` the pod after admission, with
    its annotations (`submitted` where it is denied or skipped). `submitted` is the pod that the plugin was given, with
    its service account where a controller created it. `denial` makes the message of a denial, and
    `choice` makes the plugin's own audit note on its choice. `skipped` says why SCC admission did not run; such a pod is allowed
    and has no `scc`. `namespace_assumed` is set where the namespace's id ranges are not known and likely ones were taken.
    `required_scc` is the SCC that the pod's `openshift.io/required-scc` annotation asks for, on any release.
    """

    allowed: bool
    scc: str | None
    subject: SubjectType | None
    pod: dict[str, Any]
    submitted: dict[str, Any]
    denial: Callable[[], str] | None
    choice: Callable[[], str] | None
    candidates: tuple[Candidate, ...]
    skipped: str | None
    namespace: str
    namespace_assumed: bool
    required_scc: str | None

    @property
    def message(self) -> str | None:
        """The denial in the API server's words; None if the pod is allowed."""
        return None if self.denial is None else self.denial()

    @property
    def reason(self) -> str | None:
        """The plugin's audit note on its choice; None if it tried no SCC."""
        return None if self.choice is None else self.choice()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        names = ("message", "reason", *(name for name in self.__match_args__ if name not in ("denial", "choice")))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __repr__(self) -> str:
        # Without the pods and what each SCC says of them, which fill many pages.
        shown = ("allowed", "scc", "subject", "namespace", "skipped", "message")
        return f"Verdict({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    __hash__ = None  # type: ignore[assignment]  # a verdict holds a pod, which cannot be hashed
