"""
An entry of `seccompProfiles` is not in the format that SCC admission compares with.

Entries use the values of the deprecated annotations: `runtime/default`, `docker/default`, `unconfined`,
`localhost/<path>`, or `*`. The value of the field (`RuntimeDefault`) matches no pod. As the first entry it also
becomes the default, and the API server then rejects every pod that gets this default. `localhost/*` is not a pattern:
entries are compared exactly.

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

from scclint.api import Problem, SecurityContextConstraints, Set, Severity, World, rule

EXACT = ("*", "runtime/default", "docker/default", "unconfined")
INTENDED = {"runtimedefault": "runtime/default", "runtime-default": "runtime/default", "localhost": "localhost/<path>"}


@rule(
    "SCC304",
    "scc-with-invalid-seccomp-entry",
    "An entry of seccompProfiles matches no profile, or makes the API server reject pods",
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
        meant = INTENDED.get(entry.lower(), "")
        breaks = entry == default and not entry.startswith("localhost/")
        yield Problem(
            f"SCC {scc.name}: seccompProfiles entry {entry} {_mistake(entry)}"
            + ("; as the first entry it is the default, and the API server rejects pods that get it" if breaks else ""),
            at=scc.field("seccompProfiles", index),
            help=f"Write {meant or 'runtime/default, localhost/<path> or *'}.",
            edits=(Set(scc.field("seccompProfiles", index).path, meant),) if meant == "runtime/default" else (),
        )


def _mistake(entry: str) -> str:
    if entry.startswith("localhost/") and "*" in entry:
        return "is not a pattern and matches no profile: entries are compared exactly"
    if entry.startswith("localhost/"):
        return "is not a path in the kubelet's seccomp directory, so no pod can use it"
    return "is not a profile name that SCCs know, so it matches no profile"
