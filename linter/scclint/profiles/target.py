"""What a profile is judged against: the RuntimeDefault of a cluster's nodes, and the containers that use the profile."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.profiles.lint import Target
from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import NEWEST, OLDEST, crio_of
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of

if TYPE_CHECKING:
    from scclint.cluster.cluster import Cluster


def crio_on(cluster: "Cluster") -> str:
    """The CRI-O minor that goes with a cluster's release; the nearest known one on plain Kubernetes."""
    if cluster.release:
        return crio_of(cluster.release)
    return f"1.{min(max(cluster.kubernetes_minor, OLDEST), NEWEST)}"


def target_of(cluster: "Cluster", uses: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Target:
    """The target of a profile that these (pod, container) use, both as admitted; with none, of one whose use is not known.

    Capabilities that one of them has are taken to be meant: RuntimeDefault would let through as much for it. Architectures are
    those that the pods select; with none it is for the profile to say.
    """
    containers = [container for _, container in uses]
    caps: frozenset[str] = frozenset().union(*map(bounding_set_of, containers)) if containers else CRIO_DEFAULT
    contexts = [container.get("securityContext") or {} for container in containers]
    hardened = all(context.get("allowPrivilegeEscalation") is False for context in contexts)
    selectors = [selector for pod, _ in uses if isinstance(selector := pod["spec"].get("nodeSelector"), Mapping)]
    selected = [selector.get("kubernetes.io/arch") for selector in selectors]
    arches = tuple(arch for arch in NATIVE if arch in selected)
    return Target(crio_on(cluster), caps, arches, hardened if contexts else None)
