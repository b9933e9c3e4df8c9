"""What the SARIF schema and the Sarif.Multitool say about our files (skipped where the Multitool is not at hand)."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.finding import Crash, Finding, Severity, Subject
from scclint.record import replace
from scclint.report import Options, render
from scclint.run.report import Report
from scclint.source import Span
from tests.conftest import shared

ROOT = Path(__file__).parents[2]
Faults = Callable[[str, Path], list[tuple[str, str]]]

EXPLAINED = {
    "GH1006",  # An absolute URI outside the working directory: a file outside the repository, which no host can show.
    "SARIF2002",  # Message IDs with arguments: GitHub shows only `message.text`.
    "SARIF2003",  # The revision under version control: hosts know it, and the same input gives the same bytes.
    "SARIF2016",  # A file outside the repository, again.
}


def unexplained(faults: list[tuple[str, str]], *, notes: bool = False) -> list[tuple[str, str]]:
    """Errors and warnings, and with `notes` what the Multitool would like to see."""
    return [fault for fault in faults if fault[0] not in EXPLAINED and (notes or not fault[1].startswith("note"))]


@pytest.mark.parametrize("options", [Options(), Options(show_suppressed=True, sarif_category="nightly")])
def test_one_of_everything(sample: Report, sarif_faults: Faults, tmp_path: Path, options: Options) -> None:
    report = replace(sample, crashes=(Crash("SCC101", Subject("v1", "Pod", "", "b"), "KeyError: 'spec'"),))
    assert unexplained(sarif_faults(render(report, "sarif", options), tmp_path)) == []


def test_a_clean_run(sarif_faults: Faults, tmp_path: Path) -> None:
    assert unexplained(sarif_faults(render(Report(), "sarif"), tmp_path)) == []


def test_a_file_outside_the_repository(
    sample: Report, sarif_faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "GH1006" not in {rule for rule, _ in sarif_faults(render(sample, "sarif"), tmp_path)}
    monkeypatch.setattr("scclint.report.paths.work_tree", lambda folder: str(tmp_path))
    assert unexplained(sarif_faults(render(sample, "sarif"), tmp_path)) == []


def test_hostile_names(sample: Report, sarif_faults: Faults, tmp_path: Path) -> None:
    names = ["a b.yaml", "c[1]#?%25.yaml", "a:b.yaml", "back\\slash.yaml", "{{x}}.yaml", "é🔥.yaml", "<stdin>", "\udcff.yaml"]
    findings = tuple(
        Finding(
            "X1",
            "x",
            "problem",
            Severity.ERROR,
            "[a](1) {0} \x1b[31m \u202e <b>",
            Span(name, 0, 0, 0, 0),
            Subject("v1", "Pod", "", name),
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


DEMO = "fixtures/demo"
COMMANDS = {
    "fixes on several releases": ["check", "--openshift", "4.16,4.22,5.0", "--fixes", "always", DEMO],
    "suppressed": ["check", "--show-suppressed", DEMO, "fixtures/suppression-without-reason"],
    "failed": ["check", "--select", "NO-SUCH-RULE", DEMO],
    "nothing judged": ["check", "docs/style.css"],
    "change": ["diff", "fixtures/upgrade", DEMO],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name: str, sarif_faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sarif = _run(*COMMANDS[name], file=tmp_path / "run.sarif")
    (run,) = json.loads(sarif)["runs"]
    if name in ("failed", "nothing judged"):
        assert run["invocations"][0]["executionSuccessful"] is False
    else:
        assert run["results"]
    if "fixes" in name:
        assert any(result.get("fixes") for result in run["results"])
    # A run without results has no rules, and a comparison does not keep the texts that it compared.
    assert unexplained(sarif_faults(sarif, tmp_path), notes=bool(run["results"]) and name != "change") == []


def _run(*arguments: str, file: Path) -> str:
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        main([*arguments, "--isolated", "--format", "sarif", "--output", str(file)])
    assert file.exists(), stderr.getvalue()
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("manifests", ["fixtures", "corpus"])
def test_real_runs(manifests: str, sarif_faults: Faults, tmp_path: Path) -> None:
    folder = shared() / "corpus" if manifests == "corpus" else ROOT / "fixtures"
    sarif = _run("check", "--fail-on", "never", str(folder), file=tmp_path / "run.sarif")
    assert json.loads(sarif)["runs"][0]["results"]
    faults = unexplained(sarif_faults(sarif, tmp_path), notes=True)
    # An empty line has no text to quote.
    assert [fault for fault in faults if fault[0] != "SARIF2010"] == []
    assert len(faults) <= 5
