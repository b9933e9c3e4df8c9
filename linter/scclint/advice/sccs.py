"""What SCCs open and allow, in words, and which pods they admit: for findings about SCCs, and what helps against them."""

from collections.abc import Iterator

from scclint.admission.access import ANY_SE_LINUX, Access, allowed_by, asked_for, opened_by, used_by
from scclint.admission.constraints import Constraints
from scclint.admission.verdict import User
from scclint.advice.effects import asks_for_unconfined
from scclint.objects.types import SecurityContextConstraints, Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import PROJECT_USER, World
from scclint.platform.terms import EVERYONE, SERVICE_ACCOUNTS_OF
from scclint.record import grouped
from scclint.text import and_more
from scclint.yaml.untyped import as_list


def texts_of(scc: SecurityContextConstraints, name: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of a list, each with its index."""
    return ((index, value) for index, value in enumerate(as_list(scc.field(name).value)) if isinstance(value, str))


def opened(name: str, world: World) -> tuple[Access, ...]:
    """Return what the SCC opens of the node; empty for an SCC that the cluster does not have."""
    scc = world.cluster.sccs.get(name)
    if scc is None or world.cluster.platform == "kubernetes":
        return ()
    return world.memo((opened, name), lambda: opened_by(scc))


def workloads_under(name: str, world: World) -> list[tuple[Workload, list[str]]]:
    """Return the workloads whose pods the SCC admits, each with what the pods use of the node, as phrases."""
    by_scc: dict[str, list[tuple[Workload, list[str]]]] = world.memo(
        workloads_under,
        lambda: grouped(
            (one.scc, (one.workload, [access.words for access in used_by(one.judged.pod, world.cluster.kubernetes_minor)]))
            for one in map(world.outcome, world.of(Workload))
            if one.scc
        ),
    )
    return by_scc.get(name, [])


def is_least(name: str, world: World, *account: str) -> bool:
    """Whether the pods that the SCC admits use all that it opens of the node; with `account`, those of the namespace and account."""
    by_account: dict[tuple[str, ...], list[str]] = world.memo(
        (is_least, name),
        lambda: grouped(
            (key, word)
            for workload, words in workloads_under(name, world)
            for key in ((), (world.namespace_of(workload), workload.pod.service_account))
            # Only an SCC that allows any label allows a type without a level.
            for word in (*words, *_labels(workload, world))
        ),
    )
    return {access.words for access in opened(name, world)} <= {*by_account.get(account, ())}


def _labels(workload: Workload, world: World) -> Iterator[str]:
    """Yield what an SCC must open for each SELinux type that the pods of a workload set."""
    pod, minor = world.outcome(workload).judged.pod, world.cluster.kubernetes_minor
    return (ANY_SE_LINUX for demand in asked_for(pod, minor) if demand.words.startswith("SELinux type"))


def node_access(name: str, world: World) -> list[str]:
    """Return the access by which pods of the SCC can take the node, as phrases."""
    return [access.words for access in opened(name, world) if access.takes]


def wider_than_restricted(name: str, world: World) -> list[str]:
    """Return what the SCC allows and restricted-v2 rejects, as phrases, most dangerous first; empty if nothing."""
    scc = world.cluster.sccs.get(name)
    if scc is None or world.cluster.platform == "kubernetes":
        return []
    return world.memo((wider_than_restricted, name), lambda: [access.words for access in allowed_by(scc)])


_STRATEGIES = {"MustRunAsNonRoot": "any user ID except root", "RunAsAny": "any user ID including root"}
_RANK = {"MustRunAs": 0, "MustRunAsRange": 0, "MustRunAsNonRoot": 1, "RunAsAny": 2}

# Every container on current nodes may bind low ports, so this capability does not make an SCC wider.
_HARMLESS_CAPABILITIES = frozenset(("NET_BIND_SERVICE",))


def more_restrictive(world: World, narrow: str, wide: str) -> bool:
    """Whether the SCC `wide` allows everything that `narrow` allows, and more.

    Unlike the restrictiveness that admission sorts by, this is a partial order: False if each allows something the other rejects.
    """
    return bool(extra_permissions(world, wide, narrow)) and not extra_permissions(world, narrow, wide)


def extra_permissions(world: World, wide: str, narrow: str) -> list[str]:
    """Return what the SCC `wide` allows and `narrow` rejects, most dangerous first: `privileged containers`, ..."""
    if world.cluster.platform == "kubernetes":
        return []
    return permissions_beyond(world.cluster.sccs[wide], world.cluster.sccs[narrow])


def permissions_beyond(more: Constraints, less: Constraints) -> list[str]:
    """Return what an SCC allows beyond another one, most dangerous first."""
    without = {access.words for access in opened_by(less)}
    words = [a.words for a in opened_by(more) if a.words not in without and not a.capability]
    if more.allow_host_ports and not less.allow_host_ports:
        words.append("host ports")
    if _rank(more.run_as_user, more.uid) > _rank(less.run_as_user, less.uid):
        words.append(_STRATEGIES.get(more.run_as_user, f"user ID {more.uid}"))
    words += _capabilities(
        {*more.allowed_capabilities, *more.default_add_capabilities},
        {*less.allowed_capabilities, *less.default_add_capabilities},
        {*more.required_drop_capabilities},
        {*less.required_drop_capabilities},
    )
    if more.allow_privilege_escalation and not less.allow_privilege_escalation:
        words.append("privilege escalation")
    return words


def _rank(strategy: str, uid: int | None) -> int:
    return 2 if strategy == "MustRunAs" and uid == 0 else _RANK.get(strategy, 0)


def _capabilities(more: set[str], less: set[str], more_drops: set[str], less_drops: set[str]) -> list[str]:
    if "*" in less:
        return []
    if "*" in more:
        return ["every capability"]
    words = []
    if extra := sorted(more - less - _HARMLESS_CAPABILITIES):
        words.append(f"capabilit{'y' if len(extra) == 1 else 'ies'} {', '.join(extra)}")
    if "ALL" not in more_drops and less_drops - more_drops:
        capabilities = f"capability {', '.join(sorted(less_drops - more_drops))}"
        words.append("the runtime's default capabilities" if "ALL" in less_drops else capabilities)
    return words


def without_unconfined(scc: SecurityContextConstraints, world: World, *, replace: bool) -> str:
    """Return what to do about `unconfined` in an SCC. Without another entry, it would reject every profile, so `replace` it."""
    fix = "Write runtime/default instead of unconfined" if replace else "Remove unconfined"
    asking = [
        workload.named for workload, _ in workloads_under(scc.name, world) if asks_for_unconfined(world.outcome(workload))
    ]
    if asking:
        fix += f", and set RuntimeDefault in {and_more(asking, 3)}, which ask{'s' if len(asking) == 1 else ''} for Unconfined"
    return f"{fix}." + (
        "" if replace else " For workloads that need more system calls than runtime/default allows, list localhost/<path>."
    )


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
