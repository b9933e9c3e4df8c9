"""What Argo CD and Flux deploy is judged as they deploy it: with their values, patches, namespaces and variables."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.linting import find_units
from scclint.run.report import Report
from tests.deploy.tools import needs_helm, needs_kustomize
from tests.running import report_on, write_files

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "privileged: false\nhost: {pid: false}\nnote: ''\n",
    "chart/templates/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {note: {{ .Values.note | quote }}}}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      hostPID: {{ .Values.host.pid }}
      containers:
      - name: c
        image: i
        securityContext:
          privileged: {{ .Values.privileged }}
""",
}
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: i}]}
"""
HIDDEN = WEB.replace("spec: {containers", "spec: {hostPID: true, containers")
BASE = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": WEB}
PATCH = """\
      - patch: |
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: web}
          spec: {template: {spec: {hostPID: true}}}
"""
SOURCE = "repoURL: https://git.example/team/repo.git"
REJECTED = "no SCC admits its pods"


def application(source: str, *, name: str = "shop") -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: openshift-gitops}}
spec:
  destination: {{namespace: shop}}
  source:
    {SOURCE}
{source}"""


def of_chart(helm: str) -> str:
    return application(f"    path: chart\n    helm: {helm}\n")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the name of the repository."""
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")


def judged(files: dict[str, str]) -> Report:
    write_files(files)
    return report_on(["."])


def rejected(report: Report) -> bool:
    return any(REJECTED in finding.message for finding in report.findings)


def gaps(report: Report) -> list[str]:
    return [notice.message for notice in report.notices if notice.is_partial]


def with_remote(url: str = "https://git.example/team/repo.git") -> None:
    """Say which repository the folder is."""
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "remote", "add", "origin", url], check=True)


def names(**settings: object) -> list[str]:
    return [unit.name for unit in find_units(["."], Config(**settings))]  # type: ignore[arg-type]  # settings by name


ON = {
    "prod.yaml": "privileged: true\n",
    "chart/on.yaml": "privileged: true\n",
    "chart/off.yaml": "privileged: false\n",
    "pid": "true",
}


@needs_helm
@pytest.mark.parametrize(
    "helm",
    [
        "{valuesObject: {privileged: true}}",
        "{values: 'privileged: true'}",
        "{valueFiles: [/prod.yaml]}",
        "{valueFiles: [../prod.yaml]}",
        "{valueFiles: ['../pr*.yaml']}",
        "{valueFiles: ['/**/prod.yaml']}",
        "{valueFiles: [off.yaml, on.yaml]}",
        "{valueFiles: ['o*.yaml']}",
        "{valueFiles: ['*.yaml', on.yaml]}",
        "{valueFiles: [none.yaml, on.yaml], ignoreMissingValueFiles: true}",
        "{valueFiles: [off.yaml], valuesObject: {privileged: true}}",
        "{values: 'privileged: false', valuesObject: {privileged: true}}",
        "{valuesObject: {privileged: false}, parameters: [{name: privileged, value: 'true'}]}",
        "{parameters: [{name: host.pid, value: 'true'}]}",
        "{parameters: [{name: note, value: 'a,privileged=false'}, {name: privileged, value: 'true'}]}",
        "{valueFiles: [$ARGOCD_APP_NAME.yaml]}",
    ],
)
def test_a_chart_has_the_values_of_its_application(helm: str) -> None:
    report = judged({**CHART, **ON, "chart/shop.yaml": "privileged: true\n", "apps/app.yaml": of_chart(helm)})
    assert rejected(report) and not gaps(report)
    assert "chart#shop" in names() and "chart" not in names()


@needs_helm
@pytest.mark.parametrize(
    "helm",
    [
        "{}",
        "{values: 'privileged: false'}",
        "{valueFiles: [on.yaml, off.yaml]}",
        "{valueFiles: ['o*.yaml', off.yaml]}",
        "{valueFiles: [none.yaml], ignoreMissingValueFiles: true}",
        "{valueFiles: [on.yaml], valuesObject: {privileged: false}}",
        "{values: 'privileged: true', valuesObject: {privileged: false}}",
        "{values: 'privileged: true', parameters: [{name: privileged, value: 'false'}]}",
        "{parameters: [{name: note, value: 'a,privileged=true'}]}",
    ],
)
def test_a_chart_has_no_other_values_than_those_of_its_application(helm: str) -> None:
    report = judged({**CHART, **ON, "apps/app.yaml": of_chart(helm)})
    assert not rejected(report) and not gaps(report)


@needs_helm
def test_unsafe_defaults_that_an_application_replaces_are_not_deployed() -> None:
    unsafe = {**CHART, "chart/values.yaml": CHART["chart/values.yaml"].replace("privileged: false", "privileged: true")}
    assert rejected(judged(unsafe))
    assert not rejected(judged({**unsafe, "apps/app.yaml": of_chart("{valuesObject: {privileged: false}}")}))


@needs_helm
@pytest.mark.parametrize(
    ("helm", "field", "why"),
    [
        ("{valueFiles: [none.yaml]}", "helm.valueFiles[0]", "there is no such file"),
        ("{valueFiles: ['no*.yaml']}", "helm.valueFiles[0]", "there is no such file"),
        ("{valueFiles: ['https://x.example/v.yaml']}", "helm.valueFiles[0]", "it lies in another repository"),
        ("{valueFiles: [../../outside.yaml]}", "helm.valueFiles[0]", "it lies in another repository"),
        ("{fileParameters: [{name: note, path: none}]}", "helm.fileParameters[0]", "there is no such file"),
    ],
)
def test_values_that_are_not_in_the_repository_are_named(helm: str, field: str, why: str) -> None:
    Path("../outside.yaml").write_text("privileged: true\n", encoding="utf-8")
    expected = f"Application shop: spec.source.{field} is not applied, because {why}, so the chart chart is judged without it"
    assert gaps(judged({**CHART, "apps/app.yaml": of_chart(helm)})) == [expected]


@needs_helm
def test_the_content_of_a_file_as_a_value() -> None:
    chart = {
        **CHART,
        "chart/templates/d.yaml": CHART["chart/templates/d.yaml"].replace("{{ .Values.host.pid }}", "{{ .Values.pid }}"),
    }
    assert rejected(judged({**chart, **ON, "apps/app.yaml": of_chart("{fileParameters: [{name: pid, path: ../pid}]}")}))


@needs_helm
@pytest.mark.parametrize("repository", ["repo", "other"])
def test_values_of_another_source(repository: str) -> None:
    with_remote()
    sources = f"""\
  sources:
  - {{{SOURCE}, path: chart, helm: {{valueFiles: [$v/prod.yaml]}}}}
  - {{repoURL: https://git.example/team/{repository}.git, ref: v}}
"""
    report = judged({**CHART, **ON, "apps/app.yaml": of_chart("{}").partition("  source:")[0] + sources})
    assert rejected(report) is (repository == "repo")
    assert len(gaps(report)) == (repository == "other")


@needs_helm
def test_a_source_that_the_hydrator_reads() -> None:
    dry = f"  sourceHydrator:\n    drySource: {{{SOURCE}, path: chart, helm: {{values: 'privileged: true'}}}}\n"
    assert rejected(judged({**CHART, "apps/app.yaml": of_chart("{}").partition("  source:")[0] + dry}))


@needs_helm
def test_files_that_override_a_source() -> None:
    override = "helm: {parameters: [{name: privileged, value: 'true'}]}\n"
    app = {**CHART, "apps/app.yaml": of_chart("{}")}
    assert not rejected(judged({**app, "chart/.argocd-source-other.yaml": override}))
    assert rejected(judged({**app, "chart/.argocd-source-shop.yaml": override}))


@needs_kustomize
@pytest.mark.parametrize(
    ("kustomize", "expected"),
    [
        (f"\n      patches:\n{PATCH}", True),
        ("{components: [../component]}", True),
        ("{components: [../component, ../none], ignoreMissingComponents: true}", True),
        ("{components: [../none], ignoreMissingComponents: true}", False),
        ("{namePrefix: a-, nameSuffix: -b, images: ['i=r.example:5000/j:2@sha256:0'], commonLabels: {x: z}}", False),
    ],
)
def test_a_kustomization_is_changed_as_its_application_says(kustomize: str, expected: bool) -> None:
    component = f"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n{PATCH}"
    app = application(f"    path: base\n    kustomize: {kustomize}\n")
    more = {"component/kustomization.yaml": component} if "../component" in kustomize else {}
    report = judged({**BASE, **more, "apps/app.yaml": app})
    assert rejected(report) is expected
    assert not report.notices
    assert names() == [".", "base#shop"]


@needs_kustomize
def test_what_a_patch_of_an_application_writes_is_reported_there() -> None:
    report = judged({**BASE, "apps/app.yaml": application(f"    path: base\n    kustomize:\n      patches:\n{PATCH}")})
    (found,) = (finding for finding in report.findings if REJECTED in finding.message)
    places = {(found.span.file, found.span.line), *((place.span.file, place.span.line) for place in found.related)}
    assert any(file == "apps/app.yaml" for file, _ in places)


@needs_kustomize
def test_a_remote_resource_is_left_out() -> None:
    base = {**BASE, "base/kustomization.yaml": f"resources: [d.yaml, 'https://x.example/d.yaml']\npatches:\n{PATCH}"}
    report = judged(base)
    assert rejected(report)
    assert [
        'base/kustomization.yaml: resources names "https://x.example/d.yaml"' in notice.message for notice in report.notices
    ] == [True]


@needs_kustomize
def test_two_deployments_of_one_folder_are_two_units() -> None:
    patched = application(f"    path: base\n    kustomize:\n      patches:\n{PATCH}", name="patched")
    plain = [application("    path: base\n", name=name) for name in ("one", "two")]
    report = judged({**BASE, "apps/app.yaml": "---\n".join([patched, *plain])})
    assert names() == [".", "base#one", "base#patched"]
    assert rejected(report)


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec:
  path: ./base
  sourceRef: {kind: GitRepository, name: repo}
"""


def patch(indent: int) -> str:
    return "".join(line[6 - indent :] if indent < 6 else line for line in PATCH.splitlines(keepends=True))


@needs_kustomize
@pytest.mark.parametrize("flat", [False, True])
def test_patches_of_a_flux_kustomization(flat: bool) -> None:
    files = {"base/d.yaml": WEB} if flat else BASE
    report = judged({**files, "apps/k.yaml": FLUX + "  patches:\n" + patch(2)})
    assert rejected(report) and not report.notices
    assert names() == [".", "base#shop"]
    assert not rejected(judged({"apps/k.yaml": FLUX}))


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("kind: OCIRepository\nmetadata: {name: x}\nspec: {url: 'oci://r.example/team/repo/web'}\n", True),
        ("kind: OCIRepository\nmetadata: {name: x}\nspec: {url: 'oci://r.example/team/other'}\n", False),
        ("kind: GitRepository\nmetadata: {name: x}\nspec: {url: 'ssh://git@g.example/team/repo'}\n", True),
        ("kind: GitRepository\nmetadata: {name: x}\nspec: {url: 'ssh://git@g.example/team/o'}\n", False),
        ("kind: Bucket\nmetadata: {name: x}\n", False),
    ],
)  # fmt: skip
def test_which_source_is_the_repository(source: str, ours: bool) -> None:
    with_remote()
    kind = source.partition("kind: ")[2].partition("\n")[0]
    source = f"apiVersion: source.toolkit.fluxcd.io/v1\n{source}"
    text = FLUX.replace("{kind: GitRepository, name: repo}", f"{{kind: {kind}, name: x}}")
    report = judged({"base/d.yaml": WEB, "apps/k.yaml": text, "apps/source.yaml": source})
    assert ("base#shop" in names()) is ours
    assert ["lies outside the repository" in notice.message for notice in report.notices] == [True] * (not ours)


