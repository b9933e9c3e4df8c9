"""
The SCC lacks a value that its strategy needs, and SCC admission fails before it tries any SCC.

Examples are `runAsUser: MustRunAs` without `uid`, and `MustRunAsRange` with only one bound. SCC admission prepares
every SCC of the cluster before it checks permissions. If it cannot prepare one SCC, it rejects *every* pod in *every*
namespace where it runs. The API server accepts the SCC without a warning.

## How to fix it

Set the missing value, or use a strategy that needs none: `MustRunAsRange` without bounds uses the namespace's range.

`scclint fix` leaves this to you: only you know the missing value.

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
from scclint.objects.unknown import first_unknown

SENTENCES = {
    "cannot-be-built": "SCC {scc}: SCC admission cannot prepare it ({error}), so it rejects every pod in the cluster",
    "set": "Set the missing value, or use a strategy that needs none.",
}

FIELDS = (
    ("UIDRangeMin", ("runAsUser", "uidRangeMin")),
    ("UIDRangeMax", ("runAsUser", "uidRangeMax")),
    ("UID", ("runAsUser", "uid")),
    ("RunAsUser", ("runAsUser", "type")),
    ("SELinuxContext", ("seLinuxContext", "type")),
    ("FSGroup", ("fsGroup", "type")),
    ("SupplementalGroups", ("supplementalGroups", "type")),
)
"""A word of the plugin's error message, and the field that it names."""


@rule(
    "SCC309",
    "scc-cannot-be-built",
    "An SCC that cannot be prepared makes admission reject every pod in the cluster",
    severity=Severity.ERROR,
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc", "admission"),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    if world.cluster.platform == "kubernetes" or first_unknown(scc.manifest):
        return
    error = world.cluster.why_not_built(scc.manifest)
    if error is not None:
        yield Problem(
            "cannot-be-built",
            facts={"scc": scc.name, "error": error.rpartition(": ")[2]},
            at=scc.field(*next((path for word, path in FIELDS if word in error), ("runAsUser",))),
            help="set",
        )
