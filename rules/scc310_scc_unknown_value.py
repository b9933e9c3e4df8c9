"""
The SCC has a value that no pod can match. The value allows nothing, or the SCC rejects every pod because of it.

The API server accepts any text as a volume type or a capability. SCCs have their own names for some volume types:
`cephFS` and `vsphere` for the pod fields `cephfs` and `vsphereVolume`. SCC admission compares capabilities exactly
with the text in the pod, and pods write `NET_ADMIN`, not `CAP_NET_ADMIN` or `net_admin`. `*` means every capability
only in `allowedCapabilities`. A range of user IDs whose minimum is above its maximum is empty.

Entries of `seccompProfiles` use the values of the deprecated annotations: `runtime/default`, `docker/default`, `unconfined`,
`localhost/<path>`, or `*`. The value of the field (`RuntimeDefault`) matches no pod. As the first entry it also becomes the
default, and the API server then rejects every pod that gets this default. `localhost/*` is not a pattern: entries are compared
exactly.

Entries of `users` and `groups` are compared with the names of users and groups letter by letter, so a wildcard matches nobody. A
service account is the user `system:serviceaccount:NAMESPACE:NAME`, and all service accounts of a namespace are the group
`system:serviceaccounts:NAMESPACE`.

## How to fix it

Write the value that the finding gives. Better than to correct `users` and `groups`, leave both empty, and grant the SCC with a
RoleBinding to a Role that allows `use` of it.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
allowedCapabilities: [CAP_NET_ADMIN]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMaps, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
allowedCapabilities: [NET_ADMIN]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import (
    SERVICE_ACCOUNT_PREFIX,
    SERVICE_ACCOUNTS_OF,
    Problem,
    Remove,
    SecurityContextConstraints,
    Set,
    Severity,
    World,
    closest_match,
    in_plain_words,
    is_open,
    rule,
    texts_of,
)

VOLUMES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", "downwardAPI", "emptyDir",
    "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image",
    "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd",
    "scaleIO", "secret", "storageOS", "vsphere", "*", "none",
)  # fmt: skip
"""Volume types as SCCs write them (openshift/api, security/v1)."""

POD_SPELLING = {"vspherevolume": "vsphere", "pvc": "persistentVolumeClaim", "all": "*"}

CAPABILITIES = (
    "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
    "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE",
    "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE",
    "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip
"""Linux capabilities (capabilities(7)) as pods write them, and ALL."""

STRATEGIES = {
    "runAsUser": ("MustRunAs", "MustRunAsRange", "MustRunAsNonRoot", "RunAsAny"),
    "seLinuxContext": ("MustRunAs", "RunAsAny"),
    "fsGroup": ("MustRunAs", "RunAsAny"),
    "supplementalGroups": ("MustRunAs", "RunAsAny"),
}


PROFILES = ("*", "runtime/default", "docker/default", "unconfined")
INTENDED_PROFILES = {"runtimedefault": "runtime/default", "runtime-default": "runtime/default", "localhost": "localhost/<path>"}


@rule(
    "SCC310",
    "scc-unknown-value",
    "An SCC has a value that no pod can match",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc",),
    study=(2, 2),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    yield from _strategies(scc)
    yield from _user_range(scc)
    yield from _profiles(scc)
    yield from _subjects(scc)
    for list_name in ("allowedCapabilities", "defaultAddCapabilities", "requiredDropCapabilities"):
        yield from _capabilities(scc, list_name)
    for index, volume in texts_of(scc, "volumes"):
        if volume not in VOLUMES:
            meant = POD_SPELLING.get(volume.lower()) or closest_match(volume, VOLUMES)
            yield Problem(
                f"SCC {scc.name}: volumes lists {volume}, which is not a volume type, so it allows nothing",
                at=scc.field("volumes", index),
                help="" if meant else "Remove it, or write a volume type that SCCs know.",
                edits=(Set(scc.field("volumes", index).path, meant),) if meant else (),
            )


def _strategies(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for name, types in STRATEGIES.items():
        strategy = scc.field(name, "type")
        if isinstance(strategy.value, str) and strategy.value and strategy.value not in types:
            closest = closest_match(strategy.value, types)
            yield Problem(
                f"SCC {scc.name}: {name} has no strategy named {strategy.value}",
                at=strategy,
                help="" if closest else f"Write {' or '.join(types)}.",
                edits=(Set(strategy.path, closest),) if closest else (),
            )


def _user_range(scc: SecurityContextConstraints) -> Iterator[Problem]:
    low, high = scc.field("runAsUser", "uidRangeMin"), scc.field("runAsUser", "uidRangeMax")
    if scc.field("runAsUser", "type").value == "MustRunAsRange" and _number(low.value) > _number(high.value, float("inf")):
        yield Problem(
            f"SCC {scc.name}: uidRangeMin: {low.value} is above uidRangeMax: {high.value}, so the range has no user ID "
            "and the SCC admits no pod",
            at=low,
            help="Swap the two values, or remove both to use the namespace's range.",
        )


def _capabilities(scc: SecurityContextConstraints, list_name: str) -> Iterator[Problem]:
    for index, capability in texts_of(scc, list_name):
        if capability in CAPABILITIES or (capability == "*" and list_name == "allowedCapabilities"):
            continue
        canonical = capability.upper().removeprefix("CAP_")
        meant = canonical if canonical in CAPABILITIES else closest_match(canonical, CAPABILITIES)
        severity = None
        if capability == "*":
            meant, fact = "ALL", "which means every capability only in allowedCapabilities"
        elif list_name == "requiredDropCapabilities" and canonical in CAPABILITIES:
            severity = Severity.INFO
            fact = (
                f"so admission makes each container drop a capability named {capability}, and does not treat it as {canonical}"
            )
        elif canonical in CAPABILITIES:
            fact = f"which does not match {canonical}, the name that pods use"
        else:
            fact = "which is not a capability"
        yield Problem(
            f"SCC {scc.name}: {list_name} lists {capability}, {fact}",
            at=scc.field(list_name, index),
            severity=severity,
            edits=(Set(scc.field(list_name, index).path, meant) if meant else Remove(scc.field(list_name, index).path),),
        )


def _profiles(scc: SecurityContextConstraints) -> Iterator[Problem]:
    default = next((entry for _, entry in texts_of(scc, "seccompProfiles") if entry != "*"), None)
    for index, entry in texts_of(scc, "seccompProfiles"):
        path = entry.removeprefix("localhost/")
        is_file = path != entry and path and "*" not in path and not path.startswith("/") and ".." not in path.split("/")
        if entry in PROFILES or is_file:
            continue
        meant = INTENDED_PROFILES.get(entry.lower(), "")
        breaks = entry == default and not entry.startswith("localhost/")
        yield Problem(
            f"SCC {scc.name}: seccompProfiles entry {entry} {_profile_mistake(entry)}"
            + ("; as the first entry it is the default, and the API server rejects pods that get it" if breaks else ""),
            at=scc.field("seccompProfiles", index),
            help="" if meant == "runtime/default" else f"Write {meant or 'runtime/default, localhost/<path> or *'}.",
            severity=Severity.ERROR,
            edits=(Set(scc.field("seccompProfiles", index).path, meant),) if meant == "runtime/default" else (),
        )


def _profile_mistake(entry: str) -> str:
    if entry.startswith("localhost/") and "*" in entry:
        return "is not a pattern and matches no profile: entries are compared exactly"
    if entry.startswith("localhost/"):
        return "is not a path in the kubelet's seccomp directory, so no pod can use it"
    return "is not a profile name that SCCs know, so it matches no profile"


def _subjects(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for name in ("users", "groups"):
        for index, value in texts_of(scc, name):
            reason, fix = _never_matches(name, value)
            if reason and not is_open(value) and not in_plain_words(value):
                yield Problem(
                    f"SCC {scc.name}: {name} lists {value}, which matches nobody, because {reason}",
                    at=scc.field(name, index),
                    help=fix,
                    subjects=(value,),
                )


def _never_matches(name: str, value: str) -> tuple[str, str]:
    """Return why an entry matches nobody, as a clause, and the fix; both empty if it may match a user."""
    if "*" in value:
        return "SCCs know no wildcards", f"List each {name.removesuffix('s')} by its full name."
    if name == "groups" and value.startswith(SERVICE_ACCOUNT_PREFIX):
        return "it is the name of a user", f"Move {value} to users."
    if name == "users" and value.startswith(SERVICE_ACCOUNTS_OF):
        return "it is the name of a group", f"Move {value} to groups."
    full = f"{SERVICE_ACCOUNT_PREFIX}NAMESPACE:NAME"
    if value.startswith(SERVICE_ACCOUNT_PREFIX) and not all([*value.split(":")[2:], value.count(":") == 3]):
        return f"a service account is {full}", f"Write {full}."
    return "", ""


def _number(value: object, default: float = 0) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default
