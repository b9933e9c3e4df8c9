"""
The SCC leaves out a value that its strategy needs, and admission fails on it before any SCC is tried.

`runAsUser: MustRunAs` without `uid`, or `MustRunAsRange` with one bound only: the plugin prepares every SCC of the
cluster before it looks at permissions, so one SCC that cannot be prepared rejects EVERY pod in EVERY namespace where
SCC admission runs. The API server accepts the object without a word.

## How to fix it

Give the missing value, or the strategy that needs none: `MustRunAsRange` without bounds takes the namespace's range.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange, uidRangeMin: 1000}
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
runAsUser: {type: MustRunAsRange, uidRangeMin: 1000, uidRangeMax: 1999}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, SecurityContextConstraints, Severity, World, rule

FIELDS = (
    ("UIDRangeMin", ("runAsUser", "uidRangeMin")),
    ("UIDRangeMax", ("runAsUser", "uidRangeMax")),
    ("UID", ("runAsUser", "uid")),
    ("RunAsUser", ("runAsUser", "type")),
    ("SELinuxContext", ("seLinuxContext", "type")),
    ("FSGroup", ("fsGroup", "type")),
    ("SupplementalGroups", ("supplementalGroups", "type")),
)
"""A word of the plugin's complaint, and the field it is about."""


@rule(
    "SCC309",
    "scc-cannot-be-built",
    "An SCC that cannot be prepared makes admission reject every pod in the cluster",
    severity=Severity.ERROR,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "admission"),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    why = None if world.cluster.platform == "kubernetes" or world.malformed(scc) else world.cluster.why_not_built(scc.manifest)
    if why is not None:
        yield Problem(
            f"SCC {scc.name}: admission fails on it ({why.rpartition(': ')[2]}), and so rejects every pod of the cluster",
            at=scc.field(*next((path for word, path in FIELDS if word in why), ("runAsUser",))),
            settle="Give the missing value, or use a strategy that needs none.",
        )