@needs_kustomize
def test_what_a_generated_kustomization_includes_is_not_judged_alone() -> None:
    patches = "  patches:\n" + patch(2)
    write_files({"base/web/kustomization.yaml": "resources: [d.yaml]\n", "base/web/d.yaml": WEB, "apps/k.yaml": FLUX + patches})
    assert names() == [".", "base#shop"]


@needs_kustomize
def test_the_target_namespace_overrides_others() -> None:
    files = {**BASE, "base/d.yaml": WEB.replace("name: web}", "name: web, namespace: other}", 1)}
    write_files({**files, "apps/k.yaml": FLUX + "  targetNamespace: shop\n"})
    (workload,) = {finding.subject.namespace for finding in report_on(["."], Config()).findings} or {"shop"}
    assert workload == "shop"


@needs_kustomize
@pytest.mark.parametrize(
    ("build", "value", "expected", "named"),
    [
        ("{substitute: {pid: 'true'}}", "${pid}", True, False),
        ("{substitute: {pid: 'false'}}", "${pid}", False, False),
        ("{substitute: {x: y}}", "${pid:=true}", True, False),
        ("{substitute: {pid: 'false'}}", "${pid:-true}", False, False),
        ("{substituteFrom: [{kind: ConfigMap, name: vars}]}", "${pid}", True, False),
        ("{substituteFrom: [{kind: ConfigMap, name: vars}], substitute: {pid: 'false'}}", "${pid}", False, False),
        ("{substituteFrom: [{kind: Secret, name: vars}]}", "${pid}", False, False),
        (
            "{substituteFrom: [{kind: ConfigMap, name: none, optional: true}, {kind: ConfigMap, name: vars}]}",
            "${pid}",
            True,
            False,
        ),
        ("{substituteFrom: [{kind: ConfigMap, name: none}], substitute: {x: y}}", "${pid:=true}", True, True),
    ],
)
def test_variables_after_the_build(build: str, value: str, expected: bool, named: bool) -> None:
    held = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {pid: 'true'}\n---\n"
    held += "apiVersion: v1\nkind: Secret\nmetadata: {name: vars, namespace: flux-system}\ndata: {pid: ZmFsc2U=}\n"
    web = WEB.replace(
        "    spec: {containers: [{name: c, image: i}]}",
        f"    spec:\n      hostPID: {value}\n      containers: [{{name: c, image: i}}]",
    )
    report = judged({**BASE, "base/d.yaml": web, "apps/k.yaml": FLUX + f"  postBuild: {build}\n", "apps/vars.yaml": held})
    assert rejected(report) is expected
    assert bool(gaps(report)) is named


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec:
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: repo}}}
"""
HELD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: values, namespace: shop}
data: {values.yaml: "privileged: true", other: "true"}
"""


