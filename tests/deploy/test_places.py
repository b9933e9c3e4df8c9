"""Findings of what is rendered are in the files that people edit, and what is set there holds for them."""

import io
import json
import tarfile
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.config.model import Config
from scclint.config.records import PathRules
from scclint.finding import Severity
from scclint.report import render
from scclint.run.report import Report
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.deploy.trees import binding, deployment, rules_in, scc
from tests.running import report_on, write_below
from tests.yaml_text import read_documents

ROOT = deployment(pod="runAsUser: 0")
IGNORED = ROOT.replace("      securityContext: {", "      # scclint: ignore[SCC101] it is old\n      securityContext: {")
BASE = {
    "base/kustomization.yaml": "# one base\n---\nresources: [web.yaml]\n",
    "prod/kustomization.yaml": "# one overlay\nnamePrefix: my-\nresources: [../base]\n",
}


def places(report: Report) -> set[str]:
    """The files that findings point into, without their folders above the tree."""
    spans = [finding.span for finding in report.findings]
    spans += [place.span for finding in report.findings for place in (*finding.related, *finding.flow)]
    return {"/".join(span.file.split("/")[-2:]) for span in spans}


@needs_kustomize
def test_a_comment_in_a_base_suppresses_the_finding_of_an_overlay(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, {**BASE, "base/web.yaml": IGNORED})])
    (finding,) = [f for f in report.findings if f.rule_id == "SCC101"]
    assert finding.suppression is not None
    assert finding.suppression.reason == "it is old"
    assert rules_in(report, "SUP901") == []


@needs_kustomize
def test_a_comment_in_a_base_that_suppresses_nothing_is_unused(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, {**BASE, "base/web.yaml": IGNORED.replace("SCC101", "SEC203")})])
    assert len(rules_in(report, "SUP901")) == 1
    assert {Path(f.span.file).name for f in report.findings if f.rule_id == "SUP901"} == {"web.yaml"}


@needs_kustomize
def test_an_annotation_in_a_base_suppresses_the_finding_of_an_overlay(tmp_path: Path) -> None:
    annotated = ROOT.replace("namespace: shop}", 'namespace: shop, annotations: {scclint.dev/ignore: "SCC101: it is old"}}')
    report = report_on([write_below(tmp_path, {**BASE, "base/web.yaml": annotated})])
    (finding,) = [f for f in report.findings if f.rule_id == "SCC101"]
    assert finding.suppression is not None
    assert finding.suppression.span is not None
    assert Path(finding.suppression.span.file).name == "web.yaml"


@needs_kustomize
def test_settings_for_a_path_hold_for_the_source(tmp_path: Path) -> None:
    tree = write_below(tmp_path, {**BASE, "base/web.yaml": ROOT})

    def of_path(*ignore: str, **severity: Severity) -> list[Severity | None]:
        rules = PathRules(("base/**",), (), ignore, severity)
        report = report_on([tree], Config(root=tree, per_path=(rules,)))
        return [f.severity for f in report.findings if f.rule_id == "SCC101"]

    assert of_path() == [Severity.ERROR]
    assert of_path("SCC101") == []
    assert of_path(SCC101=Severity.WARNING) == [Severity.WARNING]


@needs_kustomize
def test_related_places_are_in_sources_as_well(tmp_path: Path) -> None:
    text = deployment() + "---\n" + binding("privileged")
    report = report_on([write_below(tmp_path, {**BASE, "base/web.yaml": text})])
    assert rules_in(report, "RBA403")
    assert places(report) == {"base/web.yaml"}


ACROSS = {
    "app/kustomization.yaml": "resources: [web.yaml]\n",
    "app/web.yaml": deployment(),
    "rbac/base/kustomization.yaml": "resources: [grant.yaml]\n",
    "rbac/base/grant.yaml": f"# the grant\n{binding('anyuid')}",
    "rbac/prod/kustomization.yaml": "resources: [../base]\ncommonLabels: {env: prod}\n",
}
"""A workload that ends unconfined, because of a grant in another unit, which kustomize builds as well."""


@needs_kustomize
def test_related_places_in_another_unit_are_in_its_sources(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, ACROSS)])
    assert rules_in(report, "SEC201")
    assert places(report) == {"app/web.yaml", "base/grant.yaml"}


@needs_kustomize
def test_a_cached_finding_follows_the_lines_of_another_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(*options: str) -> str:
        main(["check", ".", "--isolated", "--format", "json", *options])
        return capsys.readouterr().out

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(write_below(tmp_path / "work", ACROSS))
    before = check()
    write_below(Path(), {"rbac/base/grant.yaml": f"# one line more\n{ACROSS['rbac/base/grant.yaml']}"})
    assert check() == check("--no-cache") != before


@needs_kustomize
def test_what_no_source_is_known_for_is_at_the_first_key_of_the_kustomization(tmp_path: Path) -> None:
    # After the prefix, either name may have been the object's.
    ambiguous = ROOT + "---\n" + ROOT.replace("name: web, n", "name: we, n")
    report = report_on([write_below(tmp_path, {**BASE, "base/web.yaml": ambiguous})])
    found = {(Path(f.span.file).parent.name, f.span.line): f.notes for f in report.findings if f.rule_id == "SCC101"}
    assert found.keys() == {("prod", 2), ("base", 22)}
    assert "kustomize made it, and no file of it is known" in found["prod", 2]


CHARTS = {
    "only": ("  - name: web\n", 5),
    "named": ("  - name: other\n  - name: web\n    valuesFile: values.yaml\n", 7),
    "several": ("  - name: x\n  - name: other\n", 4),
}


