"""
The SCC bears the name of one that OpenShift itself installs, and differs from it. Applying it changes that SCC for
every workload of the cluster that relies on it, the platform's own included.

The release's SCCs are not to be modified: components of the platform depend on what they allow, upgrades check them,
and those that an operator manages are put back. What differs from the release's own is listed, and judged as if it
were in force.

## How to fix it

Give the SCC a name of its own, and grant it to the workloads it is meant for. To let somebody use one of the
release's own SCCs, bind ClusterRole `system:openshift:scc:<name>` instead of editing its `users` or `groups`.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: nonroot-v2}
allowPrivilegedContainer: false
allowPrivilegeEscalation: true
runAsUser: {type: MustRunAsNonRoot}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: shop-nonroot}
allowPrivilegedContainer: false
allowPrivilegeEscalation: true
runAsUser: {type: MustRunAsNonRoot}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

import re
from collections.abc import Iterator

from scclint.api import Problem, SecurityContextConstraints, Severity, World, rule

from ._scc import some

FIELDS = {
    "uid": "runAsUser",
    "uid_range_min": "runAsUser",
    "uid_range_max": "runAsUser",
    "se_linux_context": "seLinuxContext",
    "se_linux_options": "seLinuxContext",
    "fs_group_ranges": "fsGroup",
    "supplemental_groups_ranges": "supplementalGroups",
    "allow_host_ipc": "allowHostIPC",
    "allow_host_pid": "allowHostPID",
}
"""The API's field for those values whose name is not simply its field's."""


@rule(
    "SCC307",
    "scc-replaces-default",
    "An SCC replaces one of the release's own",
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
    if scc.name not in world.cluster.own_sccs:
        return
    differing = _differing(scc, world)
    if not differing:
        return
    yield Problem(
        f"SCC {scc.name}: has the name of one of OpenShift's own and changes its {some(differing, 6)}, "
        "for every workload of the cluster that relies on it",
        at=scc.place,
        settle="Give it a name of its own; to grant one of the release's own, bind ClusterRole system:openshift:scc:<name>.",
    )


def _differing(scc: SecurityContextConstraints, world: World) -> list[str]:
    """The fields in which the SCC is not what the release installs; none where the API server could not decode it."""
    if world.malformed(scc):
        return []
    mine = world.cluster.openshift(world.cluster.release, [scc.manifest]).sccs[scc.name]
    own = world.cluster.openshift(world.cluster.release).sccs[scc.name]
    found: dict[str, None] = {}
    for attribute in type(own).__match_args__:
        here, there = getattr(mine, attribute), getattr(own, attribute)
        if isinstance(here, tuple) and isinstance(there, tuple):
            here, there = sorted(here), sorted(there)
        if here != there:
            camel = re.sub(r"_(\w)", lambda match: match[1].upper(), attribute)
            found.setdefault(FIELDS.get(attribute, camel))
    return list(found)
