"""Text that keeps its comments while its data changes, with the round-trip API of ruamel.yaml."""

import sys
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq


def load(text: str) -> Any:
    """Return the data of one document with its comments; an empty mapping for an empty text. The text must be valid."""
    return _api().load(text) or CommentedMap()


def dump(data: Any) -> str:
    """Return the text of data that `load` returned. Comments and styles are as they were."""
    _api().dump(data, stream := StringIO())
    return stream.getvalue()


def block() -> Any:
    """Return an empty mapping in block style."""
    return CommentedMap()


def items() -> Any:
    """Return an empty list in block style."""
    return CommentedSeq()


def flow(fields: Mapping[str, Any]) -> Any:
    """Return a mapping on one line, `{a: 1, b: 2}`."""
    made = CommentedMap(fields)
    made.fa.set_flow_style()
    return made


def _api() -> Any:
    api: Any = YAML()
    api.preserve_quotes = True
    api.width = sys.maxsize
    api.indent(mapping=2, sequence=2, offset=0)
    return api
