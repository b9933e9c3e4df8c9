"""The `rdjson` format: reviewdog's diagnostics. Paths are as the user wrote them, as reviewdog resolves them itself."""

from collections.abc import Mapping
from typing import Any

from scclint.about import SITE
from scclint.causes.consequences import related_places
from scclint.finding import Finding, Severity
from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.text import SourceLines, dump, present, rows, visible, visible_line
from scclint.run.report import Report
from scclint.source import Span

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, options: Options) -> str:
    """One JSON object, one diagnostic a line. Columns count UTF-8 bytes from 1."""
    lines, pages = SourceLines(report.texts), help_addresses(report.rules)
    diagnostics = [_diagnostic(finding, lines, pages) for finding in report.findings if options.shows(finding)]
    return f'{{"source":{dump({"name": "scclint", "url": SITE})},"diagnostics":[{rows(diagnostics)}]}}\n'


def _diagnostic(finding: Finding, lines: SourceLines, pages: Mapping[str, str]) -> dict[str, Any]:
    related = [
        {"message": visible(related.message), "location": _location(related.span, lines)}
        for related in related_places(finding)
        if related.span.file
    ]
    suggestion = _suggestion(finding, lines)
    return {
        "message": brief(finding, pages).text,
        "location": _location(finding.span, lines),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule_id, **present(url=pages.get(finding.rule_id))},
        **present(relatedLocations=related, suggestions=[suggestion] if suggestion else []),
    }


def _suggestion(finding: Finding, lines: SourceLines) -> dict[str, Any] | None:
    """The fix as the one range of lines that a code host takes; None if it changes several places, or another file."""
    if finding.fix is None or len(finding.fix.edits) != 1 or finding.fix.edits[0].file != finding.span.file:
        return None
    whole = lines.whole_lines(finding.fix.edits[0])
    if whole is None:
        return None
    # Without columns a range is made of whole lines, whose last line end is not part of the text.
    text = whole.text.removesuffix("\n").removesuffix("\r")
    return {"range": {"start": {"line": whole.first}, "end": {"line": whole.last}}, "text": text}


def _location(span: Span, lines: SourceLines) -> dict[str, Any]:
    line = lines.region(span).line
    start, end = lines.utf8(span)
    extent = {"start": {"line": line, "column": start}, **present(end=end and {"line": line, "column": end})}
    return {"path": visible_line(span.file), "range": extent}
