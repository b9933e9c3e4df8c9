"""`scclint review` as a table: CSV for other programs, Markdown for a page, and HTML for a browser or for print."""

import csv
import io
from collections.abc import Iterator, Sequence

from scclint.outcome.rows import WorkloadRow
from scclint.report.markdown import from_template
from scclint.report.review import Cells, named, rows_with, totals_words
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place

TITLES = ("Workload", "SCC", "Granted to", "Pod Security", "Container", "Profile", "Source", "Seccomp", "crictl")
OF_WORKLOAD = TITLES.index("Container")
"""How many columns are about the whole workload."""
_SHOWN = TITLES.index("Source") + 1
"""How many columns a page shows."""
_FORMULA = ("=", "+", "-", "@", "\t")


def render_csv(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> str:
    """A line for each container with all columns filled in, and the file, line and units of its workload."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("file", "line", "units", "release", *(title.lower() for title in TITLES), *columns))
    for row, lines in _blocks(rows, columns):
        for line in lines:
            cells = [text for text, _ in (*lines[0][:OF_WORKLOAD], *line[OF_WORKLOAD:])]
            start = (visible_line(row.place.file), str(row.place.line), visible_line(row.unit), row.openshift)
            writer.writerow([inert(text) for text in (*start, *cells)])
    return out.getvalue()


def inert(text: str) -> str:
    """Return a cell as text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) and len(text) > 1 else text


def render_markdown(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> str:
    """A heading with the totals, and the table."""
    lines = [[text for text, _ in line] for _, lines in _blocks(rows, columns) for line in lines]
    return from_template("review", totals=totals_words(rows), titles=(*TITLES, *columns), rows=lines)


def render_html(rows: Sequence[WorkloadRow], columns: Sequence[str]) -> str:
    """A page with the totals, and a table with a row for each container. Its columns for commands on a node are left out."""
    from scclint.report.html import workload_body
    from scclint.report.html_page import TableCell, render

    where = tuple(title for title, values in _places(rows) if len(set(values)) > 1)
    titles = (*TITLES[1:_SHOWN], *columns)
    workloads = []
    for row in rows:
        lines = [(*line[:_SHOWN], *line[len(TITLES) :]) for line in rows_with(row, "", columns)]
        cells = [TableCell(title, value) for title, (value,) in _places([row]) if title in where]
        at = line_place(row.place.file, row.place.line)
        workloads.append(workload_body(named(row.outcome.workload), at, [(cells, lines)], titles))
    return render(
        "review",
        lead=totals_words(rows),
        titles=(TITLES[0], *where, *titles),
        workloads=workloads,
        wide=bool(columns),
    )


def _places(rows: Sequence[WorkloadRow]) -> Iterator[tuple[str, list[str]]]:
    """Where the rows hold: by title, a text for each of them."""
    yield "Unit", [visible_line(row.unit) for row in rows]
    yield "Release", [row.openshift for row in rows]


def _blocks(rows: Sequence[WorkloadRow], columns: Sequence[str]) -> Iterator[tuple[WorkloadRow, list[Cells]]]:
    """Each workload on each release, with its lines."""
    many = len({row.release for row in rows}) > 1
    for row in rows:
        if lines := rows_with(row, row.openshift if many else "", columns):
            yield row, lines
