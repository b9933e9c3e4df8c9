"""The `concise` format: `path:line:col: ID message`, one line a finding, as editors and problem matchers read it."""

from scclint.finding import Finding
from scclint.report import Options
from scclint.report.text import closing_summary, one_line, paint, place, units_phrase
from scclint.run.report import Report


def render(report: Report, options: Options) -> str:
    """The findings in order and the summary line."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    summary = closing_summary(report, options)
    units = units_phrase(report)
    return "".join(_line(finding, units(finding), options.color) for finding in findings) + summary


def _line(finding: Finding, units: str, color: bool) -> str:
    parts = [", ".join(finding.releases), units.partition(":")[0], "suppressed" if finding.suppression else ""]
    aside = paint("".join(f" ({part})" for part in parts if part), "quiet", color)
    rule = paint(finding.rule_id, finding.heading, color)
    return f"{paint(place(finding.span), 'place', color)}: {rule} {one_line(finding.message)}{aside}\n"
