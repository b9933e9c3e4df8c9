"""The order in which SCCs are tried, and the words for why one comes before another.

Higher priority first, then fewer points (more restrictive), then the name (openshift/apiserver-library-go, util/sort).
"""

from scclint.admission.constraints import (
    MUST_RUN_AS,
    MUST_RUN_AS_NON_ROOT,
    MUST_RUN_AS_RANGE,
    RUN_AS_ANY,
    Constraints,
)

PRIVILEGED = 1_600_000
HOST_PORTS = 800_000
HOST_NETWORK = 400_000
HOST_VOLUMES = 200_000
NON_TRIVIAL_VOLUMES = 100_000
_STRATEGIES = {RUN_AS_ANY: 40_000, MUST_RUN_AS_NON_ROOT: 30_000, MUST_RUN_AS_RANGE: 20_000, MUST_RUN_AS: 10_000}
_TRIVIAL = frozenset(("secret", "configMap", "emptyDir", "downwardAPI", "projected", "none"))
_FORBIDS = (
    (PRIVILEGED, "privileged"),
    (HOST_PORTS, "host ports"),
    (HOST_NETWORK, "host networking"),
    (HOST_VOLUMES, "host volume mounts"),
    (NON_TRIVIAL_VOLUMES, "non-trivial volume mounts"),
)

Key = tuple[int, int, str]


def points(scc: Constraints) -> int:
    """How lax an SCC is, 0 to 3 189 999. The SCC with fewer points is the more restrictive one."""
    total = PRIVILEGED if scc.allow_privileged_container else 0
    if scc.allow_host_ports:
        total += HOST_PORTS
    if scc.allow_host_network:
        total += HOST_NETWORK
    if "hostPath" in scc.volumes or "*" in scc.volumes:
        total += HOST_VOLUMES
    elif not _TRIVIAL.issuperset(scc.volumes):
        total += NON_TRIVIAL_VOLUMES
    return total + _STRATEGIES.get(scc.se_linux_context, 0) + _STRATEGIES.get(scc.run_as_user, 0) + _capability_points(scc)


def _capability_points(scc: Constraints) -> int:
    total = 5000 + 300 * len(scc.default_add_capabilities)
    allowed = {name.upper() for name in scc.allowed_capabilities}
    total += 4000 if allowed & {"*", "ALL"} else 10 * len(scc.allowed_capabilities)
    drops_all = any(name.upper() == "ALL" for name in scc.required_drop_capabilities)
    total -= 3000 if drops_all else 50 * len(scc.required_drop_capabilities)
    return max(0, min(9999, total))


def key(scc: Constraints) -> Key:
    """A sort key: SCCs in the order of their keys are in the order in which admission tries them."""
    return (-scc.priority, points(scc), scc.name)


def why_first(chosen: Constraints, other: Constraints) -> str:
    """Why `chosen` comes before `other`, in the plugin's words: `forbids host ports`, `has higher priority`.

    `chosen` must in fact come first.
    """
    if chosen.priority != other.priority:
        return "has higher priority"
    mine, theirs = points(chosen), points(other)
    if mine == theirs:
        return "ordered by name"
    for weight, what in _FORBIDS:
        if mine < weight <= theirs:
            return f"forbids {what}"
        if mine >= weight and theirs >= weight:
            mine -= weight
            theirs -= weight
    if mine // 10_000 < theirs // 10_000:
        return "permits less runAs strategies"
    return "permits less capabilities"
