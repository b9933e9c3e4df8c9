"""
No pod of the input can come to run under this SCC: nobody may use it, or all who may are admitted by an SCC before it.

An SCC without `users`, without `groups` and without a binding that reaches it serves cluster administrators only. And
a grant alone does not choose an SCC: the first that admits the pod is taken, by priority, then by how restrictive it
is. A pod that `restricted-v2` admits stays there, whatever else its service account may use.

Nothing is said of an SCC that is granted to a service account which no pod of the input runs as: it may be for pods that an
operator makes. Nor do those count that may use every SCC, since that says nothing about this one.

## How to fix it

Remove the SCC, or grant it with a RoleBinding; where the grant exists in the cluster only, make it part of the input
(`--cluster-state`). For a pod that is to run under it although an earlier SCC would do, annotate the pod template with
`openshift.io/required-scc: <name>`.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsNonRoot}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsNonRoot}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import ObjectRef, Problem, Related, SecurityContextConstraints, Severity, User, World, rule

from ._accounts import workloads_of
from ._outcomes import takers
from ._scc import some
from ._words import listed

ADMINISTRATORS = frozenset(("cluster-admin", "cluster-admins"))
"""The bindings that the release brings and that reach every SCC."""


@rule(
    "SCC313",
    "scc-never-chosen",
    "No pod can come to run under an SCC",
    severity=Severity.INFO,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "admission"),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    if world.cluster.platform != "openshift" or scc.name not in world.cluster.sccs:
        return
    taken = takers(world)[scc.name]
    if taken.chosen:
        return
    if not _granted(scc, world):
        yield Problem(
            f"SCC {scc.name}: nobody in the input may use it: users and groups are empty and no binding reaches it",
            at=scc.place,
            settle="Grant it, or remove it; a grant that only the cluster has must be part of the input (--cluster-state).",
        )
        return
    every = _rules_for_every_scc(scc.name, world)
    earlier = [
        (workload, name)
        for workload, name, grant in taken.earlier
        if (grant.binding, grant.role, grant.rule_index) not in every
    ]
    if earlier and not taken.unknown and not taken.refused and not _for_pods_elsewhere(scc.name, world):
        workloads = [workload for workload, _ in earlier]
        by = sorted({name for _, name in earlier})
        yield Problem(
            f"SCC {scc.name}: every pod of the input that may use it is admitted by {listed(by, 'or')}, which "
            f"come{'s' if len(by) == 1 else ''} before it ({some([w.named for w in workloads])})",
            at=scc.place,
            related=tuple(Related(f"admitted by {name}", w.place.span) for w, name in earlier[:4]),
            settle=f"Remove it, or annotate the pods that are to use it with openshift.io/required-scc: {scc.name}.",
        )


def _rules_for_every_scc(scc: str, world: World) -> set[tuple[ObjectRef | None, ObjectRef | None, int | None]]:
    """The rules that reach the SCC without naming it: the binding, the role, the rule's index in it."""
    return {(b.ref, use.role, use.index) for b in world.cluster.bindings_to(scc) if (use := b.uses.every) is not None}


def _for_pods_elsewhere(scc: str, world: World) -> bool:
    """Whether the SCC is granted to a service account that no workload of the input runs as."""
    users = {*world.cluster.sccs[scc].users}
    for bound in world.cluster.bindings_to(scc):
        if scc in bound.uses.named:
            users |= bound.users
    for user in users:
        account = User(user).service_account
        if account is not None and not workloads_of(world, *account):
            return True
    return False


def _granted(scc: SecurityContextConstraints, world: World) -> bool:
    effective = world.cluster.sccs[scc.name]
    if effective.users or effective.groups:
        return True
    bindings = world.cluster.bindings_to(scc.name)
    return any(b.ref.name not in ADMINISTRATORS or world.find(b.ref) is not None for b in bindings)
