"""What an SCC allows, as phrases."""

from collections.abc import Iterator
from typing import Any

from scclint.api import Access, SecurityContextConstraints, World, as_list, opened_by

Constraints = Any
"""A value of `World.cluster.sccs`."""

RESTRICTED_VOLUMES = frozenset((
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "none", "persistentVolumeClaim", "projected", "secret",
))  # fmt: skip
"""The volumes that restricted-v2 allows in the newest release; earlier releases allow fewer."""


def texts_of(scc: SecurityContextConstraints, name: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of a list, each with its index."""
    return ((index, value) for index, value in enumerate(as_list(scc.field(name).value)) if isinstance(value, str))


def opened(name: str, world: World) -> tuple[Access, ...]:
    """Return what the SCC opens of the node; empty for an SCC that the cluster does not have."""
    scc = world.cluster.sccs.get(name)
    if scc is None or world.cluster.platform == "kubernetes":
        return ()
    return world.memo((opened, name), lambda: opened_by(scc))


def node_access(name: str, world: World) -> list[str]:
    """Return the access by which pods of the SCC can take the node, as phrases."""
    return [access.words for access in opened(name, world) if access.takes]


def wider_than_restricted(name: str, world: World) -> list[str]:
    """Return what the SCC allows and restricted-v2 rejects, as phrases, most dangerous first; empty if nothing."""
    scc = world.cluster.sccs.get(name)
    if scc is None or world.cluster.platform == "kubernetes":
        return []
    return world.memo((wider_than_restricted, name), lambda: _wider_than_restricted(scc, opened(name, world)))


def _wider_than_restricted(scc: Constraints, node: tuple[Access, ...]) -> list[str]:
    volumes = sorted(set(scc.volumes) - RESTRICTED_VOLUMES - {"*", "hostPath"})
    named = {access.capability for access in node} | {"NET_BIND_SERVICE"}
    capabilities = sorted({*scc.allowed_capabilities, *scc.default_add_capabilities} - named)
    # In its own user namespace, a pod has no ID of the node.
    shares_ids = scc.user_namespace_level != "RequirePodLevel"
    allowed = (
        (bool(capabilities), f"capabilit{'ies' if len(capabilities) > 1 else 'y'} {', '.join(capabilities)}"),
        (shares_ids and scc.run_as_user == "RunAsAny", "any user ID including root"),
        (shares_ids and scc.run_as_user == "MustRunAsNonRoot", "any user ID except root"),
        (shares_ids and scc.run_as_user == "MustRunAs", f"user ID {scc.uid}"),
        (
            shares_ids and scc.run_as_user == "MustRunAsRange" and scc.uid_range_min is not None,
            f"user IDs {scc.uid_range_min} to {scc.uid_range_max}",
        ),
        (scc.allow_host_ports, "host ports"),
        (scc.se_linux_context == "MustRunAs" and bool(scc.se_linux_options), "a custom SELinux label"),
        (scc.allow_privilege_escalation, "privilege escalation"),
        (not {name.upper() for name in scc.required_drop_capabilities} & {"ALL"}, "the runtime's default capabilities"),
        (bool(scc.allowed_unsafe_sysctls) and "*" not in scc.allowed_unsafe_sysctls, "unsafe sysctls"),
        (not {"runtime/default", "docker/default"}.intersection(scc.seccomp_profiles), "running without seccomp"),
        (bool({"*", "unconfined"}.intersection(scc.seccomp_profiles)), "turning seccomp off"),
        (shares_ids and scc.fs_group == "RunAsAny", "any fsGroup"),
        (shares_ids and bool(scc.fs_group_ranges), "custom fsGroup ranges"),
        (bool(volumes), f"{', '.join(volumes)} volumes"),
    )
    return [access.words for access in node] + [words for holds, words in allowed if holds]
