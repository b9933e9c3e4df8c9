"""The ID or name of a retired rule means its successor, and a note says so."""

import json
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.errors import RuleSetError
from scclint.record import replace
from scclint.registry import builtin, registry
from scclint.rule import RETIRED

SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}%s
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: ["*"]
"""
OTHER = SCC.replace("name: web", "name: other").replace('["*"]', "[]")


def test_a_retired_rule_has_a_successor_or_none_and_its_id_is_not_used_again() -> None:
    rules = builtin()
    ids = {rule.id for rule in rules}
    assert {rule.successor for rule in RETIRED.values()} <= {*ids, ""}
    assert ids.isdisjoint(RETIRED)
    assert rules.find("scc302") is rules.find("scc-with-wildcard-seccomp-only") is rules.find("SCC301")
    assert rules.find("SEC216") is None
    with pytest.raises(RuleSetError, match="a retired rule has that id or name"):
        registry([replace(rules.rules[0], id="SEC216")])


def checked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    *options: str,
    config: str = "",
) -> tuple[list[tuple[str, str, bool]], str]:
    """The SCC301 findings as severity, file and whether they are suppressed, and what is printed beside the report."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(text)
    (tmp_path / ".scclint.yaml").write_text(config)
    main(["check", "--no-cache", "--format", "json", "--show-suppressed", *options, "web.yaml"])
    out, err = capsys.readouterr()
    found = [f for f in json.loads(out)["findings"] if f["rule"] == "SCC301"]
    return [(f["severity"], f["subject"]["name"], bool(f["suppressed"])) for f in found], err


@pytest.mark.parametrize(
    ("text", "options", "config", "findings", "place"),
    [
        (SCC % "  # scclint: ignore-file[SCC302] ours", [], "", [("warning", "web", True)], "web.yaml:3"),
        (SCC % "", [], "ignores: [{rule: scc-with-wildcard-seccomp-only}]", [("warning", "web", True)], ".scclint.yaml:1"),
        (SCC % "", [], "severity: {SCC302: error}", [("error", "web", False)], ".scclint.yaml:1"),
        (SCC % "", [], "select: [SCC302]", [("warning", "web", False)], ".scclint.yaml:1"),
        (SCC % "", ["--select", "SCC302"], "", [("warning", "web", False)], "command line"),
        (SCC % "", ["--ignore", "SCC302"], "", [], "command line"),
    ],
)
def test_settings_and_suppressions(
    text: str,
    options: list[str],
    config: str,
    findings: list[tuple[str, str, bool]],
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, printed = checked(tmp_path, monkeypatch, capsys, text, *options, config=config)
    assert found == findings
    assert f"retired rules are named: SCC302 in {place} is part of SCC301" in printed


def test_a_rule_without_a_successor_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found, printed = checked(tmp_path, monkeypatch, capsys, SCC % "", "--ignore", "SEC216")
    assert found == [("warning", "web", False)]
    assert "retired rules are named: SEC216 in command line no longer exists" in printed


def test_no_note_without_a_retired_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found, printed = checked(tmp_path, monkeypatch, capsys, SCC % "", "--ignore", "SCC30")
    assert (found, "retired" in printed) == ([], False)


def test_a_baseline_accepts_the_same_finding_by_the_id_of_the_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {
        "rule": "SCC302",
        "file": "web.yaml",
        "kind": "SecurityContextConstraints",
        "name": "web",
        "path": "seccompProfiles[0]",
    }
    gone = {"rule": "SEC216", "file": "web.yaml", "kind": "Pod", "name": "web"}
    (tmp_path / "baseline.json").write_text(json.dumps({"version": 3, "findings": [entry, gone]}))
    found, printed = checked(tmp_path, monkeypatch, capsys, f"{SCC % ''}---\n{OTHER % ''}", "--baseline", "baseline.json")
    assert found == [("warning", "web", True), ("warning", "other", False)]
    assert "SCC302 in baseline.json is part of SCC301 and SEC216 in baseline.json no longer exists" in printed
    assert "no longer match" not in printed


def test_the_page_of_a_retired_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "SCC302"]) == 0
    assert capsys.readouterr().out.startswith("# SCC301 scc-without-seccomp-profiles")
    assert main(["rule", "SEC216"]) == 2
    assert "SEC216 ignored-runtime-annotation no longer exists, and no other rule reports the same" in capsys.readouterr().err


def test_the_former_key_of_a_declared_rule_is_read_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cel")
    rule = '{id: ORG001, message: wide, kind: SecurityContextConstraints, expr: "true", %s: Change it.}'
    for key, noted in (("settle", True), ("help", False)):
        _, printed = checked(tmp_path, monkeypatch, capsys, SCC % "", config=f"rules: [{rule % key}]")
        assert ("the key `settle` of a rule is now called `help`" in printed) is noted
