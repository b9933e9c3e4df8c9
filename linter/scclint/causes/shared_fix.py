"""Problems that one proved change fixes: they are one cause, such as the workloads of a chart without its switch for OpenShift."""

from collections.abc import Sequence

from scclint.causes.join import hidden_by
from scclint.causes.reach import REJECTS_PODS, UNCONFINED_BY_DEFAULT, widest_first
from scclint.finding import Finding, Fix, TextEdit
from scclint.record import grouped, replace
from scclint.run.report import Report
from scclint.text import and_more, counted

_BECOMES = {**dict.fromkeys(REJECTS_PODS, "is rejected"), UNCONFINED_BY_DEFAULT: "runs unconfined"}
"""What is said of a workload with a finding of these rules."""
_BECOME = {"is rejected": "are rejected", "runs unconfined": "run unconfined"}
_SETTLED = {"is rejected": "The cluster then admits their pods.", "runs unconfined": "They then run with a profile."}


def joined_by_fix(report: Report) -> Report:
    """Return the report in which problems that the same edits fix are suppressed by the one of widest reach, which lists them."""
    groups = grouped((edits, finding) for finding in report.problems if (edits := _edits(finding)))
    shown: dict[Finding, Finding] = {}
    for group in groups.values():
        first, *others = widest_first(group)
        if others:
            shown[first] = _of_all(first, others)
            shown |= {other: hidden_by(first, other) for other in others}
    return replace(report, findings=tuple(shown.get(finding, finding) for finding in report.findings)) if shown else report


def _edits(finding: Finding) -> tuple[TextEdit, ...]:
    return finding.first_fix.edits if finding.first_fix else ()


def _of_all(first: Finding, others: Sequence[Finding]) -> Finding:
    """Return a finding that stands for others with the same fix, in words for all of their workloads if there are several."""
    lines = [*first.others, *(line for other in others for line in (other, *other.others))]
    found = replace(first, others=tuple(widest_first(lines)))
    becomes = _BECOMES.get(first.rule_id, "")
    objects = dict.fromkeys(f.subject.label for f in (first, *lines) if _BECOMES.get(f.rule_id) == becomes)
    if not becomes or len(objects) < 2:
        return found
    assert first.fix is not None
    without = f" without {first.fix.switch}" if first.fix.switch else ""
    return replace(
        found,
        message=f"{counted(len(objects), 'workload')} {_BECOME[becomes]}{without}",
        notes=(and_more(objects, 3), *first.notes),
        fix=_for_all(first.fix, becomes),
    )


def _for_all(fix: Fix, becomes: str) -> Fix:
    return replace(fix, effect=_SETTLED[becomes]) if fix.switch else fix
