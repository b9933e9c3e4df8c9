"""Reports on several units: in which of them a finding holds, how many there are, and which were not rendered."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import scclint
from scclint.record import replace
from scclint.report import render
from scclint.report.text import diagnostics
from tests.running import facts_of

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext: {runAsUser: 1000}
"""
PATCH = """\
patches:
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec: {replicas: 3}
"""

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file of the working directory, on a machine without kustomize and helm."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))

    def make(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return make


@pytest.fixture
def overlays(write: Write) -> Write:
    """A base that three overlays share; `dev` has a patch."""
    write("base/deployment.yaml", DEPLOYMENT)
    write("base/kustomization.yaml", "resources: [deployment.yaml]\n")
    for name in ("dev", "prod", "stage"):
        write(f"overlays/{name}/kustomization.yaml", "resources: [../../base]\n")
    return write


def test_the_units_of_a_finding(overlays: Write) -> None:
    linted = scclint.lint(["."])
    rejected = [replace(f, units=f.units[:2]) for f in linted.findings if f.rule_id == "SCC101"]
    assert [f.units for f in rejected] == [("overlays/dev", "overlays/prod")]
    report = replace(linted, findings=tuple(rejected))
    phrase = "in 2 of 3 units: overlays/dev and overlays/prod"
    assert f"   = {phrase}\n" in render(report, "full")
    assert "base/deployment.yaml:12:29: SCC101 " in render(report, "concise")
    assert render(report, "concise").count(" (in 2 of 3 units)\n") == len(report.live) == 1
    assert f" {phrase[0].upper()}{phrase[1:]}. https://" in render(report, "github")
    assert f"\n  - {phrase}\n" in render(report, "markdown")
    found = json.loads(render(report, "json"))
    assert (facts_of(found)[0]["units"], found["summary"]["units"]) == (list(rejected[0].units), 3)
    results = json.loads(render(report, "sarif"))["runs"][0]["results"]
    assert results[0]["properties"] == {"kind": "problem", "units": list(rejected[0].units)}


def test_what_holds_in_all_units_of_a_file_names_none(overlays: Write) -> None:
    overlays("other.yaml", DEPLOYMENT.replace("name: web", "name: other"))
    report = scclint.lint(["."])
    assert [len(finding.units) for finding in report.live if finding.rule_id == "SCC101"] == [3, 1]
    assert " units)" not in render(report, "concise")


def test_the_summary_counts_several_units(overlays: Write) -> None:
    text = render(scclint.lint(["."]), "full")
    assert "; 5 files, 5 documents in 3 units (3 unrendered): 1 linted (1 workload), 4 of other kinds." in text
    shutil.rmtree("overlays")
    assert "; 2 files, 2 documents: 1 linted (1 workload), 1 of other kinds." in render(scclint.lint(["."]), "full")


def test_one_unit_is_not_mentioned(write: Write) -> None:
    write("web.yaml", DEPLOYMENT)
    report = scclint.lint(["."])
    assert all(" units" not in render(report, form) for form in ("full", "concise", "github", "markdown"))
    assert all("units" not in result["properties"] for result in json.loads(render(report, "sarif"))["runs"][0]["results"])
    assert {tuple(finding["units"]) for finding in facts_of(json.loads(render(report, "json")))} == {(".",)}


def test_units_that_are_not_rendered_are_told_once(overlays: Write) -> None:
    told = [line for line in diagnostics(scclint.lint(["."])) if "unrendered" in line]
    assert told == ["note: 3 units judged unrendered (overlays/dev, overlays/prod and overlays/stage): kustomize not found"]


def test_a_rejection_that_a_patch_may_change_says_so(overlays: Write) -> None:
    note = "the kustomization's patches are not applied, and may change this"
    report = scclint.lint(["."])
    assert not any(note in finding.notes for finding in report.findings)
    overlays("overlays/dev/kustomization.yaml", "resources: [../../base]\n" + PATCH)
    one, *_ = scclint.lint(["."]).findings
    assert (len(one.units), one.notes[-1]) == (3, f"in overlays/dev: {note}")
    for name in ("prod", "stage"):
        overlays(f"overlays/{name}/kustomization.yaml", "resources: [../../base]\n" + PATCH)
    marked = {f.rule_id: f.units for f in scclint.lint(["."]).findings if note in f.notes}
    assert marked == dict.fromkeys(("SCC101", "SCC107"), ("overlays/dev", "overlays/prod", "overlays/stage"))
    assert f"   = {note}\n" in render(scclint.lint(["."]), "full")


def test_rendering_can_be_required(overlays: Write) -> None:
    report = scclint.lint(["."], scclint.Config(render="require"))
    assert [notice.level for notice in report.notices if "unrendered" in notice.message] == ["error"]
