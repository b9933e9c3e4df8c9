"""
Subjects that may create pods in a namespace can use the SCCs of its service accounts, and one of these SCCs
[opens the node](wide-scc.md).

A pod names its service account, and everyone who may create pods in a namespace may name each service account of this namespace.
The roles `edit` and `admin` allow this, so a binding to one of them gives its subjects the SCCs of all service accounts there. The
rule lists the service accounts of the input whose SCC lets a container take over its node.

[RBA407](scc-escalation-path.md) reports the same for roles of the input, and for bindings to these roles in every namespace.

## How to fix it

Move the workload that needs the SCC and its service account to a namespace of their own, in which only administrators may
create pods.

`scclint fix` leaves this to you: who may create pods in the namespace is your decision.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
subjects:
  - {kind: ServiceAccount, name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: developers, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: developers}
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: agents}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
subjects:
  - {kind: ServiceAccount, name: agent, namespace: agents}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: developers, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: developers}
```
"""

from collections.abc import Iterator

from scclint.api import AccessWord, Problem, RoleBinding, User, World, node_access, rule

from ._grants import home_of, marked_for_deletion, reference, role_of, subjects_of

SENTENCES = {
    "shared": "{object}: lets {subject} create pods in {home} as service account {account}, which may use SCC {scc}",
    "move": "Move the service account and its workload to a namespace in which only administrators may create pods.",
}

_POD_CREATORS = ("edit", "admin")
"""The release's own roles that allow the creation of pods; `cluster-admin` may use every SCC anyway."""


@rule(
    "RBA409",
    "scc-shared-by-namespace",
    "Everyone who may create pods in a namespace can use an SCC that opens the node",
    kind="access",
    reach="node",
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=3.0,
    cwe=(269,),
    references=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    study=(4, 4),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    role, ref = role_of(binding, world), reference(binding, world)
    if not ref.namespace or role.kind != "ClusterRole" or role.name not in _POD_CREATORS:
        return
    if world.find(role) or marked_for_deletion(binding):
        return
    shared = _opening(ref.namespace, world)
    subjects = [holder for holder in subjects_of(binding, world) if (holder.namespace, holder.name) not in shared]
    for subject in subjects:
        for account, sccs in shared.items():
            for scc in sccs:
                grant = world.cluster.grants.may_use(_user(*account), scc, account[0])
                yield Problem(
                    "shared",
                    at=binding.field("roleRef", "name"),
                    facts={
                        "subject": subject,
                        "subjects": [subject],
                        "home": home_of(binding, world),
                        "scc": scc,
                        "account": account[1],
                    },
                    related=world.steps.of_grant(grant, scc, near=binding),
                    help="move",
                    word=AccessWord(
                        f"SCC {scc} of service account {account[1]}", who=subject.who, through=f"ClusterRole {role.name}"
                    ),
                )


def _opening(namespace: str, world: World) -> dict[tuple[str, str], list[str]]:
    """Return the service accounts of a namespace with the SCCs that they may use and that open the node."""

    def accounts() -> dict[tuple[str, str], list[str]]:
        grants, opening = world.cluster.grants, [scc for scc in sorted(world.cluster.sccs) if node_access(scc, world)]
        return {
            (namespace, name): sccs
            for name in sorted(grants.accounts.names_in(namespace))
            if (sccs := [scc for scc in opening if grants.may_use(_user(namespace, name), scc, namespace)])
        }

    return world.memo((_opening, namespace), accounts)


def _user(namespace: str, name: str) -> User:
    return User(f"system:serviceaccount:{namespace}:{name}")
