"""`scclint review` as a page for a browser or for print."""

from collections.abc import Iterator, Sequence

from scclint.judge import JudgedWorkload
from scclint.report.html_elements import (
    Html,
    element,
    literal,
    page,
    problem_filter,
    section,
    table,
    table_cell,
    table_row,
    void,
)
from scclint.report.review import Row, named, rows_with, totals_words
from scclint.report.review_table import OF_WORKLOAD, TITLES
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place

_SHOWN = TITLES.index("Source") + 1
"""How many columns of `scclint.report.review_table` the page shows. The others are for commands on a node."""


def render_html(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> str:
    """A page with the totals, and a table with a row for each container."""
    heading = totals_words(judged)
    header = element("header", element("h1", literal("scclint review")), element("p", literal(heading), class_="lead"))
    parts = [section("workloads", "Workloads", *_table(judged, columns))] if judged else []
    return page(f"scclint: {heading}", header, element("main", *parts))


def _table(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> Iterator[Html]:
    """The filter, and the table. A workload of several releases or units has a block of rows for each."""
    many = any(len(one.worlds) > 1 for one in judged)
    several = len({unit for one in judged for unit in one.units}) > 1
    where = (*(("Unit",) if several else ()), *(("Release",) if many else ()))
    titles = (*TITLES[1:_SHOWN], *columns)
    yield problem_filter()
    yield table(
        (TITLES[0], *where, *titles),
        *(body for one in judged for body in _bodies(one, where, titles, columns)),
        caption="SCC, Pod Security level and seccomp profile of each container",
        wide=bool(columns),
    )


def _bodies(one: JudgedWorkload, where: Sequence[str], titles: Sequence[str], columns: Sequence[str]) -> Iterator[Html]:
    """The rows of a workload, once for each release."""
    for world in one.worlds.values():
        rows = rows_with(world, world.outcome(one.workload), "", columns)
        at = line_place(one.place.file, one.place.line)
        name = (literal(named(one.workload)), void("br"), element("code", literal(at), class_="quiet"))
        number = max(len(rows), 1)
        places = {"Unit": ", ".join(map(visible_line, one.units)), "Release": world.cluster.release}
        start = [element("th", *name, scope="rowgroup", role="rowheader", rowspan=str(number))]
        start += [table_cell(title, places[title], "", number) for title in where]
        fine = not any(tone == "error" for row in rows for _, tone in row)
        lines = [table_row(cells) for cells in _cells(start, rows, titles)]
        yield element("tbody", *lines, class_="fine" if fine else "problem", role="rowgroup")


def _cells(start: list[Html], rows: Sequence[Row], titles: Sequence[str]) -> Iterator[list[Html]]:
    """The cells of each row. What is about the whole workload is in the first row only, and extends over all."""
    of_workload = OF_WORKLOAD - 1
    for number, row in enumerate(rows):
        cells = list(zip(titles, (*row[1:_SHOWN], *row[len(TITLES) :]), strict=True))
        about = [table_cell(title, *cell, len(rows)) for title, cell in cells[:of_workload]] if number == 0 else []
        yield [*(start if number == 0 else ()), *about, *(table_cell(title, *cell) for title, cell in cells[of_workload:])]
    if not rows:
        yield start
