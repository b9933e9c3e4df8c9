"""Grants that miss the pod by their namespace, and grants that are not in force: shared by SCC101 and SCC105."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from scclint.advice.grants import admits
from scclint.api import Location, Outcome, Remedy, RoleBinding, World
from scclint.platform.terms import SCC_ROLE_PREFIX

from ._accounts import bindings_by_subject
from ._grants import home_of, reach, subjects_of

ELSEWHERE = {
    "to-other-account": "{binding} grants {every:every SCC|}[{scc}] to service account {holder}, not to {namespace}/{account}",
    "without-namespace": "{binding} grants {every:every SCC|}[{scc}] to service account {holder}; this workload sets no namespace, so pass "
    "it with -n",
    "in-other-namespace": "{binding} grants {every:every SCC|}[{scc}] to service account {holder} in {home} only",
}
"""The sentences about what `granted_elsewhere` returns."""
MISSED = {
    "rejected-binding": "{binding} would grant SCC {granted}, but the API server rejects the binding",
    "documented": "{file}, line {line}, tells the user to grant SCC {granted} to service account {account}, and no manifest grants it",
}
"""The sentences about what `missed_grant` returns."""


def granted_elsewhere(outcome: Outcome, world: World, wanted: Callable[[str], bool]) -> tuple[Location, ...]:
    """Return the place of the first grant of a `wanted` SCC that misses the pod because of a namespace; empty if there is none.

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
        facts = {"binding": binding, "every": reached.every, "scc": "" if reached.every else scc, "holder": holder.shown}
        if holder.namespace == namespace:
            return (Location("in-other-namespace", binding.place, {**facts, "home": home_of(binding, world)}),)
        if written := world.namespace_known(outcome.workload):
            return (Location("to-other-account", holder.at, {**facts, "namespace": written, "account": name}),)
        return (Location("without-namespace", holder.at, facts),)
    return ()


class MissedGrant(NamedTuple):
    """A grant that would admit the pod and that is not in force: the code and the facts of its sentence, and what to do about it."""

    code: Literal["rejected-binding", "documented"]
    facts: Mapping[str, Any]
    remedy: Remedy


def missed_grant(outcome: Outcome, world: World) -> MissedGrant | None:
    """Return the first grant to the pod's account of an SCC that admits it, if only a rejected binding or documentation has one."""
    name, namespace = outcome.workload.pod.service_account, outcome.namespace
    for binding in world.memo(
        missed_grant, lambda: [o for o in world.objects if isinstance(o, RoleBinding) and world.rejects(o)]
    ):
        scc = next((scc for scc in world.cluster.sccs if binding.role[1] == SCC_ROLE_PREFIX + scc), "")
        homes = {
            holder.namespace
            for holder in subjects_of(binding, world)
            if (holder.kind, holder.name) == ("service account", name)
        }
        if scc and namespace in homes and binding.namespace in ("", namespace) and admits(world, scc, outcome):
            remedy = Remedy(f"correct {binding.named}", beside=True)
            return MissedGrant("rejected-binding", {"binding": binding, "granted": scc}, remedy)
    for home, scc, file, line in world.other_units.documented(name):
        here = home in ("", namespace) or not world.namespace_known(outcome.workload)
        if here and scc in world.cluster.sccs and admits(world, scc, outcome):
            remedy = Remedy(f"write the grant of SCC {scc} to service account {name} as a manifest", beside=True)
            return MissedGrant("documented", {"file": file, "line": str(line), "granted": scc, "account": name}, remedy)
    return None
