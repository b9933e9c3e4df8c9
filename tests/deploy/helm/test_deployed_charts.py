"""Charts as people deploy them: hooks, upgrades, values files beside the chart, and dependencies of the repository."""

import subprocess
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.deploy.helm.dependencies import satisfies
from scclint.run.report import Report
from tests.deploy.test_deployments import CHART, SOURCE, application, names, rejected
from tests.deploy.tools import needs_helm
from tests.running import report_on, write_files

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: extra, namespace: shop, annotations: {HOOK}}
spec: {serviceAccountName: app, hostPID: true, containers: [{name: c, image: i}]}
"""
ON = "privileged: true\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def judged(files: dict[str, str]) -> Report:
    write_files(files)
    return report_on(["."])


@needs_helm
@pytest.mark.parametrize(
    ("hook", "created"),
    [
        ("test", False),
        ("test-success", False),
        (" Test , test-success", False),
        ("test,post-install,post-upgrade", True),
        ("pre-delete", True),
    ],
)
def test_only_what_nothing_but_a_test_creates_is_left_out(hook: str, created: bool) -> None:
    report = judged({**CHART, "chart/templates/hook.yaml": POD.replace("HOOK", f"helm.sh/hook: '{hook}'")})
    assert any(finding.subject.name == "extra" for finding in report.findings) is created


APPLICATION = application("    path: chart\n").replace(SOURCE, "repoURL: ''")
HELM_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec: {chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: g}}}}
"""
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set}
spec:
  generators: [{list: {elements: [{name: a}]}}]
  template:
    metadata: {name: '{{name}}'}
    spec: {destination: {namespace: shop}, source: {repoURL: '', path: chart}}
