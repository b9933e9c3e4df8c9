"""
The SCC leaves a field unset whose default allows everything.

Most SCC fields allow nothing if they are unset. Two fields allow everything: without `allowPrivilegeEscalation` the
API server stores `true`, and without `volumes` it stores `*`, which is every volume type (`hostPath` only if
`allowHostDirVolumePlugin` is true). The rule skips an SCC that allows privileged containers: SCC312 reports it.

## How to fix it

Set both fields: `allowPrivilegeEscalation: false`, and in `volumes` the volume types that the workload uses.

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

from scclint.api import Problem, SecurityContextConstraints, Set, Severity, World, rule


@rule(
    "SCC308",
    "scc-open-by-omission",
    "An SCC leaves a field unset whose default allows everything",
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
    every = "every volume type, including hostPath" if host_paths else "every volume type except hostPath"
    for name, default, fix in (
        ("allowPrivilegeEscalation", "privilege escalation", "Set allowPrivilegeEscalation: false."),
        ("volumes", every, "List in volumes only the volume types that its pods use."),
    ):
        field = scc.field(name)
        if field.value is None:
            yield Problem(
                f"SCC {scc.name}: {name} {'is null' if field.present else 'is unset'}, which allows {default}",
                at=field if field.present else scc.place,
                help=fix,
                edits=(Set(field.path, False),) if name == "allowPrivilegeEscalation" else (),
            )
