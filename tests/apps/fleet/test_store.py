"""A scan that is killed goes on, and its tables are those of a scan that was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scclint.apps.fleet import store as stores
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import RESULTS
from scclint.errors import UsageError
from tests.apps.fleet.conftest import rows, scan, tables, targets

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: '%s'}]}\n"


def make_targets(folder: Path, number: int) -> list[Path]:
    """So many folders with a pod in each."""
    folders = [folder / f"{index:04}" for index in range(number)]
    for index, target in enumerate(folders):
        target.mkdir(parents=True)
        (target / "web.yaml").write_text(POD % index)
    return folders


def test_remains_of_a_killed_part_do_not_count(out: Path, tmp_path: Path) -> None:
    folders = make_targets(tmp_path / "targets", 2)
    scan(out, folders)
    before = tables(out)
    for table in RESULTS:
        for file in (out / table.name).glob("*/*.parquet"):
            (file.parent / f"killed-{file.name}").write_bytes(file.read_bytes())
    assert tables(out) == before
    scan(out, folders)
    assert not list(out.rglob("killed-*"))


def test_other_targets_or_settings_start_another_scan(out: Path, tmp_path: Path) -> None:
    folders = make_targets(tmp_path / "targets", 3)
    ids = [
        scan(out, folders).scan,
        scan(out, folders).scan,
        scan(out, folders[:2]).scan,
        scan(out, folders, openshift=["5.0"]).scan,
    ]
    assert sorted(set(ids)) == ids
    assert [len(targets(out, id)) for id in ids] == [3, 3, 2, 3]
    assert all(found.finished for found in Store(str(out)).scans())


def test_scans_of_one_second_are_in_order(out: Path) -> None:
    store = Store(str(out))
    with store.locked():
        scans = [store.open_scan(str(number)) for number in range(4)]
    assert [found.id for found in store.scans()] == [found.id for found in scans]
    assert sorted({found.id for found in scans}) == [found.id for found in scans]


def test_one_scan_at_a_time(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "LOCK_PATIENCE", 0.1)
    with Store(str(out)).locked(), pytest.raises(UsageError, match="another scan"), Store(str(out)).locked():
        pass


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write to"), Store(str(tmp_path / "file" / "out")).locked():
        pass


def test_text_that_utf_8_cannot_encode_is_stored(out: Path, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "web.json").write_text(
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "\\ud800"}},'
        '"spec": {"containers": [{"name": "\\ud800", "image": "x"}]}}'
    )
    scan(out, [tmp_path / "app"])
    (row,) = targets(out).values()
    assert row["status"] != "failed"
    assert all("\ud800" not in str(value) for table in RESULTS for found in rows(out, table) for value in found.values())
