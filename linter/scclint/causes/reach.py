"""How far a cause reaches, and the order in which people read causes: the widest first."""

from collections.abc import Iterable

from scclint.finding import Finding, Severity

CLUSTER, NODE, REJECTED, UNCONFINED, WIDER, REST = range(6)
"""What a cause gives away or breaks, the widest first: rights of the cluster, the node, a workload that is rejected, a container
without a seccomp profile, an SCC or right that is wider than used, and the rest."""
REACHES = ("cluster", "node", "rejected", "unconfined", "wider", "other")
"""The word for each."""

REJECTS_PODS = ("SCC101", "SCC105", "SEC206", "PSA501", "PSA505", "PSA507")
"""The rules about workloads whose pods the cluster rejects."""
RUNS_UNCONFINED = ("SEC201", "SEC202", "SEC203")
"""The rules about containers that run without a seccomp profile."""

_REACH = {
    **dict.fromkeys(("RBA401", "RBA406", "RBA407", "SCC306", "SCC307"), CLUSTER),
    **dict.fromkeys(("SCC102", "SCC116", "RBA402", "RBA409"), NODE),
    **dict.fromkeys((*REJECTS_PODS, "SCC111", "SCC112", "SEC212", "MAN001", "MAN002"), REJECTED),
    **dict.fromkeys((*RUNS_UNCONFINED, "SCC301", "SCC303"), UNCONFINED),
    **dict.fromkeys(("SCC103", "SCC104", "SCC107", "SCC110", "SCC312", "RBA403", "RBA405", "RBA408", "RBA410"), WIDER),
}
"""The reach of each rule. One that is not named, such as a rule of others, is of the rest."""


def reach(finding: Finding) -> int:
    """Return how far a finding reaches, the smaller the further."""
    return _REACH.get(finding.rule_id, REST)


def widest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order in which people read them. Equals stay in their order."""
    return sorted(findings, key=by_reach)


def by_reach(finding: Finding) -> tuple[bool, int, int]:
    """Return the key of the order in which people read findings: what is of severity info comes last."""
    return finding.severity is Severity.INFO, reach(finding), finding.severity.rank
