"""A target of a fleet gets what `check` and `review` say of it alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scclint.apps.fleet.tables import TABLES, Row
from scclint.cli import main
from scclint.files.sources import find_sources
from scclint.report.text import visible, visible_line
from tests.apps.fleet.conftest import FIXTURES, rows, scan, tables, targets
from tests.conftest import shared

FOLDERS = [
    FIXTURES / name
    for name in ("demo", "upgrade", "required-scc-unusable", "cluster-admin-bound", "no-scc-admits", "unsuppressed-finding")
    if (FIXTURES / name).is_dir()
]
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: x}]}\n"


def corpus() -> list[Path]:
    """A few repositories with different kinds of units."""
    folder = shared() / "corpus"
    return [folder / "kube-prometheus", *sorted((folder / "operators").iterdir())[:4], folder / "gitops-catalog" / "nexus2"]


def run(folder: Path, *arguments: str, into: Path) -> dict[str, Any]:
    """What a command says of a folder, as JSON."""
    with contextlib.chdir(folder), contextlib.redirect_stderr(None):
        main([*arguments, "--format", "json", "-o", str(into), "--openshift", "4.22,5.0", "."])
    found: dict[str, Any] = json.loads(into.read_text(encoding="utf-8"))
    return found


def assert_same_as_alone(folder: Path, row: Row, out: Path, tmp_path: Path) -> None:
    key = row["key"]
    checked = run(folder, "check", "--no-cache", into=tmp_path / "check.json")
    ours = sorted(
        [
            *(one["rule"], one["severity"], visible(str(one["message"])), visible_line(str(one["file"])), one["line"]),
            *(one["column"], one["units"], one["releases"], one["suppressed_by"]),
        ]
        for one in rows(out, TABLES["findings"])
        # A report leaves out those of severity info.
        if one["key"] == key and one["severity"] != "info"
    )
    theirs = sorted(
        [
            *(one["rule"], one["severity"], one["message"], one["file"], one["line"], one["column"], one["units"]),
            *(one["releases"], (one["suppressed"] or {"by": ""})["by"]),
        ]
        for one in checked["findings"]
    )
    assert ours == theirs
    summary = checked["summary"]
    assert (row["files"], row["units"], row["workloads"]) == (summary["files"], summary["units"], summary["workloads"])
    reviewed = run(folder, "review", into=tmp_path / "review.json")["workloads"]
    verdicts = sorted(
        (
            *(one["release"], unit, one["kind"], one["name"], one["part"]),
            *(one["scc"] or "", one["rejectedBy"] or "", one["file"], one["line"]),
        )
        for one in reviewed
        for unit in one["units"]
    )
    assert verdicts == sorted(
        tuple(one[name] for name in ("release", "unit", "kind", "name", "part", "scc", "rejected_by", "file", "line"))
        for one in rows(out, TABLES["workloads"])
        if one["key"] == key
    )


def test_fixtures_are_judged_as_alone(out: Path, tmp_path: Path) -> None:
    scan(out, FOLDERS, jobs=2, openshift=["4.22", "5.0"])
    for folder in FOLDERS:
        assert_same_as_alone(folder, targets(out)[str(folder)], out, tmp_path)


def test_repositories_are_judged_as_alone(out: Path, tmp_path: Path) -> None:
    folders = corpus()
    scan(out, folders, jobs=2, openshift=["4.22", "5.0"])
    assert sum(int(str(row["workloads"])) for row in targets(out).values()) > 10
    for folder in folders:
        assert_same_as_alone(folder, targets(out)[str(folder)], out, tmp_path)


@settings(max_examples=4)
@given(st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=4), st.integers(1, 2))
def test_order_company_and_processes_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, some: list[Path], jobs: int
) -> None:
    together = tmp_path_factory.mktemp("together")
    scan(together, some, jobs)
    alone: dict[str, list[Row]] = {}
    for folder in dict.fromkeys(some):
        out = tmp_path_factory.mktemp("alone")
        scan(out, [folder])
        for name, found in tables(out).items():
            alone.setdefault(name, []).extend(found)
    assert tables(together) == {name: sorted(found, key=repr) for name, found in alone.items()}


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
    (repository / ".scclint.yaml").write_text("ignore: [SEC, SCC]\n")
    found.append(scan(out, folders))
    found.append(scan(out, folders))
    assert [one.counts["reused"] for one in found] == [0, 0, 0, 2]
    assert [row["findings"] for row in targets(out, found[-1].scan).values()] == [0, 0]
    assert [row["findings"] for row in targets(out, found[0].scan).values()] == [1, 1]


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
