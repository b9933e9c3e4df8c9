"""Tables of text for terminals: columns as wide as their widest cell."""

from collections.abc import Iterator, Sequence

from scclint.text import display_width


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the header and the rows as lines. The cells are safe to show."""
    widths = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        yield "  ".join(text + " " * (width - display_width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
