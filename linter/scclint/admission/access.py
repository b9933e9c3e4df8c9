"""What an SCC lets a container do to its node, and what a pod uses of it: one definition for every rule.

Access *takes* the node if a container that has it can become root on the node by itself. It *reaches* the node if the container
leaves a boundary that the node relies on, but still needs a weakness of something else.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.admission.constraints import RUN_AS_ANY, Constraints
from scclint.admission.pod import containers
from scclint.admission.sysctl import safe
from scclint.finding import Path
from scclint.record import grouped, record
from scclint.yaml.untyped import as_mapping, as_text, mappings, texts, value_at

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


def opened_names(scc: Constraints) -> Iterator[str]:
    """Yield the names of what an SCC opens, with `capability *` for every capability."""
    return (f"capability {ANYTHING}" if access.words == EVERY_CAPABILITY else access.words for access in opened_by(scc))


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
    ("runAsUser 0", ("runAsUser",), 0),
    ("procMount Unmasked", ("procMount",), "Unmasked"),
    ("seccomp Unconfined", ("seccompProfile", "type"), "Unconfined"),
    ("hostProcess", ("windowsOptions", "hostProcess"), True),
)
"""The fields of a security context that open something by one value, each after its name."""


def demands(pod: Mapping[str, Any], minor: int) -> Iterator[str]:
    """Yield all that a pod asks for beyond an ordinary pod: `hostPID`, `hostPath /var/log`, `privileged`.

    Unlike in `used_by`, each path counts, and for each container its mounts of a path and its capabilities. Baselines record these texts.
    """
    spec = pod["spec"]
    parts: list[Mapping[str, Any]] = [{"securityContext": spec.get("securityContext")}]
    parts += (container for _, _, container in containers(spec))
    yield from (field for field in ("hostPID", "hostNetwork", "hostIPC") if spec.get(field))
    mounts = grouped((as_text(mount.get("name")), mount) for part in parts for mount in mappings(part.get("volumeMounts")))
    volumes = (volume for volume in mappings(spec.get("volumes")) if volume.get("hostPath") is not None)
    named = ((as_text(volume["hostPath"].get("path")), as_text(volume.get("name"))) for volume in volumes)
    for path, names in grouped(named).items():
        yield f"hostPath {path}"
        of_path = (mount for name in names for mount in mounts.get(name, ()))
        yield from (f"hostPath {path}{TO_READ if mount.get('readOnly') else TO_WRITE}" for mount in of_path)
    for part in parts:
        context = as_mapping(part.get("securityContext"))
        yield from (text for text, path, value in _OPEN_VALUES if value_at(context, path) == value)
        yield from (f"sysctl {s.get('name')}" for s in mappings(context.get("sysctls")) if s.get("name") not in safe(minor))
        if kind := value_at(context, ("seLinuxOptions", "type")):
            yield f"SELinux type {kind}"
        added = texts(value_at(context, ("capabilities", "add")))
        for plain in (capability.upper().removeprefix("CAP_") for capability in added):
            if plain != "NET_BIND_SERVICE":
                yield f"capability {ANYTHING if plain in _ALL else plain}"
        yield from (f"hostPort {port['hostPort']}" for port in mappings(part.get("ports")) if port.get("hostPort"))


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


def gained(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the texts of `demands` that a pod has more often than before, without those that are covered by what it lost."""
    was, now = Counter(before), Counter(after)
    lost = was - now
    return sorted(text for text in (now - was).elements() if not any(covers(other, text) for other in lost))


def node_access(opens: Iterable[str]) -> Iterator[str]:
    """Yield those of the texts of `demands` and of `opened_names` that are access to the node, as `used_by` counts it."""
    for text in opens:
        name, _, value = text.partition(" ")
        is_field = text in ("hostPID", "hostNetwork", "hostIPC", "privileged", "SELinux type spc_t", *_TAKES, *_REACHES)
        is_path = name == "hostPath" and not text.endswith((TO_READ, TO_WRITE))
        is_taking = name == "capability" and value in (ANYTHING, *_TAKING_CAPABILITIES)
        if is_field or is_path or is_taking or name == "sysctl":
            yield text


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
