"""The tables of a fleet, which tables.json lists column by column. The Parquet files, the views and the documentation are made from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from scclint.files.package_data import read_json
from scclint.record import record

Type = Literal["text", "texts", "number", "decimal", "flag", "time"]
"""`texts` is a list of texts, `number` a whole number, and `time` a time in UTC."""

ColumnValue = str | int | float | bool | list[str] | datetime | None
Row = dict[str, ColumnValue]


@record
class Column:
    """A column of a table. `meaning` says what its values are. They are never null unless `meaning` says when they are."""

    name: str
    type: Type
    meaning: str


@record
class Table:
    """A table of a fleet and its own columns. `KEY` comes before them in the files of every table but `targets`."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


_TEXTS = read_json(__file__, "tables.json")


def _column(name: str, described: tuple[Type, str] | None) -> Column:
    """A column of tables.json: its type and meaning, or None if it is one of the columns that several tables have in common."""
    return Column(name, *(described or _TEXTS["common"][name]))


KEY = _column("key", None)
TABLES: Mapping[str, Table] = {
    name: Table(name, table["meaning"], tuple(_column(*column) for column in table["columns"].items()))
    for name, table in _TEXTS["tables"].items()
}
TARGETS, *_FOUND = TABLES.values()
RESULTS = tuple(_FOUND)
"""The tables of what was found in a target. A result is stored once, in the partition of the scan that judged it."""


def stored_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of the Parquet files of a table."""
    return table.columns if table is TARGETS else (KEY, *table.columns)
