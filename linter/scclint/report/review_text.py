"""`scclint review` as text: a line with the place and name of each workload, and a table's line per container under it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scclint.outcome.rows import WorkloadRow
from scclint.report.review import Cells, in_units, named, rows_with, totals_words
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place
from scclint.report.terminal import paint
from scclint.text import display_width, wrap

HEADER = ("SCC", "GRANTED TO", "POD SECURITY", "CONTAINER", "PROFILE", "SOURCE", "SECCOMP", "CRICTL")
_CONTAINER = HEADER.index("CONTAINER")
"""The first column about a container; the columns before it are about the workload."""

_INDENT = "  "
_GAP = "  "
_SHORTEST = 12
_WIDEST = 400
"""The API server accepts no longer name, and a longer one would widen every line of the table."""


def render_text(rows: Sequence[WorkloadRow], color: bool, width: int | None = None, columns: Sequence[str] = ()) -> str:
    """The review, for every workload one release after the other. Where there are several units, each workload names its own.

    `columns` are those on request. The last line has the totals.

    Where a terminal of `width` columns is too narrow for the table, its lines are folded before the container, and names of
    containers are shortened to fit. None leaves every line whole, as for an output that is compared with another.
    """
    blocks = _blocks(rows, columns)
    if not blocks:
        return "No workloads found.\n"
    header = tuple((title, "place") for title in (*HEADER, *map(str.upper, columns)))
    widths, folds = _layout(
        [header, *(cells for block in blocks if block.row.result != "unknown" for cells in block.lines)], width
    )
    lines = list(_lines(header, widths, folds, color))
    for row, name, cells in blocks:
        lines += _heading(_cut(line_place(row.place.file, row.place.line)), _cut(name), width, color)
        if row.result == "unknown":
            why = f"unknown, because {visible_line(row.outcome.unknown)}"
            lines += [_INDENT + paint(line, "quiet", color) for line in (wrap(why, width - len(_INDENT)) if width else [why])]
        else:
            lines += [line for line_cells in cells for line in _lines(line_cells, widths, folds, color)]
    total = f"{totals_words(rows)}."
    return "\n".join([*lines, "", *(wrap(total, width) if width else [total])]) + "\n"


class _Block(NamedTuple):
    """A workload on one release, with a line for each container."""

    row: WorkloadRow
    name: str
    lines: Sequence[Cells]


def _blocks(rows: Sequence[WorkloadRow], columns: Sequence[str]) -> list[_Block]:
    """Return a block for each workload and release. A workload that several units have stands once if its lines are the same."""
    many = len({row.release for row in rows}) > 1
    several = len({row.unit for row in rows}) > 1
    blocks: dict[object, tuple[_Block, list[str]]] = {}
    for row in rows:
        release = row.openshift if many else ""
        lines = [tuple((_cut(text), tone) for text, tone in cells[1:]) for cells in rows_with(row, release, columns)]
        block = _Block(row, named(row.outcome.workload, release), lines)
        key = (row.place.file, row.place.line, block.name, tuple(lines))
        blocks.setdefault(key, (block, []))[1].append(row.unit)
    return [block._replace(name=in_units(block.name, units)) if several else block for block, units in blocks.values()]


def _layout(table: Sequence[Cells], width: int | None) -> tuple[list[int], bool]:
    """Return the width of each column, and whether lines are folded before the container.

    The reason for a missing verdict is prose: it is no row of `table`, so that it sets the width of no column.
    """
    widths = [max(display_width(row[i][0]) for row in table) for i in range(len(table[0]))]
    folds = width is not None and _length(widths, 1) > width
    if width is not None and folds:
        excess = _length(widths[_CONTAINER:], 2) - width
        widths[_CONTAINER] = min(widths[_CONTAINER], max(widths[_CONTAINER] - excess, _SHORTEST))
    return widths, folds


def _heading(where: str, name: str, width: int | None, color: bool) -> Iterator[str]:
    one_line = width is None or display_width(where) + len(_GAP) + display_width(name) <= width
    yield paint(where, "place", color) + (f"{_GAP}{name}" if one_line else "")
    if not one_line:
        yield f"{_INDENT}{name}"


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
    pieces = ((0, _CONTAINER), (_CONTAINER, len(row))) if folds else ((0, len(row)),)
    for depth, (first, last) in enumerate(pieces, 1):
        cells = []
        for (text, tone), width in zip(row[first:last], widths[first:last], strict=True):
            shown = _cut(text, width)
            cells.append((paint(shown, tone, color) if tone else shown) + " " * (width - display_width(shown)))
        line = _GAP.join(cells).rstrip()
        if line:
            yield _INDENT * depth + line
