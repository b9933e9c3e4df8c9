"""Who may use which SCC (sccmatching, `ConstraintAppliesTo`; sccadmission, `allowedForType`).

The plugin checks the service account of the pod first, then the creator of the pod. It checks the service account with only its two
service account groups, so SCCs that `system:authenticated` may use count for the creator only.
"""

from collections.abc import Iterable

from scclint.admission import rbac
from scclint.admission.constraints import Constraints
from scclint.admission.verdict import Grant, SubjectType, User


def service_account_user(namespace: str, name: str) -> User:
    """The service account as the plugin asks about it: `system:authenticated` is not among its groups."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(rbac.service_account_name(namespace, name), groups)


def controller_user(namespace: str = "kube-system", name: str = "replicaset-controller") -> User:
    """A service account as it authenticates: by default that of a workload controller, which creates a pod."""
    user = service_account_user(namespace, name)
    return User(user.name, (*user.groups, "system:authenticated"))


def may_use(scc: Constraints, user: User, subject: SubjectType, bindings: Iterable[rbac.Binding]) -> Grant | None:
    """How `user` may use `scc`, or None. `bindings` are those that count in the pod's namespace."""
    if user.name in scc.users:
        return Grant(subject, "users")
    for group in user.groups:
        if group in scc.groups:
            return Grant(subject, "groups", group)
    if rbac.SUPERUSERS in user.groups:
        return Grant(subject, "rbac", rbac.SUPERUSERS)
    return rbac.find(bindings, user, subject, scc.name)


def authorize(
    sccs: Iterable[Constraints],
    service_account: User | None,
    user: User,
    cluster_bindings: rbac.Bindings,
    bindings: rbac.Bindings,
) -> tuple[Grant | None, ...]:
    """For each SCC, whether the service account may use it, or else the user, and how.

    `bindings` are the RoleBindings of the pod's namespace. `service_account` is None for a pod that names none.
    """
    users: list[tuple[User, SubjectType]] = [(user, "user")]
    if service_account is not None:
        users.insert(0, (service_account, "serviceaccount"))
    bound = [(who, subject, [*cluster_bindings.of(who), *bindings.of(who)]) for who, subject in users]
    return tuple(
        next((grant for who, subject, theirs in bound if (grant := may_use(scc, who, subject, theirs))), None) for scc in sccs
    )