@needs_helm
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("  values: {privileged: true}\n", True),
        ("  values: {privileged: false}\n", False),
        ("  valuesFrom: [{kind: ConfigMap, name: values}]\n", True),
        ("  valuesFrom: [{kind: ConfigMap, name: values}]\n  values: {privileged: false}\n", False),
        ("  valuesFrom: [{kind: ConfigMap, name: values, valuesKey: other, targetPath: host.pid}]\n", True),
        ("  valuesFrom: [{kind: ConfigMap, name: none, optional: true}]\n", False),
        (
            "  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: repo}, valuesFiles: [chart/values.yaml, prod.yaml]}}\n",
            True,
        ),
    ],
)
def test_a_chart_has_the_values_of_its_release(more: str, expected: bool) -> None:
    head = RELEASE if "chart:" not in more else RELEASE.rpartition("  chart:")[0]
    report = judged({**CHART, **ON, "apps/release.yaml": head + more, "apps/values.yaml": HELD})
    assert rejected(report) is expected
    assert not report.notices
    assert names() == [".", "chart#shop"]


@needs_helm
def test_values_that_are_only_in_the_cluster_are_named() -> None:
    report = judged({**CHART, "apps/release.yaml": RELEASE + "  valuesFrom: [{kind: Secret, name: values}]\n"})
    assert ["Secret values is not in the input" in message for message in gaps(report)] == [True]


@needs_helm
@needs_kustomize
def test_post_renderers_of_a_release() -> None:
    post = "  postRenderers:\n  - kustomize:\n      patches:\n" + PATCH.replace("name: web}", "name: web, namespace: shop}")
    report = judged({**CHART, "apps/release.yaml": RELEASE + post})
    assert rejected(report) and not report.notices


@needs_helm
@needs_kustomize
def test_values_that_a_kustomization_generates() -> None:
    generator = "resources: [release.yaml]\nnamespace: shop\nconfigurations: [names.yaml]\n"
    generator += "configMapGenerator:\n- {name: values, files: [values.yaml=on.yaml]}\n"
    references = (
        "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]\n"
    )
    files = {"apps/kustomization.yaml": generator, "apps/names.yaml": references, "apps/on.yaml": "privileged: true\n"}
    report = judged({**CHART, **files, "apps/release.yaml": RELEASE + "  valuesFrom: [{kind: ConfigMap, name: values}]\n"})
    assert rejected(report) and not gaps(report)


def test_what_lies_elsewhere_is_one_note_and_leaves_the_status() -> None:
    elsewhere = application("    path: web\n", name="one").replace("/repo.git", "/other.git")
    chart = application("    chart: web\n", name="two")
    report = judged({"apps/app.yaml": elsewhere + "---\n" + chart, "web.yaml": WEB})
    assert [(notice.level, notice.file, notice.line) for notice in report.notices] == [("note", "apps/app.yaml", 7)]


def test_a_plugin_is_named() -> None:
    report = judged({"plain/d.yaml": WEB, "apps/app.yaml": application("    path: plain\n    plugin: {}\n")})
    assert ["spec.source.plugin is not applied, because scclint runs no plugins" in message for message in gaps(report)] == [
        True
    ]


