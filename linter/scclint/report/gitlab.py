"""The `gitlab` format: a Code Quality report for merge requests."""

from scclint.facts.keys import fingerprints
from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.paths import RepositoryPaths
from scclint.report.text import rows, visible_line
from scclint.run.report import Report

_SEVERITIES = {"error": "major", "warning": "minor", "access": "major", "gap": "info", "advice": "info"}
"""The severity for each kind of fact, and for problems each severity."""


def render(report: Report, options: Options) -> str:
    """A JSON array, one finding a line. GitLab does not show `check_name`, so the description repeats the rule."""
    paths, pages = RepositoryPaths(), help_addresses(report.rules)
    issues = [
        {
            "description": f"{finding.rule_id} {finding.rule_name}: {brief(finding, pages).text}",
            "check_name": finding.rule_id,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.heading],
            "location": {
                "path": visible_line(paths.path(finding.span.file)),
                "lines": {"begin": max(finding.span.line, 1)},
            },
        }
        for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
        if options.shows(finding)
    ]
    return f"[{rows(issues)}]\n"
