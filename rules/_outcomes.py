"""For each SCC, what it does with the workloads of the input that may use it."""

from scclint.api import EVERYONE, PROJECT_USER, SERVICE_ACCOUNTS_OF, Outcome, User, Workload, World


def by_rights(workload: Workload, world: World) -> Outcome:
    """Return the outcome of the workload by the rights of its service account alone."""
    return world.outcome(workload) if workload.controlled else world.outcome(workload, PROJECT_USER)


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
