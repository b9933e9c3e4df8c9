"""What Argo CD and Flux apply to a folder of the repository, and the run does not: a notice at its line, and nothing for what is applied."""

from pathlib import Path

import pytest

from scclint.cli import main
from scclint.config.model import Config
from scclint.config.records import UnitSettings
from scclint.report import Options, render
from scclint.run.report import Report
from scclint.source import Span
from tests.running import report_on, write_files

SAFE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
REPOSITORY = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "a: 1\n",
    "web/values-prod.yaml": "a: 2\n",
    "web/templates/config.yaml": SAFE,
    "base/kustomization.yaml": "resources: [config.yaml]\n",
    "base/config.yaml": SAFE,
    "plain/config.yaml": SAFE,
    "prod.yaml": "a: 3\n",
}
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  destination: {namespace: shop}
  source:
    repoURL: https://git.example/team/repo.git
"""
MULTI = ARGO.partition("  source:")[0] + "  sources:\n  - {repoURL: https://git.example/team/repo.git, ref: v}\n  -\n"
MULTI += "    repoURL: https://git.example/team/repo.git\n"
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop}
spec:
  generators: [{git: {repoURL: https://git.example/team/repo.git, directories: [{path: "*"}]}}]
  template:
    metadata: {name: "{{ .path.basename }}"}
    spec:
      source:
        repoURL: https://git.example/team/repo.git
"""
OF_SET = "spec.template.spec.source"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop}
spec:
  path: ./base
  targetNamespace: shop
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
"""
OF_CHART = "  chart: {spec: {chart: ./web, sourceRef: {kind: GitRepository, name: repo}}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the name of the repository."""
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")


def judged(text: str, **settings: object) -> Report:
    write_files({**REPOSITORY, "apps/app.yaml": text})
    return report_on(["."], Config(render="never", **settings))  # type: ignore[arg-type]  # settings by name


def unapplied(report: Report) -> list[tuple[str, int, str]]:
    return [(notice.file, notice.line, notice.message) for notice in report.notices if notice.gap]


@pytest.mark.parametrize(
    ("text", "line", "fields", "folder"),
    [
        (ARGO + "    path: web\n    helm:\n      values: 'a: 4'\n", 10, "spec.source.helm.values is", "chart web"),
        (ARGO + "    path: web\n    helm: {valuesObject: {a: null}}\n", 9, "spec.source.helm.valuesObject is", "chart web"),
        (
            ARGO + "    path: web\n    helm:\n      fileParameters: [{name: a, path: b}]\n      valueFiles:\n      - https://x.example/v\n",
            10,
            "spec.source.helm.fileParameters and spec.source.helm.valueFiles[0] are",
            "chart web",
        ),
        *(
            (
                ARGO + f"    path: web\n    helm:\n      ignoreMissingValueFiles: true\n      valueFiles:\n      - '{name}'\n",
                *(12, "spec.source.helm.valueFiles[0] is", "chart web"),
            )
            for name in ("/prod.yaml", "../p*.yaml", "$v/prod.yaml", "oci://x/y")
        ),
        (ARGO + "    path: web\n    helm: {valueFiles: [none.yaml]}\n", 9, "spec.source.helm.valueFiles[0] is", "chart web"),
        (ARGO + "    path: web\n    helm: {namespace: other}\n", 9, "spec.source.helm.namespace is", "chart web"),
        (MULTI + "    path: web\n    helm: {valueFiles: [$v/prod.yaml]}\n", 11, "spec.sources[1].helm.valueFiles[0] is", "chart web"),
        *(
            (ARGO + f"    path: base\n    kustomize:\n      {key}: {value}\n", 10, f"spec.source.kustomize.{key} is", "kustomization base")
            for key, value in (("patches", "[{patch: x}]"), ("components", "[../c]"), ("images", "['a=b']"), ("namePrefix", "a-"))
        ),
        (ARGO + "    path: plain\n    plugin: {}\n", 9, "spec.source.plugin is", "folder plain"),
        (ARGO + "    path: plain\n    directory: {jsonnet: {tlas: [{name: a}]}}\n", 9, "spec.source.directory.jsonnet is", "folder plain"),
        (SET + "        path: '{{ .path.path }}'\n        helm: {valuesObject: {a: 4}}\n", 12, f"{OF_SET}.helm.valuesObject is", "chart web"),
        (SET + "        path: web\n        helm: {parameters: [{name: a, value: b}]}\n", 12, f"{OF_SET}.helm.parameters is", "chart web"),
        (SET + "        path: web\n        helm: {valueFiles: ['envs/{{ .env }}.yaml']}\n", 12, f"{OF_SET}.helm.valueFiles[0] is", "chart web"),
        (SET + "        path: web\n  templatePatch: 'x'\n", 12, "spec.templatePatch is", "chart web"),
        (FLUX + "  patches: [{patch: x}]\n", 7, "spec.patches is", "kustomization base"),
        (
            FLUX + "  components: [../c]\n  postBuild: {substituteFrom: [{kind: ConfigMap, name: a}]}\n",
            *(7, "spec.components and spec.postBuild.substituteFrom are", "kustomization base"),
        ),
        (RELEASE + OF_CHART + "  values: {a: 4}\n", 6, "spec.values is", "chart web"),
        (RELEASE + OF_CHART + "  valuesFrom: [{kind: ConfigMap, name: a}]\n", 6, "spec.valuesFrom is", "chart web"),
        (RELEASE + OF_CHART + "  postRenderers: [{kustomize: {}}]\n", 6, "spec.postRenderers is", "chart web"),
        (RELEASE + OF_CHART.replace("./web", "./web, valuesFiles: [prod.yaml]"), 5, "spec.chart.spec.valuesFiles is", "chart web"),
    ],
)  # fmt: skip
def test_what_is_not_applied_is_said_at_its_line(text: str, line: int, fields: str, folder: str) -> None:
    report = judged(text)
    kind = text.partition("kind: ")[2].partition("\n")[0]
    them = "them" if fields.endswith("are") else "it"
    message = f"{kind} shop: {fields} not applied, so the {folder} is judged without {them}"
    assert unapplied(report) == [("apps/app.yaml", line, message)]
    assert render(report, "full", Options()).startswith("Not everything judged. ")
    items = text.partition("\n")[2].replace("\n", "\n  ")
    listed = f"apiVersion: v1\nkind: List\nitems:\n- {text.partition(chr(10))[0]}\n  {items.rstrip()}\n"
    assert unapplied(judged(listed)) == [("apps/app.yaml", line + 3, message)]


