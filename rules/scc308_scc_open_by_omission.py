"""
The SCC leaves out a field whose absence means that everything is allowed.

Most fields of an SCC are closed when they are left out. Two are open: without `allowPrivilegeEscalation` the API
server stores `true`, and without `volumes` it stores `*`, every type of volume (all but `hostPath` unless
`allowHostDirVolumePlugin` is true). An SCC that allows privileged containers gives all of that away in any case and
is left to SCC312.

## How to fix it

Write the field: `allowPrivilegeEscalation: false`, and the types of volume that the workload uses.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
seccompProfiles: [runtime/default]
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
    "SCC308",
    "scc-open-by-omission",
    "An SCC leaves out a field whose absence allows everything",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc",),
    security_severity=5.5,
    cwe=(276,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    if scc.field("allowPrivilegedContainer").value is True:
        return
    host_paths = scc.field("allowHostDirVolumePlugin").value is True
    every = "every type, hostPath included" if host_paths else "every type but hostPath"
    for name, means, settle in (
        ("allowPrivilegeEscalation", "true", "Write allowPrivilegeEscalation: false."),
        ("volumes", every, "List under volumes the types that its pods use."),
    ):
        field = scc.field(name)
        if field.value is None:
            yield Problem(
                f"SCC {scc.name}: {name} {'is null' if field.present else 'is left out'}, which means {means}",
                at=field if field.present else scc.place,
                settle=settle,
            )
