"""The sysctls an SCC lets through: the safe ones of the release, and unsafe ones by name or prefix."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from scclint.admission.field import FieldError, Where
from scclint.admission.provider import Provider
from scclint.finding import Path

UNPRIVILEGED_PORT_START = "net.ipv4.ip_unprivileged_port_start"
"""The sysctl with the first port that processes may listen on without a capability. CRI-O leaves it at the kernel's 1024."""
_PORT_DIGITS = 5

_SAFE = (
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, UNPRIVILEGED_PORT_START),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (34, "net.ipv4.ip_local_reserved_ports"),
    (34, "net.ipv4.tcp_rmem"),
    (34, "net.ipv4.tcp_wmem"),
)


@lru_cache
def safe(minor: int) -> frozenset[str]:
    """Return the sysctls that the OpenShift release with Kubernetes 1.`minor` considers safe, on the kernel of its nodes."""
    return frozenset(name for since, name in _SAFE if minor >= since)


def first_open_port(spec: Mapping[str, Any]) -> int:
    """Return the first port that a process of a pod may listen on without a capability."""
    sysctls = {each.get("name"): str(each.get("value")) for each in (spec.get("securityContext") or {}).get("sysctls") or ()}
    first = sysctls.get(UNPRIVILEGED_PORT_START, "")
    return int(first) if first.isdecimal() and len(first) <= _PORT_DIGITS else 1024


def validate(provider: Provider, sysctls: Sequence[Mapping[str, Any]], at: Path) -> list[FieldError]:
    """Return the errors of the pod's `sysctls`, a list at the path `at`."""
    errors: list[FieldError] = []
    wording = provider.wording
    forbidden, let_through = matcher(provider.scc.forbidden_sysctls), matcher(provider.scc.allowed_unsafe_sysctls)
    allowed = ", ".join((*provider.scc.allowed_unsafe_sysctls, "the safe sysctls"))
    for index, sysctl in enumerate(sysctls):
        name = sysctl.get("name") or ""
        where = Where(wording, wording.sysctl.format(index), (*at, index, "name"))
        if forbidden(name):
            errors.append(where.forbidden(f"sysctl {wording.quote(name)} is not allowed", "a sysctl not forbidden", value=name))
        elif name not in safe(provider.minor) and not let_through(name):
            errors.append(where.forbidden(f"unsafe sysctl {wording.quote(name)} is not allowed", allowed, value=name))
    return errors


@lru_cache
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a pattern is the name, or with its trailing `*` a prefix of it."""
    names = frozenset(pattern for pattern in patterns if not pattern.endswith("*"))
    prefixes: list[str] = []
    for prefix in sorted(pattern[:-1] for pattern in patterns if pattern.endswith("*")):
        if not prefixes or not prefix.startswith(prefixes[-1]):
            prefixes.append(prefix)

    def matches(name: str) -> bool:
        # None of the prefixes begins with another, so the only one that can fit is the last before the name.
        before = bisect_right(prefixes, name)
        return name in names or (before > 0 and name.startswith(prefixes[before - 1]))

    return matches
