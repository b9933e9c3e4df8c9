"""What a run leaves out is counted or named, and what lies in other units is found."""

import tarfile
from pathlib import Path

import pytest

from scclint.config.model import Config
from tests.run.test_inputs import POD
from tests.running import report_on, write_files


def test_files_that_the_settings_exclude_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({"web.yaml": POD, "old/a.yaml": POD, "old/b.yaml": POD, "old/README.md": ""})
    said = "2 files not judged, because the settings exclude them"
    assert [notice.message for notice in report_on(["."], Config(exclude=("old/**",))).notices] == [said]
    assert not report_on(["."], Config(exclude=("older/**",))).notices


def test_a_packed_chart_that_is_nowhere_unpacked_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({"web.yaml": POD, "app/Chart.yaml": "name: app\n", "app/charts/none.yaml": ""})
    (tmp_path / "dist").mkdir()
    for path in ("dist/shop-1.0.0.tgz", "dist/app-1.0.0.tgz", "app/charts/lib-1.0.0.tgz"):
        name = path.split("/")[-1].partition("-")[0]
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo(f"{name}/Chart.yaml"))
    (tmp_path / "dist/logs-1.0.0.tgz").write_bytes(b"no archive")
    said = [notice.message for notice in report_on(["."], Config(render="never")).notices if "packed" in notice.message]
    command = "`helm template dist/shop-1.0.0.tgz --namespace NAME | scclint check -`"
    assert said == [f"dist/shop-1.0.0.tgz: not judged, because a chart is packed in it; check it with {command}"]


POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: owners}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: object.metadata.name == params.data.name, message: it has the wrong name}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: owners}
spec: {policyName: owners, validationActions: [Deny], paramRef: {name: allowed, namespace: rules, parameterNotFoundAction: Deny}}
"""
ALLOWED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: allowed, namespace: rules}\ndata: {name: %s}\n"


@pytest.mark.parametrize(
    ("allowed", "denied", "unknown"),
    [
        ({"rules": "web"}, False, False),
        ({"rules": "other"}, True, False),
        ({"rules": "web", "copy": "web"}, False, False),
        ({"rules": "web", "copy": "other"}, False, True),
        ({}, False, True),
    ],
)
def test_the_parameters_of_a_policy_may_be_in_another_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: dict[str, str], denied: bool, unknown: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({"policy.yaml": POLICY, "pod.yaml": POD})
    for folder, name in allowed.items():
        write_files({f"{folder}/kustomization.yaml": "resources: [c.yaml]\n", f"{folder}/c.yaml": ALLOWED % name})
    report = report_on(["."], Config(render="never"))
    assert any("it has the wrong name" in finding.message for finding in report.findings) is denied
    assert any("its parameters" in finding.message for finding in report.findings) is unknown


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.sh", "kubectl run web --image=i --privileged --rm\n", "privileged"),
        ("a.sh", 'oc run w --overrides="{\\"securityContext\\": {\\"privileged\\":true}}"\n', "privileged"),
        ("a.sh", "docker run --privileged i\nkubectl run web --image=i\noc run web --privileged=false\n", ""),
        ("a.py", 'run(["oc", "adm", "policy", "add-scc-to-user", "privileged", "-z", "x"])\n', "use of an SCC"),
        ("a.py", '\npod = {"securityContext": {"privileged": True}}\n', "privileged"),
        ("a.py", "client.V1SecurityContext(run_as_user=0, privileged=True)\n", "privileged"),
        ("a.py", "client.V1PodSpec(host_pid=True)\n", "namespaces of the node"),
        ("a.py", 'client.containers.run("x", privileged=True)\n# {"privileged": True}\n', ""),
        ("test_a.py", 'pod = {"securityContext": {"privileged": True}}\n', ""),
    ],
)
def test_commands_and_code_that_ask_for_access_to_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({"web.yaml": POD, file: text})
    found = [(fact.span.file, fact.what) for fact in report_on(["."]).findings if fact.kind == "gap"]
    assert found == ([(file, said)] if said else [])


@pytest.mark.parametrize("file", ["Dockerfile", "build/Containerfile"])
def test_a_grant_when_an_image_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(
        {
            file: "FROM x\n# oc adm policy add-scc-to-user anyuid -z a -n b\nRUN oc adm policy add-scc-to-user privileged -z a -n b\n"
        }
    )
    assert [(finding.span.file, finding.span.line) for finding in report_on(["."]).findings] == [(file, 3)]


def test_a_link_to_nothing_is_an_error_only_if_the_user_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({"web.yaml": POD, "tests/a.yaml": ""})
    (tmp_path / "tests/link.yaml").symlink_to("nowhere.yaml")
    assert [notice.level for notice in report_on(["."]).notices] == ["warning"]
    assert [notice.level for notice in report_on(["tests/link.yaml"]).notices] == ["error"]


@pytest.mark.parametrize("name", ["deploy/operator.yaml.in", "deploy/operator.yaml.tmpl", "chart/templates/d.yaml"])
def test_only_the_templates_of_a_chart_are_for_helm(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files({name: POD.replace("spec:", "spec:\n  {{ x }: [}", 1), "chart/Chart.yaml": "name: x\nversion: 1.0.0\n"})
    (said,) = (n.message for n in report_on(["."], Config(render="never")).notices if "it is a template" in n.message)
    assert ("helm template" in said) is name.startswith("chart")


CUSTOM = """\
apiVersion: crdb.cockroachlabs.com/v1alpha1
kind: CrdbCluster
metadata: {name: c, namespace: x}
spec: {template: {spec: {FIELD: {spec: {containers: [CONTAINER]}}}}}
"""


@pytest.mark.parametrize("in_list", [False, True])
@pytest.mark.parametrize(
    ("field", "container", "named"),
    [
        ("podTemplate", "{name: c, env: [], resources: {}}", True),
        ("template", "{name: c, ports: []}", True),
        ("workerTemplate", "{name: c, command: [x]}", True),
        ("podTemplate", "{name: '*', resources: {}}", False),
        ("policy", "{name: c, ports: []}", False),
        ("podTemplate", "{name: c}", False),
    ],
)
def test_a_custom_resource_with_a_pod_without_an_image_is_named(
    field: str, container: str, named: bool, in_list: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = CUSTOM.replace("FIELD", field).replace("CONTAINER", container)
    indented = "".join(f"  {line}\n" for line in text.splitlines())
    write_files({"c.yaml": f"apiVersion: v1\nkind: List\nitems:\n-{indented[1:]}" if in_list else text})
    assert ["CrdbCluster c: not judged" in notice.message for notice in report_on(["."]).notices] == [True] * named
