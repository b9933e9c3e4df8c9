"""Grants that look right for a workload but apply in another namespace."""

from collections.abc import Callable
from functools import cache

from scclint.api import SCC_ROLE_PREFIX, Outcome, Related, RoleBinding, World, admits

from ._accounts import bindings_by_subject
from ._grants import home_of, reach, subjects_of


def granted_elsewhere(outcome: Outcome, world: World, wanted: Callable[[str], bool]) -> tuple[Related, ...]:
    """Return a note on the first grant of a `wanted` SCC that misses the pod because of a namespace; empty if there is none.

    The grant names an account of the same name in another namespace, or the pod's account in another namespace's RoleBinding.
    """
    name, namespace = outcome.workload.pod.service_account, outcome.namespace
    # Many bindings reach the same few SCCs.
    wanted = cache(wanted)
    of_accounts = ((b, holder) for b, holder in bindings_by_subject(world).get(name, ()) if holder.kind == "service account")
    for binding, holder in of_accounts:
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
            instead = f", not to {written}/{name}" if written else "; this workload sets no namespace, so pass it with -n"
            return (Related(what + instead, holder.at.span),)
        return (Related(f"{what} in {home_of(binding, world)} only", binding.place.span),)
    return ()


def documented_grant(outcome: Outcome, world: World) -> tuple[str, ...]:
    """Return a remark on the first grant to the pod's account of an SCC that admits it, if only a rejected binding or documentation has it.

    It is empty if neither has one.
    """
    name, namespace = outcome.workload.pod.service_account, outcome.namespace
    for binding in world.memo(
        documented_grant, lambda: [o for o in world.objects if isinstance(o, RoleBinding) and world.rejects(o)]
    ):
        scc = next((scc for scc in world.cluster.sccs if binding.role[1] == SCC_ROLE_PREFIX + scc), "")
        homes = {
            holder.namespace
            for holder in subjects_of(binding, world)
            if (holder.kind, holder.name) == ("service account", name)
        }
        if scc and namespace in homes and binding.namespace in ("", namespace) and admits(world, scc, outcome):
            return (f"{binding.named} would grant SCC {scc}, but the API server rejects the binding: correct it first",)
    for home, scc, file, line in world.other_units.documented(name):
        if scc in world.cluster.sccs and home in ("", namespace) and admits(world, scc, outcome):
            return (
                f"{file}, line {line}, tells the user to grant SCC {scc} to service account {name}, and no manifest grants it",
            )
    return ()