"""


@needs_helm
@pytest.mark.parametrize(
    ("hooks", "by_argo", "by_helm"),
    [
        ("helm.sh/hook: test, argocd.argoproj.io/hook: PreSync", True, False),
        ("helm.sh/hook: test, argocd.argoproj.io/hook: 'Skip, PostSync'", True, False),
        ("helm.sh/hook: 'test, post-install', argocd.argoproj.io/hook: Skip", True, True),
        ("helm.sh/hook: test, argocd.argoproj.io/hook: Skip", False, False),
        ("helm.sh/hook: test, argocd.argoproj.io/hook: presync", False, False),
        ("helm.sh/hook: test, argocd.argoproj.io/hook-delete-policy: HookSucceeded", False, False),
    ],
)
def test_a_hook_of_argo_cd_overrides_that_of_helm(hooks: str, by_argo: bool, by_helm: bool) -> None:
    files = {**CHART, "chart/templates/hook.yaml": POD.replace("HOOK", hooks)}
    for deployer, expected in (("", by_argo), (APPLICATION, by_argo), (SET, by_argo), (HELM_RELEASE, by_helm)):
        report = judged({**files, "deployer.yaml": deployer})
        assert any(finding.subject.name == "extra" for finding in report.findings) is expected, deployer


RELEASES = "---\n".join(HELM_RELEASE.replace("web", name) for name in ("a", "b"))


@needs_helm
@pytest.mark.parametrize("deployer", ["", APPLICATION, SET, HELM_RELEASE, RELEASES, "helm upgrade --install web ./chart\n"])
@pytest.mark.parametrize("stage", ["", "{{- if .Release.IsUpgrade }}{{ end }}"])
@pytest.mark.parametrize("env", ["", "dev"])
def test_a_chart_that_cannot_be_rendered_is_named(deployer: str, stage: str, env: str) -> None:
    needed = stage + '{{- $_ := required "an env is needed" .Values.env }}\n'
    chart = {**CHART, "chart/values.yaml": f"{CHART['chart/values.yaml']}env: '{env}'\n", "chart/templates/a.txt": needed}
    file = "deploy.sh" if deployer.startswith("helm") else "deployer.yaml"
    report = judged({**chart, file: deployer})
    named = [notice.message for notice in report.notices if "an env is needed" in notice.message]
    assert len(named) == (not env), report.notices
    assert any(unit.unrendered for unit in report.units) == (not env)


@needs_helm
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("if .Release.IsUpgrade", ["chart", "chart#upgrade"]),
        ("if not (index .Release \"IsInstall\")", ["chart", "chart#upgrade"]),
        ("if .Values.host.pid", ["chart"]),
        ("if or .Release.IsUpgrade .Release.IsInstall", ["chart"]),
    ],
)  # fmt: skip
def test_an_upgrade_is_a_view_where_it_differs(condition: str, expected: list[str]) -> None:
    report = judged({**CHART, "chart/templates/more.yaml": f"{{{{ {condition} }}}}\n{POD.replace('HOOK', '')}{{{{ end }}}}\n"})
    assert names() == expected
    assert any(finding.subject.name == "extra" for finding in report.findings) is (condition != "if .Values.host.pid")


@needs_helm
def test_a_template_in_values_may_ask_for_the_release() -> None:
    values = CHART["chart/values.yaml"] + "when: '{{ .Release.IsUpgrade }}'\n"
    more = f'{{{{ if eq (tpl .Values.when .) "true" }}}}\n{POD.replace("HOOK", "")}{{{{ end }}}}\n'
    report = judged({**CHART, "chart/values.yaml": values, "chart/templates/more.yaml": more})
    assert names() == ["chart", "chart#upgrade"]
    assert any(finding.subject.name == "extra" for finding in report.findings)


@needs_helm
@pytest.mark.parametrize(
    "file", ["prod.yaml", "env/prod.yaml", "envs/prod.yaml", "values/prod.yaml", "ci/prod.yaml", "values-prod.yaml"]
)
def test_values_files_beside_a_chart_are_views(file: str) -> None:
    report = judged({**CHART, f"chart/{file}": ON})
    assert rejected(report) and not report.notices
    assert names() == ["chart", f"chart#{file.removesuffix('.yaml')}"]


@needs_helm
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("prod.yaml", "other: true\n"),
        ("env/prod.yaml", "apiVersion: v1\nkind: ConfigMap\nprivileged: true\n"),
        ("prod.yaml", "- privileged\n"),
        ("docs/prod.yaml", ON),
        ("env/deep/prod.yaml", "privileged: true\na: 1\n"),
    ],
)
def test_other_files_beside_a_chart_are_no_views(file: str, text: str) -> None:
    assert not rejected(judged({**CHART, f"chart/{file}": text}))


@needs_helm
@pytest.mark.parametrize(
    ("file", "text", "is_view"),
    [
        ("config/prod.yaml", ON, True),
        ("deploy/prod.yml", ON, True),
        ("environments/eu/prod.yaml", ON, True),
        ("chart/deploy/prod.yaml", ON, False),
        ("test-values/prod.yaml", ON, True),
        ("config/prod.yaml", f"{ON}a: 1\n", False),
        ("config/prod.yaml", f"{ON}kind: Config\n", False),
        ("docs/prod.yaml", ON, True),
        ("examples/a/values.yaml", ON, True),
        (".ci/prod.yaml", ON, True),
        ("tests/prod.yaml", ON, True),
        ("config/prod.txt", ON, False),
        ("chart/templates/prod.yaml", ON, False),
    ],
)
def test_values_files_that_nobody_names(file: str, text: str, is_view: bool) -> None:
    assert rejected(judged({**CHART, file: text})) is is_view
    more = [f"chart#{file.rpartition('.')[0]}"] if is_view else []
    assert [name for name in names() if name.startswith("chart")] == ["chart", *more]


@needs_helm
@pytest.mark.parametrize("code", ["", "def test_it(): render(open('prod.yaml'))\n"])
def test_values_that_tests_read_are_a_view(code: str) -> None:
    judged({**CHART, "tests/prod.yaml": ON, "tests/test_chart.py": code})
    assert "chart#tests/prod" in names()


@needs_helm
def test_values_files_in_a_chart_that_is_the_repository() -> None:
    in_repository({name.removeprefix("chart/"): text for name, text in CHART.items()} | {"deploy/prod.yaml": ON})
    assert [name for name in names() if "#" in name] == [".#deploy/prod"]


def test_values_files_of_one_of_several_charts(here: None) -> None:
    write_files({**CHART, "config/prod.yaml": ON, "other/Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n"})
    assert names() == [".", "chart", "other"]


def in_repository(files: dict[str, str]) -> None:
    """Write files, and let git track them: a build does not leave the work tree."""
    write_files(files)
    for command in (["init", "-q", "."], ["add", "."]):
        subprocess.run(["git", *command], check=True)


def dependent(entry: str, values: str = "") -> dict[str, str]:
    """A chart with a dependency, and the dependency beside it, whose pods an SCC rejects."""
    library = {name.replace("chart/", "lib/"): text.replace("name: shop", "name: lib", 1) for name, text in CHART.items()}
    library["lib/values.yaml"] = CHART["chart/values.yaml"].replace("privileged: false", "privileged: true")
    app = {
        "app/Chart.yaml": f"apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {entry}\n",
        "app/values.yaml": f"a: 1\n{values}",
        "app/templates/a.yaml": POD.replace("HOOK", "").replace("hostPID: true, ", ""),
    }
    return {**library, **app}


@needs_helm
@pytest.mark.parametrize(
    ("entry", "values", "expected"),
    [
        ("{name: lib, version: 0.1.0, repository: 'file://../lib'}", "", True),
        (
            "{name: lib, version: 0.1.0, repository: 'file://../lib', alias: one}\n- {name: lib, version: 0.1.0, alias: two}",
            "",
            True,
        ),
        ("{name: lib, version: 0.x.x, repository: 'oci://r.example/charts'}", "", True),
        (
            "{name: lib, version: 0.1.0, repository: 'https://r.example', condition: lib.enabled}",
            "lib: {enabled: true}\n",
            True,
        ),
        (
            "{name: lib, version: 0.1.0, repository: 'https://r.example', condition: lib.enabled}",
            "lib: {enabled: false}\n",
            False,
        ),
        (
            "{name: lib, version: 9.9.9, repository: 'https://r.example', condition: lib.enabled}",
            "lib: {enabled: false}\n",
            False,
        ),
        ("{name: lib, version: 0.1.0, repository: 'https://r.example', tags: [t]}", "tags: {t: false}\n", False),
    ],
)
def test_dependencies_come_from_the_repository(entry: str, values: str, expected: bool) -> None:
    in_repository(dependent(entry, values))
    report = report_on(["app"])
    assert any("no SCC admits" in finding.message for finding in report.findings) is expected
    assert not report.notices and not Path("app/charts").exists()


@needs_helm
@pytest.mark.parametrize(("name", "expected"), [("lib", True), ("other", False)])
def test_a_dependency_lies_in_a_folder_of_another_name(name: str, expected: bool) -> None:
    entry = f"{{name: {name}, version: 0.1.0, repository: 'https://r.example'}}"
    in_repository({file.replace("lib/", "packaged/helm/", 1): text for file, text in dependent(entry).items()})
    assert bool(report_on(["."]).notices) is not expected


@needs_helm
@pytest.mark.parametrize(("version", "deployed"), [("1.0.0", ["one#a"]), ("2.0.0", ["one#a", "two#b"])])
def test_the_defaults_of_a_dependency_deploy_nothing(version: str, deployed: list[str]) -> None:
    applications = "".join(
        f"{{{{ if .Values.{name} }}}}\n---\n{application(f'    path: {folder}{chr(10)}', name=name)}{{{{ end }}}}\n"
        for name, folder in (("a", "one"), ("b", "two"))
    )
    files = {
        "helm/Chart.yaml": f"apiVersion: v2\nname: apps\nversion: {version}\n",
        "helm/values.yaml": "a: true\nb: true\n",
        "helm/templates/apps.yaml": applications.replace(SOURCE, "repoURL: ''"),
        "cluster/Chart.yaml": "apiVersion: v2\nname: cluster\nversion: 1.0.0\n"
        "dependencies: [{name: apps, version: 1.0.0, repository: 'https://r.example'}]\n",
        "cluster/values.yaml": "apps: {b: false}\n",
        "one/a.yaml": POD.replace("HOOK", ""),
        "two/b.yaml": POD.replace("HOOK", "").replace("extra", "more"),
    }
    judged(files)
    assert [found for found in names() if "#" in found] == deployed


@needs_helm
@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        (
            "{name: lib, version: 2.x.x, repository: 'https://r.example'}",
            "(lib 2.x.x): run `helm repo add` for https://r.example, and then `helm dependency build app`",
        ),
        (
            "{name: lib, version: 2.x.x, repository: '@ours'}",
            "run `helm repo add` for @ours, and then `helm dependency build app`",
        ),
        ("{name: lib, version: 2.x.x, repository: 'oci://r.example/charts'}", "(lib 2.x.x): run `helm dependency build app`"),
        ("{name: none, version: 1.0.0, repository: 'file://../none'}", "(none 1.0.0 from file://../none)"),
        ("{name: lib, version: 0.1.0, repository: 'file://../../outside/lib'}", "(lib 0.1.0 from file://../../outside/lib)"),
    ],
)
def test_dependencies_that_the_repository_does_not_have_are_named(entry: str, advice: str) -> None:
    in_repository(dependent(entry))
    report = report_on(["app"])
    (notice,) = report.notices
    said = "1 unit judged without a part (app): the repository does not have its dependencies "
    assert notice.message.startswith(said) and notice.message.endswith(advice)
    assert not any("no SCC admits" in finding.message for finding in report.findings)


@needs_helm
def test_names_of_dependencies_lead_nowhere() -> None:
    in_repository(dependent("{name: ../../../escaped, version: 1.0.0, repository: 'file://../lib'}"))
    report = report_on(["app"])
    assert ["no dependency that can be added" in notice.message for notice in report.notices] == [True]


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("2.31.4", "2.x.x", True),
        ("2.31.4", "2", True),
        ("3.0.0", "2.x.x", False),
        ("1.2.3", "1.2.3", True),
        ("1.2.4", "1.2.3", False),
        ("1.9.0", "^1.2", True),
        ("0.3.0", "^0.2.1", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.5.0", ">=1.0.0, <2.0.0", True),
        ("2.0.0", ">=1.0.0 <2.0.0", False),
        ("3.1.0", "^2.0.0 || ^3.0.0", True),
        ("1.0.0", "*", True),
        ("", "*", False),
    ],
)
def test_versions_that_a_dependency_asks_for(version: str, wanted: str, expected: bool) -> None:
    assert satisfies(version, wanted) is expected


@needs_helm
@pytest.mark.parametrize(("hook", "created"), [("test", False), ("test,post-install", True), ("pre-install", True)])
def test_a_test_is_left_out_of_what_helm_template_prints(hook: str, created: bool) -> None:
    write_files({**CHART, "chart/templates/hook.yaml": POD.replace("HOOK", f"helm.sh/hook: '{hook}'")})
    printed = subprocess.run(["helm", "template", "chart"], capture_output=True, text=True, check=True).stdout
    for report in (report_on(text=printed), report_on(["chart"])):
        assert any(finding.subject.name == "extra" for finding in report.findings) is created
    # What people apply is what a file says.
    write_files({"rendered.yaml": printed})
    assert any(finding.subject.name == "extra" for finding in report_on(["rendered.yaml"]).findings)


NEEDS = '{{- $env := required "env" .Values.env }}\n'


@needs_helm
@pytest.mark.parametrize("upgraded", ["", "{{- if .Release.IsUpgrade }}{{ end }}\n"])
@pytest.mark.parametrize("values", ["values-other.yaml", "ci/a-values.yaml", ""])
def test_what_a_controller_deploys_and_helm_does_not_render_is_named(values: str, upgraded: bool) -> None:
    files = {**CHART, "r.yaml": HELM_RELEASE, **({f"chart/{values}": "env: prod\n"} if values else {})}
    files["chart/templates/d.yaml"] = f"{upgraded}{NEEDS}{CHART['chart/templates/d.yaml']}"
    report = judged(files)
    assert report.unrendered == 1
    (notice,) = (notice for notice in report.notices if "judged unrendered" in notice.message)
    assert "chart#web of HelmRelease web" in notice.message and notice.message.endswith(": env")


@needs_helm
@pytest.mark.parametrize("others", [1, 0])
def test_values_for_ci_show_a_chart_whose_defaults_lack_something(others: int) -> None:
    chart = {**CHART, "chart/templates/d.yaml": NEEDS + CHART["chart/templates/d.yaml"]}
    report = judged({**chart, **({"chart/ci/a-values.yaml": "env: ci\n"} if others else {})})
    assert (report.unrendered, report.tally.workloads) == (1 - others, others)
    assert any("judged only with the values of its other views" in notice.message for notice in report.notices) is bool(others)


@needs_helm
@pytest.mark.parametrize("source", ["file://../lib", "https://charts.example"])
@pytest.mark.parametrize("condition", ["", ", condition: lib.enabled"])
def test_a_dependency_that_renders_only_in_another_chart(source: str, condition: str) -> None:
    dependency = f"dependencies: [{{name: lib, version: 0.1.0, repository: '{source}'{condition}}}]\n"
    files = {
        **CHART,
        "chart/Chart.yaml": CHART["chart/Chart.yaml"].replace("v1", "v2") + dependency,
        "chart/values.yaml": f"{CHART['chart/values.yaml']}global: {{x: y}}\nlib: {{enabled: {str(not condition).lower()}}}\n",
        "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
        "lib/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.global.x }}}\n",
    }
    report = judged(files)
    # What is switched off is judged nowhere else.
    assert ([unit.name for unit in report.units], report.unrendered) == ((["chart", "lib"], 1) if condition else (["chart"], 0))
    assert report_on(["chart", "lib"]).unjudged == (("lib",) if condition else ())


@needs_helm
def test_a_key_that_comes_twice_names_no_line_of_rendered_text() -> None:
    twice = CHART["chart/templates/d.yaml"].replace(
        "      containers:\n", "      hostIPC: true\n      hostIPC: true\n      containers:\n"
    )
    (finding,) = (f for f in judged({**CHART, "chart/templates/d.yaml": twice}).findings if f.rule_id == "MAN004")
    assert " line " not in finding.message
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: c}\n"
    write_files({"plain.yaml": account + 2 * "automountServiceAccountToken: true\n"})
    (finding,) = (finding for finding in report_on(["plain.yaml"]).findings if finding.rule_id == "MAN004")
    assert "in line 5" in finding.message


@needs_helm
@pytest.mark.parametrize(
    ("link", "template", "renders"),
    [
        ("LICENSE", "", True),
        ("LICENSE", '# {{ .Files.Get "LICENSE" }}\n', False),
        ("templates/more.yaml", "", False),
        ("values.yaml", "", False),
    ],
)
def test_a_link_out_of_the_root_that_nothing_renders(
    link: str, template: str, renders: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_text("a: b\n")
    write_files({**CHART, "chart/templates/d.yaml": template + CHART["chart/templates/d.yaml"]})
    Path("chart", link).unlink(missing_ok=True)
    Path("chart", link).symlink_to(outside)
    report = report_on(["chart"])
    assert report.unrendered is not renders
    assert report.tally.workloads == renders


@needs_helm
@pytest.mark.parametrize("origin", ["command line", ".scclint.yaml"])
def test_values_that_the_user_names_may_lie_anywhere(origin: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    values = tmp_path_factory.mktemp("outside") / "v.yaml"
    values.write_text("privileged: true\n")
    write_files(CHART)
    config = Config(helm_values=(str(values),), origins={"helm-values": origin})
    report = report_on(["chart"], config)
    assert rejected(report) is (origin == "command line")
    assert report.unrendered is not rejected(report)
