"""The checks of the Pod Security Standards, one function for each, with the messages of the library.

Source: `policy/check_*.go` of kubernetes/pod-security-admission, release branches 1.24 to 1.36 and master. A check returns what it
forbids in a pod, or None. `Library` says what differs between releases of the library within one policy version.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from scclint.finding import Path
from scclint.platform.go_text import quote
from scclint.platform.releases import (
    APP_ARMOR_FIELDS,
    GO_UNICODE_15,
    IMAGE_VOLUMES_RESTRICTED,
    SELINUX_USER_WITHOUT_TYPE,
    USER_NAMESPACES_GATE,
    Difference,
)
from scclint.platform.terms import (
    APPARMOR_ANNOTATION_PREFIX,
    CONTAINER_LISTS,
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    RUNTIME_DEFAULT,
)
from scclint.record import record
from scclint.yaml.untyped import Object

CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
        *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
"""The capabilities that `baseline` lets a container add."""

SE_LINUX_TYPES_1_0 = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))
SE_LINUX_TYPES_1_31 = SE_LINUX_TYPES_1_0 | {"container_engine_t"}

SYSCTLS_1_0 = frozenset(
    (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    )
)
SYSCTLS_1_27 = SYSCTLS_1_0 | {"net.ipv4.ip_local_reserved_ports"}
SYSCTLS_1_29 = SYSCTLS_1_27 | {
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
SYSCTLS_1_32 = SYSCTLS_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
SYSCTLS_1_37 = SYSCTLS_1_32 | {"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"}

ALLOWED_VOLUMES = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"),
)
"""The sources of volumes that `restricted` accepts in every release."""
RESTRICTED_VOLUMES = (
    *("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume"),
    *("cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk"),
    *("portworxVolume", "scaleIO", "storageos"),
)
"""In the order in which a volume with several sources is named."""

PROFILE_TYPES = frozenset(("RuntimeDefault", "Localhost"))
"""The types of seccomp and AppArmor profiles that both standards accept."""
SECCOMP_ANNOTATION_VALUES = frozenset(RUNTIME_DEFAULT)
_LOCALHOST = "localhost/"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


class PodPart(NamedTuple):
    """The pod's spec or one of its containers. `name` is None for the pod itself, `path` leads to the part."""

    name: str | None
    fields: Object
    path: Path

    @property
    def security(self) -> Object:
        """The part's `securityContext`, empty if it has none."""
        return self.fields.get("securityContext") or {}

    def at(self, *names: str) -> Path:
        """Return the path of a field of the part's `securityContext`."""
        return (*self.path, "securityContext", *names)


class CheckedPod:
    """The fields of a Pod or a pod template, null taken as absent as the API server does.

    `itself` is the spec, and `containers` are the init, regular and ephemeral containers in this order. `path` leads to the pod
    within the object that holds it.
    """

    __slots__ = ("annotations", "containers", "itself", "path", "spec")

    def __init__(self, pod: Object, path: Path = ()) -> None:
        metadata = pod.get("metadata") or {}
        self.path = path
        self.spec: Object = pod.get("spec") or {}
        self.annotations: dict[str, str] = {key: value or "" for key, value in (metadata.get("annotations") or {}).items()}
        self.itself = PodPart(None, self.spec, (*path, "spec"))
        self.containers = [
            PodPart((container or {}).get("name") or "", container or {}, (*path, "spec", field, index))
            for field in CONTAINER_LISTS
            for index, container in enumerate(self.spec.get(field) or ())
        ]

    @property
    def parts(self) -> list[PodPart]:
        """The pod itself, then its containers."""
        return [self.itself, *self.containers]

    @property
    def runs_on_windows(self) -> bool:
        return (self.spec.get("os") or {}).get("name") == "windows"

    @property
    def has_user_namespace(self) -> bool:
        return self.spec.get("hostUsers") is False


