"""What commands of scripts, Makefiles, CI workflows and helmfiles deploy makes units."""

from pathlib import Path
from shutil import which

import pytest

from scclint import Config
from tests.running import report_on, run_over, write_files

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec: {serviceAccountName: web, hostPID: true, containers: [{name: c, image: i}]}
"""
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "host: false\n",
    "charts/web/templates/a.yaml": POD.replace("NAME", "a").replace("true", "{{ .Values.host }}"),
    "env/prod.yaml": "host: true\n",
}
needs_helm = pytest.mark.skipif(not which("helm"), reason="needs helm")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(
        {name: POD.replace("NAME", name[-6]) for name in ("deploy/a.yaml", "deploy/b.yaml", "deploy/in/c.yaml", "d.yaml")}
    )


def units() -> dict[str, tuple[str, str, list[str]]]:
    return {
        unit.name: (unit.kind, unit.namespace, list(unit.files))
        for unit in run_over(["."]).units
        if unit.deployment.commands or unit.kind not in ("plain", "directory")
    }


IN_DEPLOY = ["deploy/a.yaml", "deploy/b.yaml"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("hack/x.sh", "oc apply -n shop -f deploy/\n"),
        ("hack/x.sh", "cd deploy\nkubectl -n shop create -f a.yaml,b.yaml\n"),
        ("hack/x.sh", 'DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"\noc replace --namespace=shop -f "$DIR/deploy"\n'),
        ("hack/x.sh", 'NS=shop\noc apply --filename=./deploy/a.yaml \\\n  -f "$(dirname "$0")/../deploy/b.yaml" -n $NS\n'),
        ("hack/x.sh", "ROOT=$(git rev-parse --show-toplevel)\noc apply -n shop -f $ROOT/deploy\n"),
        (
            "Makefile",
            "NS ?= shop\ndeploy:\n\t@$(OC) apply -f deploy/a.yaml -n $(NS) && $(OC) apply -f deploy/b.yaml -n $(NS)\n",
        ),
        ("deploy/Makefile", "x:\n\t$(KUBECTL) --context=c -n shop apply -f .\n"),
        (
            ".github/workflows/x.yaml",
            "jobs:\n  a:\n    steps:\n    - name: oc apply -f other\n      run: oc apply -f deploy -n shop\n",
        ),
        (".gitlab-ci.yml", "deploy:\n  script:\n  - kubectl apply -n shop -f deploy --prune -l a=b\n"),
        ("hack/x.sh", "for e in deploy; do oc apply -n shop -f $e/; done\n"),
        ("hack/x.sh", "for f in a b\ndo\n  oc apply -n shop -f deploy/${f}.yaml\ndone\n"),
        ("hack/x.sh", 'for f in deploy/*.yaml; do oc apply -n shop -f "$f"; done\n'),
        ("hack/x.sh", "for d in deploy; do (cd $d && oc apply -n shop -f .); done\n"),
        ("hack/x.sh", "cat deploy/*.yaml | oc apply -n shop -f -\noc apply -n shop -f deploy/*.yaml\n"),
        ("Makefile", "x:\n\tfor f in a b; do $(OC) apply -n shop -f deploy/$$f.yaml; done\n"),
        ("test/x.sh", "oc apply -n shop -f deploy/\n"),
        ("hack/e2e.sh", "oc apply -n shop -f deploy/\n"),
    ],
)
def test_files_that_a_command_applies(file: str, text: str) -> None:
    write_files({file: text})
    assert units() == {"deploy": ("directory", "shop", IN_DEPLOY)}


@pytest.mark.parametrize("name", ["w.YAML", "w.k8s", "w.json5", "w", "w.yaml.envsubst"])
@pytest.mark.parametrize(
    "text",
    [
        "oc apply -n shop -f {}\n",
        "set -e\nF=./{}\noc apply -n shop -f $F\n",
        "cat {} | oc -n shop apply -f -\n",
        "test -f x || envsubst '$A' < {} | kubectl apply -n shop -f-\n",
        "sed -e 's/a/b/' \"$(pwd)/{}\" | tee x | oc replace -n shop --filename=/dev/stdin\n",
    ],
)
def test_a_file_that_only_its_command_shows_to_hold_manifests(text: str, name: str) -> None:
    write_files({"hack/x.sh": text.replace("{}", name), name: POD.replace("NAME", "w")})
    assert list(units().values()) == [("directory", "shop", [name])]
    assert "Pod w" in {finding.message.partition(":")[0] for finding in report_on(["."]).findings}


@pytest.mark.parametrize(
    "text",
    [
        "cat w.k8s\noc apply -n shop -f -\n",
        "cat w.k8s; x | oc apply -n shop -f -\n",
        "oc get pods | grep w.k8s\n",
        "oc apply -n shop -f ../../w.k8s\n",
        "oc apply -n shop -f link.k8s\n",
        "cat deploy | oc apply -n shop -f -\n",
        "python gen.py | oc apply -n shop -f -\n",
        "./gen.rb a: | oc apply -n shop -f -\n",
    ],
)
def test_a_file_that_no_command_applies(text: str, tmp_path: Path) -> None:
    outside = tmp_path.parent / "w.k8s"
    outside.write_text(POD)
    (tmp_path / "link.k8s").symlink_to(outside)
    write_files({"hack/x.sh": text, "w.k8s": POD.replace("NAME", "w"), "gen.py": f'POD = """{POD}"""\n', "gen.rb": "a: [\n"})
    assert not units()


@pytest.mark.parametrize(
    ("command", "home"),
    [
        ("oc process -f t.yaml -p A=b | oc apply -n shop -f -", {"shop"}),
        ("oc process --local --file=t.yaml | envsubst | oc create -f - --namespace shop", {"shop"}),
        ("oc process -f t.yaml -p A=b |\n  oc apply -n shop -f -", {"shop"}),
        ("oc process -f t.yaml \\\n  -p A=b | \n  oc apply -n shop -f -", {"shop"}),
        ("oc process -f t.yaml\noc apply -n shop -f -", set()),
        ("oc new-app -n shop -f t.yaml", {"shop"}),
        # The namespace is that of the Template, and not of what is made of it.
        ("oc create -n openshift -f t.yaml", set()),
        ("oc create -n openshift -f t.yaml\noc process -f t.yaml | oc apply -n shop -f -", {"shop"}),
        ("oc process -f t.yaml > made.json", set()),
        ("helm template -f t.yaml . | oc apply -n shop -f -", set()),
    ],
)
def test_a_template_that_a_command_processes(command: str, home: set[str]) -> None:
    template = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- "
    write_files({"x.sh": f"{command}\n", "t.yaml": template + POD.replace("NAME", "w").replace("\n", "\n  ").rstrip() + "\n"})
    assert {unit.namespace for unit in run_over(["."]).units if "t.yaml" in unit.files} - {""} == home


@pytest.mark.parametrize("name", ["w.yaml", "w.k8s"])
@pytest.mark.parametrize("excluded", [False, True])
def test_a_file_that_the_settings_exclude(name: str, excluded: bool) -> None:
    write_files({"hack/x.sh": f"oc apply -n shop -f {name}\n", name: POD.replace("NAME", "w")})
    config = Config(exclude=(name,)) if excluded else Config()
    assert (name in {file for unit in run_over(["."], config).units for file in unit.files}) is not excluded


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", "oc apply -n shop -f deploy/\n"),
        ("hack/x.sh", "oc apply -n shop -f $DIR/deploy/\n"),
        ("hack/x.sh", "DIR=$1\noc apply -n shop -f ${DIR}/deploy/\n"),
        ("hack/x.sh", "oc delete -f deploy/\n"),
        ("hack/x.sh", "oc apply --dry-run=server -f deploy/\n"),
        ("hack/x.sh", "# oc apply -f deploy/\necho oc apply -f deploy/\n"),
        ("hack/x.sh", "oc apply -f https://example.org/deploy/a.yaml -f ../../a.yaml -f /deploy/a.yaml -f -\n"),
        ("app/config.yaml", "run: oc apply -n shop -f deploy/\n"),
    ],
)
def test_what_deploys_nothing(file: str, text: str) -> None:
    write_files({file: text})
    assert units() == {}


def test_a_namespace_that_is_not_known_is_not_guessed() -> None:
    write_files({"x.sh": 'oc apply -n "$NS" -R -f deploy/\n'})
    assert units() == {"deploy": ("directory", "", [*IN_DEPLOY, "deploy/in/c.yaml"])}


def test_scripts_that_apply_parts() -> None:
    write_files({"x.sh": "oc apply -n shop -f deploy/\n", "y.sh": "oc apply -n shop -f deploy/a.yaml\n"})
    assert units() == {"deploy": ("directory", "shop", IN_DEPLOY)}
    write_files({"y.sh": "oc apply -n other -f deploy/a.yaml\n"})
    assert units() == {"deploy": ("directory", "shop", IN_DEPLOY), "deploy/a.yaml": ("directory", "other", ["deploy/a.yaml"])}


def test_the_grants_of_the_script_count_for_its_files() -> None:
    write_files({"x.sh": "oc project shop\noc apply -f deploy/a.yaml\noc adm policy add-scc-to-user privileged -z web\n"})
    assert "deploy/a.yaml" in units()
    found = {(finding.span.file, finding.rule_id) for finding in report_on(["."]).findings}
    assert ("deploy/a.yaml", "SCC102") in found


def test_alternatives_that_one_script_applies() -> None:
    write_files({"dev/a.yaml": POD, "prod/a.yaml": POD, "x.sh": "oc apply -f dev\noc apply -f prod\n"})
    assert [name for name, (kind, *_) in units().items() if kind == "directory"] == ["dev", "prod"]


@pytest.mark.skipif(not which("kustomize"), reason="needs kustomize")
@pytest.mark.parametrize(
    "text",
    [
        "oc apply -n shop -k base\n",
        "kustomize build base | oc apply -n shop -f -\n",
        "oc kustomize base | envsubst | oc -n shop create -f -\n",
        "cd base && ${KUSTOMIZE} build . | oc apply --namespace shop -f -\n",
        "cd base\nkustomize build | kubectl apply -n shop -f -\n",
    ],
)
def test_a_kustomization_that_a_command_deploys(text: str) -> None:
    write_files({"base/kustomization.yaml": "resources: [p.yaml]\n", "base/p.yaml": POD.replace("NAME", "p")})
    write_files({"top/kustomization.yaml": "resources: [../base]\n", "x.sh": text})
    found = units()
    assert found.keys() == {"base", "top"}
    assert found["base"][:2] == ("kustomize", "shop")
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
    write_files({"base/p.yaml": crd})
    assert units().keys() == {"top"}
    write_files({"base/p.yaml": POD, "x.sh": text.replace("apply", "diff").replace("create", "diff")})
    assert units().keys() == {"top"}


@needs_helm
@pytest.mark.parametrize(
    "text",
    [
        "helm upgrade --install shop charts/web -n shop -f env/prod.yaml --set name=b\n",
        "$(HELM) upgrade shop ./charts/web --install --wait --namespace=shop --values env/prod.yaml --set=name=b\n",
        "helm --debug -n shop install shop charts/web --create-namespace -f env/prod.yaml --set name=b --set image.tag=$TAG\n",
        "helm template shop charts/web -f env/prod.yaml --set name=b | oc apply -n shop -f -\n",
    ],
)
def test_a_chart_that_a_command_installs(text: str) -> None:
    write_files({**CHART, "x.sh": text})
    (view,) = (unit for unit in run_over(["."]).units if unit.deployment.commands)
    assert (view.name, view.namespace, view.deployment.settings) == ("charts/web#shop", "shop", ("--set=name=b",))
    assert "env/prod.yaml" in view.files
    assert view.deployment.commands[0].endswith(" (without image.tag: not known)") == ("$TAG" in text)
    assert units().keys() == {"charts/web", "charts/web#shop"}


@needs_helm
def test_a_chart_with_values_that_are_not_known_is_not_guessed() -> None:
    write_files({**CHART, "x.sh": "helm install shop charts/web -f $VALUES\n"})
    assert units().keys() == {"charts/web", "charts/web#env/prod"}
    assert not any(unit.deployment.commands for unit in run_over(["."]).units)


@needs_helm
def test_the_default_values_as_a_command_installs_them() -> None:
    write_files({**CHART, "x.sh": "helm install shop charts/web -n shop\nhelm install web charts/web --dry-run\n"})
    write_files({"y.sh": "helm template web charts/web --set host=true --show-only templates/a.yaml\n"})
    assert units().keys() == {"charts/web#shop", "charts/web#env/prod"}


@needs_helm
def test_a_helmfile() -> None:
    release = (
        "- name: shop\n  namespace: shop\n  chart: ./charts/web\n  values: [env/prod.yaml, {name: b, x: {a: 1}}, {x: {c: 2}}]\n"
    )
    remote = "- name: other\n  chart: stable/other\n- name: open\n  chart: ./charts/web\n  values: ['{{ .Environment.Name }}.yaml']\n"
    write_files({**CHART, "helmfile.yaml": f"repositories: []\n---\nreleases:\n{release}{remote}"})
    (view,) = (unit for unit in run_over(["."]).units if unit.deployment.commands)
    assert (view.name, view.namespace, view.deployment.inline) == (
        "charts/web#shop",
        "shop",
        '{"name": "b", "x": {"a": 1, "c": 2}}',
    )
    assert view.deployment.commands == ("helmfile.yaml:4: the release shop",)


GUARDED = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "more: false\n",
    "charts/web/templates/a.yaml": '{{ if eq (toString .Values.more) "true" }}\n'
    + POD.replace("NAME", "guarded")
    + "{{ end }}\n",
    "charts/web/templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    "docs/more.yaml": "more: true\na: 1\nb: 2\n",
    "docs/less.yaml": "more: false\n",
}
FLEET = "defaultNamespace: shop\nhelm: {chart: CHART, SETTING}\n"
SKAFFOLD = "apiVersion: skaffold/v4beta6\nkind: Config\nPART: {helm: {releases: [{name: a, chartPath: CHART, SETTING}]}}\n"
HELMFILE = (
    "environments: {a: {}}\n---\n{{ if true }}\nreleases:\n- {name: a, namespace: shop, chart: CHART, SETTING}\n{{ end }}\n"
)
RELEASE_FILES = {
    "fleet.yaml": [(FLEET, "values: {more: VALUE}"), (FLEET, "valuesFiles: [FILE]")],
    "charts/web/fleet.yaml": [
        (FLEET.replace("chart: CHART, ", ""), "values: {more: VALUE}"),
        ("targetCustomizations: [{name: a, helm: {SETTING}}]\n", "values: {more: VALUE}"),
    ],
    "skaffold.yaml": [
        (SKAFFOLD.replace("PART", "deploy"), "setValues: {more: VALUE}"),
        (SKAFFOLD.replace("PART", "manifests"), "overrides: {more: VALUE}"),
        (SKAFFOLD.replace("PART", "profiles: [{deploy").rstrip() + "}]\n", "valuesFiles: [FILE]"),
    ],
    "skaffold.dev.yaml": [(SKAFFOLD.replace("PART", "deploy"), "setValues: {more: VALUE}")],
    "helmfile.yaml.gotmpl": [(HELMFILE, "values: [{more: VALUE}]"), (HELMFILE, "set: [{name: more, value: VALUE}]")],
    "helmfile.d/a.yaml.gotmpl": [(HELMFILE, "values: [{more: VALUE}]")],
    "deploy/helmfile.yaml": [(HELMFILE, "values: [FILE]")],
}


@needs_helm
@pytest.mark.parametrize("value", ["true", "false"])
@pytest.mark.parametrize(
    ("file", "text", "setting"), [(file, *one) for file, several in RELEASE_FILES.items() for one in several]
)
def test_a_chart_has_the_values_of_the_file_that_deploys_it(file: str, text: str, setting: str, value: str) -> None:
    up = "../" * file.count("/")
    setting = setting.replace("VALUE", value).replace("FILE", f"{up}docs/{'more' if value == 'true' else 'less'}.yaml")
    write_files({**GUARDED, file: text.replace("CHART", f"{up}charts/web").replace("SETTING", setting)})
    report = report_on(["."])
    assert any(finding.subject.name == "guarded" for finding in report.findings) is (value == "true")
    assert any(file in command for unit in run_over(["."]).units for command in unit.deployment.commands)
    assert [notice.message for notice in report.notices if "as this file deploys it" in notice.message] == []


@needs_helm
@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("helmfile.yaml", "releases:\n- {name: a, chart: ./charts/none}\n", "its chart ./charts/none is not known"),
        (
            "helmfile.yaml",
            "releases:\n- {name: a, chart: ./charts/web, values: [x.yaml]}\n",
            "its values file x.yaml is not known",
        ),
        ("fleet.yaml", "helm: {chart: ./none}\n", "its chart ./none is not known"),
        ("fleet.yaml", "helm: {chart: ./charts/web, repo: https://example.com}\n", ""),
        ("fleet.yaml", "defaultNamespace: shop\n", ""),
        ("helmfile.yaml", "releases:\n- {name: a, chart: stable/web}\n", ""),
        ("skaffold.yaml", "deploy: {helm: {releases: [{name: a, remoteChart: oci://a/b}]}}\n", ""),
    ],
)
def test_a_release_that_is_not_followed_is_named(file: str, text: str, said: str) -> None:
    write_files({**GUARDED, file: text})
    report = report_on(["."])
    found = [(notice.file, said in notice.message) for notice in report.notices if "as this file deploys it" in notice.message]
    assert found == [(file, True)] * bool(said)


@needs_helm
@pytest.mark.parametrize("value", ["{{ .Values.more }}", "${ .ClusterLabels.more }"])
def test_a_value_that_a_template_fills_in_is_left_out(value: str) -> None:
    file, text = ("helmfile.yaml.gotmpl", HELMFILE) if "{{" in value else ("fleet.yaml", FLEET)
    values = f"{{more: '{value}', deep: {{more: '{value}', less: 1}}}}"
    setting = f"values: [{values}]" if "{{" in value else f"values: {values}"
    write_files({**GUARDED, file: text.replace("CHART", "./charts/web").replace("SETTING", setting)})
    (unit,) = (unit for unit in run_over(["."]).units if unit.deployment.commands)
    assert unit.deployment.inline == '{"deep": {"less": 1}}'
    assert unit.deployment.commands[0].endswith("(without more, deep.more: not known)")


def test_here_documents_are_judged() -> None:
    text = f"oc adm policy add-scc-to-user privileged -z web -n shop\ncat <<EOF | oc apply -n shop -f -\n{POD}EOF\n"
    write_files({"hack/x.sh": text, "hack/y.sh": f"cat <<EOF > pod.yaml\n{POD}EOF\n"})
    report = report_on(["hack"])
    assert {(f.span.file, f.span.line) for f in report.findings if f.rule_id == "SCC102"} == {("hack/x.sh", 6)}
    gaps = [(f.span.file, f.span.line, f.what) for f in report.findings if f.kind == "gap"]
    assert gaps == [("hack/y.sh", 5, "hostPID")]


def test_a_folder_that_is_not_known_is_not_that_of_the_run() -> None:
    script = "kustomize build $OVERLAY | oc apply -f -\noc apply -k $OVERLAY\nhelm install shop $CHART\noc apply -f $FILE\n"
    write_files({"kustomization.yaml": "resources: [pod.yaml]", "pod.yaml": POD, "Chart.yaml": CHART["charts/web/Chart.yaml"]})
    write_files({"hack/x.sh": script})
    assert not any(unit.deployment.commands for unit in run_over(["."]).units)
