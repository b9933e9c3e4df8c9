"""`scclint review` as a table: CSV for other programs, Markdown for a page, and HTML for a browser or for print."""

import csv
import io
from collections.abc import Iterator, Sequence

from scclint.report.markdown import from_template
from scclint.report.review import Row, named, rows_with, totals_words
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place
from scclint.run.judge import JudgedWorkload

TITLES = ("Workload", "SCC", "Granted to", "Pod Security", "Container", "Profile", "Source", "Seccomp", "crictl")
OF_WORKLOAD = TITLES.index("Container")
"""How many columns are about the whole workload."""
_SHOWN = TITLES.index("Source") + 1
"""How many columns a page shows."""
_FORMULA = ("=", "+", "-", "@", "\t")


def render_csv(judged: Sequence[JudgedWorkload], columns: Sequence[str] = ()) -> str:
    """A line for each container with all columns filled in, and the file, line and units of its workload."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("file", "line", "units", "release", *(title.lower() for title in TITLES), *columns))
    for one, release, rows in _blocks(judged, columns):
        first = rows[0][:OF_WORKLOAD]
        for row in rows:
            cells = [text for text, _ in (*first, *row[OF_WORKLOAD:])]
            start = (visible_line(one.place.file), str(one.place.line), " ".join(map(visible_line, one.units)), release)
            writer.writerow([inert(text) for text in (*start, *cells)])
    return out.getvalue()


def inert(text: str) -> str:
    """Return a cell as text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) and len(text) > 1 else text


def render_markdown(judged: Sequence[JudgedWorkload], columns: Sequence[str] = ()) -> str:
    """A heading with the totals, and the table."""
    rows = [[text for text, _ in row] for _, _, rows in _blocks(judged, columns) for row in rows]
    return from_template("review", totals=totals_words(judged), titles=(*TITLES, *columns), rows=rows)


def render_html(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> str:
    """A page with the totals, and a table with a row for each container. Its columns for commands on a node are left out."""
    from scclint.report.html import workload_body
    from scclint.report.html_page import TableCell, render

    several = len({unit for one in judged for unit in one.units}) > 1
    many = any(len(one.worlds) > 1 for one in judged)
    where = tuple(title for title, shown in (("Unit", several), ("Release", many)) if shown)
    titles = (*TITLES[1:_SHOWN], *columns)
    workloads = []
    for one in judged:
        for world in one.worlds.values():
            rows = [(*row[:_SHOWN], *row[len(TITLES) :]) for row in rows_with(world, world.outcome(one.workload), "", columns)]
            places = {"Unit": ", ".join(map(visible_line, one.units)), "Release": world.cluster.release}
            cells = [TableCell(title, places[title]) for title in where]
            at = line_place(one.place.file, one.place.line)
            workloads.append(workload_body(named(one.workload), at, [(cells, rows)], titles))
    return render(
        "review",
        lead=totals_words(judged),
        titles=(TITLES[0], *where, *titles),
        workloads=workloads,
        wide=bool(columns),
    )


def _blocks(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> Iterator[tuple[JudgedWorkload, str, list[Row]]]:
    """Each workload on each release, with its rows."""
    many = any(len(one.worlds) > 1 for one in judged)
    for one in judged:
        for world in one.worlds.values():
            rows = rows_with(world, world.outcome(one.workload), world.cluster.release if many else "", columns)
            if rows:
                yield one, world.cluster.release, rows
