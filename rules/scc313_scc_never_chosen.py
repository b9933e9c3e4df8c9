"""
No pod in the input can run under this SCC: either the SCC is granted to no user, or another SCC that is tried earlier
admits every pod that may use it.

Only cluster administrators can use an SCC without `users`, without `groups` and without a binding that grants it. A grant
alone does not select an SCC: SCC admission uses the first SCC that admits the pod, by priority and then by how restrictive
the SCC is. A pod that `restricted-v2` admits does not move to an SCC that is tried later, even if that SCC was written for
it.

The rule does not report an SCC that is granted to a service account which no pod in the input uses: an operator may
create such pods. It also ignores a grant of every SCC, because such a grant is not about this SCC. It is silent if pods of
another unit of the run may use the SCC.

## How to fix it

Remove the SCC, or grant it with a RoleBinding. If the grant exists only in the cluster, add it to the input
(`--cluster-state`). To run a pod under the SCC although an earlier SCC would admit it, annotate the pod template with
`openshift.io/required-scc: <name>`.

`scclint fix` leaves this to you: pods outside the input may use the SCC.

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

from scclint.api import ObjectRef, Problem, Related, SecurityContextConstraints, Severity, User, World, and_more, listed, rule

from ._accounts import workloads_of
from ._outcomes import may_admit_elsewhere, usage_by_scc


@rule(
    "SCC313",
    "scc-never-chosen",
    "No pod in the input can run under an SCC",
    severity=Severity.INFO,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "admission"),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    if world.cluster.platform == "kubernetes" or scc.name not in world.cluster.sccs:
        return
    taken = usage_by_scc(world)[scc.name]
    if taken.chosen or may_admit_elsewhere(scc.name, world):
        return
    if not _granted(scc, world):
        yield Problem(
            f"SCC {scc.name}: the input grants it to no user: users and groups are empty, and no binding grants it",
            at=scc.place,
            help="Grant the SCC, or remove it. If the grant exists only in the cluster, add it to the input with --cluster-state.",
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
            f"SCC {scc.name}: no pod in the input runs under it, because {listed(by, 'or')} is tried earlier and admits every pod "
            f"that may use it ({and_more((w.named for w in workloads), 3)})",
            at=scc.place,
            related=tuple(Related(f"admitted by {name}", w.place.span) for w, name in earlier[:4]),
            help=f"Remove the SCC, or annotate the pods that need it with openshift.io/required-scc: {scc.name}.",
        )


def _rules_for_every_scc(scc: str, world: World) -> set[tuple[ObjectRef | None, ObjectRef | None, int | None]]:
    """Return the rules that grant the SCC without naming it, each as binding, role, and index of the rule in the role."""
    return {(b.ref, use.role, use.index) for b in world.cluster.grants.bindings_to(scc) if (use := b.uses.every) is not None}


def _for_pods_elsewhere(scc: str, world: World) -> bool:
    """Return whether the SCC is granted to a service account that no workload in the input uses."""
    users = {*world.cluster.sccs[scc].users}
    for bound in world.cluster.grants.bindings_to(scc):
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
    bindings = world.cluster.grants.bindings_to(scc.name)
    # What the release itself grants, other than by name, are the rights of administrators and operators.
    return any(scc.name in b.uses.named or world.find(b.ref) is not None for b in bindings)
