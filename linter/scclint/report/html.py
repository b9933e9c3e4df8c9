"""The `html` format: one page without scripts and without anything to load, for a browser or for print."""

from collections.abc import Iterator
from itertools import groupby

from scclint.engine.report import Report
from scclint.finding import Finding, Fix
from scclint.record import record
from scclint.report.full import Remark, remarks_of, suppressed_words
from scclint.report.html_elements import (
    Html,
    checkbox,
    element,
    literal,
    page,
    preformatted,
    problem_filter,
    prose,
    section,
    table,
    table_cell,
    table_row,
    void,
)
from scclint.report.html_filters import Filter
from scclint.report.html_grants import grants
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.review import Row, named, table_rows
from scclint.report.sanitize import visible_line
from scclint.report.snippet import Snippet, snippet
from scclint.report.summary import (
    by_severity,
    diagnostics,
    findings_summary,
    judged_summary,
    line_place,
    place,
    severities,
    units_phrase,
)
from scclint.text import char_width, counted

_FEW_NOTICES = 4
"""Notices that are shown without a click. A repository of many units has dozens, and they are not what the page is about."""

_OF_POD = ("SCC", "Granted to", "Pod Security")
_OF_CONTAINER = ("Container", "Seccomp profile", "Source")
_FIRST_OF_CONTAINER = 4
"""The index of the cell of the container in a `Row`."""


def render(report: Report, options: Options) -> str:
    """Return a page with the summary, the verdict of each workload, and the findings by file."""
    findings = tuple(finding for finding in report.findings if options.shows(finding))
    heading = findings_summary(report, options)
    units = Filter("unit", "Unit", (unit.name for unit in report.units))
    rules = Filter("rule", "Rule", (finding.rule_id for finding in findings))
    chooser = (element("fieldset", element("legend", literal("Filter")), units.control("all units")),) if units.useful else ()
    parts = [
        element(
            "header",
            element("h1", literal("scclint report")),
            element("p", literal(heading), class_="lead"),
            element("p", literal(judged_summary(report))),
        ),
        element(
            "main",
            *chooser,
            *_diagnostics(report),
            *_workloads(report, units),
            *_findings(findings, report, units, rules),
            *grants(report, units),
        ),
    ]
    if findings:
        parts.append(element("footer", literal("To read about a rule, run scclint rule with its ID.")))
    return page(f"scclint: {heading}", *parts, style=units.style + rules.style)


def _diagnostics(report: Report) -> Iterator[Html]:
    """The notices and internal errors of the run."""
    if lines := diagnostics(report):
        items = [element("li", prose(line)) for line in lines]
        notes = element("ul", *items)
        if len(items) > _FEW_NOTICES and not report.failed:
            notes = element("details", element("summary", literal(f"{len(items):,} notices")), notes)
        yield section("notices", "Notices", notes)


def _workloads(report: Report, units: Filter) -> Iterator[Html]:
    """The table of verdicts; nothing where the run was not asked for outcomes."""
    if not any(report.outcomes.values()):
        return
    where = tuple(title for title, many in (("Unit", report.units), ("Release", report.outcomes)) if len(many) > 1)
    titles = ("Workload", *where, *_OF_POD, *_OF_CONTAINER)
    groups = _verdicts(report)
    bodies = [_workload(*group, where, units) for group in groups]
    caption = f"SCC, Pod Security level and seccomp profile of {counted(len(groups), 'workload')}"
    yield section(
        "workloads",
        "Workloads",
        problem_filter(),
        table(titles, *bodies, caption=caption),
    )


@record
class WhereJudged:
    """The units and releases that a verdict holds in, and its rows."""

    units: tuple[str, ...]
    releases: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, title: str) -> str:
        """Return the cell of a column."""
        return ", ".join(map(visible_line, self.units if title == "Unit" else self.releases))


def _verdicts(report: Report) -> list[tuple[str, str, list[WhereJudged]]]:
    """The name, place and verdicts of each workload. A verdict that is the same in several units or releases is there once."""
    found: dict[tuple[str, int, int, str], dict[tuple[str, tuple[Row, ...]], list[str]]] = {}
    for release, outcomes in report.outcomes.items():
        for one in outcomes:
            at = (one.place.file, one.place.line, one.place.column, named(one.outcome.workload))
            rows = tuple(table_rows(one.outcome, ""))
            found.setdefault(at, {}).setdefault((one.unit, rows), []).append(release)
    groups = []
    for (file, line, _, name), releases in found.items():
        units: dict[tuple[tuple[str, ...], tuple[Row, ...]], list[str]] = {}
        for (unit, rows), known in releases.items():
            units.setdefault((tuple(known), rows), []).append(unit)
        verdicts = [WhereJudged(tuple(names), known, rows) for (known, rows), names in units.items() if rows]
        groups.append((name, line_place(file, line), verdicts))
    return groups


