"""A project judges again what an edit concerns, also in other units."""

from pathlib import Path

import pytest

from scclint.apps.lsp.project import Project
from tests.cli.test_units import GRANT, WEB
from tests.running import write_file


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A workload, and a unit with the grant that it needs."""
    monkeypatch.chdir(tmp_path)
    write_file("web.yaml", WEB)
    write_file("grants/manifest.yaml", GRANT)
    write_file("grants/hydrator.metadata", "{}")
    return Project(".")


def rules(project: Project) -> set[str]:
    project.judge_file("web.yaml")
    return {finding.rule_id for finding in project.findings("web.yaml")}


def test_a_grant_that_is_edited_away_and_back(project: Project) -> None:
    assert "SCC101" not in rules(project)
    project.edit({"grants/manifest.yaml": GRANT.replace("name: default", "name: other")})
    assert "SCC101" in rules(project)
    project.edit({})
    assert "SCC101" not in rules(project)
