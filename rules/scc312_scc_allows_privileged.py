"""
The SCC opens the node to the pods that may use it. The finding names everything that the SCC opens, and what the pods that it
admits use of that. An SCC opens the node in two ways:

- It lets a container *take over* the node: privileged containers, the host's process IDs, `hostPath` volumes, every
  capability (`*` or `ALL`), or one of the capabilities `SYS_ADMIN`, `SYS_MODULE`, `SYS_RAWIO`, `SYS_BOOT`,
  `DAC_READ_SEARCH`, `BPF`, `MAC_ADMIN` and `MAC_OVERRIDE`. `SYS_PTRACE` counts if the SCC also allows the host's process IDs.
- It lets a container *reach* the node: the host's network or IPC, `NET_ADMIN` or `NET_RAW` together with the host's
  network, any SELinux label or the type `spc_t`, or every sysctl. If the SCC opens no more than that, the severity is info.

The severity is also info if the pods in the input use all that the SCC opens. If pods of another unit may run under the SCC, a note
says so, because the rule looks at the pods of one unit only.

A capability counts in `allowedCapabilities` and in `defaultAddCapabilities`.

As info, the rule also names what the SCC gives containers beyond that:

- a capability in `defaultAddCapabilities` that CRI-O gives no container. Every container gets it, without asking.
- `userNamespaceLevel: AllowHostLevel` if the SCC also allows user IDs that are not in the range of the namespace. Without a user namespace
  of its own, such an ID is an ID of the node.

A line names the place and what the SCC opens also where findings of severity info are hidden, unless the pods in the input use all of it,
or the SCC is one of OpenShift's and opens no more than in the release.

A container that takes over the node controls all other containers on it. Seccomp, SELinux and the user ID do not stop it: for
example, a privileged container runs without a seccomp filter. A container that reaches the node, for example in the host's
network, can connect to services that listen only on the node.

## How to fix it

Allow only what the workload uses: single capabilities instead of `*`, single sysctls, and `hostPath` volumes or a
device plugin instead of `privileged`. If the workload needs this access, grant the SCC only to its service account.

`scclint fix` leaves this to you: `scclint suggest` prints the least SCC for a workload.

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

from scclint.admission.access import opened_by
from scclint.advice.sccs import Extra, extras_of, is_as_installed, is_least, may_admit_elsewhere, workloads_under
from scclint.api import Location, Problem, SecurityContextConstraints, Severity, World, as_list, is_open, rule
from scclint.objects.unknown import in_plain_words

from ._grants import listed_in

SENTENCES = {
    "opens": "SCC {scc}: allows {opened}[; its pods use {used}]{unused:; no pod in the input uses any of it|}[; {extras}]",
    "elsewhere": "pods outside of this unit may use it as well",
    "opens-too": "allows {access}",
    "user": "{workload} uses {used}",
    "grant-only": "Grant the SCC only to the service account that needs it.",
    "all-pods": "Allow only what the pods under it use, also those outside of this unit.",
    "its-pods": "Allow only what its pods use, and grant the SCC only to the service account that needs it.",
    "find-pods": "Find the pods that need the SCC, also those that an operator creates. Allow only what they use, and grant the SCC only to "
    "their service account.",
    "extras": "SCC {scc}: {extras}",
    "extra": "{extra}",
    "allow-capabilities": "Move the capabilities to allowedCapabilities, and add them in the containers that need them.",
    "set-level": "Set userNamespaceLevel: RequirePodLevel, and hostUsers: false in the pods.",
    "allow-and-set": "Move the capabilities to allowedCapabilities, and add them in the containers that need them. Set userNamespaceLevel: "
    "RequirePodLevel, and hostUsers: false in the pods.",
}
SEVERITIES = dict.fromkeys(("opens/limited", "extras"), (Severity.INFO, Severity.WARNING))


@rule(
    "SCC312",
    "scc-allows-privileged",
    "An SCC opens the node",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
    tags=("scc",),
    security_severity=8.0,
    cwe=(250,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
    study=(20, 20),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    opened, extras = opened_by(world.cluster.constraints_of(scc.manifest)), extras_of(scc, world)
    if not opened:
        yield from _only_extras(scc, extras, world)
        return
    under = workloads_under(scc.name, world) if world.scc(scc.name) is scc else []
    used = list(dict.fromkeys(text for _, words in under for text in words))
    elsewhere = scc.name in world.cluster.sccs and may_admit_elsewhere(scc.name, world)
    least = bool(under) and is_least(scc.name, world)
    users = [(workload, words) for workload, words in under if words]
    yield Problem(
        "opens" if any(access.takes for access in opened) and not least else "opens/limited",
        at=scc.field(*opened[0].at),
        facts={
            "scc": scc.name,
            "opened": [access.words for access in opened],
            "used": used,
            "unused": not used and not elsewhere and not _has_placeholder(scc),
            "extras": "; ".join(extra.words for extra in extras),
            "subjects": listed_in(scc),
        },
        notes=("elsewhere",) if elsewhere else (),
        related=(
            *(Location("opens-too", scc.field(*access.at), {"access": access.words}) for access in opened[1:]),
            *(Location("user", workload.place, {"workload": workload, "used": words}) for workload, words in users[:4]),
        ),
        help=_help(least=least, elsewhere=elsewhere, used=bool(used)),
        opens=("the node", *(extra.words for extra in extras)),
        always_named=not least and not is_as_installed(scc, world),
    )


def _help(*, least: bool, elsewhere: bool, used: bool) -> str:
    """Return what to do about the SCC: its pods use all of it, pods outside of the unit may run under it, or pods of the input use it."""
    if least:
        return "grant-only"
    if elsewhere:
        return "all-pods"
    return "its-pods" if used else "find-pods"


def _only_extras(scc: SecurityContextConstraints, extras: list[Extra], world: World) -> Iterator[Problem]:
    """Yield the problem of an SCC that opens nothing of the node."""
    help = {_HELP[str(extra.at[0])] for extra in extras}
    if extras:
        yield Problem(
            "extras",
            at=scc.field(*extras[0].at),
            facts={
                "scc": scc.name,
                "extras": "; ".join(extra.words for extra in extras),
                "subjects": listed_in(scc),
            },
            related=tuple(Location("extra", scc.field(*extra.at), {"extra": extra.words}) for extra in extras[1:]),
            help="allow-and-set" if len(help) > 1 else min(help),
            opens=tuple(extra.words for extra in extras),
            always_named=not is_as_installed(scc, world),
        )


_HELP = {"defaultAddCapabilities": "allow-capabilities", "userNamespaceLevel": "set-level"}


def _has_placeholder(scc: SecurityContextConstraints) -> bool:
    """Whether the input does not say who may use the SCC."""
    entries = [entry for name in ("users", "groups") for entry in as_list(scc.manifest.get(name))]
    return any(is_open(entry) or in_plain_words(entry) for entry in entries)
