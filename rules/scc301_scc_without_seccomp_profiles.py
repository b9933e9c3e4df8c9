"""
The SCC has no `seccompProfiles`. A pod that it admits and that names no profile runs unconfined, and a pod that asks
for `RuntimeDefault` is refused with `seccomp may not be set`.

## How to fix it

List `runtime/default`: it becomes the default of every pod the SCC admits, and is allowed when asked for.

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

from scclint.api import Problem, SecurityContextConstraints, Severity, World, rule


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
    # What replaces one of the release's own is to get a name of its own, as SCC307 says.
    if not profiles and scc.name not in world.cluster.own_sccs:
        yield Problem(
            f"SCC {scc.name}: has no seccompProfiles, so pods that name none run unconfined and pods that ask for RuntimeDefault are refused",
            at=profiles if profiles.present else scc.place,
            settle="Add seccompProfiles: [runtime/default].",
        )
