"""The `concise` format: `path:line:col: ID message`, one line a finding, as editors and problem matchers read it."""

from scclint.finding import Finding, Report
from scclint.report.options import Options
from scclint.report.screen import closing, environment, statistics
from scclint.report.summary import place
from scclint.report.visible import one_line


def render(report: Report, options: Options) -> str:
    """The findings in order and the summary line."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    summary = closing(report, options)
    if not findings:
        return summary
    if options.statistics:
        return statistics(findings, options) + summary
    rows = [
        {
            "place": place(finding.span),
            "severity": finding.severity.value,
            "rule": finding.rule_id,
            "message": one_line(finding.message),
            "aside": _aside(finding),
        }
        for finding in findings
    ]
    return environment(options).get_template("concise.j2").render(findings=rows, summary=summary)


def _aside(finding: Finding) -> str:
    parts = [", ".join(finding.releases), "suppressed" if finding.suppression else ""]
    return "".join(f" ({part})" for part in parts if part)
