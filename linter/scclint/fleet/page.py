"""The views of a fleet as one HTML page, without scripts and without anything to load."""

from collections.abc import Iterator, Mapping

from scclint.finding import shortened
from scclint.fleet.answers import shown
from scclint.fleet.query import Database, QueryResult
from scclint.fleet.views import TREND, VIEWS, FleetView
from scclint.report.html_elements import Html, element, literal, page, section, table_cell, table_row
from scclint.report.summary import line_place
from scclint.text import counted

MOST_ROWS = 500
"""Rows of a view that a page shows. `scclint fleet sql` has all."""

_LONGEST = 300
"""Characters of a cell."""

_QUIET = "quiet"


def render_page(database: Database) -> str:
    """Return the page of the latest scan."""
    ((scan, targets, failed, workloads),) = database.ask(
        "SELECT scan, count(*), count(*) FILTER (status = 'failed'), sum(workloads)::BIGINT "
        "FROM targets JOIN scans USING (scan) WHERE latest GROUP BY scan UNION ALL "
        "SELECT scan, 0, 0, 0 FROM scans WHERE latest AND scan NOT IN (SELECT scan FROM targets)"
    ).rows
    words = f"{counted(targets, 'target')}, {counted(workloads, 'workload')}, {counted(failed, 'failed target')}"
    header = element(
        "header",
        element("h1", literal("scclint fleet report")),
        element("p", literal(words), class_="lead"),
        element("p", literal(f"Scan {scan}")),
    )
    return page(f"scclint fleet: {words}", header, element("main", *(_view(view, database) for view in VIEWS)))


def _view(view: FleetView, database: Database) -> Html:
    # The newest scans count most.
    order = " ORDER BY scan DESC, release" if view is TREND else ""
    answer = database.ask(f"SELECT * FROM {view.name}{order} LIMIT {MOST_ROWS}")
    ((total,),) = database.ask(f"SELECT count(*) FROM {view.name}").rows
    return section(
        view.name.replace("_", "-"),
        view.title,
        element("p", literal(view.meaning.replace("`", ""))),
        *_table(view, answer, total),
    )


def _table(view: FleetView, answer: QueryResult, total: int) -> Iterator[Html]:
    if not answer.rows:
        yield element("p", literal("None."), class_=_QUIET)
        return
    found = [_cells(dict(zip(answer.columns, map(shown, row), strict=True))) for row in answer.rows]
    # A column without values says nothing.
    titles = [title for title in found[0] if any(row[title] for row in found)]
    head = table_row(element("th", literal(title), scope="col", role="columnheader") for title in titles)
    rows = [table_row(table_cell(title, row[title], "") for title in titles) for row in found]
    yield element(
        "table",
        element("caption", literal(counted(total, "row"))),
        element("thead", head, role="rowgroup"),
        *(element("tbody", row, role="rowgroup") for row in rows),
        class_="stacked",
        role="table",
    )
    if total > len(answer.rows):
        text = f'{total - len(answer.rows):,} more: scclint fleet sql "FROM {view.name}"'
        yield element("p", literal(text), class_=_QUIET)


def _cells(row: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row by the titles of their columns. Columns that name one thing together are one."""
    found: dict[str, str] = {}
    for name, value in row.items():
        match name:
            case "kind" | "subject_kind":
                prefix = name.removesuffix("kind")
                namespace, own = row[f"{prefix}namespace"], row["subject" if prefix else "name"]
                found["Subject" if prefix else "Workload"] = f"{value} {namespace}{'/' if namespace else ''}{own}"
            case "file":
                found["Place"] = line_place(value, int(row["line"])) if value else ""
            case "namespace" | "name" | "subject_namespace" | "subject" | "line":
                pass
            case _:
                found[name.replace("_", " ").capitalize()] = shortened(value, _LONGEST)
    return found
