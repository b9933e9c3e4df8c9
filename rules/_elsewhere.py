"""Grants that look as if they were a workload's and are another namespace's."""

from collections.abc import Callable
from functools import cache

from scclint.api import Outcome, Related, RoleBinding, World

from ._grants import Holder, holders, home_of, reach


def granted_elsewhere(outcome: Outcome, world: World, wanted: Callable[[str], bool]) -> tuple[Related, ...]:
    """The first grant of a `wanted` SCC to a service account that only shares its name with the pod's, or that is the pod's
    but in a RoleBinding of another namespace; nothing where there is none.
    """
    name, namespace = outcome.workload.pod.service_account, outcome.namespace
    # Many bindings reach the same few SCCs.
    wanted = cache(wanted)
    for binding, holder in world.memo(_bound, lambda: _bound(world)).get(name, ()):
        home = world.namespace_of(binding) if binding.kind == "RoleBinding" else namespace
        reached = reach(binding, world)
        if reached is None or (holder.namespace == namespace and home == namespace):
            continue
        scc = next(filter(wanted, reached.sccs), None)
        if scc is None:
            continue
        what = f"{binding.named} grants {'every SCC' if reached.every else scc} to service account {holder.shown}"
        if holder.namespace != namespace:
            written = world.namespace_known(outcome.workload)
            why = (
                f", not to {written}/{name}" if written else "; this workload names no namespace, so say with -n where it goes"
            )
            return (Related(what + why, holder.at.span),)
        return (Related(f"{what} in {home_of(binding, world)} only", binding.place.span),)
    return ()


def _bound(world: World) -> dict[str, list[tuple[RoleBinding, Holder]]]:
    """The bindings of service accounts by their bare names."""
    found: dict[str, list[tuple[RoleBinding, Holder]]] = {}
    for binding in world.of(RoleBinding):
        for holder in holders(binding, world):
            if holder.kind == "service account":
                found.setdefault(holder.name, []).append((binding, holder))
    return found