@needs_kustomize
@needs_helm
@pytest.mark.parametrize(("charts", "line"), CHARTS.values(), ids=CHARTS)
def test_what_a_chart_of_a_kustomization_makes_is_at_its_entry(charts: str, line: int, tmp_path: Path) -> None:
    kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nhelmGlobals: {chartHome: charts}\n"
    files = {"app/kustomization.yaml": f"{kustomization}helmCharts:\n{charts}", "app/values.yaml": "a: 1\n"}
    for name in ("web", "other", "x"):
        files[f"app/charts/{name}/Chart.yaml"] = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        files[f"app/charts/{name}/values.yaml"] = "a: 1\n"
        files[f"app/charts/{name}/templates/a.yaml"] = ROOT if name != "other" else ""
    files["prod/kustomization.yaml"] = "resources: [../app]\n"
    report = report_on([write_below(tmp_path, files)])
    found = {f"{Path(f.span.file).relative_to(tmp_path)}:{f.span.line}" for f in report.findings if "prod" in f.units}
    assert found == {f"app/kustomization.yaml:{line}"}


@needs_helm
@pytest.mark.parametrize(
    "objects", [deployment() + "---\n" + binding("privileged"), ROOT, scc(groups='"system:authenticated"')]
)
def test_nothing_of_a_chart_points_into_rendered_text(tmp_path: Path, objects: str) -> None:
    chart = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "templates/web.yaml": objects}
    report = report_on([write_below(tmp_path, chart)], Config())
    assert report.findings
    assert places(report) == {"templates/web.yaml"}


CRDS = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: packed, version: 1.0.0}]\n",
    "crds/own.yaml": "---\n" + ROOT + "---\n" + deployment("two", pod='runAsUser: 0, appArmorProfile: {type: "{{ x }}"}'),
    "crds/deep/more.json": json.dumps(read_documents(deployment("more", pod="runAsUser: 0"))[0]),
    "crds/notes.txt": deployment("notes", pod="runAsUser: 0"),
    "templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/crds/sub.yaml": deployment("sub", pod="runAsUser: 0"),
}
"""A chart with objects in `crds/`, which are no templates, and in those of a dependency. Helm does not create the one in a text file."""


def packed(folder: Path) -> None:
    """Write a packed dependency with an object in its `crds/`."""
    files = {
        "Chart.yaml": "apiVersion: v2\nname: packed\nversion: 1.0.0\n",
        "crds/a.yaml": deployment("far", pod="runAsUser: 0"),
    }
    with tarfile.open(folder / "charts/packed-1.0.0.tgz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"packed/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.mark.parametrize("render", [pytest.param("require", marks=needs_helm), "never"])
def test_the_objects_in_the_crds_folder_of_a_chart_are_judged_where_they_are_written(tmp_path: Path, render: str) -> None:
    write_below(tmp_path, CRDS)
    packed(tmp_path)
    report = report_on([str(tmp_path)], Config(render=render))
    found = {(f.span.file.removeprefix(f"{tmp_path}/"), f.span.line, f.subject.name) for f in report.findings}
    own = {("crds/own.yaml", 11, "web"), ("crds/own.yaml", 23, "two"), ("crds/deep/more.json", 1, "more")}
    own.add(("charts/sub/crds/sub.yaml", 10, "sub"))
    # What is packed has its place in the file that names the dependency, and is out of reach without Helm.
    assert found == (own | {("Chart.yaml", 4, "far")} if render == "require" else own)


def printed(*command: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        main([*command, "--isolated"])
    return out.getvalue()


TWO = {
    **BASE,
    "base/web.yaml": ROOT,
    "test/kustomization.yaml": "namePrefix: my-\nresources: [../base]\n",
}
"""A base in two overlays that build the same from it."""


@needs_kustomize
def test_review_shows_where_people_edit_a_rendered_workload(tmp_path: Path) -> None:
    tree = write_below(tmp_path, TWO)
    text = printed("review", tree)
    assert [line.rpartition("/base/")[2] for line in text.splitlines() if "Deployment" in line] == [
        "web.yaml:3  Deployment shop/my-web  in prod and test"
    ]
    (entry,) = json.loads(printed("review", tree, "--format", "json"))["workloads"]
    assert (Path(entry["file"]).name, entry["line"], entry["units"]) == ("web.yaml", 3, ["prod", "test"])


@needs_kustomize
def test_explain_shows_where_people_edit_what_an_scc_rejects(tmp_path: Path) -> None:
    tree = write_below(tmp_path, TWO)
    entries = json.loads(printed("explain", "deployment/my-web", tree, "--format", "json"))["workloads"]
    reasons = [reason for entry in entries for candidate in entry["candidates"] for reason in candidate["reasons"]]
    assert reasons and {Path(place["file"]).name for place in (*entries, *reasons)} == {"web.yaml"}


@needs_kustomize
def test_the_table_of_verdicts_has_a_shared_workload_once(tmp_path: Path) -> None:
    tree = write_below(tmp_path, TWO)
    text = render(report_on([tree], review=True), "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| Deployment")]
    assert len(rows) == 1 and "in prod and test" in rows[0]
    assert "SCC and seccomp profile of 1 workload" in text
    write_below(tmp_path, {"test/kustomization.yaml": TWO["test/kustomization.yaml"] + PATCHED})
    text = render(report_on([tree], review=True), "markdown")
    rows = [line.partition("|")[2].partition("|")[0].strip() for line in text.splitlines() if line.startswith("| Deployment")]
    assert [row.rpartition("  in ")[2] for row in rows] == ["prod", "test"]
    assert "SCC and seccomp profile of 1 workload" in text


PATCHED = """\
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: remove
        path: /spec/template/spec/securityContext
"""
