"""
A binding lets its subjects use an SCC that opens the node: privileged containers, the host's namespaces, `hostPath`
volumes, or root with every capability. `privileged`, `hostaccess`, `hostmount-anyuid` and `hostnetwork` are of that
kind, and custom SCCs as wide.

A grant is held by the service account, not by one workload: whoever may create pods in its namespace may run any image
under it. Bound to a group it is far wider still: `system:serviceaccounts:<namespace>` is every pod of a namespace,
`system:authenticated` everyone. `cluster-admin` for a service account includes every SCC.

## How to fix it

Grant the most restrictive SCC that admits the workload, a custom one if none does, to a service account that nothing
else uses.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: monitoring}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects:
  - {kind: ServiceAccount, name: agent}
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-nonroot, namespace: monitoring}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:nonroot-v2"}
subjects:
  - {kind: ServiceAccount, name: agent}
```
"""

from collections.abc import Iterator

from scclint.api import Problem, RoleBinding, Severity, World, rule

from ._grants import Holder, holders, home_of, reach, role_place
from ._scc import node_access, some
from ._words import listed


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
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    opens = {scc: words for scc in (reached.sccs if reached else ()) if (words := node_access(scc, world))}
    # People who may do everything are not granted SCCs; a service account that may is, as its pods are tried against all.
    subjects = [s for s in holders(binding, world) if s.covers_service_accounts or not (reached and reached.anything)]
    if reached is None or not opens or not subjects:
        return
    # Who holds a role that a ClusterServiceVersion implies is said where the role is (use-of-every-scc).
    if reached.every and not binding.field("roleRef").present:
        return
    widest = max(opens, key=lambda scc: len(opens[scc]))
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
    # Pods run in their service account's own namespace: where that is the binding's, there is nothing to add.
    where = f" in {home_of(binding, world)}" if home and any(s.namespace != home for s in subjects) else ""
    if reached.every:
        what = f"every SCC{where}, {widest} included"
    elif len(opens) == 1:
        what = f"SCC {widest}{where}, which allows {some(opens[widest])}"
    else:
        what = f"SCCs {listed(opens)}{where}; {widest} allows {some(opens[widest])}"
    # The role of the release's own that is named after the SCC says nothing more.
    tells = binding.field("roleRef", "name").present and reached.role.name != f"system:openshift:scc:{widest}"
    yield Problem(
        f"{binding.named}: lets {_named(subjects)} use {what}" + (f" (roleRef.name: {reached.role.name})" if tells else ""),
        at=role_place(binding, world, widest),
        related=reached.steps(world, widest, binding),
        settle=(
            "Bind a role that lists the resources it needs: this one allows everything, every SCC included."
            if reached.anything
            else "Grant the most restrictive SCC that admits the workload, or a custom one, to a service account of its own."
        ),
    )


def _named(subjects: list[Holder]) -> str:
    if len(subjects) > 1 and all(s.kind == "service account" for s in subjects):
        return f"service accounts {some([s.shown for s in subjects], 3)}"
    return some([str(s) for s in subjects], 3)
