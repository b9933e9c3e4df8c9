"""Proofs are kept: a second run with the same input shows the same fixes and proves nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Finding
from scclint.remedy import fixes, proofs
from scclint.remedy.proofs import with_fixes
from scclint.run.report import Report
from scclint.run.run import report_of
from tests.running import run_over

POD = """apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        runAsUser: 1001
        allowPrivilegeEscalation: true
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "input"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(POD.replace("NAME", name))
    return folder


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pods whose findings were proved, one for each finding."""
    names: list[str] = []
    prove_all = fixes.prove_all

    def recorded(findings: Sequence[Finding], *rest: object, **named: object) -> object:
        names.extend(finding.subject.name for finding in findings)
        return prove_all(findings, *rest, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(proofs, "prove_all", recorded)
    return names


def report(jobs: int = 1, **settings: object) -> Report:
    run = run_over(["."], Config(**settings), jobs=jobs, cache_scope=("here", "."))  # type: ignore[arg-type]  # the fields of a configuration
    found = report_of(run)
    return with_fixes(run, found, found.live)


def test_a_second_run_proves_nothing(here: Path, proved: list[str]) -> None:
    first = report()
    assert all(finding.fix for finding in first.live if finding.kind == "problem")
    assert set(proved) == {"one", "two"}
    proved.clear()
    assert report().findings == first.findings
    assert proved == []


def test_what_a_proof_depends_on_is_part_of_its_key(here: Path, proved: list[str]) -> None:
    report()
    for change in ({"openshift": ("4.16",)}, {"openshift": ("4.16", "4.20")}, {"namespace": "bank"}):
        proved.clear()
        report(**change)
        assert proved, change
    proved.clear()
    (here / "two.yaml").write_text(POD.replace("NAME", "three"))
    report()
    assert "three" in proved


def test_the_number_of_processes_does_not_change_what_is_proved(here: Path) -> None:
    (here / "shop").mkdir()
    (here / "shop/kustomization.yaml").write_text("resources: [pod.yaml]\n")
    (here / "shop/pod.yaml").write_text(POD.replace("NAME", "third"))
    first = report(render="never")
    for file in (here.parent / "cache").rglob("*.fixes"):
        file.unlink()
    assert report(jobs=2, render="never").findings == first.findings


def test_what_the_disk_holds_is_not_trusted(here: Path, proved: list[str]) -> None:
    first = report()
    (file,) = (here.parent / "cache").rglob("*.fixes")
    text = file.read_text()
    for broken in ("", "nonsense", text[:-20], text.replace('"advice"', '"safest"')):
        file.write_text(broken)
        proved.clear()
        assert report().findings == first.findings
        assert proved
