"""
Everyone in the cluster may use an SCC of yours, or one that allows more than `restricted-v2` or has a priority.

Every pod may have what `restricted-v2` allows. The groups `system:authenticated`, `system:serviceaccounts` and
`system:unauthenticated` include every tenant. If such a group may use a wider SCC, by its `groups` or through a
ClusterRoleBinding, every tenant in every namespace can use what the SCC adds: running as root, host paths, no
seccomp. The SCC also admits pods that `restricted-v2` rejects, even if their authors did not choose it.

An SCC of yours that allows no more than `restricted-v2` is reported as well if its `groups` list everyone: of SCCs that are equally
restrictive, the first by name admits a pod, so that yours may admit the pods of all namespaces.

With a priority, the SCC is tried before OpenShift's own SCCs: of these, `anyuid` has priority 10 and the others have none. What the
SCC applies or leaves unset, such as a seccomp profile or a user ID, then affects pods in every namespace, including those of
the platform.

## How to fix it

Grant the SCC only to the service accounts that need it. Use a RoleBinding in the namespace of each service account. Remove
the priority if the pods do not need it.

`scclint fix` leaves this to you: only you know who needs the SCC.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everyone-anyuid}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:authenticated
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: web}
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.advice.effects import effects_of, subjects_removed
from scclint.advice.sccs import texts_of
from scclint.api import (
    AccessWord,
    ApiObject,
    Problem,
    Remedy,
    Remove,
    RoleBinding,
    SecurityContextConstraints,
    World,
    rule,
    wider_than_restricted,
)
from scclint.platform.terms import EVERYONE

from ._grants import reach, subjects_of

_REASONS = (
    "[allows {wider:3}]{both: and |}[has priority {priority}, so it comes before {first:all of OpenShift's own SCCs|restricted-v2} and admits "
    "every pod in the cluster that satisfies it]"
)
SENTENCES = {
    "groups": "SCC {scc}: groups lists {group} ({members}), so they may use the SCC",
    "binding": "{object}: lets {group} use {every:every SCC, including privileged|}[SCC {scc}]",
    "unlike-restricted": "unlike restricted-v2, it " + _REASONS,
    "wide": "SCC {scc} " + _REASONS,
}

ANYUID_PRIORITY = 10
"""The highest priority among OpenShift's own SCCs. The others have none, which counts as 0."""

FIX = "grant the SCC only to the service accounts that need it, with a RoleBinding in the namespace of each"


@rule(
    "SCC306",
    "scc-open-to-everyone",
    "An SCC of yours, or a wider one than restricted-v2, is open to everyone",
    kind="access",
    reach="cluster",
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc", "rbac"),
    security_severity=8.0,
    cwe=(269, 732),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
    study=(2, 2),
)
def check(subject: ApiObject, world: World) -> Iterator[Problem]:
    if isinstance(subject, SecurityContextConstraints):
        yield from _by_groups(subject, world)
    elif isinstance(subject, RoleBinding) and subject.kind == "ClusterRoleBinding":
        yield from _by_binding(subject, world)


def _by_groups(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    groups = [(index, group) for index, group in texts_of(scc, "groups") if group in EVERYONE]
    if not groups or world.scc(scc.name) is not scc:
        return
    # Every pod may have what the release's own SCCs for everyone allow. Another one may come before these.
    reasons = _reasons(scc.name, world)
    if not reasons and scc.name in world.cluster.as_installed.sccs:
        return
    removed = (Remove(scc.field("groups", index).path) for index, _ in reversed(groups))
    remedies = (Remedy(FIX, effects_of(scc, world, *removed)),)
    for index, group in groups:
        yield Problem(
            "groups",
            at=scc.field("groups", index),
            facts={"scc": scc.name, "group": group, "members": EVERYONE[group], "subjects": [group], **reasons},
            notes=("unlike-restricted",) if reasons else (),
            remedies=remedies,
            word=AccessWord(f"SCC {scc.name}", who=f"group {group}"),
        )


def _by_binding(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    wide = {scc: reasons for scc in (reached.sccs if reached else ()) if (reasons := _reasons(scc, world))}
    if reached is None or not wide:
        return
    remedies = (Remedy(FIX, effects_of(binding, world, *subjects_removed(binding))),)
    granted = [min(wide)] if reached.every else [*wide]
    for holder in (holder for holder in subjects_of(binding, world) if holder.is_everyone):
        for scc in granted:
            yield Problem(
                "binding",
                at=holder.at,
                facts={
                    "group": holder,
                    "every": reached.every,
                    "scc": "" if reached.every else scc,
                    "subjects": [holder.name],
                    **wide[scc],
                },
                notes=("wide",),
                related=() if reached.every else reached.steps(world, scc, binding),
                remedies=remedies,
                word=AccessWord("SCC *" if reached.every else f"SCC {scc}", who=holder.who, through=reached.through(scc)),
            )


def _reasons(name: str, world: World) -> dict[str, Any]:
    """Return the facts of why not everyone may use the SCC; empty if everyone may."""
    wider = wider_than_restricted(name, world)
    priority = world.cluster.sccs[name].priority if name in world.cluster.sccs and world.scc(name) is not None else 0
    if not wider and priority <= 0:
        return {}
    return {
        "wider": wider,
        "priority": max(priority, 0),
        "both": bool(wider and priority > 0),
        "first": priority > ANYUID_PRIORITY,
    }
