"""
A binding grants an SCC to a service account that nothing in the input defines or uses.

The grant stays in the cluster after its workload is gone. Users who may create service accounts and pods in the namespace
get the SCC with a service account of that name. Often the name or namespace of the service account is misspelled, and its
workload goes without the SCC.

The rule looks at namespaces in which the input has service accounts or pods, except those whose names begin with `openshift-`.
Operators create service accounts that are in no manifest, mostly in namespaces of their own. The rule is also silent if
another unit of the run defines or uses the service account, and for service accounts that every namespace has. It does not
report an SCC that allows no more than `restricted-v2`.

## How to fix it

Correct the name or namespace of the subject, or delete the grant. If another repository deploys the workload, add it to the input
with `--context`.

`scclint fix` leaves this to you: the service account may exist in the cluster.

## Before

```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: agnet, namespace: shop}
```

## After

```yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: agent, namespace: shop}
```
"""

from collections.abc import Iterator

from scclint.advice.grants import workloads_of
from scclint.api import ObjectRef, Problem, RoleBinding, Workload, World, rule, wider_than_restricted
from scclint.text import closest_match

from ._accounts import IN_EVERY_NAMESPACE
from ._grants import Subject, marked_for_deletion, reach, subjects_of

SENTENCES = {
    "missing": "{object}: grants {every:every SCC|}[SCC {sccs:2}] to service {accounts:account|accounts} {accounts:3}, which nothing in the "
    "input defines or uses[; did you mean {similar}?]",
    "correct": "Correct the name or namespace of the subject, or delete the grant. If another repository deploys the workload, add it with "
    "--context.",
}


@rule(
    "RBA410",
    "grant-without-workload",
    "An SCC is granted to a service account that nothing defines or uses",
    kind="advice",
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    cwe=(272,),
    study=(1, 1),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    wide = [scc for scc in (reached.sccs if reached else ()) if wider_than_restricted(scc, world)]
    if reached is None or not wide or marked_for_deletion(binding) or binding.implied:
        return
    missing = [s for s in subjects_of(binding, world) if s.kind == "service account" and _is_missing(s, world)]
    if not missing:
        return
    first, *others = missing
    similar = closest_match(first.name, world.cluster.accounts.names_in(first.namespace)) if not others else ""
    yield Problem(
        "missing",
        at=first.at,
        facts={
            "every": reached.every,
            "sccs": [] if reached.every else wide,
            "accounts": [holder.shown for holder in missing],
            "similar": similar,
            "subjects": missing,
        },
        related=() if reached.every else reached.steps(world, wide[0], binding),
        help="correct",
    )


def _is_missing(holder: Subject, world: World) -> bool:
    namespace, name = holder.namespace, holder.name
    return _is_described(namespace, world) and not (
        name in IN_EVERY_NAMESPACE
        or world.find(ObjectRef("ServiceAccount", namespace, name))
        or workloads_of(world, namespace, name)
        or world.other_units.defines_account(namespace, name)
        or world.other_units.uses_account(namespace, name)
    )


def _is_described(namespace: str, world: World) -> bool:
    """Whether the input has service accounts or pods of the namespace, which is no namespace of the platform and its operators."""
    if namespace.startswith("openshift-"):
        return False
    # Operators create service accounts.
    of_operators = (workload for workload in world.of(Workload) if workload.implied)
    operators = world.memo((_is_described, "operators"), lambda: set(map(world.namespace_of, of_operators)))
    used = world.memo(_is_described, lambda: {world.namespace_of(workload) for workload in world.of(Workload)})
    return namespace not in operators and (namespace in used or bool(world.cluster.accounts.names_in(namespace)))
