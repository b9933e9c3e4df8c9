"""A project judges again what an edit concerns, also in other units."""

from pathlib import Path
from typing import Any

import pytest

from scclint.apps.lsp import project as project_module
from scclint.apps.lsp.project import Project
from scclint.objects import documents as load
from scclint.run.judge import OpenUnit, judge
from scclint.run.report import UnitResult
from scclint.run.shared import Run
from scclint.yaml.nodes import to_data
from scclint.yaml.split import Chunk
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


ROOT = WEB.replace("runAsUser: 1000", "runAsUser: 0").replace(
    "{name: web, namespace: shop}", "\n  name: web\n  namespace: other"
)
FIVE = "---\n".join(ROOT.replace("  name: web\n", f"  name: web-{n}\n", 1) for n in range(5))


def places(project: Project) -> list[tuple[str, int, str]]:
    return sorted((found.rule_id, found.span.line, found.message) for found in project.findings("web.yaml"))


@pytest.fixture
def judged(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The workloads that were judged, each time. The file has five."""
    project.edit({"web.yaml": FIVE})
    project.judge_file("web.yaml")
    project.judge_units("web.yaml")
    times: list[list[str]] = []

    def recorded(opened: OpenUnit, run: Run) -> UnitResult:
        times.append([workload.name for workload in opened.workloads])
        return judge(opened, run)

    monkeypatch.setattr(project_module, "judge", recorded)
    return times


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("name: web-2", "name: other", ["other"]),
        ("name: web-2\n", "name: web-2\n  annotations: {a: b}\n", ["web-2"]),
        ("---\n" + ROOT.replace("  name: web\n", "  name: web-2\n", 1), "", []),
        ("---\n", "---\n" + ROOT.replace("  name: web\n", "  name: first\n", 1) + "---\n", ["first"]),
        ("name: web-4", "name: [", []),
        ("runAsUser: 0", "runAsUser: 1000", ["web-0"]),
    ],
)
def test_an_edit_judges_the_documents_that_it_changes(
    project: Project, judged: list[list[str]], before: str, after: str, names: list[str]
) -> None:
    text = FIVE.replace(before, after, 1)
    project.edit({"web.yaml": text})
    project.judge_file("web.yaml")
    assert judged == [names]
    at_once = places(project)
    project.judge_units("web.yaml")
    assert at_once == places(project)
    fresh = Project(".")
    fresh.edit({"web.yaml": text})
    fresh.judge_file("web.yaml")
    assert at_once == places(fresh)


def test_what_describes_the_cluster_concerns_all_documents(project: Project, judged: list[list[str]]) -> None:
    assert any(rule == "SCC101" for rule, _, _ in places(project))
    project.edit({"web.yaml": FIVE + "---\n" + GRANT.replace("namespace: shop", "namespace: other")})
    project.judge_file("web.yaml")
    assert all(rule != "SCC101" for rule, _, _ in places(project))
    assert judged == [[f"web-{n}" for n in range(5)]]


def test_documents_that_an_edit_leaves_are_not_parsed_again(
    project: Project, judged: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    roots = load._roots

    def recorded(file: str, chunk: Chunk, *more: Any) -> Any:
        parsed.append(chunk.text)
        return roots(file, chunk, *more)

    monkeypatch.setattr(load, "_roots", recorded)
    project.edit({"web.yaml": FIVE.replace("name: web-2", "name: other")})
    assert len(project.outline.documents("web.yaml")) == 5
    assert ["name: other" in text for text in parsed] == [True]


@pytest.mark.parametrize("stream", ['{"a": 1}\n{"b": 1}\n', "a: &x 1\n---\nb: *x\n", "a: 1\n...\n# c\n--- b\n"])
def test_documents_are_those_of_the_text(stream: str) -> None:
    first = load.load_file("a.yaml", stream, frozenset())
    for text in (stream.replace("1", "2"), stream + "---\nc: 1\n", stream):
        reused, fresh = (load.load_file("a.yaml", text, frozenset(), 0, load.EarlierReading(former)) for former in (first, ()))
        assert [(d.line, d.text, d.status, to_data(d.root)) for d in reused] == [
            (d.line, d.text, d.status, to_data(d.root)) for d in fresh
        ]


def test_a_file_that_another_program_wrote_is_read_when_it_is_opened(project: Project) -> None:
    write_file("new.yaml", ROOT)
    project.edit({"new.yaml": ROOT})
    project.judge_file("new.yaml")
    assert "SCC101" in {finding.rule_id for finding in project.findings("new.yaml")}
    # One that the settings leave out is looked for once.
    write_file(".scclint.yaml", "exclude: [new.yaml]\n")
    project.refresh({"new.yaml": ROOT})
    project.edit({"new.yaml": ROOT.replace("runAsUser: 0", "runAsUser: 1")})
    assert "new.yaml" not in project.outline.files


@pytest.mark.parametrize("split", [False, True])
def test_a_problem_whose_cause_is_in_another_file_is_shown_once_in_each_file(project: Project, split: bool) -> None:
    web = ROOT.replace("namespace: other", "namespace: shop")
    five = [web.replace("  name: web\n", f"  name: web-{n}\n", 1) for n in range(5)]
    write_file("grants.yaml", GRANT)
    texts = {"web.yaml": "---\n".join(five)}
    if split:
        texts = {"web.yaml": five[0], "db.yaml": "---\n".join(five[1:])}
    project.refresh(texts)
    for file, line in (("grants.yaml", 3), *((name, 14) for name in texts)):
        project.judge_file(file)
        project.judge_units(file)
        (found,) = (finding for finding in project.findings(file) if finding.rule_id == "SEC201")
        assert (found.message, found.span.file, found.span.line) == ("5 workloads run unconfined under SCC anyuid", file, line)
        places = [related.span.file for related in found.related if related.message == "the cause is here"]
        assert places == ([] if file == "grants.yaml" else ["grants.yaml"])
