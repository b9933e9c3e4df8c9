"""`primaryLocationLineHash`: how GitHub code scanning recognises an alert whose line has moved.

The algorithm is that of github/codeql-action's upload-sarif, which adds the hash where a SARIF file lacks it and keeps
a file's own otherwise; uploads by the REST API rely on the file's. A value that differed would split alerts in two.
"""

from collections.abc import Collection

_WINDOW = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END_OF_FILE = "\uffff"


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """The hash of each wanted line (from 1) that `text` has, as `<lowercase hex>:<ordinal among equal hashes>`.

    `text` is the whole file, its byte order mark included. A line's hash covers the 100 UTF-16 code units from its start
    on, across line ends, spaces and tabs left out. Here, other than for `Span`, a lone CR ends a line too.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + _END_OF_FILE
    if not text.isascii():
        kept = _as_utf16_units(kept)
    kept += "\0" * (_WINDOW - 1)
    last = max(wanted, default=0)
    # Equal windows have equal hashes, so ordinals need no arithmetic: that is for the wanted lines alone.
    counts: dict[str, int] = {}
    by_line: dict[int, str] = {}
    start, number = 0, 1
    while number <= last:
        window = kept[start : start + _WINDOW]
        ordinal = counts[window] = counts.get(window, 0) + 1
        if number in wanted:
            by_line[number] = f"{_polynomial(window):x}:{ordinal}"
        end = kept.find("\n", start)
        if end < 0:
            break
        start, number = end + 1, number + 1
    return by_line


def _polynomial(window: str) -> int:
    value = 0
    for unit in window:
        value = (value * _FACTOR + ord(unit)) & _MASK
    return value


def _as_utf16_units(text: str) -> str:
    """`text` with each character beyond the BMP as its two surrogates."""
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(low | high << 8) for low, high in zip(data[::2], data[1::2], strict=True))
