"""
The SCC has a priority and everyone may use it, so it takes the pods of the whole cluster before `restricted-v2` is
tried.

SCCs are tried by priority first, and only among equals by how restrictive they are. Of the release's own, `anyuid` has
priority 10 and all others none. Whatever such an SCC fills in, or fails to fill in (a seccomp profile, a user id), from
then on happens to pods in every namespace, those of other teams and of the platform included.

## How to fix it

Take the priority away, or let only the service accounts use the SCC that need it.

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

from scclint.api import Problem, Related, RoleBinding, SecurityContextConstraints, Severity, World, rule

from ._scc import EVERYONE

ANYUID_PRIORITY = 10
"""The highest priority among the release's own SCCs; all the others have none, which is 0."""


@rule(
    "SCC305",
    "scc-captures-pods",
    "An SCC that everyone may use comes before the release's own",
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
    open_to = _open_to(scc, world)
    if not open_to or world.cluster.platform != "openshift":
        return
    group, how = next(iter(open_to.items()))
    before = "all of the release's own SCCs" if priority.value > ANYUID_PRIORITY else "restricted-v2"
    yield Problem(
        f"SCC {scc.name}: priority: {priority.value} puts it before {before}, and {group} ({EVERYONE[group]}) may use it, "
        "so it takes every pod of the cluster that fits it",
        at=priority,
        related=(how,),
        settle="Take the priority away, or let only the service accounts use it that need it.",
    )


def _open_to(scc: SecurityContextConstraints, world: World) -> dict[str, Related]:
    """The groups of the whole cluster that may use the SCC, by its own list or a ClusterRoleBinding of the input."""
    groups = scc.field("groups").value
    found = {
        group: Related(f"{group} may use it", scc.field("groups", index).span)
        for index, group in enumerate(groups if isinstance(groups, list) else ())
        if isinstance(group, str) and group in EVERYONE
    }
    for bound in world.cluster.bindings_to(scc.name):
        binding = world.find(bound.ref)
        if bound.ref.kind == "ClusterRoleBinding" and isinstance(binding, RoleBinding):
            for group in bound.groups:
                if group in EVERYONE:
                    found.setdefault(group, Related(f"{binding.named} lets {group} use it", binding.place.span))
    return found
