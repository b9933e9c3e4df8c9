"""What an SCC lets a container do to its node, and what a pod uses of it: one definition for every rule.

Access *takes* the node if a container that has it can become root on the node by itself. It *reaches* the node if the container
leaves a boundary that the node relies on, but still needs a weakness of something else.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.admission.constraints import MUST_RUN_AS, MUST_RUN_AS_NON_ROOT, MUST_RUN_AS_RANGE, RUN_AS_ANY, Constraints
from scclint.admission.pod import containers
from scclint.admission.sysctl import safe
from scclint.finding import Path
from scclint.record import record
from scclint.yaml.untyped import as_list, as_mapping, as_text, mappings, value_at

ANYTHING = "*"
"""Ends a text that covers all that begin alike."""
TO_READ, TO_WRITE = " to read", " to write"
"""End a text about a hostPath that a container mounts."""
PRIVILEGED = "privileged containers"
HOST_PID = "the host's process IDs"
HOST_PATH = "hostPath volumes"
EVERY_CAPABILITY = "every capability"
HOST_NETWORK = "the host's network"
HOST_IPC = "the host's IPC"
ANY_SE_LINUX = "any SELinux label"
"""Opened by an SCC that takes every label that a pod sets."""
SUPER_PRIVILEGED = "SELinux type spc_t"
UNCONFINED = "seccomp Unconfined"
EVERY_SYSCTL = "every sysctl"
UNSAFE_SYSCTLS = "unsafe sysctls"
_ONLY_PRIVILEGED = {"nsenter": "runs nsenter", "sysctl": "runs sysctl", "/proc/sys/": "uses /proc/sys/"}
"""What a command does that no capability allows, by a part of the command. Of other containers, /proc/sys is mounted read-only."""

_TAKES = (PRIVILEGED, HOST_PID, HOST_PATH)
_REACHES = (HOST_NETWORK, HOST_IPC, ANY_SE_LINUX, SUPER_PRIVILEGED, EVERY_SYSCTL, UNSAFE_SYSCTLS)

_ALL = frozenset(("ALL", "*"))
_TAKING_CAPABILITIES = frozenset((
    "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH", "BPF", "MAC_ADMIN", "MAC_OVERRIDE",
))  # fmt: skip
_NETWORK_CAPABILITIES = frozenset(("NET_ADMIN", "NET_RAW"))


@record
class Access:
    """One way to the node. `words` name it: `hostPath volumes`. `takes` is False for access that only reaches the node.

    `at` leads to the deciding field in the SCC or pod. `capability` is the capability as written, empty for other access.
    """

    words: str
    takes: bool
    at: Path
    capability: str = ""


def opened_by(scc: Constraints) -> tuple[Access, ...]:
    """Return what an SCC opens of the node; first what takes the node."""
    flags = (
        (PRIVILEGED, "allowPrivilegedContainer", scc.allow_privileged_container),
        (HOST_PID, "allowHostPID", scc.allow_host_pid),
        (HOST_PATH, "allowHostDirVolumePlugin", not {"hostPath", "*"}.isdisjoint(scc.volumes)),
        (HOST_NETWORK, "allowHostNetwork", scc.allow_host_network),
        (HOST_IPC, "allowHostIPC", scc.allow_host_ipc),
    )
    fields: dict[str, Path] = {words: (field,) for words, field, allowed in flags if allowed}
    if scc.se_linux_context == RUN_AS_ANY:
        fields[ANY_SE_LINUX] = ("seLinuxContext", "type")
    elif (scc.se_linux_options or {}).get("type") == "spc_t":
        fields[SUPER_PRIVILEGED] = ("seLinuxContext", "seLinuxOptions", "type")
    if "*" in scc.allowed_unsafe_sysctls:
        fields[EVERY_SYSCTL] = ("allowedUnsafeSysctls", scc.allowed_unsafe_sysctls.index("*"))
    lists = (("allowedCapabilities", scc.allowed_capabilities), ("defaultAddCapabilities", scc.default_add_capabilities))
    return _access(fields, ((name, (field, i)) for field, names in lists for i, name in enumerate(names)))


RESTRICTED_VOLUMES = frozenset((
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "none", "persistentVolumeClaim", "projected", "secret",
))  # fmt: skip
"""The volumes that restricted-v2 allows in the newest release; earlier releases allow fewer."""

TURNING_SECCOMP_OFF = "turning seccomp off"


def allowed_by(scc: Constraints) -> Iterator[Access]:
    """Yield each thing that an SCC allows and `restricted-v2` rejects, the most dangerous first; none twice."""
    node = opened_by(scc)
    yield from node
    named = {access.capability for access in node} | {"NET_BIND_SERVICE"}
    lists = (("allowedCapabilities", scc.allowed_capabilities), ("defaultAddCapabilities", scc.default_add_capabilities))
    for field, names in lists:
        for index, name in enumerate(names):
            if name not in named:
                named.add(name)
                yield Access(f"capability {name}", False, (field, index), name)
    for index, name in enumerate(scc.default_add_capabilities):
        if name not in scc.required_drop_capabilities:
            yield Access(f"capability {name} without asking", False, ("defaultAddCapabilities", index), name)
    # In its own user namespace, a pod has no ID of the node.
    if scc.user_namespace_level != "RequirePodLevel":
        yield from _ids_allowed_by(scc)
    fields = (
        (scc.allow_host_ports, "host ports", ("allowHostPorts",)),
        (scc.se_linux_context == MUST_RUN_AS and bool(scc.se_linux_options), "a custom SELinux label", ("seLinuxContext",)),
        (scc.allow_privilege_escalation, "privilege escalation", ("allowPrivilegeEscalation",)),
        (
            not {name.upper() for name in scc.required_drop_capabilities} & {"ALL"},
            "the runtime's default capabilities",
            ("requiredDropCapabilities",),
        ),
        (
            not {"runtime/default", "docker/default"}.intersection(scc.seccomp_profiles),
            "running without seccomp",
            ("seccompProfiles",),
        ),
        ("unconfined" in scc.seccomp_profiles, TURNING_SECCOMP_OFF, ("seccompProfiles",)),
        (ANYTHING in scc.seccomp_profiles, "every seccomp profile", ("seccompProfiles",)),
    )
    yield from (Access(words, False, at) for holds, words, at in fields if holds)
    if ANYTHING not in scc.allowed_unsafe_sysctls:
        for index, name in enumerate(scc.allowed_unsafe_sysctls):
            yield Access(f"sysctl {name}", False, ("allowedUnsafeSysctls", index))
    for index, name in enumerate(scc.volumes):
        if name not in RESTRICTED_VOLUMES and name != "hostPath":
            words = "volumes of every kind" if name == ANYTHING else f"{name} volumes"
            yield Access(words, False, ("volumes", index))


def _ids_allowed_by(scc: Constraints) -> Iterator[Access]:
    """Yield which IDs of the node an SCC allows."""
    users = {
        RUN_AS_ANY: "any user ID including root",
        MUST_RUN_AS_NON_ROOT: "any user ID except root",
        MUST_RUN_AS: f"user ID {scc.uid}",
    }
    if scc.run_as_user == MUST_RUN_AS_RANGE and scc.uid_range_min is not None:
        users[MUST_RUN_AS_RANGE] = f"user IDs {scc.uid_range_min} to {scc.uid_range_max}"
    if words := users.get(scc.run_as_user):
        yield Access(words, False, ("runAsUser",))
    if scc.fs_group == RUN_AS_ANY:
        yield Access("any fsGroup", False, ("fsGroup",))
    if scc.fs_group_ranges:
        yield Access("custom fsGroup ranges", False, ("fsGroup", "ranges"))


def used_by(pod: Mapping[str, Any], minor: int) -> tuple[Access, ...]:
    """Return what a pod uses of the node, as the OpenShift release with Kubernetes 1.`minor` has it after admission."""
    spec = pod["spec"]
    flags = ((HOST_PID, "hostPID"), (HOST_NETWORK, "hostNetwork"), (HOST_IPC, "hostIPC"))
    fields: dict[str, Path] = {words: ("spec", field) for words, field in flags if spec.get(field)}
    for index, volume in enumerate(spec.get("volumes") or ()):
        if volume.get("hostPath") is not None:
            fields.setdefault(HOST_PATH, ("spec", "volumes", index, "hostPath"))
    pod_context = spec.get("securityContext") or {}
    for index, sysctl in enumerate(pod_context.get("sysctls") or ()):
        if sysctl.get("name") not in safe(minor):
            fields.setdefault(UNSAFE_SYSCTLS, ("spec", "securityContext", "sysctls", index))
    capabilities: list[tuple[str, Path]] = []
    contexts: list[tuple[Mapping[str, Any], Path]] = [(pod_context, ("spec", "securityContext"))]
    for name, index, container in containers(spec):
        contexts.append((container.get("securityContext") or {}, ("spec", name, index, "securityContext")))
    for context, at in contexts:
        if context.get("privileged"):
            fields.setdefault(PRIVILEGED, (*at, "privileged"))
        if (context.get("seLinuxOptions") or {}).get("type") == "spc_t":
            fields.setdefault(SUPER_PRIVILEGED, (*at, "seLinuxOptions", "type"))
        added = (context.get("capabilities") or {}).get("add") or ()
        capabilities += ((name, (*at, "capabilities", "add", index)) for index, name in enumerate(added))
    return _access(fields, capabilities)


_OPEN_VALUES = (
    ("privileged", ("privileged",), True),
    ("allowPrivilegeEscalation", ("allowPrivilegeEscalation",), True),
    ("runAsUser 0", ("runAsUser",), 0),
    ("procMount Unmasked", ("procMount",), "Unmasked"),
    (UNCONFINED, ("seccompProfile", "type"), "Unconfined"),
    ("hostProcess", ("windowsOptions", "hostProcess"), True),
)
"""The fields of a security context that open something by one value, each after its name."""


@record
class PodAccess:
    """One thing that a pod asks for beyond an ordinary pod: `words` name it (`hostPID`, `hostPath /var/log to read`).

    `part` is the container that asks for it, empty for the pod, and `at` leads to the field. `takes` is that of `Access`.
    """

    words: str
    part: str
    at: Path
    takes: bool = False


def asked_for(pod: Mapping[str, Any], minor: int) -> Iterator[PodAccess]:
    """Yield all that a pod asks for beyond an ordinary pod, on the release with Kubernetes 1.`minor`.

    Unlike in `used_by`, each path counts, and for each container its mounts of a path and its capabilities. A path that no container
    mounts counts for the pod.
    """
    spec = as_mapping(pod.get("spec"))
    yield from (
        PodAccess(field, "", ("spec", field), field == "hostPID") for field in _HOST_NAMESPACES if spec.get(field) is True
    )
    parts: list[tuple[str, Mapping[str, Any], Path]] = [("", {"securityContext": spec.get("securityContext")}, ("spec",))]
    parts += (
        (as_text(of.get("name")), of, ("spec", name, index)) for name, index, of in containers(spec) if isinstance(of, dict)
    )
    volumes: dict[str, tuple[str, Path]] = {}
    for index, volume in enumerate(as_list(spec.get("volumes"))):
        if isinstance(volume, dict) and isinstance(volume.get("hostPath"), dict):
            of_path: Path = ("spec", "volumes", index, "hostPath", "path")
            volumes[as_text(volume.get("name"))] = as_text(volume["hostPath"].get("path")), of_path
    mounted: set[str] = set()
    for part, of, at in parts:
        for index, mount in enumerate(as_list(of.get("volumeMounts"))):
            name = as_text(mount.get("name")) if isinstance(mount, dict) else ""
            if name in volumes:
                mounted.add(name)
                inside = as_text(mount.get("subPath")) or as_text(mount.get("subPathExpr"))
                path = "/".join(filter(None, (volumes[name][0].rstrip("/") if inside else volumes[name][0], inside)))
                use = TO_READ if mount.get("readOnly") is True else TO_WRITE
                yield PodAccess(f"{_HOST_PATH}{path}{use}", part, (*at, "volumeMounts", index), True)
        yield from _asked_by(part, of, at, minor)
    yield from (PodAccess(f"{_HOST_PATH}{path}", "", at, True) for name, (path, at) in volumes.items() if name not in mounted)


_HOST_NAMESPACES = ("hostPID", "hostNetwork", "hostIPC")


def _asked_by(part: str, of: Mapping[str, Any], at: Path, minor: int) -> Iterator[PodAccess]:
    """Yield what the security context and the ports of a container ask for, or those of the pod, which lies at `at`."""
    context, within = as_mapping(of.get("securityContext")), (*at, "securityContext")
    for words, path, value in _OPEN_VALUES:
        found = value_at(context, path)
        if found == value and type(found) is type(value):
            yield PodAccess(words, part, (*within, *path), words in ("privileged", "hostProcess"))
    for index, sysctl in enumerate(mappings(context.get("sysctls"))):
        if sysctl.get("name") not in safe(minor):
            yield PodAccess(f"sysctl {sysctl.get('name')}", part, (*within, "sysctls", index))
    if kind := as_text(value_at(context, ("seLinuxOptions", "type"))):
        yield PodAccess(f"SELinux type {kind}", part, (*within, "seLinuxOptions", "type"), kind == "spc_t")
    for index, capability in enumerate(as_list(value_at(context, ("capabilities", "add")))):
        plain = as_text(capability).upper().removeprefix("CAP_")
        if plain and plain != "NET_BIND_SERVICE":
            name = ANYTHING if plain in _ALL else plain
            takes = name in (ANYTHING, *_TAKING_CAPABILITIES)
            yield PodAccess(f"capability {name}", part, (*within, "capabilities", "add", index), takes)
    for index, port in enumerate(mappings(of.get("ports"))):
        if port.get("hostPort"):
            yield PodAccess(f"hostPort {port['hostPort']}", part, (*at, "ports", index, "hostPort"))


def demands(pod: Mapping[str, Any], minor: int) -> Iterator[str]:
    """Yield what `asked_for` yields in words."""
    return (demand.words for demand in asked_for(pod, minor))


def covers(opens: str, other: str) -> bool:
    """Whether who has one text of `demands` has all that another one opens: `hostPath /var` has `hostPath /var/log`."""
    if opens == other or (opens.endswith(ANYTHING) and other.startswith(opens.removesuffix(ANYTHING))):
        return True
    if opens == "privileged":
        return other.startswith(_OF_PRIVILEGED)
    if not (opens.startswith(_HOST_PATH) and other.startswith(_HOST_PATH)):
        return False
    (folder, use), (below, needed) = map(_mount, (opens, other))
    inside = below == folder or below.startswith(folder.rstrip("/") + "/")
    return inside and (use == needed or (use, needed) == (TO_WRITE, TO_READ))


_HOST_PATH = "hostPath "
_OF_PRIVILEGED = ("capability ", "SELinux type ", "seccomp ", "procMount ")
"""What a privileged container has anyway."""


def _mount(text: str) -> tuple[str, str]:
    """Return the path of a text about a hostPath, and the end that says how it is mounted."""
    use = next((end for end in (TO_READ, TO_WRITE) if text.endswith(end)), "")
    return os.path.normpath(text.removeprefix(_HOST_PATH).removesuffix(use)), use


def why_privileged(pod: Mapping[str, Any]) -> str:
    """Return what a privileged container of a pod does that no capability allows, as a clause; empty if the pod shows none."""
    spec = pod["spec"]
    paths = {v.get("name"): v["hostPath"].get("path") for v in spec.get("volumes") or () if v.get("hostPath") is not None}
    privileged = [part for _, _, part in containers(spec) if (part.get("securityContext") or {}).get("privileged")]
    # The API server accepts this only of privileged containers.
    for name, mount in ((part.get("name"), mount) for part in privileged for mount in part.get("volumeMounts") or ()):
        if mount.get("mountPropagation") == "Bidirectional":
            return f"container {name} mounts volume {mount.get('name')} with mountPropagation: Bidirectional"
    for container in privileged:
        name = container.get("name")
        if path := next((paths[m["name"]] for m in container.get("volumeMounts") or () if m.get("name") in paths), ""):
            return f"container {name} mounts hostPath {path}"
        words = [str(word) for field in ("command", "args") for word in container.get(field) or ()]
        if does := next((does for tool, does in _ONLY_PRIVILEGED.items() if any(tool in word for word in words)), ""):
            return f"container {name} {does}"
        if field := next((field for field in ("hostPID", "hostIPC") if spec.get(field)), ""):
            return f"container {name} is privileged and the pod sets {field}: true"
    return ""


def _access(fields: Mapping[str, Path], capabilities: Iterable[tuple[str, Path]]) -> tuple[Access, ...]:
    accesses = {words: Access(words, words in _TAKES, fields[words]) for words in (*_TAKES, *_REACHES) if words in fields}
    for name, at in capabilities:
        # CRI-O reads names in either case.
        plain = name.upper().removeprefix("CAP_")
        if plain in _ALL:
            words, takes = EVERY_CAPABILITY, True
        elif plain in _TAKING_CAPABILITIES:
            words, takes = f"capability {plain}", True
        elif plain == "SYS_PTRACE" and HOST_PID in fields:
            words, takes = f"capability {plain} with {HOST_PID}", True
        elif plain in _NETWORK_CAPABILITIES and HOST_NETWORK in fields:
            words, takes = f"capability {plain} in {HOST_NETWORK}", False
        else:
            continue
        accesses.setdefault(words, Access(words, takes, at, name))
    return tuple(sorted(accesses.values(), key=lambda access: not access.takes))
