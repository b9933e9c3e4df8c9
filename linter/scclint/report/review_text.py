"""`scclint review` as text: a line with the place and name of each workload, and a table's line per container under it."""

from collections.abc import Iterator, Sequence

from scclint.outcome.rows import WorkloadRow
from scclint.outcome.world import CLUSTER_ADMIN
from scclint.report.review import OF_POD, TITLES, Cells, shared_verdicts, totals_words
from scclint.report.text import folded, line_place, paint, visible_line
from scclint.text import display_width

_INDENT = "  "
_GAP = "  "
_SHORTEST = 12
_WIDEST = 400
"""The API server accepts no longer name, and a longer one would widen every line of the table."""


def render_text(rows: Sequence[WorkloadRow], color: bool, width: int | None = None, columns: Sequence[str] = ()) -> str:
    """The review: each verdict of a workload once, with its releases and units if there are several.

    `columns` are those on request. The last line has the totals.

    Where a terminal of `width` columns is too narrow for the table, its lines are folded before the container, and names of
    containers are shortened to fit. None leaves every line whole, as for an output that is compared with another.
    """
    verdicts = shared_verdicts(rows, columns)
    if not verdicts:
        return "No workloads found.\n"
    header = tuple((title.upper(), "place") for title in (*TITLES, *columns))
    judged_lines = [line for verdict in verdicts if verdict.row.result != "unknown" for line in verdict.lines]
    widths, folds = _layout([header, *map(_shortened, judged_lines)], width)
    lines = list(_lines(header, widths, folds, color))
    explained: set[str] = set()
    for verdict in verdicts:
        row = verdict.row
        where, name = _cut(line_place(row.place.file, row.place.line)), _cut(verdict.name)
        fits = width is None or display_width(where + _GAP + name) <= width
        lines.append(paint(where, "place", color) + (_GAP if fits else f"\n{_INDENT}") + name)
        if row.result == "unknown":
            lines.append(_INDENT + paint(f"unknown, because {visible_line(row.unknown)}", "quiet", color))
        else:
            lines += [line for cells in map(_shortened, verdict.lines) for line in _lines(cells, widths, folds, color)]
            if (why := _why_of_administrator(row)) and row.scc not in explained:
                explained.add(row.scc)
                lines.append(_INDENT + paint(visible_line(why), "quiet", color))
    return folded("\n".join([*lines, "", f"{totals_words(rows)}."]) + "\n", width)


def _why_of_administrator(row: WorkloadRow) -> str:
    """Why a bare Pod that uses the node gets an SCC that its service account may not use, as a sentence; empty for other pods."""
    verdict = row.verdict
    if verdict is None or row.granted_to in ("", "serviceaccount"):
        return ""
    if not row.access or row.controlled or row.creator != CLUSTER_ADMIN.name or not verdict.reason:
        return ""
    return f"{row.creator} creates this Pod and may use every SCC: {verdict.reason}; --as names another creator"


def _shortened(cells: Cells) -> Cells:
    return tuple((_cut(text), tone) for text, tone in cells)


def _layout(table: Sequence[Cells], width: int | None) -> tuple[list[int], bool]:
    """Return the width of each column, and whether lines are folded before the container.

    The reason for a missing verdict is prose: it is no row of `table`, so that it sets the width of no column.
    """
    widths = [max(display_width(row[i][0]) for row in table) for i in range(len(table[0]))]
    folds = width is not None and _length(widths, 1) > width
    if width is not None and folds:
        excess = _length(widths[OF_POD:], 2) - width
        widths[OF_POD] = min(widths[OF_POD], max(widths[OF_POD] - excess, _SHORTEST))
    return widths, folds


def _cut(text: str, width: int = _WIDEST) -> str:
    """`text`, or as much of it as fits into `width` terminal columns with a sign that there is more."""
    if display_width(text) <= width:
        return text
    text = text[:width]
    while display_width(text) >= width:
        text = text[:-1]
    return text + "…"


def _length(widths: Sequence[int], depth: int) -> int:
    return len(_INDENT) * depth + sum(widths) + len(_GAP) * (len(widths) - 1)


def _lines(row: Cells, widths: Sequence[int], folds: bool, color: bool) -> Iterator[str]:
    """A row as one line, or folded: what it tells of the workload, if anything, and below that what of the container."""
    pieces = ((0, OF_POD), (OF_POD, len(row))) if folds else ((0, len(row)),)
    for depth, (first, last) in enumerate(pieces, 1):
        cells = []
        for (text, tone), width in zip(row[first:last], widths[first:last], strict=True):
            shown = _cut(text, width)
            cells.append((paint(shown, tone, color) if tone else shown) + " " * (width - display_width(shown)))
        line = _GAP.join(cells).rstrip()
        if line:
            yield _INDENT * depth + line
