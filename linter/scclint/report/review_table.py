"""`scclint review` as a table: CSV for other programs, Markdown for a page, and HTML for a browser or for print."""

import csv
import io
from collections.abc import Iterator, Sequence

from scclint.outcome.rows import WorkloadRow
from scclint.report.html_page import TableBody, TableCell, render
from scclint.report.markdown import from_template
from scclint.report.review import (
    OF_POD,
    TITLES,
    SharedVerdict,
    markdown_table,
    named,
    shared_verdicts,
    table_rows,
    totals_words,
)
from scclint.report.text import line_place, visible_line
from scclint.text import listed

_FORMULA = ("=", "+", "-", "@", "\t")


def render_csv(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> str:
    """A line for each container with all columns filled in, and the file, line and units of its workload."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("file", "line", "units", "release", "workload", *(title.lower() for title in TITLES), *columns))
    many = len({row.release for row in rows}) > 1
    for row in rows:
        lines = table_rows(row, columns)
        name = named(row, row.openshift if many else "")
        for line in lines:
            cells = [text for text, _ in (*lines[0][:OF_POD], *line[OF_POD:])]
            start = (visible_line(row.place.file), str(row.place.line), visible_line(row.unit), row.openshift, name)
            writer.writerow([inert(text) for text in (*start, *cells)])
    return out.getvalue()


def inert(text: str) -> str:
    """Return a cell as text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) and len(text) > 1 else text


def render_markdown(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> str:
    """A heading with the totals, and the table."""
    return from_template("review", totals=totals_words(rows), **markdown_table(rows, columns))


def render_html(rows: Sequence[WorkloadRow], columns: Sequence[str]) -> str:
    """A page with the totals, and a table with a row for each container. Its columns for commands on a node are left out."""
    table = _workload_table(rows, columns)
    return render("review", lead=totals_words(rows), wide=bool(columns), **table)


_OF_PAGE = TITLES.index("Seccomp")
"""How many columns a page shows. The others are for commands on a node."""


def _workload_table(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> dict[str, object]:
    """Return the titles of a table of workloads, and its rows, the worst first."""
    bodies = []
    for verdict in sorted(shared_verdicts(rows, columns), key=_rank):
        row = verdict.row
        problem = any(tone == "error" for line in verdict.lines for _, tone in line)
        notes = [f"in {visible_line(listed(verdict.titles))}"] if verdict.titles else []
        notes += [f"on {listed(verdict.releases)}"] if verdict.releases else []
        lines = list(_lines(verdict, (*TITLES[:_OF_PAGE], *columns)))
        at = line_place(row.place.file, row.place.line)
        bodies.append(TableBody(lines, named(row), at, "problem" if problem else "fine", notes))
    return {"titles": ("Workload", *TITLES[:_OF_PAGE], *columns), "workloads": bodies}


def _rank(verdict: SharedVerdict) -> tuple[int, int]:
    """The worst first: rejected, unconfined, unknown, and then by how lax the SCC is."""
    row = verdict.row
    if row.result == "rejected":
        return 0, 0
    if row.unconfined:
        return 1, -row.points
    return (2, 0) if row.result == "unknown" else (3, -row.points)


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