@record
class Library:
    """The pod-security-admission library in the API server of Kubernetes 1.`minor`.

    `user_namespaces`: the feature gate UserNamespacesPodSecurityStandards is on. Kubernetes 1.35 dropped the gate and relaxes the
    standards by policy version instead.
    """

    minor: int
    user_namespaces: bool = False

    def relaxes(self, pod: CheckedPod, since: int) -> bool:
        """Return whether the gate exempts a pod from a check that has honoured the gate since 1.`since`."""
        return (
            self.user_namespaces and Difference(since, USER_NAMESPACES_GATE.until).holds(self.minor) and pod.has_user_namespace
        )

    def quote(self, text: str) -> str:
        return quote(text, "15.0.0" if GO_UNICODE_15.holds(self.minor) else "13.0.0")


Forbidden = tuple[str, str, tuple[Path, ...]]
"""What a check forbids: the reason, the detail and the paths of a `scclint.podsecurity.standards.Violation`."""
Check = Callable[[CheckedPod, Library], Forbidden | None]


def unless_windows(check: Check) -> Check:
    """Return the check with pods that declare `os.name: windows` left out."""
    return lambda pod, library: None if pod.runs_on_windows else check(pod, library)


def unless_user_namespace(check: Check) -> Check:
    """Return the check with pods that set `hostUsers: false` left out."""
    return lambda pod, library: None if pod.has_user_namespace else check(pod, library)


def allow_privilege_escalation(pod: CheckedPod, library: Library) -> Forbidden | None:
    bad = [part for part in pod.containers if part.security.get("allowPrivilegeEscalation") is not False]
    detail = f"{_containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return _forbid("allowPrivilegeEscalation != false", detail, _fields(bad, "allowPrivilegeEscalation"))


def app_armor_profile(pod: CheckedPod, library: Library) -> Forbidden | None:
    annotations = {
        key: f"{key}={library.quote(value)}"
        for key, value in sorted(pod.annotations.items())
        if key.startswith(APPARMOR_ANNOTATION_PREFIX)
        and value not in ("", "runtime/default")
        and not value.startswith(_LOCALHOST)
    }
    paths = [_annotation(pod, key) for key in annotations]
    if not APP_ARMOR_FIELDS.holds(library.minor):
        reason = _plural(annotations, "forbidden AppArmor profile")
        return _forbid(reason, ", ".join(annotations.values()), paths)
    bad, types = _bad_profiles(pod, "appArmorProfile")
    setters = _setters(bad) + ([_plural(annotations, "annotation")] if annotations else [])
    values = [*types, *annotations.values()]
    detail = f"{' and '.join(setters)} must not set AppArmor profile type to {_quoted(values)}"
    return _forbid(_plural(values, "forbidden AppArmor profile"), detail, _fields(bad, "appArmorProfile", "type") + paths)


def capabilities_baseline(pod: CheckedPod, library: Library) -> Forbidden | None:
    return _forbid("non-default capabilities", *_added_beyond(pod, CAPABILITIES))


