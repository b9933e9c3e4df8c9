"""Tables of text for terminals: columns as wide as their widest cell."""

from collections.abc import Iterable, Iterator, Sequence

from scclint.report.text import visible_line
from scclint.text import display_width, wrap

_GAP = "  "
_INDENT = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None = None) -> Iterator[str]:
    """Yield the header and each row as text. The cells are safe to show.

    In a table that is wider than a terminal of so many `columns`, the last column is wrapped if its longest word leaves room for the others.
    Otherwise, the first cell of a row has its own line. If the other cells do not fit on one line either, each one is on its own
    line, after its title.
    """
    widths = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
    indent = _total(widths[:-1]) + len(_GAP)
    if columns is None or _total(widths) <= columns:
        yield from (_line(row, widths) for row in (header, *rows))
    elif indent + max(display_width(word) for row in (header, *rows) for word in row[-1].split(" ")) <= columns:
        for row in (header, *rows):
            first, *others = wrap(row[-1], columns - indent)
            yield "\n".join([_line((*row[:-1], first), widths), *(" " * indent + line for line in others)])
    elif len(_INDENT) + _total(widths[1:]) <= columns:
        yield from (f"{row[0]}\n{_INDENT}{_line(row[1:], widths[1:])}" for row in (header, *rows))
    else:
        yield header[0]
        for first, *others in rows:
            cells = zip(header[1:], others, strict=True)
            yield "\n".join([first, *(f"{_INDENT}{title.lower()}: {cell}" for title, cell in cells if cell not in ("", "-"))])


def table_with_remarks(
    header: Sequence[str], rows: Sequence[tuple[Sequence[str], Iterable[str]]], columns: int | None = None
) -> str:
    """Return a table as text for a terminal of so many `columns`, in which the remarks on a row are below it."""
    head, *lines = table(header, [cells for cells, _ in rows], columns)
    parts = [head]
    for line, (_, remarks) in zip(lines, rows, strict=True):
        parts += [line, *(f"{_INDENT}{visible_line(remark)}" for remark in remarks)]
    return "\n".join(parts)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(text + " " * (width - display_width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
