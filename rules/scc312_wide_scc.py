"""
The SCC allows more than `restricted-v2`. Each thing that it allows is a line of its own, and so is each user and group that it lists,
because they may use it. The reach of the line says how far that goes:

- *node*: a container can *take over* the node, by privileged containers, the host's process IDs, `hostPath` volumes, every
  capability (`*` or `ALL`), or one of the capabilities `SYS_ADMIN`, `SYS_MODULE`, `SYS_RAWIO`, `SYS_BOOT`,
  `DAC_READ_SEARCH`, `BPF`, `MAC_ADMIN` and `MAC_OVERRIDE`. `SYS_PTRACE` counts if the SCC also allows the host's process IDs.
- *pod*: everything else. Some of it *reaches* the node: the host's network or IPC, `NET_ADMIN` or `NET_RAW` together with the host's
  network, any SELinux label or the type `spc_t`, or every sysctl.

A priority is a line as well: an SCC with a priority comes before the others, for all pods of those who may use it.

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
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.admission.access import TURNING_SECCOMP_OFF, Access, allowed_by
from scclint.advice.sccs import may_admit_elsewhere, texts_of, workloads_under
from scclint.api import AccessWord, Location, Problem, Reach, SecurityContextConstraints, Workload, World, rule

from ._grants import holder_of

SENTENCES = {
    "allows": "SCC {scc}: allows {access}[; {unused}]",
    "priority": "SCC {scc}: priority {priority} places it before {first:all of OpenShift's own SCCs|restricted-v2}",
    "lists": "SCC {scc}: {field} lists {holder}",
    "user": "{workload} uses {used}",
    "limit": "Allow only what the pods under it use[, {others}], and grant the SCC only to their service account.",
}

_UNUSED = "no pod in the input uses it"
_OTHERS = "also those outside of this unit"


@rule(
    "SCC312",
    "wide-scc",
    "An SCC allows more than restricted-v2",
    kind="access",
    reach="pod",
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc",),
    security_severity=8.0,
    cwe=(250,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
    ),
    study=(20, 20),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    constraints = world.cluster.constraints_of(scc.manifest)
    allowed = [*allowed_by(constraints)]
    under = workloads_under(scc.name, world) if world.scc(scc.name) is scc else []
    elsewhere = scc.name in world.cluster.sccs and may_admit_elsewhere(scc.name, world)
    for access in allowed:
        # SCC303 reports that.
        if access.words != TURNING_SECCOMP_OFF:
            yield _allowed(scc, access, under, elsewhere=elsewhere)
    if constraints.priority > 0:
        yield Problem(
            "priority",
            at=scc.field("priority"),
            facts={"scc": scc.name, "priority": constraints.priority, "first": constraints.priority > _HIGHEST},
            word=AccessWord(f"priority {constraints.priority}"),
        )
    if allowed or constraints.priority > 0:
        reach: Reach = "node" if any(access.takes for access in allowed) else "pod"
        for kind in ("user", "group"):
            for index, value in texts_of(scc, f"{kind}s"):
                holder = holder_of(kind, value, scc.field(f"{kind}s", index))
                # SCC306 and RBA405 report these.
                if not holder.is_everyone and not holder.covers_default:
                    yield Problem(
                        "lists",
                        at=holder.at,
                        facts={"scc": scc.name, "field": f"{kind}s", "holder": holder, "subjects": [value]},
                        word=AccessWord(f"SCC {scc.name}", who=holder.who, reach=reach),
                    )


_HIGHEST = 10
"""The highest priority among OpenShift's own SCCs."""


def _allowed(
    scc: SecurityContextConstraints, access: Access, under: list[tuple[Workload, list[str]]], *, elsewhere: bool
) -> Problem:
    """Return the problem of one thing that an SCC allows. `under` are the workloads that it admits, with what they use of the node."""
    users = [(workload, words) for workload, words in under if access.words in words]
    of_node = access.takes or bool(access.capability)
    return Problem(
        "allows",
        at=scc.field(*access.at),
        facts={
            "scc": scc.name,
            "access": access.words,
            "unused": _UNUSED if of_node and not users and not elsewhere else "",
            "others": _OTHERS if elsewhere else "",
        },
        related=tuple(Location("user", workload.place, {"workload": workload, "used": words}) for workload, words in users[:4]),
        help="limit",
        word=AccessWord(access.words, reach="node" if access.takes else "pod"),
    )
