"""Compares two SCCs: what the wider allows in addition, and whether one is more restrictive than the other."""

from scclint.api import World

from ._scc import opened

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
    more, less = world.cluster.sccs[wide], world.cluster.sccs[narrow]
    without = {access.words for access in opened(narrow, world)}
    words = [a.words for a in opened(wide, world) if a.words not in without and not a.capability]
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