def applications(generators: str, template: str, *, go: bool = True, more: str = "") -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: set}}
spec:
  goTemplate: {str(go).lower()}
  generators:
{generators}
  template:
    metadata: {{name: '{"{{.name}}" if go else "{{name}}"}'}}
    spec:
      destination: {{namespace: shop}}
      source:
        {SOURCE}
{template}{more}"""


LIST = "  - list: {elements: [{name: dev, unsafe: 'false'}, {name: prod, unsafe: 'true'}]}"
GIT = "  - git: {repoURL: https://git.example/team/repo.git, directories: [{path: 'envs/*'}, {path: envs/old, exclude: true}]}"
FILES = "  - git: {repoURL: https://git.example/team/repo.git, files: [{path: 'envs/**/config.yaml'}]}"
ENVS = {
    f"envs/{name}/config.yaml": f"name: {name}\nunsafe: '{on}'\n"
    for name, on in (("dev", "false"), ("prod", "true"), ("old", "true"))
}
SPEC = "spec: {source: {helm: {values: 'privileged: {{.unsafe}}'}}}"
VALUES = "        path: chart\n        helm: {{valuesObject: {{privileged: '{}'}}}}\n"


@needs_helm
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (applications(LIST, VALUES.format("{{.unsafe}}")), ["dev", "prod"]),
        (applications(LIST, VALUES.format("{{unsafe}}"), go=False), ["dev", "prod"]),
        (applications(FILES, VALUES.format("{{ .unsafe }}")), ["dev", "old", "prod"]),
        (applications(FILES, VALUES.format("{{unsafe}}"), go=False), ["dev", "old", "prod"]),
        (
            applications(GIT, "        path: chart\n        helm: {valueFiles: ['/{{.path.path}}/values.yaml']}\n").replace(
                "{{.name}}", "{{ index .path.segments 1 }}"
            ),
            ["dev", "prod"],
        ),
        (
            applications(
                f"  - matrix:\n      generators:\n      {LIST.strip()}\n      - list: {{elements: [{{cluster: '{{{{.name}}}}-a'}}]}}",
                VALUES.format("{{.unsafe | default \"false\"}}"),
            ).replace("name: '{{.name}}'", "name: '{{.cluster}}'"),
            ["dev-a", "prod-a"],
        ),
        (
            applications(
                "  - merge:\n      mergeKeys: [name]\n      generators:\n"
                "      - list: {elements: [{name: dev, unsafe: 'false'}, {name: prod, unsafe: 'false'}]}\n"
                "      - list: {elements: [{name: prod, unsafe: 'true'}, {name: none, unsafe: 'true'}]}",
                VALUES.format("{{.unsafe}}"),
            ),
            ["dev", "prod"],
        ),
        (
            applications(LIST, "        path: chart\n", more=f"  templatePatch: |\n    {SPEC}\n"),
            ["dev", "prod"],
        ),
    ],
)  # fmt: skip
def test_an_application_set_makes_applications(text: str, expected: list[str]) -> None:
    values = {
        f"envs/{name}/values.yaml": f"privileged: {on}\n" for name, on in (("dev", "false"), ("prod", "true"), ("old", "true"))
    }
    chart = {**CHART, "chart/values.yaml": CHART["chart/values.yaml"].replace("privileged: false", "privileged: 'false'")}
    report = judged({**chart, **ENVS, **values, "apps/set.yaml": text})
    assert [name for name in names() if name.startswith("chart")] == [f"chart#{name}" for name in expected]
    assert rejected(report) and not gaps(report)
    assert not rejected(
        judged(
            {
                "apps/set.yaml": text.replace("'true'", "'false'"),
                **dict.fromkeys((*ENVS, *values), "unsafe: 'false'\nname: x\nprivileged: false\n"),
            }
        )
    )


def test_folders_that_a_git_generator_finds() -> None:
    envs = {f"envs/{name}/d.yaml": WEB for name in ("dev", "prod", "old")}
    template = "        path: '{{path}}'\n"
    write_files({**envs, "apps/set.yaml": applications(GIT, template, go=False).replace("{{name}}", "{{path.basename}}")})
    assert [name for name in names() if "#" in name] == ["envs/dev#dev", "envs/prod#prod"]


CLUSTERS = "clusters: {values: {env: dev}}"
ONE = "list: {elements: [{name: dev}]}"
OTHERS = {
    CLUSTERS: "clusters",
    "clusterDecisionResource: {configMapRef: placement}": "clusterDecisionResource",
    "scmProvider: {github: {organization: shop}}": "scmProvider",
    "pullRequest: {github: {owner: shop, repo: repo}}": "pullRequest",
    "plugin: {configMapRef: {name: p}}": "plugin",
    f"matrix: {{generators: [{{{ONE}}}, {{{CLUSTERS}}}]}}": "matrix.generators[1].clusters",
    f"merge: {{mergeKeys: [name], generators: [{{{ONE}}}, {{{CLUSTERS}}}]}}": "merge.generators[1].clusters",
    f"matrix: {{generators: [{{matrix: {{generators: [{{{CLUSTERS}}}, {{{ONE}}}]}}}}, {{{ONE}}}]}}":
    "matrix.generators[0].matrix.generators[0].clusters",
    "selector: {matchLabels: {name: dev}}": "",
}  # fmt: skip


@pytest.mark.parametrize(("generator", "field"), OTHERS.items(), ids=range(len(OTHERS)))
def test_a_generator_that_is_not_expanded_has_one_note(generator: str, field: str) -> None:
    text = applications(f"  - {{{generator}}}\n{LIST}", "        path: envs/{{.name}}\n")
    report = judged({"envs/dev/d.yaml": HIDDEN, "envs/prod/d.yaml": WEB, "apps/set.yaml": text})
    (note,) = report.notices
    at = f"spec.generators[0]{'.' if field else ''}{field}"
    assert (note.level, note.file) == ("note", "apps/set.yaml")
    assert (
        note.message == f"ApplicationSet set: not judged: {at}: scclint expands only the generators list, git, matrix and merge"
    )
    assert [name for name in names() if "#" in name] == ["envs/dev#dev", "envs/prod#prod"], "the other generator is expanded"
    assert rejected(report)


def test_what_a_generator_that_is_not_expanded_deploys_is_judged_on_its_own() -> None:
    report = judged({"envs/dev/d.yaml": HIDDEN, "apps/set.yaml": applications(f"  - {CLUSTERS}", "        path: envs/dev\n")})
    assert names() == ["."]
    assert rejected(report)


@pytest.mark.parametrize(
    ("generator", "at", "why"),
    [
        ("git: {repoURL: 'https://git.example/team/other.git', files: [{path: '*.yaml'}]}", ".git.repoURL", "it lies in another repository"),
        (f"matrix: {{generators: [{{{ONE}}}]}}", ".matrix.generators", "a matrix has exactly two generators"),
    ],
)  # fmt: skip
def test_a_generator_without_parameters_says_why(generator: str, at: str, why: str) -> None:
    report = judged({"envs/dev/d.yaml": WEB, "apps/set.yaml": applications(f"  - {generator}", "        path: envs/dev\n")})
    assert [note.message for note in report.notices] == [f"ApplicationSet set: not judged: spec.generators[0]{at}: {why}"]


def test_templates_that_are_not_run_are_named() -> None:
    report = judged(
        {"envs/dev/d.yaml": WEB, "apps/set.yaml": applications(LIST, "        path: 'envs/{{ if .unsafe }}dev{{ end }}'\n")}
    )
    assert ["scclint does not run its template" in notice.message for notice in report.notices] == [True]


OPEN = "{{ .unsafe | reverse }}"


@needs_helm
@pytest.mark.parametrize(
    ("helm", "rejects", "field"),
    [
        (f"{{values: 'privileged: {OPEN}'}}", False, "helm.values"),
        (f"{{values: \"privileged: true\\nnote: '{OPEN}'\"}}", True, "helm.values"),
        (f'{{values: "host: {{pid: true}}\\nnote: a {OPEN} b"}}', True, "helm.values"),
        (f"{{valuesObject: {{privileged: true, note: '{OPEN}'}}}}", True, "helm.valuesObject"),
        (f"{{valueFiles: ['{OPEN}.yaml', /prod.yaml]}}", True, "helm.valueFiles"),
        (f"{{parameters: [{{name: note, value: '{OPEN}'}}, {{name: privileged, value: 'true'}}]}}", True, "helm.parameters"),
        (f"{{releaseName: 'a{OPEN}', valuesObject: {{privileged: true}}}}", True, "helm.releaseName"),
    ],
)
def test_a_chart_is_judged_with_what_is_known_of_its_values(helm: str, rejects: bool, field: str) -> None:
    text = applications(LIST, f"        path: chart\n        helm: {helm}\n")
    report = judged({**CHART, **ON, "apps/set.yaml": text})
    assert rejected(report) is rejects
    assert any(name.startswith("chart#") for name in names()) and "chart" not in names()
    assert [f"spec.template.spec.source.{field} is not applied" in message for message in gaps(report)] == [True]


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://git.example/team/repo.git", True),
        ("https://GIT.example/Team/REPO.git", True),
        ("https://git.example/team/repo", True),
        ("https://git.example/team/repo/", True),
        ("https://git.example/team/repo.git/", True),
        ("https://git.example/team/repo.GIT?x=1", True),
        ("https://git.example/team/repo?x=1/y#z", True),
        ("https://user:secret@git.example:8443/team/rep%6F", True),
        ("git@git.example:team/Repo.git", True),
        ("git@git.example:repo", True),
        ("ssh://git@git.example:22/team/repo.git", True),
        ("https://git.example/repo/other.git", False),
        ("https://git.example/team/repo-2.git", False),
        ("https://git.example/team/other?repo", False),
        ("git@git.example:team/other.git", False),
    ],
)
def test_forms_of_the_url_of_the_repository(url: str, ours: bool) -> None:
    with_remote()
    text = application("    path: base\n").replace(SOURCE, f"repoURL: {url!r}")
    report = judged({"base/d.yaml": WEB, "apps/a.yaml": text})
    assert ("base#shop" in names()) is ours
    assert ["lies in another repository" in notice.message for notice in report.notices] == [True] * (not ours)


@pytest.mark.parametrize("in_git", [False, True])
@pytest.mark.parametrize(
    ("source", "followed"),
    [
        ("path: base", True),
        ("path: ./base/", True),
        ("path: other", False),
        ("path: .", False),
        ("path: base/../..", False),
    ],
)
def test_without_a_remote_a_path_that_exists_is_this_repository(source: str, followed: bool, in_git: bool) -> None:
    if in_git:
        subprocess.run(["git", "init", "-q", "."], check=True)
    text = application(f"    {source}\n").replace(SOURCE, "repoURL: https://git.example/team/till.git")
    report = judged({"base/d.yaml": HIDDEN, "apps/a.yaml": text})
    assert rejected(report) is True
    assert ("base#shop" in names()) is followed
    assert ["lies in another repository" in notice.message for notice in report.notices] == [True] * (not followed)


@pytest.mark.parametrize("is_known", [False, True])
def test_a_git_generator_without_a_remote(is_known: bool) -> None:
    if is_known:
        with_remote()
    source = "{repoURL: https://git.example/team/till.git, path: '{{path}}'}"
    template = f"{{metadata: {{name: '{{{{path.basename}}}}'}}, spec: {{destination: {{namespace: shop}}, source: {source}}}}}"
    git = "{repoURL: https://git.example/team/till.git, directories: [{path: base/*}]}"
    spec = f"spec:\n  generators: [git: {git}]\n  template: {template}\n"
    head = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\n"
    write_files({"base/web/d.yaml": WEB, "apps/a.yaml": head + spec})
    assert ("base/web#web" in names()) is not is_known


@pytest.mark.parametrize(
    ("place", "path", "unit"),
    [
        ("kubernetes/flux/k.yaml", "./apps/base/x", "kubernetes/apps/base/x#shop"),
        ("kubernetes/k.yaml", "apps/base/x", "kubernetes/apps/base/x#shop"),
        ("deep/er/kubernetes/flux/k.yaml", "./apps/base/x", "deep/er/kubernetes/apps/base/x#shop"),
        ("k.yaml", "./kubernetes/apps/base/x", "kubernetes/apps/base/x#shop"),
        ("elsewhere/k.yaml", "./apps/base/x", ""),
        ("kubernetes/flux/k.yaml", "./apps/base/y", ""),
        ("kubernetes/flux/k.yaml", "../kubernetes/apps/base/x", ""),
    ],
)
def test_a_path_of_flux_begins_at_the_root_of_its_artifact(place: str, path: str, unit: str) -> None:
    root = unit.removesuffix("apps/base/x#shop") or "kubernetes/"
    report = judged({f"{root}apps/base/x/d.yaml": WEB, place: f"{OF_REPOSITORY}  path: {path}\n"})
    assert [name for name in names() if "#shop" in name] == [unit] * bool(unit)
    assert len(report.notices) == (not unit)


@pytest.mark.parametrize(
    ("bound", "rejects"),
    [("", False), ("openshift-gitops-argocd-application-controller", True), ("another", False)],
)
def test_the_controller_creates_a_pod_that_an_application_deploys(bound: str, rejects: bool) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
    subject = f"{{kind: ServiceAccount, name: {bound}, namespace: openshift-gitops}}"
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\nsubjects: [{subject}]\n"
    )
    files = {"d/p.yaml": pod, "apps/a.yaml": application("    path: d\n")}
    report = judged({**files, **({"rbac/b.yaml": binding} if bound else {})})
    messages = [finding.message for finding in report.findings if finding.rule_id == "SEC201"]
    assert ["openshift-gitops-argocd-application-controller creates it" in message for message in messages] == [True] * rejects
    assert not any("kube:admin" in message for message in messages)


def test_flux_creates_the_pod_of_a_kustomization() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
    text = f"{OF_REPOSITORY}  path: ./d\n"
    (finding,) = (f for f in judged({"d/p.yaml": pod, "k.yaml": text}).findings if f.rule_id == "SEC201")
    assert "system:serviceaccount:flux-system:kustomize-controller creates it" in finding.message
    confined = judged({"k.yaml": f"{text}  serviceAccountName: deployer\n"})
    assert {fact.kind for fact in confined.findings} == {"advice"}


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_a_remote_is_the_repository_in_any_case(case: Callable[[str], str]) -> None:
    url = "https://git.example/team/some-repo.git"
    with_remote(case(url))
    judged({"base/d.yaml": WEB, "apps/a.yaml": application("    path: base\n").replace(SOURCE, f"repoURL: {url}")})
    assert "base#shop" in names()


HOSTILE = "{a,b}" * 60


@pytest.mark.parametrize("field", ["include", "exclude"])
def test_a_filter_with_many_alternatives_ends(field: str) -> None:
    text = application(f"    path: base\n    directory: {{recurse: true, {field}: '{HOSTILE}'}}\n")
    start = time.process_time()
    report = judged({"base/d.yaml": WEB.replace("    spec: {", "    spec: {hostPID: true, "), "apps/a.yaml": text})
    assert time.process_time() - start < 1
    assert rejected(report)
    assert ("base#shop" in names()) is (field == "exclude")


@pytest.mark.parametrize("pattern", ["**/" * 20 + "x", "../../**/*.yaml", HOSTILE, "envs/" + "{*,*/*}" * 60])
def test_patterns_of_files_end_and_stay_in_the_repository(pattern: str) -> None:
    folders = {"/".join(["envs", *"abcdefgh"[:depth], "y"]): "a: b\n" for depth in range(8)}
    files = FILES.replace("envs/**/config.yaml", pattern)
    start = time.process_time()
    judged(
        {
            **CHART,
            **folders,
            "apps/set.yaml": applications(files, "        path: chart\n"),
            "apps/a.yaml": of_chart(f"{{valueFiles: ['{pattern}']}}"),
        }
    )
    assert time.process_time() - start < 2


@needs_helm
@pytest.mark.parametrize(("pattern", "expected"), [("/{dev,prod}.yaml", True), ("/{dev,test}.yaml", False)])
def test_values_files_by_alternatives(pattern: str, expected: bool) -> None:
    files = {**CHART, **ON, "dev.yaml": "privileged: false\n", "test.yaml": "privileged: false\n"}
    assert rejected(judged({**files, "apps/a.yaml": of_chart(f"{{valueFiles: ['{pattern}']}}")})) is expected


def test_a_set_of_endlessly_many_applications() -> None:
    many = ", ".join(f"{{a: '{number}'}}" for number in range(300))
    matrix = f"  - matrix: {{generators: [{{list: {{elements: [{many}]}}}}, {{list: {{elements: [{many}]}}}}]}}"
    report = judged({"envs/dev/d.yaml": WEB, "apps/set.yaml": applications(matrix, "        path: envs/dev\n")})
    assert ["makes more than 5,000 Applications" in notice.message for notice in report.notices] == [True]


@needs_helm
@needs_kustomize
def test_an_application_that_a_kustomization_patches_counts_as_it_is_built() -> None:
    overlay = {
        "argo/base/kustomization.yaml": "resources: [app.yaml]\n",
        "argo/base/app.yaml": of_chart("{valuesObject: {privileged: true}}"),
        "argo/prod/kustomization.yaml": "resources: [../base]\npatches:\n- target: {kind: Application}\n  patch: |\n"
        "    - {op: replace, path: /spec/source/helm/valuesObject/privileged, value: false}\n",
    }
    assert not rejected(judged({**CHART, **overlay}))
    assert rejected(judged({"argo/prod/kustomization.yaml": "resources: [../base]\n"}))


@pytest.mark.parametrize(
    ("name", "deployed"), [("shop", True), ("shop.prod-1", True), ("shop-", False), ("Shop", False), ("${NAME}-shop", True)]
)
def test_an_application_whose_name_is_rejected_deploys_nothing(name: str, deployed: bool) -> None:
    report = judged({**BASE, "apps/app.yaml": application("    path: base\n", name=f"'{name}'")})
    assert (f"base#{name}" in names()) is deployed
    said = f"Application {name}: not judged: metadata.name: {name} is not a valid name"
    assert [notice.message for notice in report.notices] == ([] if deployed else [said])


@needs_helm
@needs_kustomize
@pytest.mark.parametrize(("name", "units"), [("shop", ["chart#shop"]), ("other", ["chart#shop", "chart#other"])])
def test_a_patch_of_an_application_is_no_application(name: str, units: list[str]) -> None:
    patch = application("    path: chart\n", name=name).replace("  destination: {namespace: shop}\n", "")
    files = {
        "argo/kustomization.yaml": "resources: [app.yaml]\npatches: [{path: patch.yaml, target: {kind: Application}}]\n",
        "argo/app.yaml": of_chart("{valuesObject: {note: a}}"),
        "argo/patch.yaml": patch,
    }
    judged({**CHART, **files})
    assert sorted(found for found in names() if "#" in found) == sorted(units)


CHANNEL = """\
apiVersion: apps.open-cluster-management.io/v1
kind: Channel
metadata: {name: all, namespace: channels}
spec: {type: TYPE, pathname: "https://git.example/team/NAME.git"}
---
apiVersion: apps.open-cluster-management.io/v1
kind: Subscription
metadata: {name: shop, namespace: shop, annotations: {apps.open-cluster-management.io/git-path: PATH}}
spec: {channel: channels/all}
"""


@pytest.mark.parametrize(
    ("kind", "repository", "path", "said"),
    [
        ("Git", "repo", "plain", ""),
        ("GitHub", "repo", "plain", ""),
        ("HelmRepo", "repo", "plain", "spec.channel: its channel lies outside the repository"),
        (
            "Git",
            "other",
            "none",
            "spec.channel: its channel lies outside the repository",
        ),
        (
            "Git",
            "repo",
            "none",
            "metadata.annotations[apps.open-cluster-management.io/git-path]: the repository has no such folder",
        ),
    ],
)
def test_a_subscription_of_advanced_cluster_management(kind: str, repository: str, path: str, said: str) -> None:
    channel = CHANNEL.replace("TYPE", kind).replace("NAME", repository).replace("PATH", path)
    report = judged(
        {"plain/deep/d.yaml": WEB.replace("spec: {containers", "spec: {hostPID: true, containers"), "acm.yaml": channel}
    )
    assert [name for name in names() if "#" in name] == ([] if said else ["plain#shop"])
    assert [notice.message for notice in report.notices] == ([f"Subscription shop: not judged: {said}"] if said else [])
    if not said:
        (unit,) = (unit for unit in find_units(["."]) if unit.deployment.kind)
        assert unit.placed.namespace == "shop"
        assert unit.applied_by == "Subscription shop in acm.yaml; it is not known who applies that file"


def test_a_subscription_to_an_operator_deploys_no_folder() -> None:
    text = CHANNEL.replace(
        "apps.open-cluster-management.io/v1\nkind: Subscription", "operators.coreos.com/v1alpha1\nkind: Subscription"
    )
    judged({"plain/d.yaml": WEB, "acm.yaml": text.replace("PATH", "plain")})
    assert not [name for name in names() if "#" in name]


def test_the_settings_for_a_folder_replace_what_deploys_it() -> None:
    write_files({"plain/d.yaml": WEB, "apps/app.yaml": application("    path: plain\n")})
    assert [name for name in names() if "#" in name] == ["plain#shop"]


DELETE = """\
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    $patch: delete
"""


@needs_kustomize
@pytest.mark.parametrize(
    ("overlays", "expected"),
    [
        ({"decoy": f"resources: [../base]\n{DELETE}"}, ["base", "decoy"]),
        (
            {"decoy": f"resources: [../base]\n{DELETE.replace('$patch', chr(34) + chr(92) + 'x24patch' + chr(34))}"},
            ["base", "decoy"],
        ),
        (
            {"decoy": "resources: [../base]\ncommonAnnotations: {config.kubernetes.io/local-config: 'true'}\n"},
            ["base", "decoy"],
        ),
        ({"middle": "resources: [../base]\n", "decoy": f"resources: [../middle]\n{DELETE}"}, ["decoy", "middle"]),
        ({"decoy": f"resources: [../base]\n{DELETE}", "prod": "resources: [../base]\nnamePrefix: x-\n"}, ["decoy", "prod"]),
        ({"prod": f"resources: [../base]\nnamespace: shop\npatches:\n{PATCH}"}, ["prod"]),
    ],
)
def test_what_every_build_leaves_out_is_judged_alone(overlays: dict[str, str], expected: list[str]) -> None:
    files = {**BASE, "base/d.yaml": HIDDEN, "other/d.yaml": WEB.replace("name: web}", "name: other}", 1)}
    report = judged({**files, **{f"{name}/kustomization.yaml": text for name, text in overlays.items()}})
    assert rejected(report)
    assert names() == [".", *expected]


@needs_kustomize
def test_a_file_that_its_own_kustomization_leaves_out_is_judged() -> None:
    assert rejected(
        judged(
            {
                "kustomization.yaml": f"resources: [d.yaml, e.yaml]\n{DELETE}",
                "d.yaml": HIDDEN,
                "e.yaml": WEB.replace("web", "e"),
            }
        )
    )


def _helm_chart(text: str) -> dict[str, str]:
    """A HelmRelease that refers to a HelmChart, and the HelmChart with this source."""
    chart = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: shop, namespace: apps}\nspec:\n"
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: apps}\nspec:\n"
    return {
        "flux/chart.yaml": f"{chart}  chart: ./chart\n  sourceRef: {{{text}}}\n",
        "flux/release.yaml": f"{release}  chartRef: {{kind: HelmChart, name: shop}}\n  values: {{privileged: true}}\n",
    }


@needs_helm
def test_a_release_may_refer_to_a_chart_of_the_repository() -> None:
    report = judged({**CHART, **_helm_chart("kind: GitRepository, name: repo")})
    assert rejected(report) and names() == [".", "chart#shop"]


@needs_helm
@pytest.mark.parametrize(("source", "followed"), [("", True), (", sourceRef: {kind: HelmRepository, name: repo}", False)])
def test_a_release_without_a_source_takes_the_chart_of_the_repository(source: str, followed: bool) -> None:
    release = RELEASE.replace(", sourceRef: {kind: GitRepository, name: repo}", source)
    report = judged({**CHART, "apps/release.yaml": release + "  values: {privileged: true}\n"})
    assert rejected(report) is followed
    assert names() == [".", "chart#shop" if followed else "chart"]


@needs_helm
def test_a_release_that_refers_to_a_chart_elsewhere_is_named() -> None:
    report = judged({**CHART, **_helm_chart("kind: HelmRepository, name: repo")})
    assert not rejected(report)
    assert [notice.message for notice in report.notices] == [
        "HelmRelease shop: not judged: spec.chartRef: its source lies outside the repository"
    ]


OF_REPOSITORY = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec:
  sourceRef: {kind: GitRepository, name: repo}
"""


