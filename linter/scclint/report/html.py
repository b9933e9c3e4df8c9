"""The `html` format of `check`: the findings by rule, the verdict of each workload, and who may use which SCC."""

from collections.abc import Iterable, Iterator, Sequence

from scclint.finding import Finding
from scclint.outcome.rows import WorkloadRow
from scclint.report.full import remarks_of, suppressed_words
from scclint.report.help_address import help_addresses
from scclint.report.html_grants import graphs
from scclint.report.html_page import Choice, TableBody, TableCell
from scclint.report.html_page import render as page
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.review import OF_POD, TITLES, SharedVerdict, named, shared_verdicts
from scclint.report.sanitize import visible_line
from scclint.report.snippet import snippet
from scclint.report.summary import (
    by_rule,
    by_severity,
    diagnostics,
    findings_summary,
    judged_summary,
    line_place,
    place,
    units_phrase,
)
from scclint.run.report import Report
from scclint.text import listed

_MOST_OPEN = 200
"""Findings that are shown without a click. The rules of a page with more are folded."""

_FEW_NOTICES = 4
"""Notices that are shown without a click. A repository of many units has dozens, and they are not what the page is about."""

_OF_PAGE = TITLES.index("Seccomp")
"""How many columns a page shows. The others are for commands on a node."""


def render(report: Report, options: Options) -> str:
    """Return the page."""
    findings = tuple(finding for finding in report.findings if options.shows(finding))
    units = Choice("unit", "Unit", {unit.name: unit.title for unit in report.units})
    notices = diagnostics(report)
    return page(
        "check",
        units,
        lead=findings_summary(report, options),
        judged=judged_summary(report),
        paths=", ".join(map(visible_line, options.paths)),
        notices=notices,
        folded=len(notices) > _FEW_NOTICES and not report.failed,
        severities=by_severity(findings),
        rules=list(_rules(findings, report, units)),
        opened=len(findings) <= _MOST_OPEN,
        table=workload_table([row for rows in report.outcomes.values() for row in rows], choice=units),
        graphs=graphs(report, units),
        units=units,
    )


def workload_table(rows: Sequence[WorkloadRow], columns: Sequence[str] = (), choice: Choice | None = None) -> dict[str, object]:
    """Return the titles of a table of workloads, its rows, and how many workloads it has that are rejected or unconfined."""
    bodies = []
    for verdict in shared_verdicts(rows, columns):
        row = verdict.row
        problem = any(tone == "error" for line in verdict.lines for _, tone in line)
        classes = f"{'problem' if problem else 'fine'} {choice.classes(verdict.units) if choice else ''}".strip()
        notes = [f"in {visible_line(listed(verdict.titles))}"] if verdict.titles else []
        notes += [f"on {listed(verdict.releases)}"] if verdict.releases else []
        lines = list(_lines(verdict, (*TITLES[:_OF_PAGE], *columns)))
        at = line_place(row.place.file, row.place.line)
        bodies.append(TableBody(lines, named(row.outcome.workload), at, classes, notes))
    problems = sum(body.classes.startswith("problem") for body in bodies)
    return {"titles": ("Workload", *TITLES[:_OF_PAGE], *columns), "workloads": bodies, "problems": problems}


def _lines(verdict: SharedVerdict, titles: Sequence[str]) -> Iterator[Sequence[TableCell]]:
    """Yield the cells of each container. Of a workload that is not admitted, there is the reason instead."""
    row = verdict.row
    if row.result in ("rejected", "unknown"):
        scc = TableCell("SCC", row.scc or ("none" if row.result == "rejected" else "unknown"))
        tone = "reason" if row.result == "rejected" else "quiet"
        yield scc, TableCell("Reason", f"{row.result}: {visible_line(row.why)}", tone, columns=len(titles) - 1)
        return
    for number, line in enumerate(verdict.lines):
        of_page = (*line[:_OF_PAGE], *line[len(TITLES) :])
        cells = [TableCell(title, *cell) for title, cell in zip(titles, of_page, strict=True)]
        pod = [cell._replace(rows=len(verdict.lines)) for cell in cells[:OF_POD]]
        yield [*(pod if number == 0 else ()), *cells[OF_POD:]]


def _rules(findings: Sequence[Finding], report: Report, units: Choice) -> Iterator[dict[str, object]]:
    """Yield each rule with its findings, the most severe first, and of these the most frequent."""
    lines, phrase, pages = SourceLines(report.texts), units_phrase(report), help_addresses(report.rules)
    titles = {rule.id: rule.title for rule in report.rules}

    def classes(same: Iterable[Finding]) -> str:
        names = [finding.units for finding in same]
        return units.classes(name for some in names for name in some) if all(names) else ""

    for same in sorted(by_rule(findings), key=lambda same: same[0].severity.rank):
        first = same[0]
        yield {
            "id": f"{visible_line(first.rule_id)}-{first.severity.value}",
            "first": first,
            "title": titles.get(first.rule_id, ""),
            "page": pages.get(first.rule_id, ""),
            "classes": f"rule {first.severity.value} {classes(same)}".strip(),
            "findings": [
                {**_finding(finding, lines, phrase(finding)), "classes": f"finding {classes([finding])}".strip()}
                for finding in same
            ],
        }


def _finding(finding: Finding, lines: SourceLines, units: str) -> dict[str, object]:
    message, *remarks = remarks_of(finding, units)
    region = lines.region(finding.span)
    return {
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
