"""The `full` format: every finding with its source line, its reasons and its fix."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from scclint.engine.report import Report
from scclint.finding import Finding, Fix, Related
from scclint.record import record
from scclint.report.options import Options
from scclint.report.sanitize import visible, visible_line
from scclint.report.summary import place, units_phrase
from scclint.report.terminal import closing_summary, filters, statistics

if TYPE_CHECKING:
    from scclint.report.lines import SourceLines
    from scclint.report.snippet import Snippet


_LEAST = 40
"""Characters of a source line that even a narrow terminal gets."""

_MOST_CHANGED = 12
"""Lines of a fix that are shown. Longer fixes are rare, and `scclint fix --diff` shows them in full."""


@record
class Remark:
    """One entry below the source line of a finding. `where` and `label` precede it and may be empty."""

    text: str
    where: str = ""
    label: str = ""
    style: str = "note"

    @property
    def lead(self) -> int:
        """The width of what precedes the text."""
        from scclint.text import display_width

        return display_width(self.where + self.label)


@record
class DiffLine:
    """A line that a fix removes (`-`), adds (`+`) or leaves out of the excerpt (` `)."""

    sign: str
    text: str

    @property
    def style(self) -> str:
        return {"-": "error", "+": "help"}.get(self.sign, "quiet")


@record
class FindingView:
    """A finding as the template shows it, all texts safe."""

    place: str
    severity: str
    rule: str
    name: str
    aside: str
    line: int
    snippet: "Snippet | None"
    remarks: tuple[Remark, ...]
    diff: tuple[DiffLine, ...]

    @property
    def margin(self) -> int:
        return len(str(self.line)) if self.snippet else 1


def render(report: Report, options: Options) -> str:
    """The findings in order, a blank line after each, and the summary line. `options.template` has its own layout instead."""
    if options.template is not None:
        from scclint.report.user_template import render as render_template

        return render_template(report, options, options.template)
    findings = [finding for finding in report.findings if options.shows(finding)]
    if not findings:
        return closing_summary(report, options)
    summary = closing_summary(report, options, "\n")
    if options.statistics:
        return statistics(findings, options, several_units=len(report.units) > 1) + summary
    from scclint.report.layout import render as lay_out
    from scclint.report.lines import SourceLines

    lines, units = SourceLines(report.texts), units_phrase(report)
    return lay_out(
        "full",
        filters(options),
        findings=[_view(finding, lines, units(finding), options.width) for finding in findings],
        summary=summary,
    )


def _view(finding: Finding, lines: "SourceLines", units: str, width: int | None) -> FindingView:
    from scclint.report.snippet import snippet

    region = lines.region(finding.span)
    margin = len(f"{region.line} | ")
    return FindingView(
        place(finding.span),
        finding.severity.value,
        finding.rule_id,
        finding.rule_name,
        suppressed_words(finding),
        region.line,
        snippet(region, max(width - margin, _LEAST)) if width else snippet(region),
        tuple(remarks_of(finding, units)),
        tuple(_diff(finding.fix, lines, finding.span.file)) if finding.fix else (),
    )


def _diff(fix: Fix, lines: "SourceLines", here: str) -> Iterator[DiffLine]:
    """The first lines that the fix changes, below the names of their files unless `here`, the finding's file, is the only one."""
    changed = []
    elsewhere = {edit.file for edit in fix.edits} != {here}
    for file, edits in groupby(fix.edits, key=lambda edit: edit.file):
        if elsewhere:
            changed.append(DiffLine(" ", visible_line(file)))
        changed += [DiffLine(sign, visible(text)) for edit in edits for sign, text in lines.changed(edit)]
    yield from changed[:_MOST_CHANGED]
    if len(changed) > _MOST_CHANGED:
        yield DiffLine(" ", f"... and {len(changed) - _MOST_CHANGED} more lines")


def remarks_of(finding: Finding, units: str) -> list[Remark]:
    """Return the message of a finding, and then what explains it and its fix, all safe to show."""
    remarks = [Remark(visible(finding.message))]
    # A chain of grants usually repeats the related places in their order.
    remarks += [_remark(related, "note") for related in finding.related if related not in finding.flow]
    steps = len(finding.flow)
    remarks += [_remark(step, f"step {number}" if steps > 1 else "note") for number, step in enumerate(finding.flow, 1)]
    if finding.releases:
        remarks.append(Remark(f"holds for {', '.join(finding.releases)}", label="note: "))
    if units:
        remarks.append(Remark(visible_line(units), label="note: "))
    remarks += [Remark(visible(note), label="note: ") for note in finding.notes]
    if finding.settle:
        remarks.append(Remark(visible(finding.settle), label="help: ", style="help"))
    if finding.fix:
        remarks.append(
            Remark(visible(f"{finding.fix.title} {finding.fix.effect}"), label=f"{finding.fix.kind}: ", style="help")
        )
    if finding.no_fix:
        remarks.append(Remark(visible(f"no fix is proved: {finding.no_fix}"), label="note: "))
    return remarks


def _remark(related: Related, label: str) -> Remark:
    where = place(related.span)
    return Remark(visible(related.message), f"{where}: " if where else "", f"{label}: ")


def suppressed_words(finding: Finding) -> str:
    """Return what suppresses a finding, in parentheses and safe to show; empty if nothing does."""
    suppression = finding.suppression
    if suppression is None:
        return ""
    reason = f": {visible_line(suppression.reason)}" if suppression.reason else ""
    return f" (suppressed by {suppression.by}{reason})"
