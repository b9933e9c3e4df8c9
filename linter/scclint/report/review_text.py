"""`scclint review` as text: a line with the place and name of each workload, and a table's line per container under it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scclint.outcome.chain import Outcome
from scclint.report.review import Row, in_units, named, rows_with, totals_words
from scclint.report.sanitize import visible_line
from scclint.report.summary import line_place
from scclint.report.terminal import paint
from scclint.run.judge import JudgedWorkload
from scclint.source import Span
from scclint.text import display_width, wrap

HEADER = ("SCC", "GRANTED TO", "POD SECURITY", "CONTAINER", "PROFILE", "SOURCE", "SECCOMP", "CRICTL")
_CONTAINER = HEADER.index("CONTAINER")
"""The first column about a container; the columns before it are about the workload."""

_INDENT = "  "
_GAP = "  "
_SHORTEST = 12
_WIDEST = 400
"""The API server accepts no longer name, and a longer one would widen every line of the table."""


def render_text(judged: Sequence[JudgedWorkload], color: bool, width: int | None = None, columns: Sequence[str] = ()) -> str:
    """The review, for every workload one release after the other. Where there are several units, each workload names its own.

    `columns` are those on request. The last line has the totals.

    Where a terminal of `width` columns is too narrow for the table, its lines are folded before the container, and names of
    containers are shortened to fit. None leaves every line whole, as for an output that is compared with another.
    """
    blocks = _blocks(judged, columns)
    if not blocks:
        return "No workloads found.\n"
    header = tuple((title, "place") for title in (*HEADER, *map(str.upper, columns)))
    widths, folds = _layout([header, *(row for block in blocks if block.outcome.verdict for row in block.rows)], width)
    lines = list(_lines(header, widths, folds, color))
    for outcome, where, name, rows in blocks:
        lines += _heading(_cut(line_place(where.file, where.line)), _cut(name), width, color)
        if outcome.verdict is None:
            why = f"unknown, because {visible_line(outcome.unknown)}"
            lines += [_INDENT + paint(line, "quiet", color) for line in (wrap(why, width - len(_INDENT)) if width else [why])]
        else:
            lines += [line for row in rows for line in _lines(row, widths, folds, color)]
    total = f"{totals_words(judged)}."
    return "\n".join([*lines, "", *(wrap(total, width) if width else [total])]) + "\n"


class _Block(NamedTuple):
    """A workload on one release, with a row for each container."""

    outcome: Outcome
    place: Span
    name: str
    rows: Sequence[Row]


def _blocks(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> list[_Block]:
    """Return a block for each workload and release. A workload that several units have stands once if its rows are the same."""
    many = any(len(one.worlds) > 1 for one in judged)
    several = len({unit for one in judged for unit in one.units}) > 1
    blocks: dict[object, tuple[_Block, list[str]]] = {}
    for one in judged:
        for world in one.worlds.values():
            outcome, release = world.outcome(one.workload), world.cluster.release or "" if many else ""
            rows = [tuple((_cut(text), tone) for text, tone in row[1:]) for row in rows_with(world, outcome, release, columns)]
            block = _Block(outcome, one.place, named(one.workload, release), rows)
            key = (block.place.file, block.place.line, block.name, tuple(rows))
            blocks.setdefault(key, (block, []))[1].extend(one.units)
    return [block._replace(name=in_units(block.name, units)) if several else block for block, units in blocks.values()]


def _layout(table: Sequence[Row], width: int | None) -> tuple[list[int], bool]:
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


def _lines(row: Row, widths: Sequence[int], folds: bool, color: bool) -> Iterator[str]:
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