@needs_helm
@needs_kustomize
def test_what_flux_builds_of_a_folder_without_a_kustomization_counts_and_not_its_file() -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: apps}\nspec:\n"
    release += "  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: repo}}}\n"
    release += "  values:\n    privileged: ${privileged}\n"
    root = f"{OF_REPOSITORY}  path: ./releases\n  postBuild: {{substitute: {{privileged: 'true'}}}}\n"
    report = judged({**CHART, "releases/shop.yaml": release, "root.yaml": root})
    assert rejected(report) and not report.notices
    assert names() == [".", "chart#shop", "releases#shop"]


@needs_helm
@needs_kustomize
def test_a_kustomization_renders_a_chart_of_the_repository() -> None:
    charts = "helmCharts: [{name: shop, releaseName: a, valuesInline: {privileged: PRIVILEGED}}]\n"
    inner = {file.replace("chart/", "k/charts/shop/"): text for file, text in CHART.items()}
    for privileged in ("true", "false"):
        report = judged({**inner, "k/kustomization.yaml": charts.replace("PRIVILEGED", privileged)})
        assert rejected(report) is (privileged == "true") and not report.notices


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none", "spec.path ./none: the repository has no such folder"),
        ("outside", "spec: outside is not in the input"),
        ("empty", ""),
        ("inside/.hidden", ""),
    ],
)
def test_a_deployment_outside_the_input_is_named(path: str, said: str) -> None:
    write_files({"outside/d.yaml": WEB, "empty/README.md": "", "inside/.hidden/d.yaml": WEB})
    write_files({"inside/k.yaml": f"{OF_REPOSITORY}  path: ./{path}\n"})
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], check=True)
    report = report_on(["inside"])
    assert [notice.message for notice in report.notices] == ([f"Kustomization shop: not judged: {said}"] if said else [])


