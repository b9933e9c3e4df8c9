"""
An entry of `seccompProfiles` is not in the form that the SCC plugin compares with.

Entries are in the spelling of the old annotations: `runtime/default`, `docker/default`, `unconfined`,
`localhost/<path>`, or `*`. The spelling of the field (`RuntimeDefault`) matches no pod, and as the first entry it
becomes the default: the API server then refuses every pod that the SCC takes. `localhost/*` is no pattern: entries
are compared exactly.

## How to fix it

Write `runtime/default`, `localhost/<path>` for each profile, or `*`.

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
seccompProfiles: [RuntimeDefault]
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

EXACT = ("*", "runtime/default", "docker/default", "unconfined")
MEANT = {"runtimedefault": "runtime/default", "runtime-default": "runtime/default", "localhost": "localhost/<path>"}


@rule(
    "SCC304",
    "scc-with-invalid-seccomp-entry",
    "An entry of seccompProfiles matches nothing, or breaks every pod the SCC takes",
    severity=Severity.ERROR,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc", "seccomp"),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    entries = scc.field("seccompProfiles").value
    if not isinstance(entries, list):
        return
    default = next((e for e in entries if e != "*"), None)
    for index, entry in enumerate(entries):
        if not isinstance(entry, str) or entry in EXACT:
            continue
        path = entry.removeprefix("localhost/")
        if path != entry and path and "*" not in path and not path.startswith("/") and ".." not in path.split("/"):
            continue
        breaks = entry == default and not entry.startswith("localhost/")
        yield Problem(
            f"SCC {scc.name}: seccompProfiles entry {entry} {_what(entry)}"
            + ("; being the first, it is filled into pods that name none, and the API server refuses them" if breaks else ""),
            at=scc.field("seccompProfiles", index),
            settle=f"Write {MEANT.get(entry.lower(), 'runtime/default, localhost/<path> or *')}.",
        )


def _what(entry: str) -> str:
    if entry.startswith("localhost/") and "*" in entry:
        return "is no pattern and matches no profile: entries are compared exactly"
    if entry.startswith("localhost/"):
        return "is no path below the kubelet's seccomp folder, so no pod can ask for it"
    return "is not how SCCs spell a profile, so it matches none"
