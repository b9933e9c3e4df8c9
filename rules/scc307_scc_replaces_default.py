"""
The SCC has the name of an SCC that OpenShift installs, but other content. Applying it changes that SCC for every
workload in the cluster that uses it, including the platform's own. Fields that the manifest does not set stay as they are. A list
that it sets, such as `users`, replaces the whole list.

Do not modify OpenShift's own SCCs: platform components depend on what they allow, upgrades check them, and operators
revert changes to the ones they manage. The finding lists the fields that differ. scclint judges pods with the changed
SCC.

## How to fix it

Give the SCC a name of its own, remove its `priority`, `users` and `groups`, and grant it to the workloads that need it. To
grant one of OpenShift's own SCCs, bind the ClusterRole `system:openshift:scc:<name>` instead of editing `users` or `groups`.

`scclint fix` leaves this to you: the SCC needs a name of its own, and its grants refer to the name.

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
from typing import Any

from scclint.api import Location, Problem, SecurityContextConstraints, Severity, World, rule
from scclint.objects.unknown import first_unknown

SENTENCES = {
    "replaces": "SCC {scc}: replaces OpenShift's own SCC of this name for every workload in the cluster that uses it",
    "changes": "it changes {differing:5}",
    "lost": "this list replaces OpenShift's own, so {lost:3} may no longer use the SCC",
    "other-name": "Give the SCC a name of its own[, remove {granting}, and grant it to the service accounts that need it]. To grant "
    "OpenShift's SCC, bind the ClusterRole system:openshift:scc:{scc}.",
}

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
"""The API fields whose name is not the camel case of the attribute."""


@rule(
    "SCC307",
    "scc-replaces-default",
    "An SCC replaces one of OpenShift's own SCCs",
    severity=Severity.ERROR,
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc", "admission"),
    security_severity=5.5,
    cwe=(269,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    if scc.name not in world.cluster.own_sccs or first_unknown(scc.manifest):
        return
    installed = world.cluster.as_installed
    written, original = (cluster.sccs[scc.name] for cluster in (installed.with_objects([scc.manifest]), installed))
    differing = _differing(written, original)
    if not differing:
        return
    # What lets others use the SCC, or prefers it.
    granting = [field for field in ("priority", "users", "groups") if scc.field(field).value]
    yield Problem(
        "replaces",
        at=scc.place,
        facts={"scc": scc.name, "differing": differing, "granting": granting},
        notes=("changes",),
        related=tuple(
            Location("lost", scc.field(field), {"lost": lost})
            for field in ("users", "groups")
            if (lost := [name for name in getattr(original, field) if name not in getattr(written, field)])
        ),
        help="other-name",
    )


def _differing(written: Any, original: Any) -> list[str]:
    """Return the fields in which the SCC differs from the one OpenShift installs."""
    differences: dict[str, None] = {}
    for attribute in type(original).__match_args__:
        value, expected = getattr(written, attribute), getattr(original, attribute)
        if isinstance(value, tuple) and isinstance(expected, tuple):
            value, expected = sorted(value), sorted(expected)
        if value != expected:
            camel = re.sub(r"_(\w)", lambda match: match[1].upper(), attribute)
            differences.setdefault(FIELDS.get(attribute, camel))
    return list(differences)