@pytest.mark.parametrize(
    "text",
    [
        ARGO + "    path: web\n    helm: {releaseName: shop}\n",
        ARGO + "    path: web\n    helm: {values: '', valuesObject: {}, parameters: [], valueFiles: []}\n    kustomize: {}\n",
        ARGO
        + "    path: web\n    helm: {valueFiles: [values.yaml, ../prod.yaml], parameters: [{name: a, value: '2'}], namespace: shop}\n",
        ARGO + "    path: web\n    helm: {valueFiles: [none.yaml], ignoreMissingValueFiles: true}\n",
        ARGO.replace("/repo.git", "/other.git") + "    path: web\n    helm: {valuesObject: {a: 4}}\n",
        ARGO + "    path: nowhere\n    helm: {valuesObject: {a: 4}}\n",
        ARGO + "    chart: web\n    helm: {valuesObject: {a: 4}}\n",
        ARGO + "    path: plain\n    directory: {recurse: true}\n",
        SET + "        path: '{{ .path.path }}'\n        helm: {valueFiles: [values.yaml, 'values-{{ .env }}.yaml']}\n",
        SET.replace("/repo.git\n", "/other.git\n") + "        path: '{{ .path.path }}'\n        helm: {valuesObject: {a: 4}}\n",
        SET.replace('path: "*"', "path: apps/*") + "        path: '{{ .path.path }}'\n        helm: {valuesObject: {a: 4}}\n",
        SET + "        path: 'other/{{ .path.path }}'\n        helm: {valuesObject: {a: 4}}\n",
        FLUX + "  prune: true\n  interval: 10m\n  postBuild: {}\n",
        RELEASE + OF_CHART,
        RELEASE + OF_CHART.replace("./web", "web").replace("GitRepository", "HelmRepository") + "  values: {a: 4}\n",
        SAFE.replace("name: web}", "name: web}\ndata: {a: argoproj.io, spec: {source: {path: web, helm: {values: x}}}}"),
    ],
)
def test_what_is_applied_or_lies_elsewhere_is_not_mentioned(text: str) -> None:
    report = judged(text)
    assert unapplied(report) == []
    assert not render(report, "full", Options()).startswith("Not everything judged")


def test_settings_for_the_folder_replace_what_deploys_it() -> None:
    deployed = ARGO + "    path: web\n    helm: {valuesObject: {a: 4}}\n"
    unit = UnitSettings("web", Span(".scclint.yaml", 1, 1, 1, 1), values=("values-prod.yaml",))
    assert unapplied(judged(deployed)) and not unapplied(judged(deployed, units=(unit,)))


def test_the_status_stays_and_other_units_are_not_concerned(capsys: pytest.CaptureFixture[str]) -> None:
    write_files({**REPOSITORY, "apps/app.yaml": FLUX + "  patches: [{patch: x}]\n"})
    found = []
    for unit in ("base", "web"):
        status = main(["check", "--isolated", "--no-cache", "--render", "never", "--unit", unit, "."])
        found.append((status, "spec.patches is not applied" in capsys.readouterr().err))
    assert found == [(0, True), (0, False)]
