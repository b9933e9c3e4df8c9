"""What depends on the release."""

from scclint.api import World


def required_scc_counts(world: World) -> bool:
    """Whether the annotation `REQUIRED_SCC` has an effect."""
    return world.cluster.admission.reads_required_scc
