"""What admission says about a pod: the verdict, and how each SCC fared."""

from typing import Any, Literal, NamedTuple

from scclint.admission.field import FieldError
from scclint.record import record

__all__ = ["Candidate", "FieldError", "Grant", "ObjectRef", "Outcome", "SubjectType", "User", "Verdict"]

SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"
"""Before namespace and name in the user name under which a service account acts."""

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


class ObjectRef(NamedTuple):
    """The name of an API object. `namespace` is empty for a cluster-scoped one."""

    kind: str
    namespace: str
    name: str


@record
class Grant:
    """How a subject may use an SCC.

    `via` is the SCC's own `users` or `groups`, or `rbac`; `group` is the group that matched, if one did. For `rbac` the
    binding, the role that holds the rule (the bound one, or one it aggregates) and the rule's 0-based index say which.
    """

    subject: SubjectType
    via: Literal["users", "groups", "rbac"]
    group: str = ""
    binding: ObjectRef | None = None
    role: ObjectRef | None = None
    rule_index: int | None = None


class Candidate(NamedTuple):
    """How one SCC fared, in the order in which they are tried.

    `denied`: neither the service account nor the user may use it; `too restrictive`: the pod does not validate under it,
    for `reasons`; `not reached`: one before it was chosen. `grant` is None where it is denied.
    """

    scc: str
    outcome: Outcome
    reasons: tuple[FieldError, ...] = ()
    grant: Grant | None = None


@record
class Verdict:
    """What becomes of a pod.

    `scc` is the SCC that admits it, `subject` whose right to that SCC counted, and `pod` the pod as the plugin hands it on,
    annotations included (`submitted` where it is denied or skipped). `submitted` is the pod that the plugin was given, with
    its service account where a controller created it. `message` is a denial in the API server's words, and
    `reason` the plugin's own audit note on its choice. `skipped` says why SCC admission did not run; such a pod is allowed
    and has no `scc`. `namespace_assumed` is set where the namespace's id ranges are not known and likely ones were taken.
    `required_scc` is the SCC that the pod's `openshift.io/required-scc` annotation asks for, on any release.
    """

    allowed: bool
    scc: str | None
    subject: SubjectType | None
    pod: dict[str, Any]
    submitted: dict[str, Any]
    message: str | None
    reason: str | None
    candidates: tuple[Candidate, ...]
    skipped: str | None
    namespace: str
    namespace_assumed: bool
    required_scc: str | None
