"""What the SARIF schema and the Sarif.Multitool say about our files (skipped where the Multitool is not at hand)."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.engine.report import Report
from scclint.finding import Crash, Finding, Severity, Subject
from scclint.record import replace
from scclint.report import Options, render
from scclint.source import Span
from tests.conftest import shared

Faults = Callable[[str, Path], list[tuple[str, str]]]

EXPLAINED = {
    "SARIF2005",  # informationUri: there is no home page that would stay true for every copy of the package.
    "GH1006",  # An absolute URI outside the working directory: a file outside the repository, which no host can show.
}


def unexplained(faults: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [fault for fault in faults if fault[0] not in EXPLAINED]


@pytest.mark.parametrize("options", [Options(), Options(show_suppressed=True, sarif_category="nightly")])
def test_one_of_everything(sample: Report, sarif_faults: Faults, tmp_path: Path, options: Options) -> None:
    report = replace(sample, crashes=(Crash("SCC101", Subject("v1", "Pod", "", "b"), "KeyError: 'spec'"),))
    assert unexplained(sarif_faults(render(report, "sarif", options), tmp_path)) == []


def test_a_clean_run(sarif_faults: Faults, tmp_path: Path) -> None:
    assert unexplained(sarif_faults(render(Report(), "sarif"), tmp_path)) == []


def test_a_file_outside_the_repository(sample: Report, sarif_faults: Faults, tmp_path: Path) -> None:
    faults = sarif_faults(render(sample, "sarif", Options(root=str(tmp_path))), tmp_path)
    assert unexplained(faults) == []
    assert "GH1006" not in {rule for rule, _ in sarif_faults(render(sample, "sarif"), tmp_path)}


def test_hostile_names(sample: Report, sarif_faults: Faults, tmp_path: Path) -> None:
    names = ["a b.yaml", "c[1]#?%25.yaml", "a:b.yaml", "back\\slash.yaml", "{{x}}.yaml", "é🔥.yaml", "<stdin>", "\udcff.yaml"]
    findings = tuple(
        Finding(
            "X1", "x", Severity.ERROR, "[a](1) {0} \x1b[31m \u202e <b>", Span(name, 0, 0, 0, 0), Subject("v1", "Pod", "", name)
        )
        for name in names
    )
    assert unexplained(sarif_faults(render(replace(sample, findings=findings), "sarif"), tmp_path)) == []


def test_the_validators_do_find_faults(sample: Report, sarif_faults: Faults, tmp_path: Path) -> None:
    log = json.loads(render(sample, "sarif"))
    del log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b.yaml"
    log["runs"][0]["columnKind"] = "utf16CodeUnits"
    found = {rule for rule, _ in sarif_faults(json.dumps(log), tmp_path)}
    assert {"GH1003", "SARIF1002"} <= found
    log["runs"][0]["results"][0]["level"] = "bogus"
    assert "schema" in {rule for rule, _ in sarif_faults(json.dumps(log), tmp_path)}


@pytest.mark.parametrize("manifests", ["fixtures", "corpus"])
def test_real_runs(manifests: str, sarif_faults: Faults, tmp_path: Path) -> None:
    folder = shared() / "corpus" if manifests == "corpus" else Path(__file__).parents[2] / "fixtures"
    file = tmp_path / "run.sarif"
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        main(["check", "--isolated", "--exit-zero", "--format", "sarif", "--output", str(file), str(folder)])
    assert file.exists(), stderr.getvalue()
    sarif = file.read_text(encoding="utf-8")
    assert json.loads(sarif)["runs"][0]["results"]
    assert unexplained(sarif_faults(sarif, tmp_path)) == []
