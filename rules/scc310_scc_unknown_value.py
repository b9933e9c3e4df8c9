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

from scclint.advice.sccs import texts_of
from scclint.api import Problem, Remove, SecurityContextConstraints, Set, Severity, World, is_open, rule
from scclint.objects.unknown import in_plain_words
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF
from scclint.text import closest_match

_DEFAULT = "{breaks:; as the first entry it is the default, and the API server rejects pods that get it|}"
SENTENCES = {
    "volume": "SCC {scc}: volumes lists {value}, which is not a volume type, so it allows nothing",
    "remove-volume": "Remove it, or write a volume type that SCCs know.",
    "strategy": "SCC {scc}: {field} has no strategy named {value}",
    "write-strategy": "Write {types}.",
    "empty-range": "SCC {scc}: uidRangeMin: {low} is above uidRangeMax: {high}, so the range has no user ID and the SCC admits no pod",
    "swap": "Swap the two values, or remove both to use the namespace's range.",
    "every-capability": "SCC {scc}: {field} lists {value}, which means every capability only in allowedCapabilities",
    "dropped-name": "SCC {scc}: {field} lists {value}, so admission makes each container drop a capability named {value}, and does not "
    "treat it as {canonical}",
    "other-name": "SCC {scc}: {field} lists {value}, which does not match {canonical}, the name that pods use",
    "capability": "SCC {scc}: {field} lists {value}, which is not a capability",
    "pattern": "SCC {scc}: seccompProfiles entry {value} is not a pattern and matches no profile: entries are compared exactly"
    + _DEFAULT,
    "path": "SCC {scc}: seccompProfiles entry {value} is not a path in the kubelet's seccomp directory, so no pod can use it"
    + _DEFAULT,
    "profile": "SCC {scc}: seccompProfiles entry {value} is not a profile name that SCCs know, so it matches no profile"
    + _DEFAULT,
    "write-profile": "Write {meant}.",
    "wildcard": "SCC {scc}: {field} lists {value}, which matches nobody, because SCCs know no wildcards",
    "list-names": "List each {kind} by its full name.",
    "name-of-user": "SCC {scc}: {field} lists {value}, which matches nobody, because it is the name of a user",
    "move-to-users": "Move {value} to users.",
    "name-of-group": "SCC {scc}: {field} lists {value}, which matches nobody, because it is the name of a group",
    "move-to-groups": "Move {value} to groups.",
    "account": "SCC {scc}: {field} lists {value}, which matches nobody, because a service account is system:serviceaccount:NAMESPACE:NAME",
    "write-account": "Write system:serviceaccount:NAMESPACE:NAME.",
}
SEVERITIES = {
    **dict.fromkeys(("pattern", "path", "profile"), Severity.ERROR),
}

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
    sentences=SENTENCES,
    severities=SEVERITIES,
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
                "volume",
                at=scc.field("volumes", index),
                facts={"scc": scc.name, "value": volume},
                help="" if meant else "remove-volume",
                edits=(Set(scc.field("volumes", index).path, meant),) if meant else (),
            )


def _strategies(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for name, types in STRATEGIES.items():
        strategy = scc.field(name, "type")
        if isinstance(strategy.value, str) and strategy.value and strategy.value not in types:
            closest = closest_match(strategy.value, types)
            yield Problem(
                "strategy",
                at=strategy,
                facts={"scc": scc.name, "field": name, "value": strategy.value, "types": " or ".join(types)},
                help="" if closest else "write-strategy",
                edits=(Set(strategy.path, closest),) if closest else (),
            )


def _user_range(scc: SecurityContextConstraints) -> Iterator[Problem]:
    low, high = scc.field("runAsUser", "uidRangeMin"), scc.field("runAsUser", "uidRangeMax")
    if scc.field("runAsUser", "type").value == "MustRunAsRange" and _number(low.value) > _number(high.value, float("inf")):
        yield Problem(
            "empty-range",
            at=low,
            facts={"scc": scc.name, "low": low.value, "high": high.value},
            help="swap",
        )


def _capabilities(scc: SecurityContextConstraints, list_name: str) -> Iterator[Problem]:
    for index, capability in texts_of(scc, list_name):
        if capability in CAPABILITIES or (capability == "*" and list_name == "allowedCapabilities"):
            continue
        canonical = capability.upper().removeprefix("CAP_")
        meant = canonical if canonical in CAPABILITIES else closest_match(canonical, CAPABILITIES)
        if capability == "*":
            code, meant = "every-capability", "ALL"
        elif canonical in CAPABILITIES:
            code = "dropped-name" if list_name == "requiredDropCapabilities" else "other-name"
        else:
            code = "capability"
        path = scc.field(list_name, index).path
        yield Problem(
            code,
            at=scc.field(list_name, index),
            facts={"scc": scc.name, "field": list_name, "value": capability, "canonical": canonical},
            edits=(Set(path, meant) if meant else Remove(path),),
        )


def _profiles(scc: SecurityContextConstraints) -> Iterator[Problem]:
    default = next((entry for _, entry in texts_of(scc, "seccompProfiles") if entry != "*"), None)
    for index, entry in texts_of(scc, "seccompProfiles"):
        path = entry.removeprefix("localhost/")
        is_file = path != entry and path and "*" not in path and not path.startswith("/") and ".." not in path.split("/")
        if entry in PROFILES or is_file:
            continue
        meant = INTENDED_PROFILES.get(entry.lower(), "")
        yield Problem(
            _profile_mistake(entry),
            at=scc.field("seccompProfiles", index),
            facts={
                "scc": scc.name,
                "value": entry,
                "breaks": entry == default and not entry.startswith("localhost/"),
                "meant": meant or "runtime/default, localhost/<path> or *",
            },
            help="" if meant == "runtime/default" else "write-profile",
            edits=(Set(scc.field("seccompProfiles", index).path, meant),) if meant == "runtime/default" else (),
        )


def _profile_mistake(entry: str) -> str:
    if not entry.startswith("localhost/"):
        return "profile"
    return "pattern" if "*" in entry else "path"


def _subjects(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for name in ("users", "groups"):
        for index, value in texts_of(scc, name):
            code, help = _never_matches(name, value)
            if code and not is_open(value) and not in_plain_words(value):
                yield Problem(
                    code,
                    at=scc.field(name, index),
                    facts={
                        "scc": scc.name,
                        "field": name,
                        "value": value,
                        "kind": name.removesuffix("s"),
                        "subjects": [value],
                    },
                    help=help,
                )


def _never_matches(name: str, value: str) -> tuple[str, str]:
    """Return why an entry matches nobody, and the fix; both empty if it may match a user."""
    if "*" in value:
        return "wildcard", "list-names"
    if name == "groups" and value.startswith(SERVICE_ACCOUNT_PREFIX):
        return "name-of-user", "move-to-users"
    if name == "users" and value.startswith(SERVICE_ACCOUNTS_OF):
        return "name-of-group", "move-to-groups"
    if value.startswith(SERVICE_ACCOUNT_PREFIX) and not all([*value.split(":")[2:], value.count(":") == 3]):
        return "account", "write-account"
    return "", ""


def _number(value: object, default: float = 0) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default
