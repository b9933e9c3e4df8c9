"""The `markdown` format: a summary for a pull request or a job page, within the length of one comment."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from scclint.engine.report import Report
from scclint.finding import Finding, Fix, Severity
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.paths import RepositoryPaths
from scclint.report.sanitize import one_line, visible_line
from scclint.report.summary import crash_label, findings_summary, judged_summary, line_place, severities, units_phrase
from scclint.text import counted, listed

LONGEST = 60_000
"""GitHub refuses comments beyond 65,536 characters."""

_OPEN_FILES = 5
_GAP = "\u200b"
_MARKUP = re.compile(rf"[\\`*_\[\]|~$<>&{_GAP}]")
_REFERENCE = re.compile(
    r"([@#]|[!$&](?=\d)|[~%](?=[\w\"])|:(?=//)"
    r"|\b(?:www(?=\.)|GH(?=-)|(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{6}(?=[0-9a-f]+\b)))",
    re.IGNORECASE,
)
"""What code hosts link once Markdown is done, when escapes are gone; an unseen gap holds."""

_REVIEW = ("Workload", "SCC", "Granted to", "Pod Security", "Container", "Profile", "Source", "Seccomp", "crictl")

_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.INFO: "🔵"}


def render(report: Report, options: Options) -> str:
    """A heading, what became of the input, a collapsible table of findings a file, and one of every workload's verdict."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    parts = [f"## scclint: {findings_summary(report, options)}\n\n{prose(judged_summary(report))}\n"]
    parts += [
        f"\n> {notice.level}: {f'{code(notice.file)}: ' if notice.file else ''}{prose(notice.message)}\n"
        for notice in report.notices
    ]
    parts += [f"\n> internal error: {prose(crash_label(crash))}: {prose(crash.error)}\n" for crash in report.crashes]
    if options.statistics and findings:
        parts.append("\n" + _statistics(findings))
    review = _review(report)
    room = LONGEST - sum(map(len, parts)) - len(review)
    parts += [] if options.statistics else _findings(findings, SourceLines(report.texts), units_phrase(report), options, room)
    parts.append(review)
    return "".join(parts)


def _findings(
    findings: list[Finding], lines: SourceLines, units: Callable[[Finding], str], options: Options, room: int
) -> Iterator[str]:
    """The tables of the files, in `room` characters."""
    paths = RepositoryPaths()
    groups = [(paths.path(file), list(group)) for file, group in groupby(findings, key=lambda f: f.span.file)]
    tables = [(*_table(file, group, units), _fixes(file, group, lines)) for file, group in groups]
    is_open = len(tables) <= _OPEN_FILES
    sections = [
        f"\n<details{' open' if is_open else ''}><summary>{title}</summary>\n\n{rows}{fixes}\n</details>\n"
        for title, rows, fixes in tables
    ]
    shown = within(sections, room)
    yield from shown
    if left_out := len(sections) - len(shown):
        yield f"\nThe findings of {counted(left_out, 'more file')} are left out for length.\n"


def within(parts: Iterable[str], room: int) -> list[str]:
    """Return the first parts of a text, as many as `room` characters hold."""
    shown = []
    for part in parts:
        room -= len(part)
        if room < 0:
            break
        shown.append(part)
    return shown


def _fixes(file: str, findings: list[Finding], lines: SourceLines) -> str:
    """The proved fixes as diffs, each once with the rules whose findings it removes."""
    rules: dict[Fix, dict[str, None]] = {}
    for finding in findings:
        if finding.fix:
            rules.setdefault(finding.fix, {})[finding.rule_id] = None
    return "".join(_diff(file, fix, tuple(ids), lines) for fix, ids in rules.items())


