"""The id blocks of a namespace's annotations, read as OpenShift reads them (library-go, security/uid, over Go's `Sscanf`)."""

Range = tuple[int, int]
"""First and last id, both included."""

_SPACE = "\t\v\f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_DIGITS = "0123456789"


class BlockError(ValueError):
    """A block that cannot be read; `str(error)` is Go's wording."""


def parse_block(text: str) -> Range:
    """First and last id of `START/SIZE` or `START-END`.

    Ids are unsigned 32 bit numbers and wrap as such; what follows the second number is ignored. Raises BlockError.
    """
    separator = "/" if "/" in text else "-"
    start, at = _scan_uint32(text, 0)
    if at == len(text):
        raise BlockError("unexpected EOF")
    if text[at] != separator:
        raise BlockError("input does not match format")
    second, _ = _scan_uint32(text, at + 1)
    if separator == "-":
        return start, second
    return start, (start + second - 1) % 2**32


def parse_blocks(text: str) -> tuple[Range, ...]:
    """The blocks of a comma-separated list. Raises BlockError."""
    return tuple(parse_block(part) for part in text.split(","))


def _scan_uint32(text: str, at: int) -> tuple[int, int]:
    while at < len(text) and (text[at] in _SPACE or text[at] in "\r\n"):
        if text[at] == "\n":
            raise BlockError("unexpected newline")
        at += 1
    if at == len(text):
        raise BlockError("EOF")
    end = at
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    if end == at:
        raise BlockError("expected integer")
    digits = text[at:end]
    significant = digits.lstrip("0") or "0"
    number = int(significant[:21])
    if number >= 2**64:
        raise BlockError(f'strconv.ParseUint: parsing "{digits}": value out of range')
    if number >= 2**32:
        raise BlockError(f"unsigned integer overflow on token {digits}")
    return number, end
