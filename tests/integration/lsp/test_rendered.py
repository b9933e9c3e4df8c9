"""Files that kustomize builds from: they are judged as saved, and shown at the lines of the unsaved text."""

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from tests.deploy.tools import needs_helm, needs_kustomize
from tests.integration.lsp.editor import ROOT, WEB, Editor, codes, with_editor

PATCH = """patches:
  - target: {kind: Deployment}
    patch: |-
      - {op: remove, path: /spec/template/spec/containers/0/securityContext}
"""


@pytest.fixture
def overlays(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "web.yaml").write_text(ROOT.replace("  namespace: shop\n", ""))
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    for name, namespace in (("dev", "dev"), ("prod", "prod")):
        (tmp_path / name).mkdir()
        overlay = f"namespace: {namespace}\nresources: [../base]\n"
        overlay += PATCH if name == "prod" else ""
        (tmp_path / name / "kustomization.yaml").write_text(overlay)
    return tmp_path


@needs_kustomize
def test_a_base_shows_each_overlay(overlays: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("base/web.yaml")
        (problem,) = [p for p in await editor.problems_of("base/web.yaml") if p.code == "SCC101"]
        assert problem.range.start.line == 13
        ((line, text),) = await editor.lenses("base/web.yaml")
        assert await editor.hints("base/web.yaml") == []
        assert line == 3
        assert text == ("dev: SCC admission rejects the pod; prod: restricted-v2 · RuntimeDefault · Pod Security: restricted")
        shown = await editor.hover("base/web.yaml", 13, 30)
        assert "In `dev`:" in shown
        assert "rejects the pod because of this field" in shown

    with_editor(overlays, session)


@needs_kustomize
def test_problems_move_with_their_lines_until_the_file_is_saved(overlays: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("base/web.yaml")
        text = (overlays / "base" / "web.yaml").read_text()
        await editor.problems_of("base/web.yaml")
        editor.type("base/web.yaml", f"# A comment\n{text}")
        (problem,) = [p for p in await editor.problems_of("base/web.yaml") if p.code == "SCC101"]
        assert problem.range.start.line == 14
        assert (await editor.lenses("base/web.yaml"))[0][0] == 4
        editor.type("base/web.yaml", WEB.replace("  namespace: shop\n", ""))
        assert "SCC101" not in codes(await editor.problems_of("base/web.yaml"))
        editor.save("base/web.yaml")
        editor.type("base/web.yaml", WEB.replace("  namespace: shop\n", "") + "\n")
        assert "SCC101" not in codes(await editor.problems_of("base/web.yaml"))

    with_editor(overlays, session)


VALUES = "securityContext:\n  runAsUser: 0\n"
TEMPLATE = ROOT.replace("{runAsUser: 0}", "{{- toYaml .Values.securityContext | nindent 12 }}").replace(
    "  namespace: shop\n", ""
)


@needs_helm
def test_values_of_a_chart_show_the_verdict_and_take_the_fix(tmp_path: Path) -> None:
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 1.0.0}\n")
    (tmp_path / "chart" / "values.yaml").write_text(VALUES)
    (tmp_path / "chart" / "templates" / "web.yaml").write_text(TEMPLATE)

    async def session(editor: Editor) -> None:
        name = "chart/values.yaml"
        editor.open(name)
        problem, *others = await editor.problems_of(name)
        assert (problem.code, problem.range.start.line) == ("SCC101", 1)
        assert {other.code for other in others} == {"SCC102"}
        shown = await editor.hover(name, 1, 4)
        assert shown.startswith("**Deployment web** on OpenShift ")
        assert "no SCC that the pod may use admits it" in shown
        fix, suppress, *_ = await editor.actions(name, 1)
        assert fix.title == "Write securityContext: {}"
        assert fix.edit and fix.edit.changes and [*fix.edit.changes] == [editor.uri(name)]
        assert suppress.title == "Suppress SCC101 (no-scc-admits) with a comment"
        editor.type(name, VALUES.replace("0", "1"))
        await editor.problems_of(name)
        assert [action.title for action in await editor.actions(name, 1) if action.title.startswith("Remove")] == []

    with_editor(tmp_path, session)


@needs_kustomize
def test_a_patch_shows_the_verdict_and_takes_the_fix(overlays: Path) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {securityContext: {runAsUser: 0}}}}\n"
    (overlays / "prod" / "host.yaml").write_text(patch)
    (overlays / "prod" / "kustomization.yaml").write_text(
        f"namespace: prod\nresources: [../base]\npatches:\n  - path: host.yaml\n{PATCH.partition(chr(10))[2]}"
    )

    async def session(editor: Editor) -> None:
        editor.open("prod/host.yaml")
        assert sorted(str(problem.code) for problem in await editor.problems_of("prod/host.yaml")) == ["SCC101", "SCC102"]
        shown = await editor.hover("prod/host.yaml", 3, 50)
        assert shown.startswith("**Deployment prod/web** on OpenShift ")
        assert "`restricted-v2`: .containers\\[0\\].runAsUser: Invalid value: 0" in shown
        assert any(action.title.startswith("Remove runAsUser: 0") for action in await editor.actions("prod/host.yaml", 3))

    with_editor(overlays, session)
