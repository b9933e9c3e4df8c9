"""All that is said of a finding, one entry each, for pages that have room for it."""

from scclint.finding import Finding, Related
from scclint.record import record
from scclint.report.text import place, visible, visible_line


@record
class Remark:
    """One entry below the source line of a finding. `where` and `label` precede it and may be empty."""

    text: str
    where: str = ""
    label: str = ""
    style: str = "note"


def remarks_of(finding: Finding, units: str) -> list[Remark]:
    """Return the message of a finding, and then what explains it and its fix, all safe to show."""
    steps, fix = len(finding.flow), finding.fix
    texts = [
        ("note", f"no fix is proved: {finding.no_fix}" if finding.no_fix else ""),
        ("help", finding.help),
        (fix.kind, f"{fix.title} {fix.effect}") if fix else ("", ""),
    ]
    scope_notes = [f"holds for {', '.join(finding.releases)}"] if finding.releases else []
    scope_notes += [visible_line(units)] if units else []
    return [
        Remark(visible(finding.message)),
        *(Remark(visible(note), "", "note: ") for note in (*scope_notes, *finding.notes)),
        # A chain of grants usually repeats the related places in their order.
        *(_remark(related, "note") for related in finding.related if related not in finding.flow),
        *(_remark(step, f"step {number}" if steps > 1 else "note") for number, step in enumerate(finding.flow, 1)),
        *(Remark(visible(text), "", f"{label}: ", "note" if label == "note" else "help") for label, text in texts if text),
    ]


def _remark(related: Related, label: str) -> Remark:
    where = place(related.span)
    return Remark(visible(related.message), f"{where}: " if where else "", f"{label}: ")
