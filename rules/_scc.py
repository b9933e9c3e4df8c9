"""What an SCC allows, as phrases."""

from collections.abc import Iterator
from typing import Any

from scclint.api import ANY_SE_LINUX, Access, SecurityContextConstraints, Workload, World, as_list, opened_by, used_by

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


def workloads_under(name: str, world: World) -> list[tuple[Workload, list[str]]]:
    """Return the workloads whose pods the SCC admits, each with what the pods use of the node, as phrases."""

    def by_scc() -> dict[str, list[tuple[Workload, list[str]]]]:
        workloads: dict[str, list[tuple[Workload, list[str]]]] = {}
        for workload in world.of(Workload):
            verdict = world.outcome(workload).verdict
            if verdict is not None and verdict.scc is not None:
                used = [access.words for access in used_by(verdict.pod, world.cluster.kubernetes_minor)]
                workloads.setdefault(verdict.scc, []).append((workload, used))
        return workloads

    return world.memo(workloads_under, by_scc).get(name, [])


def is_least(name: str, world: World, *account: str) -> bool:
    """Whether the pods that the SCC admits use all that it opens of the node; with `account`, those of the namespace and account."""

    def by_account() -> dict[tuple[str, ...], set[str]]:
        used: dict[tuple[str, ...], set[str]] = {}
        for workload, words in workloads_under(name, world):
            # Only an SCC that allows any label allows a type without a level.
            label = {ANY_SE_LINUX} if any("SELinux type" in text for text in world.opens(workload)) else set()
            for key in ((), (world.namespace_of(workload), workload.pod.service_account)):
                used.setdefault(key, set()).update(words, label)
        return used

    used = world.memo((is_least, name), by_account).get(account, set())
    return {access.words for access in opened(name, world)} <= used


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
