"""Which subjects may use which SCCs through the objects of a unit."""

from collections.abc import Callable, Iterator

from scclint.cluster.escalation import takes_node
from scclint.model.roles import RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.outcome.rows import GrantRow
from scclint.outcome.world import World
from scclint.units.tracer import Tracer


def grants(world: World, tracer: Callable[[], Tracer], unit: str) -> Iterator[GrantRow]:
    """Yield each grant that objects of the unit make, by SCC and subject. `tracer` moves places to the files that people edit."""
    cluster = world.cluster
    written = any(world.of(RoleBinding)) or any(world.of(SecurityContextConstraints))
    if cluster.platform == "kubernetes" or not written:
        return
    takes = takes_node(cluster)
    for scc in cluster.sccs:
        for holder in cluster.who_can_use(scc):
            for grant in holder.grants:
                if not cluster.grants.brings(grant, scc):
                    steps = world.steps.of_grant(grant, scc)
                    place = tracer().span(steps[0].span) if steps else None
                    yield GrantRow(scc, takes(scc), holder.kind, holder.namespace, holder.name, grant, place, unit)
