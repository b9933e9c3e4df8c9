"""`scclint review` as a table: CSV for other programs, Markdown for a page, and HTML for a browser or for print."""

import csv
import io
from collections.abc import Sequence

from scclint.outcome.rows import WorkloadRow
from scclint.report.html import workload_table
from scclint.report.html_page import render
from scclint.report.markdown import from_template
from scclint.report.review import OF_POD, TITLES, markdown_table, named, table_rows, totals_words
from scclint.report.text import visible_line

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
    table = workload_table(rows, columns)
    return render("review", lead=totals_words(rows), wide=bool(columns), **table)
