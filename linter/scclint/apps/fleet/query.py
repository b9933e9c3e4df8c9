"""SQL over the tables of a fleet. A query can read nothing but them, and write nothing at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import TABLES
from scclint.apps.fleet.views import SCANS, statements, stored
from scclint.errors import UsageError
from scclint.record import record

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
        """Return the rows of a query. Raises UsageError for a query that DuckDB rejects."""
        try:
            cursor = self._connection.execute(sql, parameters)
            columns = tuple(column[0] for column in cursor.description or ())
            return QueryResult(columns, tuple(cursor.fetchall()) if columns else ())
        except duckdb.Error as error:
            raise UsageError(f"SQL: {error}") from None


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
        for name, table in TABLES.items():
            connection.register(stored(name), store.dataset(table))
        connection.register(SCANS, about)
        for statement in (*statements(), *_LOCKED):
            connection.execute(statement)
        yield Database(connection)
