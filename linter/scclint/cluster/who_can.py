"""Who may use an SCC: the subjects of its own lists and of RBAC, each with every grant that lets it."""

from collections.abc import Iterable
from typing import Any, Literal

from scclint.admission import rbac
from scclint.admission.authorize import controller_user
from scclint.admission.constraints import Constraints
from scclint.admission.verdict import Grant, SubjectType, User
from scclint.record import record

SubjectKind = Literal["Group", "User", "ServiceAccount"]


@record
class Holder:
    """A subject that may use an SCC, and every grant that lets it. `namespace` is empty except for a service account.

    A grant through a RoleBinding counts for pods in the namespace of the binding, every other grant in all namespaces.
    """

    kind: SubjectKind
    namespace: str
    name: str
    grants: tuple[Grant, ...]

    @property
    def user_name(self) -> str:
        """The user name of a user or service account; empty for a group."""
        if self.kind == "ServiceAccount":
            return rbac.service_account_name(self.namespace, self.name)
        return self.name if self.kind == "User" else ""


def holders(scc: Constraints, bindings: Iterable[rbac.Binding]) -> tuple[Holder, ...]:
    """Return the subjects that may use an SCC: groups, users, then service accounts, each sorted by name.

    `bindings` are those whose subjects may use the SCC. The members of a group are not listed one by one.
    """
    grants: dict[tuple[SubjectKind, str, str], list[Grant]] = {}

    def add(name: str, via: Literal["users", "groups", "rbac"], group: bool, *path: Any) -> None:
        account = None if group else User(name).service_account
        key: tuple[SubjectKind, str, str] = ("Group" if group else "User", "", name)
        if account is not None:
            key = ("ServiceAccount", *account)
        subject: SubjectType = "user" if account is None else "serviceaccount"
        grants.setdefault(key, []).append(Grant(subject, via, name if group else "", *path))

    for name in dict.fromkeys(scc.users):
        add(name, "users", False)
    for name in dict.fromkeys(scc.groups):
        add(name, "groups", True)
    add(rbac.SUPERUSERS, "rbac", True)
    for binding in bindings:
        use = binding.uses.first(scc.name)
        if use is not None:
            for name in binding.users:
                add(name, "rbac", False, binding.ref, use.role, use.index)
            for name in dict.fromkeys(binding.groups):
                add(name, "rbac", True, binding.ref, use.role, use.index)
    order = ("Group", "User", "ServiceAccount")
    return tuple(Holder(*key, tuple(grants[key])) for key in sorted(grants, key=lambda key: (order.index(key[0]), key[1:])))


def acting_as(kind: SubjectKind, namespace: str, name: str) -> User:
    """Return a subject as a user with the groups that Kubernetes and OpenShift put it in. A group is a user with no name."""
    if kind == "Group":
        return User("", (name,))
    if kind == "ServiceAccount":
        return controller_user(namespace, name)
    groups = ("system:cluster-admins",) if name == "kube:admin" else ()
    return User(name, ("system:authenticated", "system:authenticated:oauth", *groups))