def _workload(name: str, at: str, verdicts: list[WhereJudged], where: tuple[str, ...], units: Filter) -> Html:
    """The rows of a workload, one for each verdict and container."""
    total = sum(len(verdict.rows) for verdict in verdicts)
    content = (literal(name), void("br"), element("code", literal(at), class_="quiet"))
    cells = [element("th", *content, scope="rowgroup", role="rowheader", rowspan=str(max(total, 1)))]
    lines = []
    for verdict in verdicts:
        rows = verdict.rows
        cells += [table_cell(title, verdict.place(title), "", len(rows)) for title in where]
        pod = rows[0][1:_FIRST_OF_CONTAINER]
        cells += [table_cell(title, *cell, len(rows)) for title, cell in zip(_OF_POD, pod, strict=True)]
        for row in rows:
            container = row[_FIRST_OF_CONTAINER : _FIRST_OF_CONTAINER + len(_OF_CONTAINER)]
            cells += [table_cell(title, *cell) for title, cell in zip(_OF_CONTAINER, container, strict=True)]
            lines.append(table_row(cells))
            cells = []
    fine = not any(tone == "error" for verdict in verdicts for row in verdict.rows for _, tone in row)
    chosen = units.classes(name for verdict in verdicts for name in verdict.units)
    style = f"{'fine' if fine else 'problem'} {chosen}".strip()
    return element("tbody", *(lines or [table_row(cells)]), class_=style, role="rowgroup")


def _findings(findings: tuple[Finding, ...], report: Report, units: Filter, rules: Filter) -> Iterator[Html]:
    """The filters by severity and by rule, and the findings of each file."""
    if not findings:
        return
    lines, phrase = SourceLines(report.texts), units_phrase(report)
    boxes = [
        checkbox(f"show-{severity.value}", f"{severity.value} ({number:,})", checked=True)
        for severity, number in by_severity(findings).items()
    ]
    if rules.useful:
        boxes.append(rules.control("all rules"))
    files = []
    for file, group in groupby(findings, key=lambda finding: finding.span.file):
        same = tuple(group)
        title = element("summary", element("h3", element("code", literal(visible_line(file)))), literal(f" {severities(same)}"))
        articles = [_finding(one, lines, phrase(one), _classes((one,), units, rules)) for one in same]
        style = _classes(same, units, rules)
        files.append(element("details", title, *articles, open="", **({"class": style} if style else {})))
    yield section("findings", "Findings", element("fieldset", element("legend", literal("Show")), *boxes), *files)


def _classes(findings: tuple[Finding, ...], units: Filter, rules: Filter) -> str:
    """The classes by which the filters show or hide findings."""
    named = [] if any(not one.units for one in findings) else [unit for one in findings for unit in one.units]
    return f"{units.classes(named)} {rules.classes(one.rule_id for one in findings)}".strip()


def _finding(finding: Finding, lines: SourceLines, units: str, classes: str) -> Html:
    message, *remarks = remarks_of(finding, units)
    region = lines.region(finding.span)
    source = snippet(region)
    severity = element("span", literal(finding.severity.value), class_="severity")
    rule = literal(f" {finding.rule_id} {finding.rule_name}{suppressed_words(finding)}")
    parts = [
        element("h4", severity, rule),
        element("code", literal(place(finding.span)), class_="quiet"),
        element("p", prose(message.text)),
    ]
    if source:
        parts.append(_source(region.line, source))
    if remarks:
        parts.append(element("ul", *map(_remark, remarks)))
    if finding.fix:
        parts += _diffs(finding.fix, lines)
    return element("article", *parts, class_=f"finding {finding.severity.value} {classes}".strip())


def _source(line: int, source: Snippet) -> Html:
    """A source line with its decisive part marked."""
    start = _index(source.source, source.indent)
    end = max(_index(source.source, source.indent + source.width), start)
    before, marked, after = source.source[:start], source.source[start:end], source.source[end:]
    number = element("span", literal(f"{line} "), class_="number")
    return preformatted(number, literal(before), element("mark", literal(marked)), literal(after))


def _index(text: str, column: int) -> int:
    """Return the index of the character at a terminal column."""
    for index, char in enumerate(text):
        if column <= 0:
            return index
        column -= char_width(char)
    return len(text)


def _remark(remark: Remark) -> Html:
    where = (element("code", literal(remark.where)),) if remark.where else ()
    return element("li", element("b", literal(remark.label)), *where, prose(remark.text), class_=remark.style)


def _diffs(fix: Fix, lines: SourceLines) -> Iterator[Html]:
    """Each edit of a proved fix as a diff."""
    for edit in fix.edits:
        changed = [
            element("ins" if sign == "+" else "del", literal(f"{sign}{visible_line(text)}"))
            for sign, text in lines.changed(edit)
        ]
        yield preformatted(literal(f"{line_place(edit.file, edit.line)}\n"), Html("\n".join(changed)))
