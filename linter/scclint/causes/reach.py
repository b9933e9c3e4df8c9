"""The order in which people read causes: what the cluster rejects, what runs without a profile, and the rest."""

from collections.abc import Iterable

from scclint.finding import Finding

REJECTS_PODS = ("SCC101", "SCC105", "SEC206", "PSA501", "PSA505", "PSA507")
"""The rules about workloads whose pods the cluster rejects."""
UNCONFINED_BY_DEFAULT = "SEC201"
"""The rule about containers that run without a seccomp profile that nobody gave up."""

_FIRST = (*REJECTS_PODS, "SCC111", "SEC212", "MAN001", "MAN002")
_THEN = (UNCONFINED_BY_DEFAULT, "SCC301")


def widest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order in which people read them. Equals stay in their order."""
    return sorted(findings, key=by_reach)


def by_reach(finding: Finding) -> tuple[bool, int, int]:
    """Return the key of the order in which people read findings. Advice comes last."""
    within = 2 - 2 * (finding.rule_id in _FIRST) - (finding.rule_id in _THEN)
    return finding.kind == "advice", within, finding.rank
