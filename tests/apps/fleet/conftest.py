"""What the tests of fleets share: a scan, and its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scclint.apps.fleet.scan import ScanSummary, execute_here, run_scan
from scclint.apps.fleet.settings import ScanSettings
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import TABLES, TARGETS, Row, Table
from scclint.apps.fleet.targets import FleetTarget

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
TIMES = ("seconds", "judged_at")
"""The columns that differ between two scans of the same targets."""

Scanner = Callable[..., ScanSummary]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of a fleet."""
    return tmp_path / "fleet"


def scan(
    out: Path, targets: Sequence[str | Path | FleetTarget], jobs: int = 1, isolated: bool = False, **options: Any
) -> ScanSummary:
    """Scan targets. `options` are fields of `Config`."""
    wanted = [target if isinstance(target, FleetTarget) else FleetTarget(str(target)) for target in targets]
    settings = ScanSettings(tuple(sorted(options.items())), isolated=isolated)
    return run_scan(Store(str(out)), wanted, settings, partial(execute_here, jobs=jobs), lambda counts, total: None)


def rows(out: Path, table: Table, scan: str | None = None) -> list[Row]:
    """The stored rows of a table, without times and sorted."""
    found = Store(str(out)).dataset(table, None if scan is None else [scan]).to_table().drop_columns(["scan"])
    kept = [name for name in found.column_names if name not in TIMES]
    return sorted(found.select(kept).to_pylist(), key=repr)


def tables(out: Path) -> dict[str, list[Row]]:
    """The stored rows of all tables."""
    return {name: rows(out, table) for name, table in TABLES.items()}


def targets(out: Path, scan: str | None = None) -> dict[str, Row]:
    """The rows of the table `targets`, by target. No target is there twice."""
    found = rows(out, TARGETS, scan)
    by_target = {str(row["target"]): row for row in found}
    assert len(by_target) == len(found)
    return by_target