def test_jsonnet_that_is_all_of_a_folder_is_named() -> None:
    report = judged({"web/main.jsonnet": "{}", "apps/app.yaml": application("    path: web\n")})
    assert [notice.message for notice in report.notices] == [
        "Application shop: not judged: spec.source.directory.jsonnet: scclint does not run jsonnet"
    ]


def test_a_note_names_every_field_that_is_not_followed() -> None:
    with_remote()
    app = application("    path: web\n").replace(SOURCE, "repoURL: https://git.example/other")
    several = app.replace("name: shop", "name: more").replace("source:", "sources:\n  -", 1)
    report = judged({"web/d.yaml": WEB, "apps/a.yaml": f"{app}---\n{several}"})
    assert [notice.message for notice in report.notices] == [
        "Application shop and Application more: not judged: spec.source.repoURL and spec.sources[0].repoURL: it lies in another repository"
    ]


PRIVILEGED = WEB.replace("image: i", "image: i, securityContext: {privileged: true}")
POLICY = """\
apiVersion: policy.open-cluster-management.io/v1
kind: Policy
metadata: {{name: p, namespace: policies}}
spec:
  policy-templates:
  - objectDefinition:
      apiVersion: policy.open-cluster-management.io/v1
      kind: ConfigurationPolicy
      metadata: {{name: p}}
      spec:
        object-templates:
        - complianceType: {type}
          objectDefinition:
{application}"""


