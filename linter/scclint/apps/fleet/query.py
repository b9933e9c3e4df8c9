"""SQL over the tables of a fleet, and its answers as text: a table for terminals, JSON, or CSV.

A query can read nothing but the tables, and write nothing at all.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from threading import Timer
from typing import Any

import duckdb
import pyarrow as pa

from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import TABLES
from scclint.apps.fleet.views import SCANS, statements, stored
from scclint.errors import UsageError
from scclint.limits import MAX_QUERY_SECONDS
from scclint.record import record
from scclint.report.review_table import inert
from scclint.report.table import table
from scclint.report.text import visible_line

_LOCKED = (
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""Settings of DuckDB that take files, the network, extensions and the variables of this program away from queries, for good."""


@record
class QueryResult:
    """The rows of a query, as values of Python, below the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Database:
    """The tables and views of the finished scans of a fleet."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> QueryResult:
        """Return the rows of a query. Raises UsageError for a query that DuckDB rejects or that takes too long, and for a text without one."""
        limit = Timer(MAX_QUERY_SECONDS, self._connection.interrupt)
        limit.start()
        try:
            if not self._connection.extract_statements(sql):
                raise UsageError("SQL: there is no statement in the text")
            cursor = self._connection.execute(sql, parameters)
            columns = tuple(column[0] for column in cursor.description or ())
            return QueryResult(columns, tuple(cursor.fetchall()) if columns else ())
        except duckdb.InterruptException:
            raise UsageError(f"SQL: the query took longer than {MAX_QUERY_SECONDS:,} seconds") from None
        except duckdb.Error as error:
            raise UsageError(f"SQL: {error}") from None
        finally:
            limit.cancel()


@contextmanager
def opened_database(store: Store) -> Iterator[Database]:
    """Open the database of a fleet. Raises UsageError if it has no finished scan."""
    scans = [scan for scan in store.scans() if scan.finished]
    if not scans:
        raise UsageError(f"{store.folder} has no finished scan: run `scclint fleet run --out {store.folder}` first")
    about = pa.table(
        {
            "scan": [scan.id for scan in scans],
            "finished": pa.array([scan.finished for scan in scans]).cast(pa.timestamp("s", "UTC")),
            "latest": [scan is scans[-1] for scan in scans],
        }
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, stored_table in TABLES.items():
            connection.register(stored(name), store.dataset(stored_table))
        connection.register(SCANS, about)
        for statement in (*statements(), *_LOCKED):
            connection.execute(statement)
        yield Database(connection)


def render_table(answer: QueryResult) -> str:
    """Return columns as wide as their widest cell, and the number of rows."""
    rows = [[visible_line(shown(value)) for value in row] for row in answer.rows]
    lines = list(table([visible_line(name) for name in answer.columns], rows)) if answer.columns else []
    number = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    return "\n".join([*lines, "", number]) + "\n"


def render_json(answer: QueryResult) -> str:
    """Return an array with an object for each row, a row a line, in ASCII."""
    rows = [json.dumps(dict(zip(answer.columns, map(_json_value, row), strict=True))) for row in answer.rows]
    return "[" + ",\n".join(rows) + "]\n"


def render_csv(answer: QueryResult) -> str:
    """Return the names of the columns and a line for each row. No cell is a formula for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(visible_line, answer.columns))
    writer.writerows([inert(visible_line(shown(value))) for value in row] for row in answer.rows)
    return out.getvalue()


FORMATS: Mapping[str, Callable[[QueryResult], str]] = {"table": render_table, "json": render_json, "csv": render_csv}


def shown(value: Any) -> str:
    """Return a value as text: a list as its items, and nothing for null."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _json_value(value: Any) -> Any:
    """Return a value of a query as JSON has it, which has no NaN, no infinity and no dates."""
    if isinstance(value, list | tuple):
        return list(map(_json_value, value))
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    is_json = isinstance(value, str | int | None) or (isinstance(value, float) and isfinite(value))
    return value if is_json else str(value)
