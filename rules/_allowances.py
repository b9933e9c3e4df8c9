"""What an SCC lets a pod do beyond another one, in words, and which of two is the more restrictive."""

from scclint.api import World

_STRATEGIES = {"MustRunAsNonRoot": "any user id but root", "RunAsAny": "any user id (root included)"}
_RANK = {"MustRunAs": 0, "MustRunAsRange": 0, "MustRunAsNonRoot": 1, "RunAsAny": 2}

# Every container may bind low ports on current nodes, so nobody would call an SCC wider for this one.
_HARMLESS_CAPABILITIES = frozenset(("NET_BIND_SERVICE",))


def more_restrictive(world: World, narrow: str, wide: str) -> bool:
    """Whether the SCC `narrow` allows nothing that `wide` does not, and `wide` allows something that it does not.

    Stricter than the restrictiveness that admission sorts by: two SCCs that each allow something of their own do not compare.
    """
    return bool(gains(world, wide, narrow)) and not gains(world, narrow, wide)


def gains(world: World, wide: str, narrow: str) -> list[str]:
    """What the SCC `wide` allows that `narrow` does not, gravest first: `privileged containers`, `the host's network`, ..."""
    more, less = world.cluster.sccs[wide], world.cluster.sccs[narrow]
    words = [
        text
        for allowed, refused, text in (
            (more.allow_privileged_container, less.allow_privileged_container, "privileged containers"),
            (more.allow_host_network, less.allow_host_network, "the host's network"),
            (more.allow_host_pid, less.allow_host_pid, "the host's process ids"),
            (more.allow_host_ipc, less.allow_host_ipc, "the host's IPC"),
            (_host_paths(more.volumes), _host_paths(less.volumes), "hostPath volumes"),
            (more.allow_host_ports, less.allow_host_ports, "host ports"),
        )
        if allowed and not refused
    ]
    if _rank(more.run_as_user, more.uid) > _rank(less.run_as_user, less.uid):
        words.append(_STRATEGIES.get(more.run_as_user, f"user id {more.uid}"))
    if more.se_linux_context == "RunAsAny" and less.se_linux_context != "RunAsAny":
        words.append("any SELinux context")
    words += _capabilities(
        {*more.allowed_capabilities, *more.default_add_capabilities},
        {*less.allowed_capabilities, *less.default_add_capabilities},
        {*more.required_drop_capabilities},
        {*less.required_drop_capabilities},
    )
    if more.allow_privilege_escalation and not less.allow_privilege_escalation:
        words.append("privilege escalation")
    return words


def _host_paths(volumes: tuple[str, ...]) -> bool:
    return "hostPath" in volumes or "*" in volumes


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
        kept = f"capability {', '.join(sorted(less_drops - more_drops))}"
        words.append("the runtime's own capabilities" if "ALL" in less_drops else kept)
    return words
