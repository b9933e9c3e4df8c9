"""The Pod Security level that the label syncer reads from an SCC: the strictest one that every pod under the SCC meets.

Source: `pkg/psalabelsyncer/scctopsamapping.go` of openshift/cluster-policy-controller, release branches 4.11 to 5.0.
"""

from collections.abc import Iterator

from scclint.errors import ModelError
from scclint.finding import Path
from scclint.model.id_ranges import BlockError, parse_block
from scclint.podsecurity.checks import CAPABILITIES, SE_LINUX_TYPES_1_0, SYSCTLS_1_0, is_seccomp_annotation_allowed
from scclint.podsecurity.levels import Level, least_strict
from scclint.record import record
from scclint.untyped import Object

UID_RANGE = "openshift.io/sa.scc.uid-range"
"""The annotation of a namespace with the user IDs of its pods."""

RESTRICTED_VOLUMES = frozenset(
    (*("configMap", "downwardAPI", "emptyDir", "projected", "secret", "csi", "persistentVolumeClaim", "ephemeral", "none"),)
)
"""The volume types of an SCC that `restricted` accepts, by SCC spelling, in every release."""
ADDED_VOLUMES = {"image": 31, "serviceAccountToken": 36}
"""The same with the Kubernetes minor of the first release that knows them."""
BASELINE_VOLUMES = frozenset(
    (
        *("azureFile", "azureDisk", "flocker", "flexVolume", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs"),
        *("iscsi", "glusterfs", "rbd", "cinder", "cephFS", "fc", "vsphere", "quobyte", "photonPersistentDisk"),
        *("portworxVolume", "scaleIO", "storageOS"),
    )
)


@record
class LevelCause:
    """A field of an SCC, and the strictest level that still allows what the field allows."""

    path: Path
    level: Level


def level_of_scc(scc: Object, uid_range: str, minor: int) -> Level:
    """Return the level of an SCC in a namespace on the OpenShift release with Kubernetes 1.`minor`.

    `scc` is the object as the API server stores it, with the volumes that it adds and removes. `uid_range` is the text of the
    namespace's annotation `UID_RANGE`. Raises ModelError where the syncer fails: for a volume type
    or `runAsUser` type it does not know, and for a range that it needs and cannot read.
    """
    return least_strict(["restricted", *(cause.level for cause in causes(scc, uid_range, minor))])


def causes(scc: Object, uid_range: str, minor: int) -> tuple[LevelCause, ...]:
    """Return the fields that keep an SCC from being `restricted`. Raises ModelError as `level_of_scc` does."""
    return (
        *(LevelCause((field,), "privileged") for field in _HOST_ACCESS if scc.get(field)),
        *_escalation(scc),
        *_capabilities(scc),
        *_sysctls(scc),
        *_volumes(scc, minor),
        *_se_linux(scc),
        *_seccomp(scc),
        *_run_as_user(scc, uid_range),
    )


_HOST_ACCESS = (
    *("allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts"),
    "allowPrivilegedContainer",
)


def _escalation(scc: Object) -> Iterator[LevelCause]:
    if scc.get("allowPrivilegeEscalation") is not False:
        yield LevelCause(("allowPrivilegeEscalation",), "baseline")


def _capabilities(scc: Object) -> Iterator[LevelCause]:
    allowed = {name or "" for name in scc.get("allowedCapabilities") or ()}
    if not allowed <= CAPABILITIES:
        yield LevelCause(("allowedCapabilities",), "privileged")
    elif not allowed <= {"NET_BIND_SERVICE"}:
        yield LevelCause(("allowedCapabilities",), "baseline")
    if "ALL" not in (scc.get("requiredDropCapabilities") or ()):
        yield LevelCause(("requiredDropCapabilities",), "baseline")


def _sysctls(scc: Object) -> Iterator[LevelCause]:
    if not {name or "" for name in scc.get("allowedUnsafeSysctls") or ()} <= SYSCTLS_1_0:
        yield LevelCause(("allowedUnsafeSysctls",), "privileged")


def _volumes(scc: Object, minor: int) -> Iterator[LevelCause]:
    for index, volume in enumerate(scc.get("volumes") or ()):
        if volume in ("*", "hostPath"):
            # The syncer looks no further, so that it does not fail for an unknown type behind these.
            yield LevelCause(("volumes", index), "privileged")
            return
        if volume in RESTRICTED_VOLUMES or ADDED_VOLUMES.get(volume, minor + 1) <= minor:
            continue
        if volume not in BASELINE_VOLUMES:
            raise ModelError(f"unknown volume type: {volume or ''}", ("volumes", index))
        yield LevelCause(("volumes", index), "baseline")


def _se_linux(scc: Object) -> Iterator[LevelCause]:
    context = scc.get("seLinuxContext") or {}
    options = context.get("seLinuxOptions") or {}
    if context.get("type") != "MustRunAs":
        yield LevelCause(("seLinuxContext", "type"), "privileged")
        return
    if (options.get("type") or "") not in SE_LINUX_TYPES_1_0:
        yield LevelCause(("seLinuxContext", "seLinuxOptions", "type"), "privileged")
    for field in ("user", "role"):
        if options.get(field):
            yield LevelCause(("seLinuxContext", "seLinuxOptions", field), "privileged")


def _seccomp(scc: Object) -> Iterator[LevelCause]:
    profiles = [profile or "" for profile in scc.get("seccompProfiles") or ()]
    if not profiles:
        yield LevelCause(("seccompProfiles",), "baseline")
    for index, profile in enumerate(profiles):
        if not is_seccomp_annotation_allowed(profile):
            yield LevelCause(("seccompProfiles", index), "privileged")


def _run_as_user(scc: Object, uid_range: str) -> Iterator[LevelCause]:
    strategy = scc.get("runAsUser") or {}
    path: Path = ("runAsUser", "type")
    lowest: int
    match strategy.get("type"):
        case "MustRunAsNonRoot":
            return
        case "RunAsAny":
            lowest = 0
        case "MustRunAs":
            path, lowest = ("runAsUser", "uid"), strategy.get("uid") or 0
        case "MustRunAsRange":
            low, high = strategy.get("uidRangeMin"), strategy.get("uidRangeMax")
            path, lowest = ("runAsUser", "uidRangeMin"), _first_uid(uid_range) if low is None or high is None else low
        case other:
            raise ModelError(f"unknown strategy: {other or ''}", path)
    if lowest <= 0:
        yield LevelCause(path, "baseline")


def _first_uid(uid_range: str) -> int:
    if not uid_range:
        message = f"the namespace has no annotation {UID_RANGE}, which MustRunAsRange without bounds needs"
        raise ModelError(message, ("runAsUser",))
    try:
        return parse_block(uid_range)[0]
    except BlockError as problem:
        raise ModelError(f"the annotation {UID_RANGE} of the namespace cannot be read: {problem}", ("runAsUser",)) from problem
