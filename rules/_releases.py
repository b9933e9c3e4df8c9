"""What depends on the release."""

from scclint.api import World

REQUIRED_SCC = "openshift.io/required-scc"
"""The annotation that names the only SCC to try."""


def required_scc_counts(world: World) -> bool:
    """Whether `REQUIRED_SCC` has an effect: from OpenShift 4.14 (Kubernetes 1.27) on."""
    return world.cluster.platform != "kubernetes" and world.cluster.kubernetes_minor >= 27
