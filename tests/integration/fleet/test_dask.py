"""A fleet on a Dask cluster has the tables of one on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import LocalCluster

from scclint.apps.fleet import dask_executor
from scclint.apps.fleet.scan import ScanSummary, run_scan
from scclint.apps.fleet.settings import ScanSettings
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.targets import FleetTarget
from scclint.errors import UsageError
from tests.apps.fleet.conftest import FIXTURES, scan, tables, targets

FOLDERS = [FIXTURES / name for name in ("demo", "upgrade", "no-scc-admits", "missing", "unconfined")]


# A worker that starts too slowly leaves sockets behind, and the next attempt does not need them.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, each a process with two threads."""
    quiet = {
        "distributed.worker.memory.spill": False,
        "distributed.logging.distributed": "critical",
        "distributed.comm.timeouts.connect": "90s",
    }
    with dask.config.set(quiet), ExitStack() as stack:
        for _ in range(2):
            try:
                made = stack.enter_context(_local_cluster())
            except RuntimeError as error:
                reason = str(error)
            else:
                yield made.scheduler_address
                return
        pytest.skip(f"no Dask cluster starts on this machine: {reason}")


def _local_cluster() -> LocalCluster:
    return LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None, silence_logs=True)


def scan_on(address: str, out: Path, folders: list[Path], **options: Any) -> ScanSummary:
    settings = ScanSettings(tuple(sorted(options.items())))
    wanted = [FleetTarget(str(folder)) for folder in folders]
    return run_scan(
        Store(str(out)), wanted, settings, partial(dask_executor.execute_on_dask, address=address), lambda counts, total: None
    )


def test_the_same_tables(cluster: str, tmp_path: Path) -> None:
    scan(tmp_path / "here", FOLDERS, openshift=["4.22", "5.0"])
    found = scan_on(cluster, tmp_path / "there", FOLDERS, openshift=["4.22", "5.0"])
    assert (found.counts["done"], found.counts["failed"]) == (5, 1)
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    assert scan_on(cluster, tmp_path / "there", FOLDERS, openshift=["4.22", "5.0"]).counts["reused"] == 4
    # The executor does not count: a local scan knows the results of the cluster.
    assert scan(tmp_path / "there", FOLDERS, openshift=["4.22", "5.0"]).counts["reused"] == 4


def test_a_batch_that_fails_costs_one_target(cluster: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "judge_batch", _Failing())
    folders = [*FOLDERS[:3], Path("/deadly")]
    monkeypatch.setattr("scclint.apps.fleet.scan._batches", lambda left: [left])
    found = scan_on(cluster, out, folders)
    by_name = {os.path.basename(target): row for target, row in targets(out).items()}
    assert found.counts["done"] == 4
    assert by_name["deadly"]["error"] == "the worker that judged it failed: MemoryError: too much"
    assert [name for name, row in by_name.items() if row["status"] == "failed"] == ["deadly"]


class _Failing:
    """Judges a batch, unless a target has a certain name. An object is sent to workers as it is."""

    def __call__(self, batch: list[FleetTarget], known: Any, settings: ScanSettings) -> Any:
        from scclint.apps.fleet.dask_executor import judge_batch

        if any(target.address.endswith("deadly") for target in batch):
            raise MemoryError("too much")
        return judge_batch(batch, known, settings)


def test_no_scheduler(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "_CONNECT_SECONDS", 0.3)
    with pytest.raises(UsageError, match="cannot reach the Dask scheduler"):
        scan_on("tcp://127.0.0.1:1", out, FOLDERS)


def test_workers_with_another_scclint(cluster: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "__version__", "0.0.0")
    with pytest.raises(UsageError, match=r"have scclint .*, not 0\.0\.0"):
        scan_on(cluster, out, FOLDERS)
