"""SecurityContextConstraints as admission reads them: the object with the API server's defaults applied, once."""

from collections.abc import Mapping
from typing import Any

from scclint.platform.id_ranges import Range
from scclint.platform.releases import ANY_VOLUME_IS_ALSO_IMAGE
from scclint.record import record

MUST_RUN_AS = "MustRunAs"
MUST_RUN_AS_RANGE = "MustRunAsRange"
MUST_RUN_AS_NON_ROOT = "MustRunAsNonRoot"
RUN_AS_ANY = "RunAsAny"

VOLUME_TYPES = frozenset(
    (
        *("awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", "downwardAPI", "emptyDir"),
        *("ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image"),
        *("iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd"),
        *("scaleIO", "secret", "storageOS", "vsphere"),
    )
)
"""Every volume type an SCC can name, by SCC spelling (openshift/api security/v1), except `*` and `none`."""


@record
class Constraints:
    """One SCC in effect.

    Field by field the API's own, with the defaults that the API server applies on write
    (openshift/apiserver-library-go, sccdefaults). `None` is a nil pointer.
    """

    name: str
    priority: int
    allow_host_dir_volume_plugin: bool
    allow_host_ipc: bool
    allow_host_network: bool
    allow_host_pid: bool
    allow_host_ports: bool
    allow_privilege_escalation: bool
    allow_privileged_container: bool
    default_allow_privilege_escalation: bool | None
    read_only_root_filesystem: bool
    allowed_capabilities: tuple[str, ...]
    default_add_capabilities: tuple[str, ...]
    required_drop_capabilities: tuple[str, ...]
    allowed_unsafe_sysctls: tuple[str, ...]
    forbidden_sysctls: tuple[str, ...]
    allowed_flex_volumes: tuple[str, ...]
    seccomp_profiles: tuple[str, ...]
    volumes: tuple[str, ...]
    run_as_user: str
    uid: int | None
    uid_range_min: int | None
    uid_range_max: int | None
    se_linux_context: str
    se_linux_options: Mapping[str, str] | None
    fs_group: str
    fs_group_ranges: tuple[Range, ...]
    supplemental_groups: str
    supplemental_groups_ranges: tuple[Range, ...]
    user_namespace_level: str
    users: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def default_seccomp_profile(self) -> str:
        """The seccomp profile of pods that set none, as the SCC spells it: its first one but `*`. Empty if there is none."""
        return next((entry for entry in self.seccomp_profiles if entry != "*"), "")


def from_object(scc: Mapping[str, Any], minor: int) -> Constraints:
    """The SCC of a `SecurityContextConstraints` object, defaulted as the OpenShift release with Kubernetes 1.`minor` does it.

    The object must be decoded (`scclint.admission.decoding`).
    """
    user = scc.get("runAsUser") or {}
    se_linux = scc.get("seLinuxContext") or {}
    options = se_linux.get("seLinuxOptions")
    fs_group = scc.get("fsGroup") or {}
    supplemental = scc.get("supplementalGroups") or {}
    escalation = scc.get("allowPrivilegeEscalation")
    host_dir = bool(scc.get("allowHostDirVolumePlugin"))
    return Constraints(
        name=(scc.get("metadata") or {}).get("name") or "",
        priority=scc.get("priority") or 0,
        allow_host_dir_volume_plugin=host_dir,
        allow_host_ipc=bool(scc.get("allowHostIPC")),
        allow_host_network=bool(scc.get("allowHostNetwork")),
        allow_host_pid=bool(scc.get("allowHostPID")),
        allow_host_ports=bool(scc.get("allowHostPorts")),
        allow_privilege_escalation=escalation is None or escalation,
        allow_privileged_container=bool(scc.get("allowPrivilegedContainer")),
        default_allow_privilege_escalation=scc.get("defaultAllowPrivilegeEscalation"),
        read_only_root_filesystem=bool(scc.get("readOnlyRootFilesystem")),
        allowed_capabilities=_strings(scc.get("allowedCapabilities")),
        default_add_capabilities=_strings(scc.get("defaultAddCapabilities")),
        required_drop_capabilities=_strings(scc.get("requiredDropCapabilities")),
        allowed_unsafe_sysctls=_strings(scc.get("allowedUnsafeSysctls")),
        forbidden_sysctls=_strings(scc.get("forbiddenSysctls")),
        allowed_flex_volumes=tuple(flex.get("driver") or "" for flex in scc.get("allowedFlexVolumes") or ()),
        seccomp_profiles=_strings(scc.get("seccompProfiles")),
        volumes=default_volumes(scc.get("volumes"), host_dir, minor),
        run_as_user=user.get("type") or "",
        uid=user.get("uid"),
        uid_range_min=user.get("uidRangeMin"),
        uid_range_max=user.get("uidRangeMax"),
        se_linux_context=se_linux.get("type") or "",
        se_linux_options=None if options is None else {key: value for key, value in options.items() if value},
        fs_group=fs_group.get("type") or RUN_AS_ANY,
        fs_group_ranges=_ranges(fs_group),
        supplemental_groups=supplemental.get("type") or RUN_AS_ANY,
        supplemental_groups_ranges=_ranges(supplemental),
        user_namespace_level=scc.get("userNamespaceLevel") or "",
        users=_strings(scc.get("users")),
        groups=_strings(scc.get("groups")),
    )


def content_of(scc: Constraints) -> tuple[object, ...]:
    """Return what an SCC allows and fills in: all its fields but its name, its priority and who may use it."""
    names = ("name", "priority", "users", "groups")
    return tuple(getattr(scc, field) for field in scc.__match_args__ if field not in names)


def default_volumes(volumes: list[str] | None, allow_host_dir: bool, minor: int) -> tuple[str, ...]:
    """The `volumes` that the OpenShift release with Kubernetes 1.`minor` stores for an SCC that was written with `volumes`, sorted.

    `allowHostDirVolumePlugin` always wins over the list.
    """
    if volumes is None:
        allowed = {"*"}
    elif not volumes:
        allowed = {"hostPath" if allow_host_dir else "none"}
    else:
        allowed = set(volumes)
    if allow_host_dir:
        if "*" not in allowed:
            allowed.add("hostPath")
    else:
        every = "*" in allowed
        allowed -= {"*", "hostPath"}
        if every:
            allowed |= VOLUME_TYPES - ({"hostPath"} if ANY_VOLUME_IS_ALSO_IMAGE.holds(minor) else {"hostPath", "image"})
    return tuple(sorted(allowed))


def _strings(values: list[str] | None) -> tuple[str, ...]:
    return tuple(values or ())


def _ranges(strategy: Mapping[str, Any]) -> tuple[Range, ...]:
    return tuple((id_range.get("min") or 0, id_range.get("max") or 0) for id_range in strategy.get("ranges") or ())
