"""
`seccompProfiles` has only `*`: every profile is allowed, and none is filled in. A pod that names none runs unconfined.

## How to fix it

Put `runtime/default` beside the `*`. It is then the default, and everything stays allowed; drop the `*` to allow
nothing else.

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
seccompProfiles: ["*"]
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
    "SCC302",
    "scc-with-wildcard-seccomp-only",
    "An SCC allows every seccomp profile and fills in none",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "seccomp"),
    security_severity=5.5,
    cwe=(693,),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    profiles = scc.field("seccompProfiles")
    if isinstance(profiles.value, list) and profiles.value and all(entry == "*" for entry in profiles.value):
        yield Problem(
            f'SCC {scc.name}: seccompProfiles has only "*", which fills no profile in, so pods that name none run unconfined',
            at=scc.field("seccompProfiles", 0),
            settle='Write seccompProfiles: [runtime/default], or ["*", runtime/default] to go on allowing all.',
        )