@needs_helm
@pytest.mark.parametrize(("kind", "is_rejected"), [("musthave", True), ("mustnothave", False)])
def test_an_application_in_a_policy_deploys_a_chart(kind: str, is_rejected: bool) -> None:
    application = "".join(
        f"            {line}" for line in of_chart("{valuesObject: {privileged: true}}").splitlines(keepends=True)
    )
    report = judged({**CHART, "policy.yaml": POLICY.format(type=kind, application=application)})
    assert rejected(report) == is_rejected


CAPABILITIES = (
    '{{ if or (.Capabilities.APIVersions.Has "a.example/v1") (eq .Capabilities.KubeVersion.Minor "10") }}\n%s{{ end }}\n'
)


@needs_helm
@pytest.mark.parametrize(
    ("helm", "is_rejected"),
    [
        ("{apiVersions: [b.example/v1, a.example/v1]}", True),
        ("{kubeVersion: 1.10.0}", True),
        ("{apiVersions: [b.example/v1]}", False),
    ],
)
def test_a_chart_has_the_capabilities_that_its_application_states(helm: str, is_rejected: bool) -> None:
    template = CHART["chart/templates/d.yaml"].replace("{{ .Values.privileged }}", "true")
    report = judged({**CHART, "chart/templates/d.yaml": CAPABILITIES % template, "app.yaml": of_chart(helm)})
    assert rejected(report) == is_rejected


