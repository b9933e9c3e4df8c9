"""
A binding lets its subjects use an SCC with which a container can take over its node: privileged containers, the host's process
IDs, `hostPath` volumes, or a capability such as `SYS_ADMIN`. Examples are `privileged`, `hostaccess`, `hostmount-anyuid` and
custom SCCs that allow the same.

The service account holds the grant, not a single workload: everyone who may create pods in its namespace may run any image
with it. A grant to a group reaches further: `system:serviceaccounts:NAMESPACE` is every pod of a namespace, and
`system:authenticated` is everyone. `cluster-admin` for a service account includes every SCC.

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

from collections.abc import Iterator

from scclint.api import (
    ApiObject,
    Problem,
    Related,
    Remedy,
    Role,
    RoleBinding,
    Severity,
    World,
    and_more,
    effects_of,
    is_least,
    node_access,
    rule,
    subjects_removed,
    workloads_of,
)

from ._grants import (
    KINDS_OF_RBAC,
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
)


@rule(
    "RBA402",
    "privileged-scc-granted",
    "A binding grants an SCC that opens the node",
    severity=Severity.WARNING,
    on=RoleBinding,
    since="0.1",
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
    if marked_for_deletion(binding):
        return
    reached = reach(binding, world)
    opens = {scc: words for scc in (reached.sccs if reached else ()) if (words := node_access(scc, world))}
    # A person who may do everything needs no SCC, but admission tries the pods of such a service account against every SCC.
    subjects = [s for s in subjects_of(binding, world) if s.covers_service_accounts or not (reached and reached.anything)]
    if reached is None or not opens or not subjects:
        return
    # use-of-every-scc reports a role that a ClusterServiceVersion implies.
    if reached.every and not binding.field("roleRef").present:
        return
    widest = max(opens, key=lambda scc: (scc not in world.cluster.component_sccs, len(opens[scc])))
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
    # The namespace matters only if it is not the one in which the pods of the service account run.
    where = f" in {home_of(binding, world)}" if home and any(s.namespace != home for s in subjects) else ""
    sccs = f"SCCs {and_more(opens, 3)}" if len(opens) > 1 else f"SCC {widest}"
    what = "every SCC" if reached.every else sccs
    # The name of the release's own role for the SCC would only repeat the SCC.
    informative = binding.field("roleRef", "name").present and reached.role.name != f"system:openshift:scc:{widest}"
    named = "" if binding.implied else _named(subjects)
    elsewhere = [
        s.shown for s in subjects if s.kind == "service account" and world.other_units.uses_account(s.namespace, s.name)
    ]
    ref, workloads = str(reference(binding, world)), [workloads_of(world, s.namespace, s.name) for s in subjects]
    bindings = {binding_of(world.outcome(workload)) for of_account in workloads for workload in of_account}
    # Where no admission asks who may use an SCC.
    idle = sorted(
        {
            s.namespace
            for s in subjects
            if s.namespace and world.cluster.admit({"spec": {"containers": []}}, namespace=s.namespace).skipped
        }
    )
    least = all(is_least(scc, world, s.namespace, s.name) for scc in opens for s in subjects)
    steps = reached.steps(world, widest, binding)
    role = world.find(reached.origin, binding)
    if reached.every and isinstance(role, Role) and (granting := role.rule(reached.rule_index)) is not None:
        # RBA401 reports this field, and the binding then is a line of its finding.
        steps = (Related(f"{role.named} allows use of {widest}", granting.field("verbs").span),)
    advice = _LEAST_SCC
    if may_create(role, *KINDS_OF_RBAC):
        advice += ", unless the program itself grants it to others"
    if len(idle) == len({s.namespace for s in subjects}):
        advice = _removal(role)
    if reached.anything:
        advice = _LIST_RESOURCES
    yield Problem(
        f"{binding.named}: {f'lets {named} use' if named else 'allows the use of'} {what}{where}",
        notes=(
            f"SCC {widest} opens the node: {and_more(opens[widest], 3)}",
            *([f"the name of the role is {reached.role.name}"] if informative else ()),
            *(
                [f"pods outside of this unit may run as {and_more(elsewhere, 2)}: SCC102 says what those in the input use"]
                if elsewhere
                else ()
            ),
            *(f"SCC admission does not run in namespace {namespace}, so the pods there need no grant" for namespace in idle),
        ),
        at=role_place(binding, world, widest),
        related=steps,
        subjects=tuple(map(str, subjects)),
        subjects_in_message=named,
        # SCC102 reports the pods.
        cause=ref if not elsewhere and all(workloads) and bindings == {ref} else "",
        # What several accounts get is more than what the pods of one of them need.
        decision=node_decision(ref, binding.place.span) if len(subjects) == 1 else None,
        severity=Severity.INFO if least else None,
        in_review=Severity.WARNING,
        remedies=() if least else (Remedy(advice, effects_of(binding, world, *subjects_removed(binding))),),
    )


_LIST_RESOURCES = "bind a role that lists only the resources that the subjects need"
_LEAST_SCC = "grant the most restrictive SCC that admits the workload, or a custom SCC, to a service account that only this workload uses"


def _removal(role: ApiObject | None) -> str:
    """What to remove where no admission asks for the grant."""
    part = "the rule about SCCs" if isinstance(role, Role) and len(role.rules) > 1 else "the grant"
    return f"remove {part}, unless the service account itself creates pods in other namespaces"


def _named(subjects: list[Subject]) -> str:
    if len(subjects) > 1 and all(s.kind == "service account" for s in subjects):
        return f"service accounts {and_more((s.shown for s in subjects), 2)}"
    return and_more(map(str, subjects), 2)
