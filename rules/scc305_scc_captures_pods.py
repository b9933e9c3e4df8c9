"""
The SCC has a priority and all users may use it, so it can admit pods of the whole cluster before `restricted-v2` is
tried.

SCC admission tries SCCs by priority. Among SCCs of equal priority, it tries the most restrictive one first. Of
OpenShift's own SCCs, `anyuid` has priority 10 and the others have none. What the SCC applies or leaves unset, such as
a seccomp profile or a user ID, then affects pods in every namespace, including those of other teams and of the
platform.

## How to fix it

Remove the priority, or grant the SCC only to the service accounts that need it.

`scclint fix` leaves this to you: either the priority or the grant can change.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
priority: 20
groups: ["system:authenticated"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
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
priority: 20
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import EVERYONE, Problem, Related, RoleBinding, SecurityContextConstraints, Severity, World, rule

ANYUID_PRIORITY = 10
"""The highest priority among OpenShift's own SCCs. The others have none, which counts as 0."""


@rule(
    "SCC305",
    "scc-captures-pods",
    "An SCC that everyone may use is tried before OpenShift's own SCCs",
    severity=Severity.ERROR,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "admission"),
    security_severity=5.5,
    cwe=(269,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    priority = scc.field("priority")
    if isinstance(priority.value, bool) or not isinstance(priority.value, int | float) or priority.value <= 0:
        return
    open_to = _cluster_wide_groups(scc, world)
    if not open_to or world.cluster.platform == "kubernetes":
        return
    group, how = next(iter(open_to.items()))
    before = "all of OpenShift's own SCCs" if priority.value > ANYUID_PRIORITY else "restricted-v2"
    yield Problem(
        f"SCC {scc.name}: priority: {priority.value} puts it before {before}, and {group} ({EVERYONE[group]}) may use it, "
        "so it admits every pod in the cluster that satisfies it",
        at=priority,
        related=(how,),
        help="Remove priority, or grant the SCC only to the service accounts that need it.",
    )


def _cluster_wide_groups(scc: SecurityContextConstraints, world: World) -> dict[str, Related]:
    """Return the cluster-wide groups that may use the SCC, through its own list or a ClusterRoleBinding in the input."""
    groups = scc.field("groups").value
    found = {
        group: Related(f"{group} may use the SCC", scc.field("groups", index).span)
        for index, group in enumerate(groups if isinstance(groups, list) else ())
        if isinstance(group, str) and group in EVERYONE
    }
    for bound in world.cluster.grants.bindings_to(scc.name):
        binding = world.find(bound.ref)
        if bound.ref.kind == "ClusterRoleBinding" and isinstance(binding, RoleBinding):
            for group in bound.groups:
                if group in EVERYONE:
                    found.setdefault(group, Related(f"{binding.named} lets {group} use the SCC", binding.place.span))
    return found
