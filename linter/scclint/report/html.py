"""The `html` format of `check`: the summary, the verdict of each workload, the findings by file, and who may use which SCC."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from scclint.finding import Finding
from scclint.report.full import remarks_of, suppressed_words
from scclint.report.html_grants import graphs
from scclint.report.html_page import Choice, TableBody, TableCell
from scclint.report.html_page import render as page
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.review import Cells, named, table_rows
from scclint.report.sanitize import visible_line
from scclint.report.snippet import snippet
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
from scclint.run.report import Report
from scclint.text import counted

_FEW_NOTICES = 4
"""Notices that are shown without a click. A repository of many units has dozens, and they are not what the page is about."""

_TITLES = ("SCC", "Granted to", "Pod Security", "Container", "Seccomp profile", "Source")
_OF_POD = _TITLES.index("Container")
"""How many columns are about the pod and not about a container."""


def render(report: Report, options: Options) -> str:
    """Return the page."""
    findings = tuple(finding for finding in report.findings if options.shows(finding))
    units = Choice("unit", "Unit", (unit.name for unit in report.units))
    rules = Choice("rule", "Rule", (finding.rule_id for finding in findings))
    where = tuple(title for title, many in (("Unit", report.units), ("Release", report.outcomes)) if len(many) > 1)
    workloads = list(_workloads(report, where, units))
    notices = diagnostics(report)
    return page(
        "check",
        units,
        rules,
        lead=findings_summary(report, options),
        judged=judged_summary(report),
        notices=notices,
        folded=len(notices) > _FEW_NOTICES and not report.failed,
        titles=("Workload", *where, *_TITLES),
        workloads=workloads,
        caption=f"SCC, Pod Security level and seccomp profile of {counted(len(workloads), 'workload')}",
        severities=by_severity(findings),
        files=list(_files(findings, report, units, rules)),
        graphs=graphs(report, units),
        units=units,
        rules=rules,
    )


def _workloads(report: Report, where: tuple[str, ...], units: Choice) -> Iterator[TableBody]:
    """Yield the rows of each workload. A verdict that is the same in several units or releases is there once."""
    workloads: dict[tuple[str, int, int, str], dict[tuple[str, tuple[Cells, ...]], list[str]]] = {}
    for release, outcomes in report.outcomes.items():
        for row in outcomes:
            at = (row.place.file, row.place.line, row.place.column, named(row.outcome.workload))
            rows = tuple(table_rows(row, ""))
            workloads.setdefault(at, {}).setdefault((row.unit, rows), []).append(release)
    for (file, line, _, name), releases in workloads.items():
        verdicts: dict[tuple[str, tuple[Cells, ...]], list[str]] = {}
        for (unit, rows), names in releases.items():
            if rows:
                verdicts.setdefault((", ".join(names), rows), []).append(unit)
        shown = [
            ([TableCell(title, ", ".join(map(visible_line, names)) if title == "Unit" else release) for title in where], rows)
            for (release, rows), names in verdicts.items()
        ]
        classes = units.classes(name for names in verdicts.values() for name in names)
        yield workload_body(name, line_place(file, line), shown, _TITLES, classes)


def workload_body(
    name: str,
    at: str,
    verdicts: Iterable[tuple[Sequence[TableCell], Sequence[Cells]]],
    titles: Sequence[str],
    classes: str = "",
) -> TableBody:
    """Return the rows of a workload, for each of its verdicts one for each container.

    A verdict has the cells that say where it holds, and rows of `scclint.report.review`. `titles` are those of the columns to show.
    """
    lines: list[list[TableCell]] = []
    tones: set[str] = set()
    for where, rows in verdicts:
        tones.update(tone for row in rows for _, tone in row)
        for number, row in enumerate(rows or ((),)):
            cells = [TableCell(title, *cell) for title, cell in zip(titles, row[1:], strict=False)]
            pod = [cell._replace(rows=max(len(rows), 1)) for cell in (*where, *cells[:_OF_POD])]
            lines.append([*(pod if number == 0 else ()), *cells[_OF_POD:]])
    return TableBody(lines or [[]], name, at, f"{'problem' if 'error' in tones else 'fine'} {classes}".strip())


def _files(findings: tuple[Finding, ...], report: Report, units: Choice, rules: Choice) -> Iterator[dict[str, object]]:
    """Yield each file with its findings."""
    lines, phrase = SourceLines(report.texts), units_phrase(report)

    def classes(*some: Finding) -> str:
        names = [unit for finding in some for unit in finding.units] if all(finding.units for finding in some) else []
        return f"{units.classes(names)} {rules.classes(finding.rule_id for finding in some)}".strip()

    for file, group in groupby(findings, key=lambda finding: finding.span.file):
        same = tuple(group)
        shown = [
            {**_finding(one, lines, phrase(one)), "classes": f"finding {one.severity.value} {classes(one)}".strip()}
            for one in same
        ]
        yield {"name": visible_line(file), "severities": severities(same), "classes": classes(*same), "findings": shown}


def _finding(finding: Finding, lines: SourceLines, units: str) -> dict[str, object]:
    message, *remarks = remarks_of(finding, units)
    region = lines.region(finding.span)
    return {
        "finding": finding,
        "aside": suppressed_words(finding),
        "place": place(finding.span),
        "message": message,
        "line": region.line,
        "snippet": snippet(region),
        "remarks": remarks,
        "diffs": [
            {
                "place": line_place(edit.file, edit.line),
                "lines": [(sign, visible_line(text)) for sign, text in lines.changed(edit)],
            }
            for edit in (finding.fix.edits if finding.fix else ())
        ],
    }
