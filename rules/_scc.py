"""What an SCC allows, as phrases."""

from collections.abc import Callable
from typing import Any

from scclint.api import World

Constraints = Any
"""A value of `World.cluster.sccs`."""

EVERYONE = {
    "system:authenticated": "every user and every service account",
    "system:authenticated:oauth": "everyone who logs in",
    "system:serviceaccounts": "every service account of the cluster",
    "system:unauthenticated": "anyone, without logging in",
}
"""Groups that cover a whole cluster, and their members."""

RESTRICTED_VOLUMES = frozenset((
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "none", "persistentVolumeClaim", "projected", "secret",
))  # fmt: skip
"""The volumes that restricted-v2 allows in the newest release; earlier releases allow fewer."""

MEANS_ALL = frozenset(("*", "ALL"))


def node_access(name: str, world: World) -> list[str]:
    """What of the node the SCC opens: privileged containers, host namespaces, hostPath, root with every capability.

    Empty for an SCC that opens nothing of it, and for one that is not there.
    """
    return _once(world, _node_access, name)


def _node_access(scc: Constraints) -> list[str]:
    every_capability = MEANS_ALL.intersection((*scc.allowed_capabilities, *scc.default_add_capabilities))
    return _true(
        (scc.allow_privileged_container, "privileged containers"),
        (scc.allow_host_network, "the host's network"),
        (scc.allow_host_pid, "the host's process IDs"),
        (scc.allow_host_ipc, "the host's IPC"),
        ("hostPath" in scc.volumes or "*" in scc.volumes, "hostPath volumes"),
        (scc.run_as_user == "RunAsAny" and bool(every_capability), "root with every capability"),
    )


def wider_than_restricted(name: str, world: World) -> list[str]:
    """Return what the SCC allows and restricted-v2 rejects, most dangerous first; empty if nothing."""
    return _once(world, _wider_than_restricted, name)


def _wider_than_restricted(scc: Constraints) -> list[str]:
    volumes = sorted(set(scc.volumes) - RESTRICTED_VOLUMES - {"*", "hostPath"})
    capabilities = sorted({*scc.allowed_capabilities, *scc.default_add_capabilities} - MEANS_ALL - {"NET_BIND_SERVICE"})
    every_capability = MEANS_ALL.intersection((*scc.allowed_capabilities, *scc.default_add_capabilities))
    # In its own user namespace, a pod has no ID of the node.
    shares_ids = scc.user_namespace_level != "RequirePodLevel"
    return _node_access(scc) + _true(
        (bool(every_capability), "every capability"),
        (bool(capabilities), f"capabilit{'ies' if len(capabilities) > 1 else 'y'} {', '.join(capabilities)}"),
        (shares_ids and scc.run_as_user == "RunAsAny", "any user ID including root"),
        (shares_ids and scc.run_as_user == "MustRunAsNonRoot", "any user ID except root"),
        (shares_ids and scc.run_as_user == "MustRunAs", f"user ID {scc.uid}"),
        (
            shares_ids and scc.run_as_user == "MustRunAsRange" and scc.uid_range_min is not None,
            f"user IDs {scc.uid_range_min} to {scc.uid_range_max}",
        ),
        (scc.allow_host_ports, "host ports"),
        (scc.se_linux_context == "RunAsAny", "any SELinux label"),
        (scc.se_linux_context == "MustRunAs" and bool(scc.se_linux_options), "a custom SELinux label"),
        (scc.allow_privilege_escalation, "privilege escalation"),
        (not {name.upper() for name in scc.required_drop_capabilities} & {"ALL"}, "the runtime's default capabilities"),
        (bool(scc.allowed_unsafe_sysctls), "unsafe sysctls"),
        (not {"runtime/default", "docker/default"}.intersection(scc.seccomp_profiles), "running without seccomp"),
        (bool({"*", "unconfined"}.intersection(scc.seccomp_profiles)), "turning seccomp off"),
        (shares_ids and scc.fs_group == "RunAsAny", "any fsGroup"),
        (shares_ids and bool(scc.fs_group_ranges), "custom fsGroup ranges"),
        (bool(volumes), f"{', '.join(volumes)} volumes"),
    )


def _once(world: World, words: Callable[[Constraints], list[str]], name: str) -> list[str]:
    """Return the phrases for an SCC, computed once because every binding that grants it asks for them."""
    scc = world.cluster.sccs.get(name)
    if scc is None or world.cluster.platform != "openshift":
        return []
    return world.memo((words, name), lambda: words(scc))


def _true(*pairs: tuple[bool, str]) -> list[str]:
    return [words for holds, words in pairs if holds]
