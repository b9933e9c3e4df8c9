"""The variables of a CEL expression, as plain values with the field names of the API."""

from collections.abc import Mapping
from typing import Any

from scclint.admission.constraints import Constraints
from scclint.outcome.chain import Outcome
from scclint.seccomp.effective import ContainerSeccomp

FIELDS: Mapping[str, tuple[str, ...]] = {
    "object": (),
    "pod": (),
    "verdict": ("allowed", "scc", "subject", "message", "pod", "containers"),
    "scc": (
        *(
            "metadata",
            "priority",
            "allowHostDirVolumePlugin",
            "allowHostIPC",
            "allowHostNetwork",
            "allowHostPID",
            "allowHostPorts",
        ),
        *("allowPrivilegeEscalation", "allowPrivilegedContainer", "defaultAllowPrivilegeEscalation", "readOnlyRootFilesystem"),
        *(
            "allowedCapabilities",
            "defaultAddCapabilities",
            "requiredDropCapabilities",
            "allowedUnsafeSysctls",
            "forbiddenSysctls",
        ),
        *("allowedFlexVolumes", "seccompProfiles", "volumes", "runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups"),
        *("userNamespaceLevel", "users", "groups"),
    ),
}
"""The variables, each with its fields; without fields, the manifest decides what there is."""

BIGGEST = 2**63 - 1


def object_values(value: Any) -> Any:
    """Return plain values as CEL has them: integers beyond 64 bits, which JSON allows, become doubles."""
    if isinstance(value, dict):
        return {key: object_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [object_values(item) for item in value]
    if isinstance(value, str) and not value.isascii():
        # A lone surrogate, which JSON can spell, is no character.
        return value.encode("utf-8", "replace").decode("utf-8")
    return float(value) if type(value) is int and abs(value) > BIGGEST else value


def verdict_object(outcome: Outcome) -> dict[str, Any] | None:
    """The variable `verdict`; None where there is no verdict."""
    verdict = outcome.verdict
    if verdict is None:
        return None
    return {
        "allowed": verdict.allowed,
        "scc": verdict.scc,
        "subject": verdict.subject,
        "message": verdict.message,
        "pod": verdict.pod,
        "containers": [_container(container) for container in outcome.seccomp],
    }


def _container(container: ContainerSeccomp) -> dict[str, Any]:
    requested = container.requested
    return {
        "name": container.name,
        "role": container.role,
        "seccomp": {"type": container.type, "localhostProfile": container.localhost_profile},
        "requested": {
            "type": requested.type if requested else None,
            "localhostProfile": requested.localhost_profile if requested else None,
        },
        "source": container.source,
        "procMode": container.proc_mode,
    }


def scc_object(scc: Constraints) -> dict[str, Any]:
    """Return an SCC as its API object, with every default filled in."""
    return {
        "metadata": {"name": scc.name},
        "priority": scc.priority,
        "allowHostDirVolumePlugin": scc.allow_host_dir_volume_plugin,
        "allowHostIPC": scc.allow_host_ipc,
        "allowHostNetwork": scc.allow_host_network,
        "allowHostPID": scc.allow_host_pid,
        "allowHostPorts": scc.allow_host_ports,
        "allowPrivilegeEscalation": scc.allow_privilege_escalation,
        "allowPrivilegedContainer": scc.allow_privileged_container,
        "defaultAllowPrivilegeEscalation": scc.default_allow_privilege_escalation,
        "readOnlyRootFilesystem": scc.read_only_root_filesystem,
        "allowedCapabilities": list(scc.allowed_capabilities),
        "defaultAddCapabilities": list(scc.default_add_capabilities),
        "requiredDropCapabilities": list(scc.required_drop_capabilities),
        "allowedUnsafeSysctls": list(scc.allowed_unsafe_sysctls),
        "forbiddenSysctls": list(scc.forbidden_sysctls),
        "allowedFlexVolumes": [{"driver": driver} for driver in scc.allowed_flex_volumes],
        "seccompProfiles": list(scc.seccomp_profiles),
        "volumes": list(scc.volumes),
        "runAsUser": {
            "type": scc.run_as_user,
            "uid": scc.uid,
            "uidRangeMin": scc.uid_range_min,
            "uidRangeMax": scc.uid_range_max,
        },
        "seLinuxContext": {"type": scc.se_linux_context, "seLinuxOptions": dict(scc.se_linux_options or {})},
        "fsGroup": {"type": scc.fs_group, "ranges": _ranges(scc.fs_group_ranges)},
        "supplementalGroups": {"type": scc.supplemental_groups, "ranges": _ranges(scc.supplemental_groups_ranges)},
        "userNamespaceLevel": scc.user_namespace_level,
        "users": list(scc.users),
        "groups": list(scc.groups),
    }


def _ranges(ranges: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"min": first, "max": last} for first, last in ranges]
