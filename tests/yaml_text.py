"""YAML of the tests themselves, read and written with ruamel.yaml and without scclint."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML


def read_yaml(text: str) -> Any:
    """Return the data of a text with one document."""
    return _reader().load(text)


def read_documents(text: str) -> list[Any]:
    """Return the data of each document of a text."""
    return list(_reader().load_all(text))


def _reader() -> Any:
    reader: Any = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader


def write_yaml(
    *documents: Any, flow: bool | None = False, width: int | None = None, indent: int = 2, ordered: bool = False
) -> str:
    """Return the documents as YAML. `flow`: None writes only the innermost collections in flow style. `ordered`: do not sort keys."""
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.width = width
    writer.indent(mapping=indent)
    writer.sort_base_mapping_type_on_output = not ordered
    writer.dump_all(documents, stream := StringIO())
    return stream.getvalue()
