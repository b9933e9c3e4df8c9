"""What a profile is judged against: the RuntimeDefault of a cluster's nodes, and the containers that use the profile."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of
from scclint.seccomp.lint_profile import Target
from scclint.seccomp.runtime_default import NEWEST, OLDEST, crio_of

if TYPE_CHECKING:
    from scclint.cluster.cluster import Cluster


def crio_on(cluster: "Cluster") -> str:
    """The CRI-O minor that goes with a cluster's release; the nearest known one on plain Kubernetes."""
    if cluster.release:
        return crio_of(cluster.release)
    return f"1.{min(max(cluster.kubernetes_minor, OLDEST), NEWEST)}"


def target_of(cluster: "Cluster", containers: Sequence[Mapping[str, Any]]) -> Target:
    """The target of a profile that `containers` (as admitted) use; with none, of one whose containers are not known.

    Capabilities that one of them has are taken to be meant: RuntimeDefault would let through as much for it.
    """
    caps: frozenset[str] = frozenset().union(*map(bounding_set_of, containers)) if containers else CRIO_DEFAULT
    contexts = [container.get("securityContext") or {} for container in containers]
    hardened = all(context.get("allowPrivilegeEscalation") is False for context in contexts)
    return Target(crio_on(cluster), caps, no_new_privileges=hardened if contexts else None)
