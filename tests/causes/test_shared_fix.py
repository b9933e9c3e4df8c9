"""Findings that one proved change fixes are one cause."""

from pathlib import Path

import pytest

from scclint import lint
from scclint.finding import Finding
from tests.deploy.tools import needs_helm
from tests.remedy.test_chart import CHART, PLATFORM
from tests.running import write_below

pytestmark = needs_helm

OPENSHIFT = 'global:\n  platform: ""\nhostNetwork: false\n'


def rejected(folder: Path, monkeypatch: pytest.MonkeyPatch, **templates: str) -> list[Finding]:
    """The causes that reject pods of a chart with these templates beside the first."""
    files = {f"web/templates/{name}.yaml": text for name, text in templates.items()}
    write_below(folder, {**CHART, "web/templates/web.yaml": PLATFORM, "web/values.yaml": OPENSHIFT, **files})
    monkeypatch.chdir(folder)
    return [cause.finding for cause in lint(".", fixes=True).causes if cause.finding.rule_id == "SCC101"]


def test_workloads_that_a_switch_of_the_chart_fixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cause,) = rejected(tmp_path, monkeypatch, api=PLATFORM.replace("web", "api"), db=PLATFORM.replace("web", "db"))
    assert cause.message == "3 workloads are rejected without global.platform: openshift"
    assert cause.notes[0] == "Deployment api, Deployment db and Deployment web"
    assert [other.subject.name for other in cause.others if other.rule_id == "SCC101"] == ["db", "web"]
    assert cause.fix is not None
    assert cause.fix.effect == "The cluster then admits their pods."


def test_one_workload_keeps_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cause,) = rejected(tmp_path, monkeypatch)
    assert cause.message.startswith("Deployment web: no SCC admits its pods")
    assert cause.fix is not None
    assert cause.fix.effect.startswith("SCC restricted-v2 then admits the pods")


def test_a_workload_with_a_fix_of_its_own_is_another_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = PLATFORM.replace("web", "api").replace('ne .Values.global.platform "openshift"', "true")
    found = rejected(tmp_path, monkeypatch, api=fixed)
    assert [cause.subject.name for cause in found] == ["api", "web"]
