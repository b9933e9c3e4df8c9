"""
The SCC lists `unconfined` in `seccompProfiles`, so every pod that it admits may turn its seccomp filter off.

Every entry of `seccompProfiles` is a permission. The first entry other than `*` is also the default for pods that set
no profile. If `unconfined` is that entry, the SCC turns seccomp off for pods that never asked for it.

## How to fix it

Remove `unconfined`, and set `RuntimeDefault` in the workloads that ask for `Unconfined`, because the SCC then rejects their
pods. If a workload needs a system call that `runtime/default` denies, allow a profile of its own,
`localhost/<path>`, that adds only this call.

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
seccompProfiles: [runtime/default, unconfined]
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

from scclint.advice.sccs import without_unconfined
from scclint.api import AccessWord, Problem, Remove, SecurityContextConstraints, Set, World, rule

from ._grants import listed_in

SENTENCES = {
    "default": "SCC {scc}: seccompProfiles makes unconfined the default, so pods without a profile run without seccomp",
    "listed": "SCC {scc}: seccompProfiles lists unconfined, so every pod that the SCC admits may turn seccomp off",
    "instead": "{instead}",
}


@rule(
    "SCC303",
    "scc-allows-unconfined",
    "An SCC lets pods turn seccomp off",
    kind="access",
    reach="pod",
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc", "seccomp"),
    security_severity=8.0,
    cwe=(693,),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    entries = scc.field("seccompProfiles").value
    if not isinstance(entries, list) or "unconfined" not in entries:
        return
    default = next((entry for entry in entries if entry != "*"), None)
    others = [entry for entry in entries if entry not in ("*", "unconfined")]
    entry = scc.field("seccompProfiles", entries.index("unconfined"))
    yield Problem(
        "default" if default == "unconfined" else "listed",
        at=entry,
        facts={
            "scc": scc.name,
            "subjects": listed_in(scc),
            "instead": without_unconfined(scc, world, replace=not others),
        },
        help="instead",
        word=AccessWord("turning seccomp off"),
        edits=(Remove(entry.path) if others else Set(entry.path, "runtime/default"),),
    )
