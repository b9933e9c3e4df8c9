"""The `sonarqube` format: generic issues, which SonarQube 10.3 and later and SonarQube Cloud import.

Source: docs.sonarsource.com, "Generic issue import format". One entry that SonarQube finds invalid ends the whole analysis.
"""

from collections.abc import Mapping
from html import escape

from scclint.causes.consequences import related_places
from scclint.finding import Finding, Severity
from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.paths import RepositoryPaths
from scclint.report.text import Json, SourceLines, one_line, present, rows, sentences, visible_line
from scclint.rule import AnyRule
from scclint.run.report import Report
from scclint.source import Span

_IMPACTS = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.INFO: "LOW"}
"""Releases before 10.8 know no other words."""


def render(report: Report, options: Options) -> str:
    """Return one JSON object with the rules that have findings, and an issue for each finding. Paths start at the repository's root."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    by_id, pages = {rule.id: rule for rule in report.rules}, help_addresses(report.rules)
    rules: dict[str, Json] = {}
    for finding in sorted(findings, key=lambda finding: finding.severity.rank):
        if finding.rule_id not in rules:
            rules[finding.rule_id] = _rule(finding, by_id.get(finding.rule_id), pages.get(finding.rule_id, ""))
    places = _Places(SourceLines(report.texts), RepositoryPaths())
    issues = [_issue(finding, places, pages) for finding in findings]
    return f'{{"rules":[{rows(rules[rule] for rule in sorted(rules))}],\n"issues":[{rows(issues)}]}}\n'


def _rule(worst: Finding, rule: "AnyRule | None", page: str) -> Json:
    """A rule, as severe as the most severe of its findings: an issue has no severity of its own."""
    title = rule.title if rule else worst.rule_name
    security = rule is not None and rule.security_severity is not None
    return {
        "id": worst.rule_id,
        "name": one_line(title),
        "description": escape(sentences(title, f"See {page}" if page else ""), quote=False),
        "engineId": "scclint",
        "cleanCodeAttribute": "TRUSTWORTHY" if security else "LOGICAL",
        "impacts": [
            {"softwareQuality": "SECURITY" if security else "RELIABILITY", "severity": _IMPACTS[worst.severity]},
        ],
    }


def _issue(finding: Finding, places: "_Places", pages: Mapping[str, str]) -> Json:
    related = [
        places.location(place.span, one_line(place.message) or finding.rule_name)
        for place in related_places(finding)
        if place.span.file and place.span.line > 0
    ]
    primary = places.location(finding.span, brief(finding, pages).text)
    return {"ruleId": finding.rule_id, "primaryLocation": primary, **present(secondaryLocations=related)}


class _Places:
    """Turns spans into locations. Columns count UTF-16 code units from 0."""

    def __init__(self, lines: SourceLines, paths: RepositoryPaths) -> None:
        self._lines = lines
        self._paths = paths

    def location(self, span: Span, message: str) -> Json:
        """The region of a span, the line if its columns are not known, or the file if the line is not known."""
        place: Json = {"message": message, "filePath": visible_line(self._paths.path(span.file))}
        if span.line > 0:
            region = self._lines.region(span)
            place["textRange"] = {"startLine": region.line, "endLine": region.line}
            start, end = self._lines.utf16(span)
            # SonarQube rejects an empty region. A carriage return alone ends a line for SonarQube, but not for us.
            if region.text is not None and "\r" not in region.text and end is not None and start < end:
                place["textRange"] |= {"startColumn": start - 1, "endColumn": end - 1}
        return place
