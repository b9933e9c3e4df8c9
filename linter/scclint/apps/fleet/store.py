"""The Parquet files of a fleet: written so that a scan that is killed can go on, and read as one table each.

A part holds the rows of some targets: one file for each table, all with the same name, in `TABLE/scan=SCAN/`. The file of `targets` is
renamed to its name last and makes the part valid. Files of other tables without it are remains of a scan that was killed.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from scclint.apps.fleet.judge import TargetResult
from scclint.apps.fleet.tables import RESULTS, TARGETS, Row, Table, stored_columns
from scclint.errors import UsageError
from scclint.record import record

_TYPES: dict[str, Any] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "number": pa.int64(),
    "decimal": pa.float64(),
    "flag": pa.bool_(),
    "time": pa.timestamp("s", "UTC"),
}
_SCAN = pa.schema([("scan", pa.string())])
_SCANS = "scans"
LOCK_PATIENCE = 10.0
"""Seconds to wait for another scan to end."""


@record
class Scan:
    """One scan. `plan` is the digest of its targets and settings. It is empty in `finished` until every target has a row."""

    id: str
    plan: str
    finished: str = ""


class Store:
    """The folder of a fleet."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other scans from writing to the folder. Raises UsageError if one does, or if the folder cannot be written to.

        Processes forked meanwhile have the lock as well: the next scan waits for those that outlive this one.
        """
        try:
            os.makedirs(os.path.join(self.folder, _SCANS), exist_ok=True)
            descriptor = os.open(os.path.join(self.folder, ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"cannot write to {self.folder}: {error.strerror}") from None
        try:
            _lock(descriptor, self.folder)
            yield
        finally:
            os.close(descriptor)

    def scans(self) -> list[Scan]:
        """Return the scans, oldest first."""
        folder = os.path.join(self.folder, _SCANS)
        if not os.path.isdir(folder):
            return []
        scans = []
        for name in os.listdir(folder):
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    scans.append(Scan(**json.load(file)))
        return sorted(scans, key=lambda scan: scan.id)

    def open_scan(self, plan: str) -> Scan:
        """Return the last scan if it has the same plan and is not finished, else a new one. Remove what a killed scan left."""
        scans = self.scans()
        self._remove_remains()
        if scans and scans[-1].plan == plan and not scans[-1].finished:
            return scans[-1]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        taken = {scan.id for scan in scans}
        # Ids sort by age.
        id = now if now not in taken else next(name for n in range(2, 10_000) if (name := f"{now}.{n:04}") not in taken)
        scan = Scan(id, plan)
        self._save(scan)
        return scan

    def finish(self, scan: Scan) -> None:
        """Note that every target of a scan has a row."""
        self._save(Scan(scan.id, scan.plan, datetime.now(UTC).isoformat(timespec="seconds")))

    def write(self, scan: str, name: str, judged: Sequence[TargetResult]) -> None:
        """Write a part that has the rows of some targets."""
        for table in (*RESULTS, TARGETS):
            rows = [row for result in judged for row in result.rows.get(table.name, ())]
            if rows or table is TARGETS:
                self._write(table, scan, name, rows)

    def done(self, scan: str) -> set[str]:
        """Return the addresses of the targets that have a row in a scan."""
        table = self.dataset(TARGETS, [scan]).to_table(columns=["target"])
        return set(table["target"].to_pylist())

    def judged(self, scan: str) -> int:
        """Return how many targets of a scan were judged, as a whole or in part."""
        table = self.dataset(TARGETS, [scan]).to_table(columns=["status"])
        return sum(status in ("judged", "incomplete") for status in table["status"].to_pylist())

    def known(self) -> "EarlierRows":
        """Return what earlier scans know of targets."""
        table = self.dataset(TARGETS).to_table()
        return EarlierRows(table.filter(pc.not_equal(table["status"], "failed")))

    def dataset(self, table: Table, scans: Iterable[str] | None = None) -> "ds.Dataset":
        """Return the rows of a table with the column `scan`, in all scans or in some."""
        base = os.path.join(self.folder, table.name)
        valid = self._files(TARGETS)
        parts = valid if table is TARGETS else valid & self._files(table)
        if scans is not None:
            wanted = {f"scan={scan}" for scan in scans}
            parts = {name for name in parts if os.path.dirname(name) in wanted}
        return ds.dataset(
            [os.path.join(base, part) for part in sorted(parts)],
            schema=pa.unify_schemas([schema_of(table), _SCAN]),
            format="parquet",
            partitioning=ds.partitioning(_SCAN, flavor="hive"),
        )

    def _files(self, table: Table, suffix: str = ".parquet") -> set[str]:
        """The names of the files of a table, with the folder of their scan."""
        base = os.path.join(self.folder, table.name)
        folders = os.listdir(base) if os.path.isdir(base) else ()
        return {
            os.path.join(folder, name)
            for folder in folders
            if folder.startswith("scan=")
            for name in os.listdir(os.path.join(base, folder))
            if name.endswith(suffix)
        }

    def _remove_remains(self) -> None:
        valid = self._files(TARGETS)
        for table in (TARGETS, *RESULTS):
            for name in (self._files(table) - valid) | self._files(table, ".draft"):
                os.unlink(os.path.join(self.folder, table.name, name))

    def _write(self, table: Table, scan: str, name: str, rows: Sequence[Row]) -> None:
        folder = os.path.join(self.folder, table.name, f"scan={scan}")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{name}.parquet")
        draft = f"{path}.draft"
        pq.write_table(pa.Table.from_pylist(list(map(_stored, rows)), schema_of(table)), draft, compression="zstd")
        os.replace(draft, path)

    def _save(self, scan: Scan) -> None:
        path = os.path.join(self.folder, _SCANS, f"{scan.id}.json")
        with open(f"{path}.draft", "w", encoding="utf-8") as file:
            json.dump({"id": scan.id, "plan": scan.plan, "finished": scan.finished}, file)
        os.replace(f"{path}.draft", path)


class EarlierRows:
    """The rows of the table `targets` in earlier scans, of targets that could be judged."""

    def __init__(self, table: "pa.Table") -> None:
        self._table = table.drop_columns(["scan"])

    def of(self, targets: Sequence[str]) -> dict[str, dict[str, Row]]:
        """Return the rows of targets, by target and key. A target without a row is left out."""
        rows: dict[str, dict[str, Row]] = {}
        for row in self._table.filter(pc.is_in(self._table["target"], pa.array(targets, pa.string()))).to_pylist():
            rows.setdefault(row["target"], {})[row["key"]] = row
        return rows


def schema_of(table: Table) -> "pa.Schema":
    """Return the schema of the files of a table."""
    return pa.schema(
        [pa.field(column.name, _TYPES[column.type], metadata={"meaning": column.meaning}) for column in stored_columns(table)]
    )


def _stored(row: Row) -> dict[str, Any]:
    """A row with texts that UTF-8 can encode."""
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return list(map(_value, value)) if isinstance(value, list) else value


def _lock(descriptor: int, folder: str) -> None:
    """Wait for the lock, which the processes of a killed scan keep until each has finished its target."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    end = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                raise UsageError(f"another scan writes to {folder}") from None
            time.sleep(0.05)
        else:
            return
