"""A target of a fleet gets what `check` and `review` say of it alone, whatever is judged beside it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scclint.apps.fleet.tables import TABLES, Row
from scclint.cli import main
from scclint.report.text import visible, visible_line
from tests.apps.fleet.conftest import FIXTURES, rows, scan, tables, targets
from tests.conftest import shared

FOLDERS = [
    FIXTURES / name
    for name in ("demo", "upgrade", "required-scc-unusable", "cluster-admin-bound", "no-scc-admits", "unsuppressed-finding")
    if (FIXTURES / name).is_dir()
]


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
        # A report leaves out advice, and what is suppressed.
        if one["key"] == key and one["severity"] != "advice" and one["suppressed_by"] in ("", "finding")
    )
    theirs = sorted(
        [
            *(one["rule"], one.get("severity", kind), one["text"], one["file"], one["line"], one["column"], one["units"]),
            *(one["releases"], (one["suppressed"] or {"by": ""})["by"]),
        ]
        for kind, name in (("problem", "problems"), ("access", "access"), ("gap", "gaps"))
        for one in checked[name]
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
