"""Write plain data as YAML in block style, with the round-trip writer of ruamel.yaml."""

import json
import re
import sys
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from scclint.record import EMPTY
from scclint.text import display_width, wrap
from scclint.yaml.scalars import resolve

_PLAIN = re.compile(r"[\w./][\w./ -]*[\w./]|\w", re.ASCII)
_WIDTH = 80
"""The width of a line with a comment."""


def block_text(data: Any, dash: int = 0, comments: Mapping[tuple[Any, ...], str] = EMPTY) -> str:
    """Return a mapping or list in block style, indented by two spaces for each level, and lists by `dash` spaces.

    `comments` are by the path of the key: one that fits is at the end of its line, and a longer one above it. A path to an item of a list
    ends with the item, which is a text.
    """

    class Representer(RoundTripRepresenter):
        """Writes null as a word."""

    Representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    writer: Any = YAML()
    writer.Representer = Representer
    writer.preserve_quotes = True
    writer.width = sys.maxsize
    writer.indent(sequence=2 + dash, offset=dash)
    writer.allow_unicode = json.dumps(data, ensure_ascii=False).isprintable()

    writer.dump(_styled(data), stream := StringIO())
    outer = dash if isinstance(data, list) else 0
    lines = [line[outer:] for line in stream.getvalue().removesuffix("\n").split("\n")]
    commented = [*lines]
    tree = writer.load("\n".join(lines)) if comments else None
    for (*way, last), comment in comments.items():
        holder: Any = tree
        for step in way:
            holder = holder[step]
        is_list = isinstance(holder, list)
        line, _ = holder.lc.item(holder.index(last)) if is_list else holder.lc.key(last)
        indent = " " * (len(lines[line]) - len(lines[line].lstrip(" ")))
        commented[line] = f"{lines[line]}  # {comment}"
        if display_width(commented[line]) > _WIDTH:
            above = wrap(comment, _WIDTH - len(f"{indent}# "))
            commented[line] = "\n".join([*(f"{indent}# {part}" for part in above), lines[line]])
    return "\n".join(commented)


def _styled(value: Any) -> Any:
    """Return the data with texts of several lines in literal style, and others in double quotes unless they are the same without."""
    if isinstance(value, Mapping):
        return {_styled(key): _styled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_styled(item) for item in value]
    if not isinstance(value, str) or (_PLAIN.fullmatch(value) and reads_as_itself(value)):
        return value
    first, *others = value.split("\n")
    is_literal = first[:1].strip() and others and all(line.isprintable() and line[-1:].strip() for line in (first, *others))
    return (LiteralScalarString if is_literal else DoubleQuotedScalarString)(value)


def reads_as_itself(text: str) -> bool:
    """Whether an unquoted value has its own text as its value in the cluster."""
    try:
        return resolve(text, True) == text
    except ValueError:
        return False
