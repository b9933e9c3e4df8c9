"""The `markdown` format: a summary for a pull request or a job page, within the length of one comment."""

import re
from itertools import groupby

from scclint.finding import Finding, Report, Severity
from scclint.report.options import Options
from scclint.report.paths import RepositoryPaths
from scclint.report.summary import counted, judged, severities, verdict
from scclint.report.visible import one_line, visible_line

_LONGEST = 60_000
"""GitHub refuses comments beyond 65,536 characters."""

_OPEN_FILES = 5
_GAP = "\u200b"
_MARKUP = re.compile(rf"[\\`*_\[\]|~$<>&{_GAP}]")
_REFERENCE = re.compile(r"([@#]|:(?=//)|\b(?:www(?=\.)|GH(?=-)))", re.IGNORECASE)
"""What code hosts link once Markdown is done, when escapes are gone; an unseen gap holds."""

_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.INFO: "🔵"}


def render(report: Report, options: Options) -> str:
    """A heading, what became of the input, and a collapsible table of findings a file."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    parts = [f"## scclint: {verdict(report, options)}\n\n{prose(judged(report))}\n"]
    parts += [f"\n> {notice.level}: {_notice(notice.file)}{prose(notice.message)}\n" for notice in report.notices]
    parts += [f"\n> internal error: rule {code(crash.rule_id)}: {prose(crash.error)}\n" for crash in report.crashes]
    paths = RepositoryPaths(options.root)
    tables = [_table(paths.path(file), list(group)) for file, group in groupby(findings, key=lambda f: f.span.file)]
    is_open = len(tables) <= _OPEN_FILES
    room = _LONGEST - sum(map(len, parts))
    for number, (title, rows) in enumerate(tables):
        section = f"\n<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{rows}\n</details>\n"
        room -= len(section)
        if room < 0:
            parts.append(f"\nThe findings of {counted(len(tables) - number, 'more file')} are left out for length.\n")
            break
        parts.append(section)
    return "".join(parts)


def prose(text: str) -> str:
    """Text of others, on one line, shown literally: no markup, HTML, table cells, links, mentions or issue references."""
    return _entities(_REFERENCE.sub(f"\\1{_GAP}", one_line(text)))


def code(text: str) -> str:
    """Text of others as inline code. A code span would not do: in a table a backslash before a pipe ends its cell."""
    return f"<code>{_entities(visible_line(text))}</code>"


def _entities(text: str) -> str:
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def _notice(file: str) -> str:
    return f"{code(file)}: " if file else ""


def _table(file: str, findings: list[Finding]) -> tuple[str, str]:
    title = f"{code(file)}: {severities(tuple(findings))}"
    rows = ["| | Line | Rule | Finding |", "|---|---:|---|---|"]
    for finding in findings:
        what = prose(finding.message) + (f"<br>{prose(finding.settle)}" if finding.settle else "")
        if finding.suppression:
            what = f"*Suppressed by {prose(finding.suppression.by)}.* {what}"
        rule = f"{prose(finding.rule_id)} {code(finding.rule_name)}"
        rows.append(f"| {_SIGNS[finding.severity]} {finding.severity.value} | {max(finding.span.line, 1)} | {rule} | {what} |")
    return title, "\n".join(rows) + "\n"
