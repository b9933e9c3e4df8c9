"""What a scalar's text is in the cluster: YAML 1.1 as sigs.k8s.io/yaml (its go-yaml v2) resolves it, then as JSON.

That differs from every Python loader: `1e3` and `1.0` are integers, `0o17`, `08` and `0b11` are numbers, `y` and `N` are
booleans, dates and sexagesimals are strings. A scalar that JSON has no value for (`.inf`) raises ValueError, whose text is
fit for a user.
"""

import re
from base64 import b64decode
from datetime import datetime
from math import isnan
from struct import pack, unpack

from scclint.yaml.nodes import JsonValue

_TAG = "tag:yaml.org,2002:"
MERGE_TAG = _TAG + "merge"
_WORDS: dict[str, float | bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
WORDS = frozenset(_WORDS)
NUMBER_HINTS = frozenset(".+-0123456789")
"""Bare scalars that are none of these words and do not begin like this are strings."""
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]{0,19})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FLOAT = r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?"
_TIMESTAMP = (
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"
    r"| ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?"
)
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_EXACT_FLOAT = 1e21  # from here on Go writes a float with an exponent, which no integer field accepts


def resolve(text: str, plain: bool, tag: str | None = None) -> JsonValue:
    """The value of a scalar. `plain`: written bare; `tag`: the full tag URI, or None.

    Raises ValueError for what the cluster refuses: a tag that does not fit, and numbers that JSON does not have.
    """
    return json_value(_resolve(text, plain, tag))


def json_value(value: JsonValue) -> JsonValue:
    """A resolved value after its way through JSON, where `1000.0` is written `1000`. ValueError for infinity and NaN.

    A large number becomes what the shortest text of the float says: 2.0 ** 64 is 18446744073709552000.
    """
    if type(value) is not float:
        return value
    if value - value != 0.0:
        raise ValueError("infinity and NaN have no place in JSON, and the cluster refuses them")
    if not value.is_integer() or abs(value) >= _EXACT_FLOAT:
        return value
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return int(value)
    whole, _, fraction = mantissa.partition(".")
    zeros: str = "0" * (int(exponent) - len(fraction))
    return int(whole + fraction + zeros)


def key_text(text: str, plain: bool, tag: str | None = None) -> str:
    """The JSON key that a mapping key becomes: `0x10` is "16", `on` is "true", `1.50` is "1.5".

    Raises ValueError for null and for integers above 63 bits, which the cluster refuses as keys.
    """
    value = _resolve(text, plain, tag)
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float:
        return _float_key(value)
    if type(value) is int and value < 1 << 63:
        return str(value)
    raise ValueError(f"{'null' if value is None else value} cannot be a key")


def _resolve(text: str, plain: bool, tag: str | None) -> JsonValue:
    if tag is None:
        return _implicit(text) if plain else text
    if not tag.startswith(_TAG):
        return text
    return _tagged(text, tag.removeprefix(_TAG))


def _implicit(text: str) -> JsonValue:
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _float(text) if re.fullmatch(_POINT_FLOAT, text) else text
    if first not in NUMBER_HINTS:
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        number = _integer(digits)
        if -(1 << 63) <= number < 1 << 64 and (number < 1 << 63 or digits[0] != "+"):
            return number
    if _FLOAT.fullmatch(digits):
        number_or_text = _float(digits)
        return text if number_or_text is digits else number_or_text
    return text


def _integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0":
        base = {"x": 16, "b": 2, "o": 8}.get(digits[1].lower())
        return sign * (int(digits[2:], base) if base else int(digits, 8))
    return sign * int(digits)


def _float(text: str) -> float | str:
    number = float(text)
    return text if number - number != 0.0 else number


def _tagged(text: str, tag: str) -> JsonValue:
    if tag == "str":
        return text
    if tag == "binary":
        return _binary(text)
    if tag not in ("bool", "int", "float", "null", "timestamp"):
        return text
    if tag == "timestamp" and is_timestamp(text):
        return text
    value = _implicit(text)
    kinds = {"bool": bool, "int": int, "float": float, "null": type(None)}
    if type(value) is kinds.get(tag):
        return value
    if tag == "float" and type(value) is int and value < 1 << 63:
        return float(value)
    raise ValueError(f"{text!r} is not of the type that its tag !!{tag} says")


def _binary(text: str) -> str:
    digits = text.replace("\n", "").replace("\r", "")
    if not re.fullmatch(_BASE64, digits):
        raise ValueError("a !!binary value is not base64")
    # Go replaces each byte that is not UTF-8, and Python each sequence of them.
    return re.sub("[\udc80-\udcff]", "\ufffd", b64decode(digits).decode("utf-8", "surrogateescape"))


def is_timestamp(text: str) -> bool:
    """Whether the cluster's loader takes the text for a date or time (which it then keeps as a string)."""
    match = re.fullmatch(_TIMESTAMP, text)
    if not match:
        return False
    parts = [int(part) for part in match.groups() if part is not None]
    year, month, day, hour, minute, second = parts if len(parts) == 6 else [*parts, 0, 0, 0]
    try:
        datetime(year or 4, month, day, hour, minute, second)
    except ValueError:
        return False
    return True


def _float_key(value: float) -> str:
    """Go's shortest text of the number as a 32-bit float, which is what keys go through."""
    if isnan(value):
        return ".nan"
    try:
        single: float = unpack("f", pack("f", value))[0]
    except OverflowError:
        single = float("inf") if value > 0 else float("-inf")
    if single - single != 0.0:
        return ".inf" if single > 0 else "-.inf"
    precision = next(n for n in range(9) if unpack("f", pack("f", float(f"{single:.{n}e}")))[0] == single)
    mantissa, exponent = f"{single:.{precision}e}".split("e")
    power = int(exponent)
    if -4 <= power < 6:
        return f"{single:.{max(precision - power, 0)}f}"
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
