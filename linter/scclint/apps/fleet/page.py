"""The views of a fleet as one HTML page, without scripts and without anything to load."""

from collections.abc import Mapping

from scclint.apps.fleet.query import Database, not_judged, shown
from scclint.apps.fleet.views import VIEWS, FleetView
from scclint.finding import shortened
from scclint.report.html_page import TableBody, TableCell, render
from scclint.report.text import line_place
from scclint.text import counted, full_name

MOST_ROWS = 500
"""Rows of a view that a page shows. `scclint fleet sql` has all."""

_LONGEST = 300
"""Characters of a cell."""

_TITLES = {"scc": "SCC", "sccs": "SCCs", "take_node": "Can take over the node"}
"""The titles of columns whose names are not words."""


def render_page(database: Database) -> str:
    """Return the page of the latest scan."""
    ((scan, targets, problems),) = database.ask(
        "SELECT scan, count(*), count(*) FILTER (status IN ('failed', 'incomplete')) "
        "FROM targets JOIN scans USING (scan) WHERE latest GROUP BY scan UNION ALL "
        "SELECT scan, 0, 0 FROM scans WHERE latest AND scan NOT IN (SELECT scan FROM targets)"
    ).rows
    words = counted(targets, "target")
    missed = f"{counted(problems, 'target')} not judged, or not as a whole" if problems else ""
    return render(
        "fleet",
        title=f"scclint fleet: {words}",
        lead=", ".join(filter(None, (words, missed))),
        scan=scan,
        views=[_view(view, database) for view in VIEWS],
    )


def _view(view: FleetView, database: Database) -> dict[str, object]:
    """Return the texts of a view and its table."""
    answer = database.ask(_rows(view, database))
    total = answer.rows[0][-1] if answer.rows else 0
    rows = [_cells(dict(zip(answer.columns[:-1], map(shown, row[:-1]), strict=True))) for row in answer.rows]
    # A column without values says nothing, and "." is the only unit of most targets.
    titles = [title for title in (rows[0] if rows else ()) if any(row[title] not in ("", ".") for row in rows)]
    missing = not_judged(view, database)
    return {
        "missing": missing,
        "id": view.name.replace("_", "-"),
        "title": view.title,
        "meaning": view.meaning.replace("`", ""),
        "titles": titles,
        "rows": [TableBody([[TableCell(title, row[title]) for title in titles]]) for row in rows],
        "total": ", ".join([f"{total:,}"] * bool(total or not missing) + [missing] * bool(missing)),
        "caption": counted(total, "row"),
        "more": f'{total - len(rows):,} more: scclint fleet sql "FROM {view.name}"' if total > len(rows) else "",
    }


def _rows(view: FleetView, database: Database) -> str:
    """Return the SQL of the rows that a page shows of a view, with the number of all in the last column.

    Rows that differ in their release alone are one row.
    """
    if view.name == "trend":
        # The newest scans count most.
        return f"SELECT *, count(*) OVER () AS total FROM {view.name} ORDER BY scan DESC, release LIMIT {MOST_ROWS}"
    columns = database.ask(f"FROM {view.name} LIMIT 0").columns
    if "release" not in columns:
        return f"SELECT *, count(*) OVER () AS total FROM {view.name} LIMIT {MOST_ROWS}"
    names = ", ".join("list(release ORDER BY place) AS release" if name == "release" else name for name in columns)
    # DuckDB keeps the order of a view only without GROUP BY.
    numbered = f"SELECT *, row_number() OVER () AS place FROM {view.name}"
    return f"SELECT {names}, count(*) OVER () AS total FROM ({numbered}) GROUP BY ALL ORDER BY min(place) LIMIT {MOST_ROWS}"


def _cells(row: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row by the titles of their columns. Columns that name one thing together are one."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        match name:
            case "kind" | "subject_kind":
                prefix = name.removesuffix("kind")
                namespace, name_of = row[f"{prefix}namespace"], row["subject" if prefix else "name"]
                cells["Subject" if prefix else "Workload"] = full_name(value, namespace, name_of)
            case "file":
                cells["Place"] = line_place(value, int(row["line"])) if value else ""
            case "namespace" | "name" | "subject_namespace" | "subject" | "line":
                pass
            case "share":
                cells["Share"] = f"{float(value):.1%}"
            case _:
                cells[_TITLES.get(name) or name.replace("_", " ").capitalize()] = shortened(value, _LONGEST)
    return cells
