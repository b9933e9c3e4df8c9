"""The Pod Security level that the label syncer reads from an SCC: the strictest one that every pod under the SCC meets.

Source: `pkg/psalabelsyncer/scctopsamapping.go` of openshift/cluster-policy-controller, release branches 4.11 to 5.0.
"""

from collections.abc import Iterator

from scclint.errors import ModelError
from scclint.platform.id_ranges import BlockError, parse_block
from scclint.platform.terms import UID_RANGE
from scclint.podsecurity.checks import CAPABILITIES, SE_LINUX_TYPES_1_0, SYSCTLS_1_0, is_seccomp_annotation_allowed
from scclint.podsecurity.levels import Level, least_strict
from scclint.yaml.untyped import Object

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


_HOST_ACCESS = (
    *("allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts"),
    "allowPrivilegedContainer",
)


def level_of_scc(scc: Object, uid_range: str, minor: int) -> Level:
    """Return the level of an SCC in a namespace on the OpenShift release with Kubernetes 1.`minor`.

    `scc` is the object as the API server stores it, with the volumes that it adds and removes. `uid_range` is the text of the
    namespace's annotation `UID_RANGE`. Raises ModelError where the syncer fails: for a volume type
    or `runAsUser` type it does not know, and for a range that it needs and cannot read.
    """
    return least_strict(["restricted", *_levels(scc, uid_range, minor)])


def _levels(scc: Object, uid_range: str, minor: int) -> Iterator[Level]:
    """Yield the level of each field that keeps an SCC from being `restricted`: the strictest that allows what the field allows."""
    capabilities = {name or "" for name in scc.get("allowedCapabilities") or ()}
    sysctls = {name or "" for name in scc.get("allowedUnsafeSysctls") or ()}
    profiles = [profile or "" for profile in scc.get("seccompProfiles") or ()]
    context = scc.get("seLinuxContext") or {}
    options = context.get("seLinuxOptions") or {}
    yield from _levels_of_volumes(scc, minor)
    kept_from: tuple[tuple[Level, bool], ...] = (
        ("privileged", any(map(scc.get, _HOST_ACCESS))),
        ("privileged", not capabilities <= {"NET_BIND_SERVICE"} | CAPABILITIES),
        ("privileged", not sysctls <= SYSCTLS_1_0),
        ("privileged", context.get("type") != "MustRunAs"),
        ("privileged", (options.get("type") or "") not in SE_LINUX_TYPES_1_0),
        ("privileged", bool(options.get("user") or options.get("role"))),
        ("privileged", not all(map(is_seccomp_annotation_allowed, profiles))),
        ("baseline", scc.get("allowPrivilegeEscalation") is not False),
        ("baseline", not capabilities <= {"NET_BIND_SERVICE"}),
        ("baseline", "ALL" not in (scc.get("requiredDropCapabilities") or ())),
        ("baseline", not profiles),
        ("baseline", _lowest_uid(scc, uid_range) <= 0),
    )
    yield from (level for level, is_kept in kept_from if is_kept)


def _levels_of_volumes(scc: Object, minor: int) -> Iterator[Level]:
    for index, volume in enumerate(scc.get("volumes") or ()):
        if volume in ("*", "hostPath"):
            # The syncer looks no further, so that it does not fail for an unknown type behind these.
            yield "privileged"
            return
        if volume in RESTRICTED_VOLUMES or ADDED_VOLUMES.get(volume, minor + 1) <= minor:
            continue
        if volume not in BASELINE_VOLUMES:
            raise ModelError(f"unknown volume type: {volume or ''}", ("volumes", index))
        yield "baseline"


def _lowest_uid(scc: Object, uid_range: str) -> int:
    """Return the lowest user ID that the strategy allows to a container, 1 for one that refuses 0."""
    strategy = scc.get("runAsUser") or {}
    match strategy.get("type"):
        case "MustRunAsNonRoot":
            return 1
        case "RunAsAny":
            return 0
        case "MustRunAs":
            return strategy.get("uid") or 0
        case "MustRunAsRange":
            low, high = strategy.get("uidRangeMin"), strategy.get("uidRangeMax")
            return _first_uid(uid_range) if low is None or high is None else low
        case other:
            raise ModelError(f"unknown strategy: {other or ''}", ("runAsUser", "type"))


def _first_uid(uid_range: str) -> int:
    if not uid_range:
        message = f"the namespace has no annotation {UID_RANGE}, which MustRunAsRange without bounds needs"
        raise ModelError(message, ("runAsUser",))
    try:
        return parse_block(uid_range)[0]
    except BlockError as problem:
        raise ModelError(f"the annotation {UID_RANGE} of the namespace cannot be read: {problem}", ("runAsUser",)) from problem
