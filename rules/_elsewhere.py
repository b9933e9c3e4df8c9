"""Grants that look right for a workload but apply in another namespace."""

from collections.abc import Callable
from functools import cache

from scclint.api import Outcome, Related, World, admits

from ._accounts import bindings_by_subject
from ._grants import home_of, reach


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
    """Return a remark on the first command in documentation that grants the pod's account an SCC that admits it; empty if none does."""
    name = outcome.workload.pod.service_account
    for home, scc, file, line in world.other_units.documented(name):
        if scc in world.cluster.sccs and home in ("", outcome.namespace) and admits(world, scc, outcome):
            return (
                f"{file}, line {line}, tells the user to grant SCC {scc} to service account {name}, and no manifest grants it",
            )
    return ()
