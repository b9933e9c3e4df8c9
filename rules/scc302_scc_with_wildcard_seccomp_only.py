"""
`seccompProfiles` lists only `*`: the SCC allows every profile and applies none. A pod that sets no profile runs
unconfined.

## How to fix it

Add `runtime/default` next to `*`. It becomes the default, and every other profile stays allowed. To allow no other
profile, remove `*`.

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
seccompProfiles: ["*", runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import Append, Problem, SecurityContextConstraints, Severity, World, as_list, rule


@rule(
    "SCC302",
    "scc-with-wildcard-seccomp-only",
    "An SCC allows every seccomp profile and applies none",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "seccomp"),
    security_severity=5.5,
    cwe=(693,),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    profiles = scc.field("seccompProfiles")
    entries = as_list(profiles.value)
    only_wildcard = bool(entries) and all(entry == "*" for entry in entries)
    # SCC307 reports an SCC with the name of one of OpenShift's own, and the fix there is another name.
    if only_wildcard and scc.name not in world.cluster.own_sccs:
        yield Problem(
            f'SCC {scc.name}: seccompProfiles lists only "*", which sets no default, so pods without a profile run unconfined',
            at=scc.field("seccompProfiles", 0),
            help='Add runtime/default to seccompProfiles. The SCC then applies it by default, and "*" allows every other profile.',
            edits=(Append(profiles.path, "runtime/default"),),
        )
