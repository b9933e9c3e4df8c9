"""Processes of a scan that are killed cost as little as they can."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from scclint.apps.fleet import store as stores
from scclint.apps.fleet.store import Store
from scclint.files.sources import find_sources
from tests.apps.fleet.conftest import scan, tables, targets
from tests.apps.fleet.test_judge import POD
from tests.apps.fleet.test_store import make_targets

MOMENTS = ((1, True), (2, False), (4, True), (5, False), (5, True), (9, False))
"""The steps at which a scan is killed, and whether the step is done first."""


def kill_at(step: int, out: Path, folders: list[Path], *, late: bool) -> int:
    """Scan, and kill all processes of the scan as soon as one of them gives a file its name, before or after that step."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    os.setpgid(0, 0)
    real, seen = os.replace, [0]

    def replace(source: Any, target: Any) -> None:
        seen[0] += 1
        if late:
            real(source, target)
        if seen[0] == step:
            os.killpg(0, signal.SIGKILL)
        if not late:
            real(source, target)

    stores.os.replace = replace  # type: ignore[attr-defined]
    scan(out, folders, jobs=2)
    os._exit(0)


def test_a_kill_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    folders = make_targets(tmp_path / "targets", 34)
    scan(tmp_path / "whole", folders)
    expected = tables(tmp_path / "whole")
    out = tmp_path / "killed"
    # A part of pods writes four files, and a scan writes a file at its start and its end.
    statuses = [kill_at(step, out, folders, late=late) for step, late in MOMENTS]
    assert set(statuses) == {signal.SIGKILL}
    last = scan(out, folders, jobs=2)
    assert 0 < last.resumed < 34
    assert [found.id for found in Store(str(out)).scans()] == [last.scan]
    assert len(targets(out)) == 34
    assert tables(out) == expected
    assert not [path for path in out.rglob("*.draft") if path.parent.name != "scans"]


def test_a_process_that_dies_costs_one_target(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / str(number) for number in range(40)]
    for folder in folders:
        folder.mkdir()
        (folder / "web.yaml").write_text(POD)
    real = find_sources

    def deadly(*arguments: Any, **more: Any) -> Any:
        if os.path.basename(os.getcwd()) == "7":
            os._exit(9)
        return real(*arguments, **more)

    monkeypatch.setattr("scclint.apps.fleet.judge.find_sources", deadly)
    found = scan(out, folders, jobs=2)
    by_name = {Path(target).name: row for target, row in targets(out).items()}
    assert len(by_name) == found.counts["done"] == 40
    assert by_name["7"]["error"] == "the process that judged it ended with status 9"
    assert [name for name, row in by_name.items() if row["status"] != "judged"] == ["7"]
