"""Renderings are kept between runs, and made again if anything that they depend on differs."""

import json
import os
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.deploy.render import Renderer
from tests.deploy.origins.test_charts import NAMED
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.deploy.trees import deployment
from tests.running import facts_of, write_below

KUSTOMIZE = {
    "o/kustomization.yaml": "resources: [../base]\nnamePrefix: my-\nconfigMapGenerator: [{name: a, files: [script.py]}]\n",
    "o/script.py": "print()\n",
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": deployment(),
}
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "name: web\n",
    "templates/_names.tpl": '{{ define "n" }}{{ .Values.name }}{{ end }}\n',
    "templates/web.yaml": deployment().replace("name: web", 'name: {{ include "n" . }}', 1),
}


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units that a renderer was started for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    found: list[str] = []
    for name in ("build_kustomize", "template_chart"):
        start = getattr(Renderer, name)

        def counted(self: Renderer, folder: str, *values: object, start=start, **named: object) -> object:  # type: ignore[no-untyped-def]  # either method
            found.append(folder)
            return start(self, folder, *values, **named)

        monkeypatch.setattr(Renderer, name, counted)
    return found


def check(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    main(["check", "--isolated", "--format", "json", "--fail-on", "never", "--ignore", "advice", ".", *options])
    return capsys.readouterr().out


@needs_kustomize
@pytest.mark.parametrize("file", ["base/web.yaml", "o/script.py", "o/kustomization.yaml"])
def test_a_kustomization_is_built_again_if_a_file_differs(
    rendered: list[str], capsys: pytest.CaptureFixture[str], file: str
) -> None:
    write_below(Path(), KUSTOMIZE)
    first = check(capsys)
    again = check(capsys)
    assert again == first == check(capsys, "--no-cache")
    assert rendered == ["o", "o"], "the first run and the one without a cache"
    del rendered[:]
    write_below(Path(), {file: KUSTOMIZE[file] + "# changed\n"})
    check(capsys)
    assert rendered == ["o"]


@needs_helm
@pytest.mark.parametrize("file", ["values.yaml", "templates/_names.tpl", "templates/web.yaml"])
def test_a_chart_is_rendered_again_if_a_file_differs(
    rendered: list[str], capsys: pytest.CaptureFixture[str], file: str
) -> None:
    write_below(Path("chart"), CHART)
    first = check(capsys)
    assert check(capsys) == first
    assert rendered == ["chart"]
    write_below(Path("chart"), {file: CHART[file] + "# changed\n"})
    check(capsys)
    check(capsys, "--namespace", "other")
    assert rendered == ["chart"] * 3


@needs_kustomize
def test_an_error_is_not_kept(rendered: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write_below(Path(), {**KUSTOMIZE, "o/kustomization.yaml": "resources: [../base]\npatches: [{path: missing.yaml}]\n"})
    check(capsys)
    check(capsys)
    assert rendered == ["o", "o"]


@needs_helm
def test_a_chart_with_a_linked_folder_is_rendered_again_if_a_file_there_differs(
    rendered: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_below(Path("chart"), CHART)
    write_below(Path("more"), {"x.txt": "x"})
    os.symlink("../more", "chart/files")
    check(capsys)
    check(capsys)
    assert rendered == ["chart"]
    write_below(Path("more"), {"x.txt": "y"})
    check(capsys)
    assert rendered == ["chart", "chart"]


@needs_helm
def test_a_line_of_a_named_template_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chart renders to the same text, so nothing else differs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("scclint.run.views.MIN_CACHED", 0)
    monkeypatch.chdir(tmp_path)
    pod = NAMED["web/templates/_pod.tpl"].replace("{{ .Values.hostNetwork }}", "true")
    write_below(Path(), {**NAMED, "web/templates/_pod.tpl": pod})
    first = check(capsys, "--select", "SCC101")
    assert check(capsys, "--select", "SCC101") == first
    write_below(Path(), {"web/templates/_pod.tpl": "{{/* new */}}\n" + pod})
    moved = check(capsys, "--select", "SCC101")
    assert [facts_of(json.loads(text))[0]["line"] for text in (first, moved)] == [2, 3]


@needs_kustomize
def test_a_comparison_renders_what_differs(rendered: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def compared(*options: str) -> str:
        main(["diff", "a", "b", "--isolated", "--format", "json", "--fail-on", "never", *options])
        return capsys.readouterr().out

    for side in ("a", "b"):
        write_below(Path(side), KUSTOMIZE)
    plain = compared("--no-cache")
    # The second build says where each field comes from.
    assert rendered == ["o", "o"], "both sides render to the same"
    assert compared() == plain
    assert len(rendered) == 4
    assert compared() == plain
    assert len(rendered) == 5
    write_below(Path("b"), {"base/web.yaml": KUSTOMIZE["base/web.yaml"].replace("name: web", "name: other")})
    changed = compared()
    assert changed != plain
    del rendered[:]
    assert compared() == changed == compared("--no-cache")


@needs_kustomize
def test_commands_share_what_check_rendered(rendered: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write_below(Path(), KUSTOMIZE)
    check(capsys)
    del rendered[:]
    for command in (["units"], ["who-can", "anyuid"], ["suggest", "deployment/my-web"]):
        main([*command, "--isolated"])
    assert not rendered


@needs_kustomize
def test_units_that_do_not_render_are_counted_with_one_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c"):
        text = f"resources: [web.yaml, {name}.yaml]\n"
        write_below(tmp_path, {f"{name}/kustomization.yaml": text, f"{name}/web.yaml": deployment()})
    main(["check", "--fail-on", "never"])
    told = [line for line in capsys.readouterr().err.splitlines() if "judged unrendered" in line and line.startswith("note")]
    assert told == [
        'note: 1 unit judged unrendered (a): a/kustomization.yaml: resources names "a.yaml", which does not exist; '
        "2 more units for other reasons, which `scclint units` lists"
    ]
