"""A target of a fleet gets what `check` and `review` say of it alone."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from scclint.apps.fleet.tables import TABLES
from tests.apps.fleet.conftest import FIXTURES, rows, scan, targets

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: x}]}\n"


def test_a_target_that_cannot_be_judged_is_a_row(out: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / ".scclint.yaml").write_text("selekt: [SEC]\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "unreadable" / "web.yaml").write_text("kind: [\n")
    found = scan(out, [broken, tmp_path / "missing", tmp_path / "empty", tmp_path / "unreadable", FIXTURES / "demo"])
    by_name = {Path(target).name: row for target, row in targets(out).items()}
    assert {name: row["status"] for name, row in by_name.items()} == {
        "broken": "failed",
        "missing": "failed",
        "empty": "nothing",
        "unreadable": "incomplete",
        "demo": "judged",
    }
    assert "selekt" in str(by_name["broken"]["error"])
    assert by_name["missing"]["error"] == "no such file or directory"
    assert str(by_name["unreadable"]["error"]).startswith("web.yaml:")
    assert (found.counts["done"], found.counts["failed"], found.counts["incomplete"]) == (5, 2, 1)


def test_a_bug_is_a_row(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("scclint.apps.fleet.judge.find_sources", broken)
    found = scan(out, [FIXTURES / "demo"])
    (row,) = targets(out).values()
    assert (row["status"], row["error"], row["crashes"]) == ("failed", "internal error: RuntimeError: broken", 1)
    assert found.counts["crashed"] == 1


def test_only_what_changed_is_judged_again(out: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        (folder / "web.yaml").write_text(POD)
    scan(out, folders)
    (folders[0] / "web.yaml").write_text(POD.replace("image: x", "image: x, securityContext: {privileged: true}"))
    second = scan(out, folders)
    assert second.counts["reused"] == 1
    assert {Path(t).name: row["reused"] for t, row in targets(out, second.scan).items()} == {"a": False, "b": True}
    # The first content is known, and is not stored twice.
    (folders[0] / "web.yaml").write_text(POD)
    third = scan(out, folders)
    assert third.counts["reused"] == 2
    assert len(rows(out, TABLES["workloads"])) == 3
    assert scan(out, folders, openshift=["5.0"]).counts["reused"] == 0


def test_a_base_outside_the_target_counts(out: Path, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "demo", tmp_path / "repository" / "base")
    overlay, base = tmp_path / "repository" / "prod", tmp_path / "repository" / "base"
    overlay.mkdir()
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True)
    (overlay / "kustomization.yaml").write_text("resources: [../base/bare-pod.yaml]\n")
    subprocess.run(["git", "-C", str(tmp_path / "repository"), "add", "."], check=True)
    scan(out, [overlay])
    (row,) = targets(out).values()
    assert isinstance(row["outside"], list)
    assert [text.partition(" ")[2] for text in row["outside"]] == ["../base/bare-pod.yaml"]
    assert scan(out, [overlay]).counts["reused"] == 1
    (base / "bare-pod.yaml").write_text(POD)
    assert scan(out, [overlay]).counts["reused"] == 0


def test_what_the_folders_above_say_counts(out: Path, tmp_path: Path) -> None:
    """Ignore files of git, and the configuration file, of the repository that several targets are in."""
    repository = tmp_path / "repository"
    folders = [repository / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "web.yaml").write_text(POD)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "."], check=True)
    found = [scan(out, folders)]
    (repository / ".gitignore").write_text("*.json\n")
    found.append(scan(out, folders))
    (repository / ".scclint.yaml").write_text("ignore: [ALL]\n")
    found.append(scan(out, folders))
    found.append(scan(out, folders))
    assert [one.counts["reused"] for one in found] == [0, 0, 0, 2]
    assert [row["findings"] for row in targets(out, found[-1].scan).values()] == [0, 0]
    assert [row["findings"] for row in targets(out, found[0].scan).values()] == [3, 3]


def test_a_suppression_that_ends_is_judged_again_then(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    until = date.today() + timedelta(days=3)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "web.yaml").write_text(f"# scclint: ignore[SCC303] until={until} -- soon\n{POD}")
    scan(out, [tmp_path / "app"])
    assert "@" in str(next(iter(targets(out).values()))["key"])
    assert scan(out, [tmp_path / "app"]).counts["reused"] == 1

    class Later(date):
        @classmethod
        def today(cls) -> date:  # type: ignore[override]
            return date(until.year, until.month, until.day) + timedelta(days=1)

    monkeypatch.setattr("scclint.apps.fleet.judge.date", Later)
    assert scan(out, [tmp_path / "app"]).counts["reused"] == 0


def test_grants_are_those_of_the_target(out: Path) -> None:
    scan(out, [FIXTURES / "demo"])
    (grant,) = rows(out, TABLES["grants"])
    assert (grant["subject_kind"], grant["subject"], grant["scc"]) == ("ServiceAccount", "legacy", "anyuid")
    assert (grant["file"], grant["takes_node"]) == ("needs-anyuid.yaml", False)
