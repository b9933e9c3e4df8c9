"""`scclint review` with more columns, filters and totals, as CSV and Markdown."""

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli, here
from tests.manifests import GRANT, ROOT, WEB

__all__ = ["cli", "here"]

TWO = WEB.replace("name: web", "name: plain", 1) + "---\n" + ROOT + GRANT
REFUSED = "---\n" + ROOT.replace("name: web", "name: other").replace("serviceAccountName: web", "serviceAccountName: other")


@pytest.fixture
def manifests(here: Path) -> None:
    (here / "web.yaml").write_text(TWO + REFUSED)


def test_csv_fills_in_every_cell(manifests: None, cli: Cli) -> None:
    text = cli("review", "--isolated", "--format", "csv", "--columns", "uid,caps", "web.yaml").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["workload"], row["scc"], row["uid"], row["caps"]) for row in rows] == [
        ("Deployment shop/plain", "anyuid", "image", "drop MKNOD"),
        ("Deployment shop/web", "anyuid", "0 (manifest)", "drop MKNOD"),
        ("Deployment shop/other", "REJECTED", "", ""),
    ]
    assert {row["file"] for row in rows} == {"web.yaml"}


def test_a_cell_is_no_formula(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(WEB.replace("name: web, image", 'name: "=1+1", image'))
    row = next(csv.DictReader(io.StringIO(cli("review", "--isolated", "--format", "csv", "web.yaml").out)))
    assert row["container"] == "'=1+1"


def test_markdown(manifests: None, cli: Cli) -> None:
    lines = cli("review", "--isolated", "--format", "markdown", "web.yaml").out.splitlines()
    assert lines[0] == "## scclint: 3 workloads: 2 created, 1 rejected; 2 containers unconfined"
    assert lines[4].startswith("| Deployment shop/plain | anyuid | service account |")


def test_all_columns_in_text_and_json(manifests: None, cli: Cli) -> None:
    columns = "uid,fsgroup,caps,selinux,psa"
    header = cli("review", "--isolated", "--columns", columns, "web.yaml").out.splitlines()[0]
    assert header.split()[-5:] == ["UID", "FSGROUP", "CAPS", "SELINUX", "PSA"]
    document = json.loads(cli("review", "--isolated", "--columns", columns, "--format", "json", "web.yaml").out)
    assert document["workloads"][1]["columns"] == {
        "uid": ["0 (manifest)"],
        "fsgroup": ["none"],
        "caps": ["drop MKNOD"],
        "selinux": ["own level (namespace)"],
        "psa": ["privileged:latest"],
    }
    assert document["summary"] == {"workloads": 3, "created": 2, "rejected": 1, "unknown": 0, "unconfined": 2}


@pytest.mark.parametrize(
    ("only", "names"),
    [("refused", ["other"]), ("unconfined", ["plain", "web"])],
)
def test_filters(manifests: None, cli: Cli, only: str, names: list[str]) -> None:
    run = cli("review", "--isolated", "--only", only, "--format", "json", "web.yaml")
    assert [workload["name"] for workload in json.loads(run.out)["workloads"]] == names


def test_only_changed_asks_git(here: Path, cli: Cli) -> None:
    for name in ("old", "new"):
        (here / name).mkdir()
        (here / name / "manifest.yaml").write_text(WEB)
        (here / name / "hydrator.metadata").write_text("")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "old"], check=True)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, "commit", "-qm", "first"], check=True)
    subprocess.run(["git", "add", "new"], check=True)
    document = json.loads(cli("review", "--isolated", "--only", "changed", "--format", "json").out)
    assert [workload["file"] for workload in document["workloads"]] == ["new/manifest.yaml"]


def test_a_column_that_is_not_there(manifests: None, cli: Cli) -> None:
    run = cli("review", "--columns", "uid,color")
    assert (run.status, "expected uid, fsgroup, caps, selinux or psa, not 'color'" in run.err) == (2, True)
