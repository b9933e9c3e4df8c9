"""The minor release, and what depends on it."""

from scclint.api import World

REQUIRED_SCC = "openshift.io/required-scc"
"""The annotation that names the only SCC to try."""


def minor(world: World) -> int:
    """Return 14 for OpenShift 4.14; 0 on plain Kubernetes."""
    return int(world.cluster.release.split(".")[1]) if world.cluster.platform == "openshift" else 0


def required_scc_counts(world: World) -> bool:
    """Whether `REQUIRED_SCC` has an effect: from OpenShift 4.14 on."""
    return minor(world) >= 14