def capabilities_restricted(pod: CheckedPod, library: Library) -> Forbidden | None:
    keeping = [part for part in pod.containers if "ALL" not in _capabilities(part, "drop")]
    details, paths = [], _fields(keeping, "capabilities", "drop")
    if keeping:
        details.append(f'{_containers(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    added, places = _added_beyond(pod, frozenset(("NET_BIND_SERVICE",)))
    if places:
        details.append(added)
    return _forbid("unrestricted capabilities", "; ".join(details), paths + places)


def host_namespaces(pod: CheckedPod, library: Library) -> Forbidden | None:
    fields = [field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(field)]
    detail = ", ".join(f"{field}=true" for field in fields)
    return _forbid("host namespaces", detail, [(*pod.itself.path, field) for field in fields])


def host_path_volumes(pod: CheckedPod, library: Library) -> Forbidden | None:
    bad = [(index, volume) for index, volume in _volumes(pod) if volume.get("hostPath") is not None]
    detail = f"{_plural(bad, 'volume')} {_quoted([volume.get('name') or '' for _, volume in bad])}"
    return _forbid("hostPath volumes", detail, [_volume(pod, index, "hostPath") for index, _ in bad])


def host_ports(pod: CheckedPod, library: Library) -> Forbidden | None:
    opened = [
        (part, index, int(port["hostPort"]))
        for part in pod.containers
        for index, port in enumerate(part.fields.get("ports") or ())
        if (port or {}).get("hostPort")
    ]
    bad = _distinct(part for part, _, _ in opened)
    # The library sorts port numbers as text.
    ports = sorted({str(port) for _, _, port in opened})
    detail = f"{_containers(bad)} {_use(bad)} {_plural(ports, 'hostPort')} {', '.join(ports)}"
    return _forbid("hostPort", detail, [(*part.path, "ports", index, "hostPort") for part, index, _ in opened])


def host_probes_and_lifecycle(pod: CheckedPod, library: Library) -> Forbidden | None:
    handlers = [(part.name or "", host, path) for part in pod.containers for host, path in _handler_hosts(part)]
    names, hosts = sorted({name for name, _, _ in handlers}), sorted({host for _, host, _ in handlers})
    containers, noun = f"{_plural(names, 'container')} {_quoted(names)}", _plural(hosts, "probe or lifecycle host")
    detail = f"{containers} {_use(names)} {noun} {_quoted(hosts)}"
    return _forbid("probe or lifecycle host", detail, [path for _, _, path in handlers])


def privileged(pod: CheckedPod, library: Library) -> Forbidden | None:
    bad = [part for part in pod.containers if part.security.get("privileged")]
    detail = f"{_containers(bad)} must not set securityContext.privileged=true"
    return _forbid("privileged", detail, _fields(bad, "privileged"))


def proc_mount(pod: CheckedPod, library: Library) -> Forbidden | None:
    if library.relaxes(pod, since=31):
        return None
    mounts = [(part, part.security.get("procMount")) for part in pod.containers]
    bad = [part for part, mount in mounts if mount not in (None, "Default")]
    values = sorted({mount for _, mount in mounts if mount not in (None, "Default")})
    detail = f"{_containers(bad)} must not set securityContext.procMount to {_quoted(values)}"
    return _forbid("procMount", detail, _fields(bad, "procMount"))


def restricted_volumes(pod: CheckedPod, library: Library) -> Forbidden | None:
    allowed = (*ALLOWED_VOLUMES, "image") if IMAGE_VOLUMES_RESTRICTED.holds(library.minor) else ALLOWED_VOLUMES
    bad = [(index, volume) for index, volume in _volumes(pod) if all(volume.get(source) is None for source in allowed)]
    sources = [next((name for name in RESTRICTED_VOLUMES if volume.get(name) is not None), "") for _, volume in bad]
    types = sorted({source or "unknown" for source in sources})
    volumes = f"{_plural(bad, 'volume')} {_quoted([volume.get('name') or '' for _, volume in bad])}"
    detail = f"{volumes} {_use(bad)} {_plural(types, 'restricted volume type')} {_quoted(types)}"
    paths = [_volume(pod, index, *filter(None, [source])) for (index, _), source in zip(bad, sources, strict=True)]
    return _forbid("restricted volume types", detail, paths)


def run_as_non_root(pod: CheckedPod, library: Library) -> Forbidden | None:
    if library.relaxes(pod, since=29):
        return None
    reason = "runAsNonRoot != true"
    if bad := [part for part in pod.parts if part.security.get("runAsNonRoot") is False]:
        detail = f"{' and '.join(_setters(bad))} must not set securityContext.runAsNonRoot=false"
        return _forbid(reason, detail, _fields(bad, "runAsNonRoot"))
    if pod.itself.security.get("runAsNonRoot"):
        return None
    bad = [part for part in pod.containers if part.security.get("runAsNonRoot") is None]
    detail = f"pod or {_containers(bad)} must set securityContext.runAsNonRoot=true"
    return _forbid(reason, detail, _fields(bad, "runAsNonRoot"))


def run_as_user(pod: CheckedPod, library: Library) -> Forbidden | None:
    if library.relaxes(pod, since=29):
        return None
    bad = [part for part in pod.parts if part.security.get("runAsUser") == 0]
    return _forbid("runAsUser=0", f"{' and '.join(_setters(bad))} must not set runAsUser=0", _fields(bad, "runAsUser"))


def se_linux_options(types: frozenset[str]) -> Check:
    """Return the check that accepts these SELinux types."""

    def check(pod: CheckedPod, library: Library) -> Forbidden | None:
        set_options = [(part, part.security.get("seLinuxOptions") or {}) for part in pod.parts]
        bad_types = [(part, "type") for part, options in set_options if (options.get("type") or "") not in types]
        bad_users = [(part, "user") for part, options in set_options if options.get("user")]
        bad_roles = [(part, "role") for part, options in set_options if options.get("role")]
        values = sorted({part.security["seLinuxOptions"]["type"] for part, _ in bad_types})
        data = [f"{_plural(values, 'type')} {_quoted(values)}"] if values else []
        if values or SELINUX_USER_WITHOUT_TYPE.holds(library.minor):
            data += ["user may not be set"] if bad_users else []
            data += ["role may not be set"] if bad_roles else []
        bad_fields = [*bad_types, *bad_users, *bad_roles]
        wrong = {part.path for part, _ in bad_fields}
        bad = [part for part in pod.parts if part.path in wrong]
        detail = f"{' and '.join(_setters(bad))} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"
        return _forbid("seLinuxOptions", detail, [part.at("seLinuxOptions", field) for part, field in bad_fields])

    return check


def seccomp_baseline_1_0(pod: CheckedPod, library: Library) -> Forbidden | None:
    keys = [POD_SECCOMP_ANNOTATION, *(f"{CONTAINER_SECCOMP_ANNOTATION_PREFIX}{part.name}" for part in pod.containers)]
    bad = {
        key: f"{key}={library.quote(pod.annotations[key])}"
        for key in keys
        if key in pod.annotations and not is_seccomp_annotation_allowed(pod.annotations[key])
    }
    detail = f"forbidden {_plural(bad, 'annotation')} {', '.join(sorted(bad.values()))}"
    return _forbid("seccompProfile", detail, [_annotation(pod, key) for key in bad])


def is_seccomp_annotation_allowed(value: str) -> bool:
    """Return whether `baseline` accepts a seccomp profile as annotations and SCCs write it."""
    return value in SECCOMP_ANNOTATION_VALUES or value.startswith(_LOCALHOST)


def seccomp_baseline_1_19(pod: CheckedPod, library: Library) -> Forbidden | None:
    bad, types = _bad_profiles(pod, "seccompProfile")
    detail = f"{' and '.join(_setters(bad))} must not set securityContext.seccompProfile.type to {_quoted(types)}"
    return _forbid("seccompProfile", detail, _fields(bad, "seccompProfile", "type"))


def seccomp_restricted(pod: CheckedPod, library: Library) -> Forbidden | None:
    if wrong := seccomp_baseline_1_19(pod, library):
        return wrong
    if pod.itself.security.get("seccompProfile") is not None:
        return None
    bad = [part for part in pod.containers if part.security.get("seccompProfile") is None]
    detail = f'pod or {_containers(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return _forbid("seccompProfile", detail, _fields(bad, "seccompProfile"))


def sysctls(allowed: frozenset[str]) -> Check:
    """Return the check that accepts these sysctls."""

    def check(pod: CheckedPod, library: Library) -> Forbidden | None:
        named = [(sysctl or {}).get("name") or "" for sysctl in pod.itself.security.get("sysctls") or ()]
        bad = [(index, name) for index, name in enumerate(named) if name not in allowed]
        paths = [(*pod.itself.at("sysctls"), index, "name") for index, _ in bad]
        return _forbid("forbidden sysctls", ", ".join(name for _, name in bad), paths)

    return check


def windows_host_process(pod: CheckedPod, library: Library) -> Forbidden | None:
    bad = [part for part in pod.parts if (part.security.get("windowsOptions") or {}).get("hostProcess")]
    detail = f"{' and '.join(_setters(bad))} must not set securityContext.windowsOptions.hostProcess=true"
    return _forbid("hostProcess", detail, _fields(bad, "windowsOptions", "hostProcess"))


def _forbid(reason: str, detail: str, paths: Sequence[Path]) -> Forbidden | None:
    """Return what is forbidden, or None if no field is."""
    return (reason, detail, tuple(paths)) if paths else None


def _fields(parts: Iterable[PodPart], *names: str) -> list[Path]:
    return [part.at(*names) for part in parts]


def _setters(parts: Iterable[PodPart]) -> list[str]:
    """Return who sets a field, as messages name them: `pod`, `container "a"`."""
    named = list(parts)
    containers = [part for part in named if part.name is not None]
    return ["pod"] * (len(containers) < len(named)) + ([_containers(containers)] if containers else [])


def _containers(parts: Sequence[PodPart]) -> str:
    return f"{_plural(parts, 'container')} {_quoted([part.name or '' for part in parts])}"


def _plural(items: Any, noun: str) -> str:
    return noun if len(items) == 1 else f"{noun}s"


def _use(users: Any) -> str:
    return "uses" if len(users) == 1 else "use"


def _distinct(parts: Iterable[PodPart]) -> list[PodPart]:
    return list({part.path: part for part in parts}.values())


def _quoted(texts: Iterable[str]) -> str:
    # The library joins names with quotation marks and escapes nothing.
    return ", ".join(f'"{text}"' for text in texts)


def _annotation(pod: CheckedPod, key: str) -> Path:
    return (*pod.path, "metadata", "annotations", key)


def _volumes(pod: CheckedPod) -> list[tuple[int, Object]]:
    return [(index, volume or {}) for index, volume in enumerate(pod.spec.get("volumes") or ())]


def _volume(pod: CheckedPod, index: int, *source: str) -> Path:
    return (*pod.itself.path, "volumes", index, *source)


def _capabilities(part: PodPart, which: str) -> list[str]:
    return [name or "" for name in (part.security.get("capabilities") or {}).get(which) or ()]


def _added_beyond(pod: CheckedPod, allowed: frozenset[str]) -> tuple[str, list[Path]]:
    """Return how messages describe added capabilities that are not allowed, and where they are."""
    added = [
        (part, index, name)
        for part in pod.containers
        for index, name in enumerate(_capabilities(part, "add"))
        if name not in allowed
    ]
    bad = _distinct(part for part, _, _ in added)
    names = sorted({name for _, _, name in added})
    detail = f"{_containers(bad)} must not include {_quoted(names)} in securityContext.capabilities.add"
    return detail, [(*part.at("capabilities", "add"), index) for part, index, _ in added]


def _bad_profiles(pod: CheckedPod, field: str) -> tuple[list[PodPart], list[str]]:
    """Return the parts whose profile `field` has a type that is not allowed, and these types, sorted."""
    profiles = [(part, part.security.get(field)) for part in pod.parts]
    types = [(part, profile.get("type") or "") for part, profile in profiles if profile is not None]
    bad = [(part, kind) for part, kind in types if kind not in PROFILE_TYPES]
    return [part for part, _ in bad], sorted({kind for _, kind in bad})


def _handler_hosts(part: PodPart) -> list[tuple[str, Path]]:
    """Return each `host` that a container's probes and lifecycle handlers set, and where."""
    lifecycle = part.fields.get("lifecycle") or {}
    handlers: list[tuple[Path, Any]] = [((probe,), part.fields.get(probe)) for probe in _PROBES]
    handlers += [(("lifecycle", hook), lifecycle.get(hook)) for hook in ("postStart", "preStop")]
    return [
        (host, (*part.path, *where, action, "host"))
        for where, handler in handlers
        for action in ("httpGet", "tcpSocket")
        if (host := ((handler or {}).get(action) or {}).get("host"))
    ]
