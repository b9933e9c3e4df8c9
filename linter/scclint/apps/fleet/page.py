"""The latest scan of a fleet as one HTML page, without scripts and without anything to load: what is wrong now, and the trend."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from scclint.apps.fleet.chart import charts
from scclint.apps.fleet.query import Database, shown
from scclint.apps.fleet.totals import Totals, latest_totals, scan_time
from scclint.apps.fleet.views import VIEWS
from scclint.finding import shortened
from scclint.platform.releases import RELEASES
from scclint.record import record
from scclint.report.html_page import Choice, TableBody, TableCell, render
from scclint.report.text import line_place
from scclint.text import and_more, capitalized, counted, full_name, listed

MOST_ROWS = 500
"""Rows of a view that a page shows. `scclint fleet sql` has all."""

_NO_TEAM = "no team"

_LONGEST = 300
"""Characters of a cell."""

_OPEN = 50
"""Rows of a table of numbers that are shown without a click."""

_FEW = 10
"""Rows of a table with texts that are shown without a click. On a phone, each is as high as half a screen."""

_UNITS = 2
"""Units of a workload or grant that a page names."""

_SHORT = 14
"""Characters of a cell that is one line. A phone shows the cells of a table side by side if all are so short."""

_LONG_WORD = 28
"""Characters of a word that may break, so that the words of the other columns stay whole."""

_TITLES = {
    "kind": "Workload",
    "binding": "Grant",
    "scope": "Pods in",
    "subject_kind": "Subject",
    "scc": "SCC",
    "sccs": "SCCs",
    "target": "Repository",
    "take_node": "Can take over the node",
    "unconfined_on": "Releases",
}
"""The titles of columns whose names are not words of a reader."""


@record
class _Section:
    """A table of the page: the rows of a view for which `where` is true."""

    view: str
    title: str
    meaning: str
    where: str = "true"
    id: str = ""


def render_page(database: Database) -> str:
    """Return the page of the latest scan."""
    totals = latest_totals(database)
    teams = [team for (team,) in database.ask("SELECT DISTINCT team FROM by_repository ORDER BY team").rows]
    choice = Choice("team", "Team", {team: team or _NO_TEAM for team in teams})
    *views, trend = [_table(section, database, choice) for section in _sections(totals)]
    words = counted(totals.targets, "target")
    return render(
        "fleet",
        choice,
        title=f"scclint fleet: {words}",
        lead=f"{words} of {counted(totals.teams, 'team')}" if totals.teams else words,
        scan=scan_time(totals.scan),
        releases=listed(one.release for one in totals.releases),
        next_release=_next_release(totals),
        counters=_counters(totals),
        views=views,
        choice=choice,
        charts=charts(database),
        trend=trend,
    )


def _next_release(totals: Totals) -> str:
    """Return the release after the only one that was judged; empty if several were, or if there is none."""
    names = list(RELEASES)
    if totals.now is None or totals.later or totals.now.release not in names[:-1]:
        return ""
    return names[names.index(totals.now.release) + 1]


def _counters(totals: Totals) -> list[dict[str, str]]:
    """Return the numbers of the first screen, each with its words, its tone and the section that has the details."""
    now = totals.now
    if now is None:
        return []
    on = f" on {now.release}" if totals.later else ""
    new = f", {totals.newly_unconfined:,} new since the scan before" if totals.newly_unconfined else ""
    known = max(one.targets for one in totals.releases)
    counters = [_counter(now.rejected, f"of {counted(now.workloads, 'workload')} rejected{on}", "error", "rejected")]
    for one in totals.later:
        verb = "breaks" if one.breaks == 1 else "break"
        some = f", judged for {one.targets:,} of {counted(known, 'target')}" if one.targets < known else ""
        words = f"of {counted(one.workloads, 'workload')} {verb} on {one.release}{some}"
        counters.append(_counter(one.breaks, words, "error", "breaks"))
    grants = f"{'grant' if totals.grants == 1 else 'grants'} of an SCC that opens the node"
    problems = f"of {counted(totals.targets, 'target')} not judged, or only in part"
    return [
        *counters,
        _counter(now.unconfined, f"of {counted(now.containers, 'container')} unconfined{on}{new}", "error", "unconfined"),
        _counter(totals.grants, grants, "warning", "grants-that-open-the-node"),
        _counter(totals.problems, problems, "warning", "problem-targets"),
    ]


def _counter(number: int, words: str, tone: str, section: str) -> dict[str, str]:
    return {
        "number": f"{number:,}",
        "words": words,
        "tone": tone if number else "none",
        "section": f"{section}-rows" if number else "",
    }


def _sections(totals: Totals) -> Iterator[_Section]:
    """Yield the tables of the page: the view `rejected` is two, and what a scan cannot have is left out."""
    later = [one.release for one in totals.later]
    for view in VIEWS:
        if view.name == "by_team" and not totals.teams:
            continue
        if view.name != "rejected":
            yield _Section(view.name, view.title, view.meaning, id=view.name.replace("_", "-"))
            continue
        if later:
            breaks = f"Workloads that {listed(later, 'or')} rejects and an earlier release admits."
            yield _Section("rejected", f"Breaks on {listed(later, 'or')}", breaks, "breaks_on <> ''", "breaks")
        now = f"Workloads that {totals.now.release} rejects already" if totals.now and later else "Workloads that are rejected"
        yield _Section("rejected", "Rejected", f"{now}, and why.", "breaks_on = ''", "rejected")


def _table(section: _Section, database: Database, choice: Choice) -> dict[str, object]:
    """Return the texts of a section and its table."""
    answer = database.ask(_rows(section, database))
    total = answer.rows[0][-1] if answer.rows else 0
    rows = [dict(zip(answer.columns[:-1], row[:-1], strict=True)) for row in answer.rows]
    head = next((column for column in ("kind", "binding", "rule") if column in answer.columns), answer.columns[0])
    cells = [_cells(row, head) for row in rows]
    # A column without values says nothing.
    titles = [title for title in (cells[0] if cells else ()) if any(row[title] for row in cells)]
    more = total - len(rows)
    compact = all(len(text) <= _SHORT for row in cells for text in row.values())
    return {
        "id": section.id,
        "title": section.title,
        "meaning": section.meaning,
        "titles": [_title(head), *titles],
        "compact": compact,
        "open": len(rows) <= (_OPEN if compact else _FEW),
        "rows": list(_bodies(rows, cells, titles, head, choice)),
        "total": f"{total:,}",
        "caption": counted(total, "row"),
        "more": f'{more:,} more: `scclint fleet sql --out DIR "FROM {section.view} WHERE {section.where}"`' if more else "",
    }


def _rows(section: _Section, database: Database) -> str:
    """Return the SQL of the rows that a page shows of a view, with the number of all in the last column.

    Rows that differ in their release alone are one row. The newest scans of the trend are first.
    """
    columns = database.ask(f"FROM {section.view} LIMIT 0").columns
    if section.view == "trend":
        return f"SELECT *, count(*) OVER () AS total FROM trend ORDER BY scan DESC, release LIMIT {MOST_ROWS}"
    if "release" not in columns:
        return f"SELECT *, count(*) OVER () AS total FROM {section.view} WHERE {section.where} LIMIT {MOST_ROWS}"
    names = ", ".join("list(release ORDER BY place) AS release" if name == "release" else name for name in columns)
    # DuckDB keeps the order of a view only without GROUP BY.
    numbered = f"SELECT *, row_number() OVER () AS place FROM {section.view}"
    return f"SELECT {names}, count(*) OVER () AS total FROM ({numbered}) GROUP BY ALL ORDER BY min(place) LIMIT {MOST_ROWS}"


_OF_HEAD = ("kind", "namespace", "name", "part", "role", "file", "line", "units", "subject_namespace", "subject")
_ELSEWHERE = (*_OF_HEAD, "why", "opens", "breaks_on")
"""Columns that are in the first column of a table, below the row, or in the title of the section."""


def _cells(row: Mapping[str, Any], head: str) -> dict[str, str]:
    """The cells of a row after the first one, by the titles of their columns."""
    return {_title(name): _text(name, row) for name in row if name not in _ELSEWHERE and name != head}


def _title(name: str) -> str:
    return _TITLES.get(name) or capitalized(name.replace("_", " "))


def _text(name: str, row: Mapping[str, Any]) -> str:
    """The text of a cell."""
    value = row[name]
    match name:
        case "kind":
            return full_name(value, row["namespace"], row["name"], row["part"])
        case "subject_kind":
            return full_name(value, row["subject_namespace"], row["subject"])
        case "binding":
            return value or "users and groups of the SCC"
        case "scope":
            return value or "every namespace"
        case "share":
            return f"{value:.1%}"
        case "scan":
            return scan_time(value)
        case "new":
            return "new" if value else ""
    return f"{value:,}" if isinstance(value, int) else shortened(shown(value), _LONGEST)


def _bodies(
    rows: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, str]], titles: Sequence[str], head: str, choice: Choice
) -> Iterator[TableBody]:
    """Yield the rows. Those about the same object share its name in the first column."""

    def of_object(index: int) -> tuple[object, ...]:
        row = rows[index]
        return _text(head, row) or _NO_TEAM, row.get("file"), row.get("line"), row.get("target"), row.get("team")

    for _, indices in groupby(range(len(rows)), of_object):
        same = list(indices)
        row = rows[same[0]]
        lines = [
            [TableCell(title, cells[index][title], _tone(title, cells[index][title])) for title in titles] for index in same
        ]
        lines += [
            [TableCell(_title(name), shortened(shown(row[name]), _LONGEST), tone, columns=len(titles))]
            for name, tone in _BELOW.items()
            if row.get(name)
        ]
        units = [unit for unit in row.get("units", ()) if unit != "."]
        notes = [f"of {row['role']}"] if row.get("role") else []
        if units:
            notes.append(f"in unit{'s' if len(units) > 1 else ''} {and_more(units, _UNITS)}")
        at = line_place(row["file"], row["line"]) if row.get("file") else ""
        yield TableBody(lines, _text(head, row) or _NO_TEAM, at, choice.classes([row["team"]]) if "team" in row else "", notes)


_BELOW = {"why": "reason long"}
"""Columns whose texts are below their row, as wide as the table, with their tones."""


def _tone(title: str, text: str) -> str:
    if title in _BAD and text not in ("0", ""):
        return "error"
    if len(text) <= _SHORT:
        return "short"
    return "long" if any(len(word) > _LONG_WORD for word in text.split()) else ""


_BAD = ("Rejected", "Unconfined", "New")
"""The titles of columns in which a value is bad."""
