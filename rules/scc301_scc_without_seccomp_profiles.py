"""
The SCC has no `seccompProfiles`. It leaves a pod without a seccomp profile unconfined, and it rejects a pod that sets
`RuntimeDefault` with `seccomp may not be set`.

## How to fix it

Add `seccompProfiles: [runtime/default]`. The SCC then applies this profile to every pod that sets none, and admits a
pod that sets it.

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

from scclint.api import Append, Problem, SecurityContextConstraints, Severity, World, rule


@rule(
    "SCC301",
    "scc-without-seccomp-profiles",
    "An SCC has no seccompProfiles, so its pods run unconfined",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "seccomp"),
    security_severity=5.5,
    cwe=(693,),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    profiles = scc.field("seccompProfiles")
    # SCC307 reports an SCC with the name of one of OpenShift's own, and the fix there is another name.
    if not profiles and scc.name not in world.cluster.own_sccs:
        yield Problem(
            f"SCC {scc.name}: has no seccompProfiles, so pods without a profile run unconfined and pods that set RuntimeDefault are rejected",
            at=profiles if profiles.present else scc.place,
            help="Add seccompProfiles: [runtime/default], which the SCC then applies by default.",
            edits=(Append(profiles.path, "runtime/default"),),
        )
