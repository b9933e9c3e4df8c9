"""
A binding lets its subjects use an SCC that is wider than `restricted-v2`. There is a line for each subject and each such SCC. The reach is
*node* if a container under the SCC can take over its node: by privileged containers, the host's process IDs, `hostPath` volumes, or a
capability such as `SYS_ADMIN`. Examples are `privileged`, `hostaccess`, `hostmount-anyuid` and custom SCCs that allow the same.

The service account holds the grant, not a single workload: everyone who may create pods in its namespace may run any image
with it. `cluster-admin` and roles with all rights include every SCC, and their reach is *cluster*.

[RBA405](grant-to-default-serviceaccount.md) reports a grant to the service account `default` and to all service accounts of a namespace, and
[SCC306](scc-open-to-everyone.md) one to everyone in the cluster. Where SCC admission does not run, the pods need no grant.

## How to fix it

Grant the most restrictive SCC that admits the workload, or a custom SCC if none does. Grant it to a service account that
only this workload uses.

`scclint fix` leaves this to you: scclint never takes a right away that may be needed.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: monitoring}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
subjects:
  - {kind: ServiceAccount, name: agent}
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-restricted, namespace: monitoring}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:restricted-v2
subjects:
  - {kind: ServiceAccount, name: agent}
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.advice.effects import effects_of, subjects_removed
from scclint.api import (
    AccessWord,
    Location,
    Problem,
    Related,
    Remedy,
    Role,
    RoleBinding,
    World,
    node_access,
    rule,
    wider_than_restricted,
)

from ._grants import (
    KINDS_OF_RBAC,
    Reach,
    Subject,
    home_of,
    marked_for_deletion,
    may_create,
    reach,
    role_place,
    subjects_of,
    verb_of_use,
)

_SCCS = "{every:every SCC|}[SCC {scc}][ in {home}]{anything:, and do anything else in the cluster|}"
_LEAST_SCC = "grant the most restrictive SCC that admits the workload, or a custom SCC, to a service account that only this workload uses"
SENTENCES = {
    "lets": "{object}: lets {subject} use " + _SCCS,
    "allows": "{object}: allows the use of " + _SCCS,
    "opens": "SCC {widest} allows {opened:3}",
    "role": "the name of the role is {role}",
    "elsewhere": "pods outside of this unit may run as {elsewhere}",
    "idle": "SCC admission does not run in namespace {idle}, so the pods there need no grant",
    "list-resources": "bind a role that lists only the resources that the subjects need",
    "remove-grant": "remove the grant, unless the service account itself creates pods in other namespaces",
    "remove-rule": "remove the rule about SCCs, unless the service account itself creates pods in other namespaces",
    "least-scc": _LEAST_SCC,
    "least-scc-if-granted": _LEAST_SCC + ", unless the program itself grants it to others",
    "grants": "{granting} allows use of {widest}",
}


@rule(
    "RBA402",
    "scc-granted",
    "A binding grants an SCC that is wider than restricted-v2",
    kind="access",
    reach="pod",
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=8.0,
    cwe=(250, 269),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
    study=(52, 52),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    if reached is None or marked_for_deletion(binding):
        return
    # RBA401 reports a role that a ClusterServiceVersion implies.
    if reached.every and not binding.field("roleRef").present:
        return
    wide = {scc: words for scc in reached.sccs if (words := wider_than_restricted(scc, world))}
    if reached.every and wide:
        widest = max(wide, key=lambda scc: (scc not in world.cluster.component_sccs, len(wide[scc])))
        wide = {widest: wide[widest]}
    is_in_namespace = binding.kind == "RoleBinding"
    effects = effects_of(binding, world, *subjects_removed(binding)) if wide else ()
    for subject in subjects_of(binding, world):
        # RBA405 reports service account default and, in a namespace, everyone. SCC306 reports everyone in the cluster.
        if not subject.covers_default and not subject.is_everyone:
            is_idle = _is_idle(subject, world)
            remedy = _remedy(binding, reached, world, is_idle=is_idle)
            for scc, allowed in wide.items():
                yield Problem(
                    "allows" if binding.implied else "lets",
                    at=role_place(binding, world, scc),
                    facts={
                        "subject": subject,
                        "subjects": [subject],
                        **_granted(binding, reached, scc, subject, world),
                        "widest": scc,
                        "opened": allowed,
                        "role": _role_name(binding, reached, scc),
                        "elsewhere": _used_elsewhere(subject, world),
                        "idle": subject.namespace if is_idle else "",
                    },
                    notes=("opens", "role", "elsewhere", "idle"),
                    related=_steps(binding, reached, scc, world),
                    remedies=(Remedy(remedy, effects),),
                    word=_word(reached, scc, subject, world, everywhere=not is_in_namespace),
                )


def _word(reached: Reach, scc: str, subject: Subject, world: World, *, everywhere: bool) -> AccessWord:
    """Return what a subject gets: an SCC, every SCC, or all rights."""
    if reached.anything and everywhere:
        name = reached.role.name
        return AccessWord(
            name if name == "cluster-admin" else "every right", who=subject.who, reach="cluster", through=reached.through(scc)
        )
    what = "SCC *" if reached.every else f"SCC {scc}"
    return AccessWord(what, who=subject.who, reach="node" if node_access(scc, world) else "pod", through=reached.through(scc))


def _used_elsewhere(subject: Subject, world: World) -> str:
    """Return a service account that pods of other units use; empty for another subject."""
    is_used = subject.kind == "service account" and world.other_units.uses_account(subject.namespace, subject.name)
    return subject.shown if is_used else ""


def _granted(binding: RoleBinding, reached: Reach, scc: str, subject: Subject, world: World) -> dict[str, Any]:
    """Return the facts of which SCC a binding grants a subject, and where."""
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
    # The namespace matters only if it is not the one in which the pods of the service account run.
    where = home_of(binding, world) if home and subject.namespace != home else ""
    return {
        "every": reached.every,
        "scc": "" if reached.every else scc,
        "home": where,
        "anything": reached.anything and not home,
    }


def _role_name(binding: RoleBinding, reached: Reach, scc: str) -> str:
    """Return the name of the role; empty if it is that of the release's own role for the SCC, which would only repeat the SCC."""
    is_written = binding.field("roleRef", "name").present
    return reached.role.name if is_written and reached.through(scc) else ""


def _is_idle(subject: Subject, world: World) -> bool:
    """Whether no admission asks who may use an SCC in the namespace of a subject."""
    pod: dict[str, Any] = {"spec": {"containers": []}}
    return bool(subject.namespace and world.cluster.admit(pod, namespace=subject.namespace).skipped)


def _steps(binding: RoleBinding, reached: Reach, scc: str, world: World) -> tuple[Related | Location, ...]:
    role = world.find(reached.origin, binding)
    if reached.every and isinstance(role, Role) and (granting := role.rule(reached.rule_index)) is not None:
        return (Location("grants", verb_of_use(granting), {"granting": role}),)
    return reached.steps(world, scc, binding)


def _remedy(binding: RoleBinding, reached: Reach, world: World, *, is_idle: bool) -> str:
    """Return what to do about the grant. `is_idle` if no admission asks for it where its subject is."""
    role = world.find(reached.origin, binding)
    if reached.anything:
        return SENTENCES["list-resources"]
    if is_idle:
        return SENTENCES["remove-rule" if isinstance(role, Role) and len(role.rules) > 1 else "remove-grant"]
    return SENTENCES["least-scc-if-granted" if may_create(role, world, *KINDS_OF_RBAC) else "least-scc"]
