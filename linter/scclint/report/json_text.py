"""JSON text for machines that may also pass a terminal or a parser stricter than Python's."""

import json


def dump(value: object) -> str:
    """`value` as compact JSON in ASCII, so that no locale, terminal escape or bidirectional control gets in the way."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f")
