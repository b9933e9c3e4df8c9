"""Tables of text for terminals: columns as wide as their widest cell."""

from collections.abc import Iterable, Iterator, Sequence
from sys import maxsize

from scclint.report.text import visible_line
from scclint.text import display_width

_GAP = "  "
_INDENT = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None = None) -> Iterator[str]:
    """Yield the header and each row as text. The cells are safe to show.

    A table that is wider than a terminal of so many `columns` is folded: the first cell of a row has its own line. If the other
    cells do not fit on one line either, each one is on its own line, after its title.
    """
    widths = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
    if columns is None or _total(widths) <= columns:
        yield from (_line(row, widths) for row in (header, *rows))
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
    """Return a table as text in which the remarks on a row are below it, wrapped to so many `columns`."""
    from textwrap import TextWrapper

    wrapper = TextWrapper(
        columns or maxsize,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    head, *lines = table(header, [cells for cells, _ in rows], columns)
    parts = [head]
    for line, (_, remarks) in zip(lines, rows, strict=True):
        parts += [line, *(wrapper.fill(visible_line(remark)) for remark in remarks)]
    return "\n".join(parts)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(text + " " * (width - display_width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
