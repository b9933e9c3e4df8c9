"""
The SCC applies no seccomp profile, so a pod that sets none runs unconfined. Without `seccompProfiles`, the SCC also rejects a
pod that sets `RuntimeDefault`, with `seccomp may not be set`. If `seccompProfiles` lists only `*`, it allows every profile.

## How to fix it

Add `seccompProfiles: [runtime/default]`. The SCC then applies this profile to every pod that sets none, and admits a
pod that sets it. Next to `*`, it becomes the default, and every other profile stays allowed.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
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
from typing import Any

from scclint.advice.sccs import workloads_under
from scclint.api import (
    Append,
    Decision,
    Field,
    Located,
    Problem,
    Related,
    SecurityContextConstraints,
    Severity,
    World,
    as_list,
    rule,
)

from ._grants import listed_in

SENTENCES = {
    "unset": "SCC {scc}: has no seccompProfiles, so pods without a profile run unconfined and pods that set RuntimeDefault are rejected",
    "no-default": 'SCC {scc}: seccompProfiles lists only "*", which sets no default, so pods without a profile run unconfined',
}


@rule(
    "SCC301",
    "scc-without-seccomp-profiles",
    "An SCC applies no seccomp profile, so its pods run unconfined",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc", "seccomp"),
    security_severity=5.5,
    cwe=(693,),
    study=(24, 24),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    profiles = scc.field("seccompProfiles")
    entries = as_list(profiles.value)
    if profiles and not (entries and all(entry == "*" for entry in entries)):
        return
    under = workloads_under(scc.name, world)
    if under and all(c.privileged.value is True for workload, _ in under for c in workload.pod.containers):
        # No profile applies to a privileged container.
        return
    # SCC307 reports an SCC with the name of one of OpenShift's own, and the fix there is another name.
    if scc.name not in world.cluster.own_sccs:
        yield Problem(
            "no-default" if profiles else "unset",
            at=_place(scc, profiles),
            facts={"scc": scc.name, "subjects": listed_in(scc)},
            edits=(Append(profiles.path, "runtime/default"),),
            decision=Decision(f"SCC {scc.name}", Related(f"SCC {scc.name}", scc.place.span)),
        )


def _place(scc: SecurityContextConstraints, profiles: Field[Any]) -> Located:
    if profiles:
        return scc.field("seccompProfiles", 0)
    return profiles if profiles.present else scc.place
