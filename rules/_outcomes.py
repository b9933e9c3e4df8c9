"""For each SCC, what it does with the workloads of the input that may use it."""

from scclint.api import EVERYONE, PROJECT_USER, SERVICE_ACCOUNTS_OF, Grant, Outcome, User, Workload, World


class SccUsage:
    """What an SCC does with the workloads that may use it.

    `chosen`: it admits a workload. `unknown`: the verdict for a workload is unknown. `refused`: it rejects a workload. `earlier`:
    the workloads that another SCC admits before it is tried, with that SCC and the grant of this one. The rights of an
    administrator who creates a bare Pod count only if this SCC admits the pod.
    """

    __slots__ = ("chosen", "earlier", "refused", "unknown")

    def __init__(self) -> None:
        self.chosen = False
        self.unknown = False
        self.refused = False
        self.earlier: list[tuple[Workload, str, Grant]] = []


def usage_by_scc(world: World) -> dict[str, SccUsage]:
    """Return the use of each SCC by the workloads that may use it."""
    return world.memo(usage_by_scc, lambda: _usage_by_scc(world))


def _usage_by_scc(world: World) -> dict[str, SccUsage]:
    found = {scc: SccUsage() for scc in world.cluster.sccs}
    for workload in world.of(Workload):
        created, granted = world.outcome(workload), by_rights(workload, world)
        for outcome in (created, granted):
            if outcome.verdict is not None and outcome.verdict.scc is not None:
                found[outcome.verdict.scc].chosen = True
        if granted.verdict is None:
            for scc in _usable(granted, world):
                found[scc].unknown = True
            continue
        for candidate in granted.verdict.candidates:
            if candidate.outcome == "not reached" and candidate.grant is not None and granted.verdict.scc is not None:
                found[candidate.scc].earlier.append((workload, granted.verdict.scc, candidate.grant))
            elif candidate.outcome == "too restrictive":
                found[candidate.scc].refused = True
    return found


def by_rights(workload: Workload, world: World) -> Outcome:
    """Return the outcome of the workload by the rights of its service account alone."""
    return world.outcome(workload) if workload.controlled else world.outcome(workload, PROJECT_USER)


def _usable(outcome: Outcome, world: World) -> list[str]:
    namespace, account = outcome.namespace, outcome.workload.pod.service_account
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    user = User(f"system:serviceaccount:{namespace}:{account}", groups)
    return [scc for scc in world.cluster.sccs if world.cluster.grants.may_use(user, scc, namespace) is not None]


def may_admit_elsewhere(scc: str, world: World) -> bool:
    """Whether pods of other units may run under the SCC: they require it, it is granted there, or the grant here covers them."""
    others = world.other_units
    if others.requires_scc(scc) or others.grants_scc(scc):
        return True
    constraints = world.cluster.sccs[scc]
    holders = [(*constraints.users, *constraints.groups)]
    # A grant of every SCC is not about this SCC.
    holders += [(*b.users, *b.groups) for b in world.cluster.grants.bindings_to(scc) if scc in b.uses.named]
    return any(_has_pods_elsewhere(holder, world) for names in holders for holder in names)


def _has_pods_elsewhere(holder: str, world: World) -> bool:
    account = User(holder).service_account
    if account is not None:
        return world.other_units.uses_account(*account)
    if holder.startswith(SERVICE_ACCOUNTS_OF):
        return world.other_units.has_pods(holder.removeprefix(SERVICE_ACCOUNTS_OF))
    return holder in EVERYONE and world.other_units.has_pods()
