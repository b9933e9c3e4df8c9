"""
A binding lets its subjects use an SCC with which a container can take over its node: privileged containers, the host's process
IDs, `hostPath` volumes, or a capability such as `SYS_ADMIN`. Examples are `privileged`, `hostaccess`, `hostmount-anyuid` and
custom SCCs that allow the same.

The service account holds the grant, not a single workload: everyone who may create pods in its namespace may run any image
with it. A grant to a group reaches further: `system:serviceaccounts:NAMESPACE` is every pod of a namespace, and
`system:authenticated` is everyone. `cluster-admin` for a service account includes every SCC. For users and other groups, it opens the
whole cluster: the severity is then info, and the rule is silent for those of Kubernetes and OpenShift (`system:...`).

The severity is info if the pods of the service account use all that the SCC opens of the node. If all these pods are in the input and
run by the grant, the finding is a line of their SCC102. Where SCC admission does not run, the pods need no grant.

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
metadata: {name: agent-nonroot, namespace: monitoring}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nonroot-v2
subjects:
  - {kind: ServiceAccount, name: agent}
```
"""

from collections.abc import Iterator, Sequence
from typing import Any

from scclint.admission.rbac import scc_grant
from scclint.advice.effects import effects_of, subjects_removed
from scclint.advice.grants import workloads_of
from scclint.advice.sccs import is_least
from scclint.api import Location, Problem, Related, Remedy, Role, RoleBinding, Severity, World, node_access, rule

from ._grants import (
    KINDS_OF_RBAC,
    Reach,
    Subject,
    binding_of,
    home_of,
    marked_for_deletion,
    may_create,
    node_decision,
    reach,
    reference,
    role_place,
    subjects_of,
    verb_of_use,
)
from ._markers import origins

_SCCS = "{every:every SCC|}[SCC {scc}][SCCs {sccs:3}][ in {home}]{anything:, and do anything else in the cluster|}"
_LEAST_SCC = "grant the most restrictive SCC that admits the workload, or a custom SCC, to a service account that only this workload uses"
SENTENCES = {
    "lets": "{object}: lets {subjects:2} use " + _SCCS,
    "lets-accounts": "{object}: lets service accounts {accounts:2} use " + _SCCS,
    "allows": "{object}: allows the use of " + _SCCS,
    "opens": "SCC {widest} opens the node: {opened:3}",
    "role": "the name of the role is {role}",
    "elsewhere": "pods outside of this unit may run as {elsewhere:2}",
    "idle": "SCC admission does not run in {idle:namespace|namespaces} {idle}, so the pods there need no grant",
    "list-resources": "bind a role that lists only the resources that the subjects need",
    "remove-grant": "remove the grant, unless the service account itself creates pods in other namespaces",
    "remove-rule": "remove the rule about SCCs, unless the service account itself creates pods in other namespaces",
    "administrators": "if these are not the administrators of the cluster, bind a role that lists only the resources that they need",
    "least-scc": _LEAST_SCC,
    "least-scc-if-granted": _LEAST_SCC + ", unless the program itself grants it to others",
    "grants": "{granting} allows use of {widest}",
}
SEVERITIES: dict[str, Severity | tuple[Severity, Severity]] = {
    **{f"{code}/least": (Severity.INFO, Severity.WARNING) for code in ("lets", "lets-accounts", "allows")},
    "lets/people": Severity.INFO,
}

_OWN = ("system:", "kube:")
"""What the names of users and groups of Kubernetes and OpenShift begin with."""


