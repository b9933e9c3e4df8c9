"""The `concise` format: `path:line:col: ID message`, one line a finding, as editors and problem matchers read it."""

from typing import NamedTuple

from scclint.engine.report import Report
from scclint.finding import Finding
from scclint.report.options import Options
from scclint.report.sanitize import one_line
from scclint.report.summary import place, units_phrase
from scclint.report.terminal import closing_summary, filters, statistics


class Row(NamedTuple):
    """A finding as the template shows it, all texts safe."""

    place: str
    severity: str
    rule: str
    message: str
    aside: str


def render(report: Report, options: Options) -> str:
    """The findings in order and the summary line."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    summary = closing_summary(report, options)
    if not findings:
        return summary
    if options.statistics:
        return statistics(findings, options, several_units=len(report.units) > 1) + summary
    from scclint.report.layout import render as lay_out

    units = units_phrase(report)
    return lay_out(
        "concise", filters(options), findings=[_row(finding, units(finding)) for finding in findings], summary=summary
    )


def _row(finding: Finding, units: str) -> Row:
    message = one_line(finding.message)
    return Row(place(finding.span), finding.severity.value, finding.rule_id, message, _aside(finding, units))


def _aside(finding: Finding, units: str) -> str:
    parts = [", ".join(finding.releases), units.partition(":")[0], "suppressed" if finding.suppression else ""]
    return "".join(f" ({part})" for part in parts if part)