def _diff(file: str, fix: Fix, rules: tuple[str, ...], lines: SourceLines) -> str:
    shown = [f"{sign}{visible_line(text)}" for edit in fix.edits for sign, text in lines.changed(edit)]
    fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall("`+", line)), default=0))
    first = fix.edits[0]
    place = f"line {first.line}" if first.file == file else line_place(first.file, first.line)
    head = f"**{prose(fix.kind)}** of {prose(listed(rules))}, {place}: {prose(fix.title)} {prose(fix.effect)}"
    return f"\n{head}\n\n{fence}diff\n" + "\n".join(shown) + f"\n{fence}\n"


def _review(report: Report) -> str:
    """The table of `scclint review`, in a third of the whole at most; empty where the run was not asked for it."""
    if not any(report.outcomes.values()):
        return ""
    from scclint.report.review import Row, in_units, named, table_rows

    many, several = len(report.outcomes) > 1, len(report.units) > 1
    # A workload without a verdict for a release is missing in that release.
    workloads: dict[tuple[str, int, int, str], dict[tuple[Row, ...], list[str]]] = {}
    for release, outcomes in report.outcomes.items():
        for one in outcomes:
            at = (one.place.file, one.place.line, one.place.column, named(one.outcome.workload))
            rows = tuple(table_rows(one.outcome, release if many else ""))
            workloads.setdefault(at, {}).setdefault(rows, []).append(one.unit)
    lines = []
    for same in workloads.values():
        for rows, units in same.items():
            for number, ((name, _), *cells) in enumerate(rows):
                first = in_units(name, units) if several and not number else name
                lines.append("| " + " | ".join(map(prose, (first, *(text for text, _ in cells)))) + " |\n")
    shown = within(lines, LONGEST // 3)
    titles = f"| {' | '.join(_REVIEW)} |\n{'|---' * len(_REVIEW)}|\n"
    more = f"\n{counted(len(lines) - len(shown), 'more line')} left out for length.\n" if len(shown) < len(lines) else ""
    summary = f"SCC and seccomp profile of {counted(len(workloads), 'workload')}"
    return f"\n<details><summary>{summary}</summary>\n\n{titles}{''.join(shown)}{more}\n</details>\n"


def _statistics(findings: list[Finding]) -> str:
    """How often each rule was broken, the most frequent first."""
    counts = Counter((f.rule_id, f.rule_name, f.severity) for f in findings)
    rows = ["| Findings | | Rule |", "|---:|---|---|"]
    for (rule, name, severity), number in sorted(counts.items(), key=lambda row: (-row[1], row[0][0], row[0][2].rank)):
        rows.append(f"| {number:,} | {_SIGNS[severity]} {severity.value} | {prose(rule)} {code(name)} |")
    return "\n".join(rows) + "\n"


def prose(text: str) -> str:
    """Return foreign text on one line, literally: without markup, HTML, table cells, links, mentions or issue references."""
    return _entities(_REFERENCE.sub(f"\\1{_GAP}", one_line(text)))


def code(text: str) -> str:
    """Text of others as inline code. A code span would not do: in a table a backslash before a pipe ends its cell."""
    return f"<code>{_entities(visible_line(text))}</code>"


def _entities(text: str) -> str:
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def _table(file: str, findings: list[Finding], units: Callable[[Finding], str]) -> tuple[str, str]:
    title = f"{code(file)}: {severities(tuple(findings))}"
    rows = ["| | Line | Rule | Finding |", "|---|---:|---|---|"]
    for finding in findings:
        what = prose(finding.message) + (f"<br>{prose(finding.settle)}" if finding.settle else "")
        if where := units(finding):
            what += f"<br>{prose(where)}"
        if finding.suppression:
            what = f"*Suppressed by {prose(finding.suppression.by)}.* {what}"
        rule = f"{prose(finding.rule_id)} {code(finding.rule_name)}"
        rows.append(f"| {_SIGNS[finding.severity]} {finding.severity.value} | {max(finding.span.line, 1)} | {rule} | {what} |")
    return title, "\n".join(rows) + "\n"
