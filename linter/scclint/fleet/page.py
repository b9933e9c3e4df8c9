"""The views of a fleet as one HTML page, without scripts and without anything to load."""

from collections.abc import Iterator, Mapping

from scclint.finding import shortened
from scclint.fleet.answers import shown
from scclint.fleet.query import Database, QueryResult
from scclint.fleet.views import TREND, VIEWS, FleetView
from scclint.report.html_elements import Html, element, literal, page, section, table, table_cell, table_row
from scclint.report.summary import line_place
from scclint.text import counted

MOST_ROWS = 500
"""Rows of a view that a page shows. `scclint fleet sql` has all."""

_LONGEST = 300
"""Characters of a cell."""

_QUIET = "quiet"

_TITLES = {"scc": "SCC", "sccs": "SCCs", "take_node": "Can take over the node"}
"""The titles of columns whose names are not words."""


def render_page(database: Database) -> str:
    """Return the page of the latest scan."""
    ((scan, targets, problems, workloads),) = database.ask(
        "SELECT scan, count(*), count(*) FILTER (status IN ('failed', 'incomplete')), sum(workloads)::BIGINT "
        "FROM targets JOIN scans USING (scan) WHERE latest GROUP BY scan UNION ALL "
        "SELECT scan, 0, 0, 0 FROM scans WHERE latest AND scan NOT IN (SELECT scan FROM targets)"
    ).rows
    words = f"{counted(targets, 'target')}, {counted(workloads, 'workload')}"
    missed = f"{counted(problems, 'target')} not judged, or not as a whole" if problems else ""
    header = element(
        "header",
        element("h1", literal("scclint fleet report")),
        element("p", literal(", ".join(filter(None, (words, missed)))), class_="lead"),
        element("p", literal(f"Scan {scan}")),
    )
    return page(f"scclint fleet: {words}", header, element("main", *(_view(view, database) for view in VIEWS)))


def _view(view: FleetView, database: Database) -> Html:
    answer = database.ask(_rows(view, database))
    total = answer.rows[0][-1] if answer.rows else 0
    shown_rows = QueryResult(answer.columns[:-1], tuple(row[:-1] for row in answer.rows))
    return section(
        view.name.replace("_", "-"),
        view.title,
        element("p", literal(view.meaning.replace("`", ""))),
        *_table(view, shown_rows, total),
    )


def _rows(view: FleetView, database: Database) -> str:
    """Return the SQL of the rows that a page shows of a view, with the number of all in the last column.

    Rows that differ in their release alone are one row.
    """
    if view is TREND:
        # The newest scans count most.
        return f"SELECT *, count(*) OVER () AS total FROM {view.name} ORDER BY scan DESC, release LIMIT {MOST_ROWS}"
    columns = database.ask(f"FROM {view.name} LIMIT 0").columns
    if "release" not in columns:
        return f"SELECT *, count(*) OVER () AS total FROM {view.name} LIMIT {MOST_ROWS}"
    names = ", ".join("list(release ORDER BY place) AS release" if name == "release" else name for name in columns)
    # DuckDB keeps the order of a view only without GROUP BY.
    numbered = f"SELECT *, row_number() OVER () AS place FROM {view.name}"
    return f"SELECT {names}, count(*) OVER () AS total FROM ({numbered}) GROUP BY ALL ORDER BY min(place) LIMIT {MOST_ROWS}"


def _table(view: FleetView, answer: QueryResult, total: int) -> Iterator[Html]:
    if not answer.rows:
        yield element("p", literal("None."), class_=_QUIET)
        return
    found = [_cells(dict(zip(answer.columns, map(shown, row), strict=True))) for row in answer.rows]
    # A column without values says nothing, and "." is the only unit of most targets.
    titles = [title for title in found[0] if any(row[title] not in ("", ".") for row in found)]
    rows = [table_row(table_cell(title, row[title], "") for title in titles) for row in found]
    bodies = (element("tbody", row, role="rowgroup") for row in rows)
    yield table(titles, *bodies, caption=counted(total, "row"))
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
            case "share":
                found["Share"] = f"{float(value):.1%}"
            case _:
                found[_TITLES.get(name) or name.replace("_", " ").capitalize()] = shortened(value, _LONGEST)
    return found
