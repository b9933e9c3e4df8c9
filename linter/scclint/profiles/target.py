"""The target that a profile is checked for: the nodes of a cluster, and the containers that use the profile."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.profiles.lint import Target
from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import NEWEST, OLDEST, crio_of
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of

if TYPE_CHECKING:
    from scclint.cluster.cluster import Cluster


def crio_on(cluster: "Cluster") -> str:
    """Return the CRI-O minor release (`1.35`) of a cluster's nodes; the closest known one on plain Kubernetes."""
    if cluster.release:
        return crio_of(cluster.release)
    return f"1.{min(max(cluster.kubernetes_minor, OLDEST), NEWEST)}"


def target_of(cluster: "Cluster", uses: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Target:
    """Return the target of a profile that these (pod, container) pairs use, both as admitted.

    The capabilities are those of all containers together, because RuntimeDefault allows the syscalls of each. The architectures
    are those that the pods select; they are empty if no pod selects one. Without uses, the target has CRI-O's default
    capabilities, and whether the container has no_new_privs is unknown.
    """
    containers = [container for _, container in uses]
    caps: frozenset[str] = frozenset().union(*map(bounding_set_of, containers)) if containers else CRIO_DEFAULT
    contexts = [container.get("securityContext") or {} for container in containers]
    hardened = all(context.get("allowPrivilegeEscalation") is False for context in contexts)
    selectors = [selector for pod, _ in uses if isinstance(selector := pod["spec"].get("nodeSelector"), Mapping)]
    selected = [selector.get("kubernetes.io/arch") for selector in selectors]
    arches = tuple(arch for arch in NATIVE if arch in selected)
    runtimes = {runtime: True for pod in [pod for pod, _ in uses] or [{}] for runtime in cluster.runtimes(pod)}
    return Target(crio_on(cluster), caps, arches, hardened if contexts else None, runtimes=tuple(sorted(runtimes)))
