"""
The SCC allows access that gives a container control of the node: privileged containers, host namespaces, every
capability, or every sysctl.

The SCC gets one finding that names everything of this kind. Every pod that may use the SCC can get this access, and
neither seccomp nor SELinux nor the user ID then confines it: a privileged container runs without a seccomp filter,
and a container in the host's network reaches services that listen only on the node.

## How to fix it

Allow only what the workload uses: single capabilities instead of `*`, single sysctls, and `hostPath` volumes or a
device plugin instead of `privileged`. If the workload needs this access, grant the SCC only to its service account.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowPrivilegedContainer: true
allowHostNetwork: true
allowedCapabilities: ["*"]
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
allowedCapabilities: [NET_ADMIN]
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import Located, Problem, Related, SecurityContextConstraints, Severity, World, listed, rule

from ._scc import MEANS_ALL

SWITCHES = {
    "allowPrivilegedContainer": "privileged containers",
    "allowHostNetwork": "the host's network",
    "allowHostPID": "the host's process IDs",
    "allowHostIPC": "the host's IPC",
}

LISTS = {
    "allowedCapabilities": (MEANS_ALL, "every capability"),
    "defaultAddCapabilities": (MEANS_ALL, "every capability by default"),
    "allowedUnsafeSysctls": (frozenset("*"), "every sysctl"),
}
"""Per list: the entries that allow everything, and what they allow."""


@rule(
    "SCC312",
    "scc-allows-privileged",
    "An SCC allows privileged containers, host namespaces, every capability or every sysctl",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc",),
    security_severity=8.0,
    cwe=(250,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    allowed = list(_allowed(scc))
    if allowed:
        yield Problem(
            f"SCC {scc.name}: allows {listed(words for words, _ in allowed)}",
            at=allowed[0][1],
            related=tuple(Related(f"allows {words}", at.span) for words, at in allowed[1:]),
            settle="Allow only what its pods use, and grant the SCC only to the service account that needs it.",
        )


def _allowed(scc: SecurityContextConstraints) -> Iterator[tuple[str, Located]]:
    for name, words in SWITCHES.items():
        if scc.field(name).value is True:
            yield words, scc.field(name)
    for name, (wildcards, words) in LISTS.items():
        values = scc.field(name).value
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if isinstance(value, str) and value in wildcards:
                yield words, scc.field(name, index)
                break
