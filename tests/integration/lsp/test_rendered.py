"""Files that kustomize builds from: they are judged as saved, and shown at the lines of the unsaved text."""

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from tests.deploy.tools import needs_kustomize
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