@needs_helm
def test_post_renderers_that_fail_leave_something_unjudged() -> None:
    post = "  postRenderers:\n  - kustomize:\n      patches: [{patch: '[{', target: {kind: Deployment}}]\n"
    release = (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: shop, namespace: shop}}\nspec:\n{post}"
    )
    chart = "  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: repo}}}\n"
    (gap,) = gaps(judged({**CHART, "release.yaml": release + chart}))
    assert "its postRenderers are not applied" in gap


TEMPLATE = """\
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: t}
parameters: [{name: FOLDER, value: app}, {name: REPO}, {name: OTHER, required: true}]
objects:
"""


@pytest.mark.parametrize(
    ("source", "deployed", "said"),
    [
        ("{path: '${FOLDER}'}", True, False),
        ("{path: app, repoURL: '${REPO}'}", False, True),
        ("{path: '${OTHER}'}", False, True),
        ("{path: 'x/${OTHER}/y'}", False, True),
    ],
)
def test_an_application_in_a_template(source: str, deployed: bool, said: bool) -> None:
    spec = f"{{destination: {{namespace: shop}}, source: {source}}}"
    text = f"{TEMPLATE}- {{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {{name: a}}, spec: {spec}}}\n"
    write_files({"t.yaml": text, "app/d.yaml": WEB})
    assert ("app#a" in names()) is deployed
    why = "it has a parameter without a value"
    assert any(notice.message.endswith(why) and notice.line == 6 for notice in report_on(["."]).notices) is said