@rule(
    "RBA402",
    "privileged-scc-granted",
    "A binding grants an SCC that opens the node",
    severity=Severity.WARNING,
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
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
    opens = {scc: words for scc in reached.sccs if (words := node_access(scc, world))}
    if not opens:
        return
    # A person who may do everything needs no SCC, but admission tries the pods of such a service account against every SCC.
    subjects = [s for s in subjects_of(binding, world) if s.covers_service_accounts or not reached.anything]
    if not subjects:
        yield from _of_people(binding, reached, world)
        return
    # use-of-every-scc reports a role that a ClusterServiceVersion implies.
    if reached.every and not binding.field("roleRef").present:
        return
    widest = max(opens, key=lambda scc: (scc not in world.cluster.component_sccs, len(opens[scc])))
    elsewhere = [
        s.shown for s in subjects if s.kind == "service account" and world.other_units.uses_account(s.namespace, s.name)
    ]
    ref, idle = str(reference(binding, world)), _idle(subjects, world)
    least = all(is_least(scc, world, s.namespace, s.name) for scc in opens for s in subjects)
    code = _code(binding, subjects)
    remedy = _remedy(binding, reached, world, is_idle=len(idle) == len({s.namespace for s in subjects}))
    yield Problem(
        f"{code}/least" if least else code,
        at=role_place(binding, world, widest),
        facts={
            "subjects": subjects,
            "accounts": [s.shown for s in subjects],
            **_granted(binding, reached, [*opens], subjects, world),
            "widest": widest,
            "opened": opens[widest],
            "role": _role_name(binding, reached, widest),
            "elsewhere": elsewhere,
            "idle": idle,
        },
        notes=("opens", "role", "elsewhere", "idle"),
        related=_steps(binding, reached, widest, world),
        # SCC102 reports the pods.
        cause=ref if not elsewhere and _is_for_pods(ref, subjects, world) else "",
        # What several accounts get is more than what the pods of one of them need.
        decision=node_decision(ref, binding.place.span) if len(subjects) == 1 else None,
        remedies=() if least else (Remedy(remedy, effects_of(binding, world, *subjects_removed(binding))),),
        origins=_origins(binding, reached, world),
    )


def _of_people(binding: RoleBinding, reached: Reach, world: World) -> Iterator[Problem]:
    """Yield that users and groups may do everything, except those that Kubernetes and OpenShift define."""
    people = [s for s in subjects_of(binding, world) if not s.name.startswith(_OWN)]
    if people:
        yield Problem(
            "lets/people",
            at=role_place(binding, world, ""),
            facts={
                "subjects": people,
                **_granted(binding, reached, [], people, world),
                "role": _role_name(binding, reached, ""),
            },
            notes=("role",),
            related=_steps(binding, reached, "", world),
            remedies=(Remedy(SENTENCES["administrators"]),),
            origins=_origins(binding, reached, world),
        )


def _origins(binding: RoleBinding, reached: Reach, world: World) -> tuple[str, ...]:
    """Return the markers that the right to use the SCCs comes from."""
    role = world.find(reached.origin, binding)
    rule = role.rule(reached.rule_index) if isinstance(role, Role) else None
    return origins(role, rule, scc_grant(rule.data, "use"), world) if isinstance(role, Role) and rule is not None else ()


def _code(binding: RoleBinding, subjects: Sequence[Subject]) -> str:
    if binding.implied:
        return "allows"
    return "lets-accounts" if len(subjects) > 1 and all(s.kind == "service account" for s in subjects) else "lets"


def _granted(
    binding: RoleBinding, reached: Reach, opens: Sequence[str], subjects: Sequence[Subject], world: World
) -> dict[str, Any]:
    """Return the facts of which SCCs a binding grants and where: every SCC, one, or several."""
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
    # The namespace matters only if it is not the one in which the pods of the service account run.
    where = home_of(binding, world) if home and any(s.namespace != home for s in subjects) else ""
    facts: dict[str, Any] = {"every": reached.every, "scc": "", "sccs": (), "home": where, "anything": False}
    if reached.every:
        return {**facts, "anything": reached.anything and not home}
    return {**facts, "sccs": opens} if len(opens) > 1 else {**facts, "scc": opens[0]}


def _role_name(binding: RoleBinding, reached: Reach, widest: str) -> str:
    """Return the name of the role; empty if it is that of the release's own role for the SCC, which would only repeat the SCC."""
    is_written = binding.field("roleRef", "name").present
    return reached.role.name if is_written and reached.role.name != f"system:openshift:scc:{widest}" else ""


def _idle(subjects: Sequence[Subject], world: World) -> list[str]:
    """Return the namespaces of the subjects where no admission asks who may use an SCC, sorted."""
    namespaces = {s.namespace for s in subjects if s.namespace}
    pod: dict[str, Any] = {"spec": {"containers": []}}
    return sorted(namespace for namespace in namespaces if world.cluster.admit(pod, namespace=namespace).skipped)


def _is_for_pods(ref: str, subjects: Sequence[Subject], world: World) -> bool:
    """Whether each subject has pods in the input, and an SCC admits all of them because of the binding."""
    workloads = [workloads_of(world, s.namespace, s.name) for s in subjects]
    return all(workloads) and {binding_of(world.outcome(workload)) for some in workloads for workload in some} == {ref}


def _steps(binding: RoleBinding, reached: Reach, widest: str, world: World) -> tuple[Related | Location, ...]:
    role = world.find(reached.origin, binding)
    if reached.every and isinstance(role, Role) and (granting := role.rule(reached.rule_index)) is not None:
        # RBA401 reports this field, and the binding then is a line of its finding.
        return (Location("grants", verb_of_use(granting), {"granting": role}),)
    return reached.steps(world, widest, binding)


def _remedy(binding: RoleBinding, reached: Reach, world: World, *, is_idle: bool) -> str:
    """Return what to do about the grant. `is_idle` if no admission asks for it where its subjects are."""
    role = world.find(reached.origin, binding)
    if reached.anything:
        return SENTENCES["list-resources"]
    if is_idle:
        return SENTENCES["remove-rule" if isinstance(role, Role) and len(role.rules) > 1 else "remove-grant"]
    return SENTENCES["least-scc-if-granted" if may_create(role, *KINDS_OF_RBAC) else "least-scc"]
