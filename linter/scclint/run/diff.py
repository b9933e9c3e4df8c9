"""What a report says that an earlier state of the same files did not: findings are marked, never dropped."""

from collections.abc import Iterable

from scclint.facts.acceptances import parse
from scclint.facts.difference import difference
from scclint.finding import Finding, Notice, Suppression
from scclint.record import replace
from scclint.run.report import Report

OWNED = "owned"
"""The setting `acceptances` by which a review counts those of the change as well."""

OF_BASE = ("config", "accepted")
"""What suppresses a fact by the settings and acceptances of the base. Comments and annotations may be part of the change."""


def as_after(findings: Iterable[Finding]) -> list[Finding]:
    """Return the facts of the later state in the order in which the difference counts them: those that the base accepts first."""
    return sorted(findings, key=lambda finding: not _is_accepted(finding))


def own_acceptances(before: str, after: str, file: str, *, counted: bool) -> list[Notice]:
    """Return a notice for each acceptance that a change adds. `before` and `after` are the texts of the file, and `counted` if it counts."""
    known = {entry.identity for entry in parse(before, file)}
    later = "" if counted else "; it counts once it is merged"
    new = (entry for entry in parse(after, file) if entry.identity not in known) if after else ()
    return [Notice("note", f"the change itself accepts {entry.words}{later}", file, entry.span.line) for entry in new]


def mark_old(report: Report, base: Report, *, reason: str) -> Report:
    """Return `report` with only those facts live that `base` does not have, wherever they are written.

    A comment or annotation suppresses no fact that is new. What the settings and acceptances of the base suppress stays so.
    """
    new = set(difference(base.findings, as_after(report.findings)).new)
    findings: list[Finding] = []
    notices: dict[Notice, None] = {}
    for finding in report.findings:
        if _is_accepted(finding):
            findings.append(finding)
        elif finding in new:
            if finding.suppression is not None and (span := finding.suppression.span) is not None:
                text = "this suppression is new and counts once it is merged"
                notices[Notice("note", text, span.file, span.line)] = None
            findings.append(replace(finding, suppression=None))
        elif finding.suppression is None:
            findings.append(replace(finding, suppression=Suppression("diff-base", reason)))
        else:
            findings.append(finding)
    return replace(report, findings=tuple(findings), notices=(*report.notices, *notices))


def _is_accepted(finding: Finding) -> bool:
    return finding.suppression is not None and finding.suppression.by in OF_BASE
