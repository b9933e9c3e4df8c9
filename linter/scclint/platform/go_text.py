"""Text as Go prints it: messages of the API server quote names and values with the `%q` verb."""

from bisect import bisect_right
from functools import cache

from scclint.files.package_data import read_json

_ESCAPES = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 34: '\\"', 92: "\\\\"}


def quote(text: str, unicode: str) -> str:
    """Return `text` as `strconv.Quote` prints it; the Unicode version decides which characters are printed as they are."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(_printed(char, unicode) for char in text)}"'


def _printed(char: str, unicode: str) -> str:
    code = ord(char)
    if code in _ESCAPES:
        return _ESCAPES[code]
    # Python's own tables are those of another Unicode version. They decide nothing beyond ASCII.
    if bisect_right(_turns()[unicode], code) % 2:
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@cache
def _turns() -> dict[str, list[int]]:
    """Return, by Unicode version, the code points at which printable and other characters take turns, a printable one first."""
    turns: dict[str, list[int]] = read_json(__file__, "printable.json")
    return turns
