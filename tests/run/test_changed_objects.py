"""Namespaces and SCCs that commands of scripts change are judged as the commands leave them."""

from pathlib import Path
from shutil import which

import pytest

from tests.running import report_on, write_files

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {hostPID: true, containers: [{name: c, image: i}]}\n"
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: NAME}
allowHostDirVolumePlugin: false
allowHostIPC: false
allowHostNetwork: false
allowHostPID: false
allowHostPorts: false
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
allowedCapabilities: []
readOnlyRootFilesystem: false
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
seccompProfiles: [runtime/default]
volumes: [configMap, emptyDir, secret]
users: [a]
groups: []
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(files: dict[str, str]) -> set[tuple[str, str, int]]:
    write_files(files)
    report = report_on(["."])
    assert not report.crashes
    return {(f.rule_id, f.span.file, f.span.line) for f in report.findings}


LABEL = "oc label ns shop openshift.io/run-level=0\n"


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("a.sh", LABEL, 1),
        ("deep/er/Makefile", f"all:\n\t{LABEL}", 2),
        ("Jenkinsfile", f"pipeline {{ steps {{\n sh '{LABEL.strip()}'\n}}}}\n", 2),
        (".gitlab-ci.yml", f"a:\n  script:\n  - {LABEL}", 3),
        (".github/workflows/a.yml", f"jobs: {{a: {{steps: [{{run: '{LABEL.strip()}'}}]}}}}\n", 1),
        (
            "job.yaml",
            f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: a}}\nspec: {{steps: [{{image: i, script: '{LABEL.strip()}'}}]}}\n",
            4,
        ),
    ],
)
@pytest.mark.parametrize("namespace", ["", NAMESPACE])
def test_a_label_of_a_namespace(file: str, text: str, line: int, namespace: str) -> None:
    findings = found({"web.yaml": f"{POD}---\n{namespace}", file: text})
    assert {("SCC112", file, line), ("SCC109", "web.yaml", 3)} <= findings
    assert not any(rule == "MAN008" for rule, *_ in findings)


def test_several_changes_of_one_namespace() -> None:
    script = f"{LABEL}oc annotate ns shop openshift.io/sa.scc.uid-range=0/10000\noc label ns shop team=b\n"
    findings = found({"a.sh": script, "ns.yaml": NAMESPACE})
    assert findings == {("SCC112", "a.sh", 1), ("SCC113", "a.sh", 2)}


def test_a_label_in_documentation() -> None:
    assert found({"README.md": LABEL, "ns.yaml": NAMESPACE}) == set()


JSON = """oc patch scc NAME --type=json -p '[
  {"op": "replace", "path": "/allowHostPID", "value": true}, {"op": "add", "path": "/users/-", "value": "b"}]'
"""


def test_a_patch_of_an_scc_of_openshift() -> None:
    findings = found({"a.sh": f"ls\n{JSON.replace('NAME', 'restricted-v2')}"})
    assert {("SCC307", "a.sh", 2), ("SCC312", "a.sh", 2)} <= findings
    write_files({"a.sh": JSON.replace("NAME", "restricted-v2")})
    (finding,) = (f for f in report_on(["."]).findings if f.rule_id == "SCC307")
    assert finding.notes == ("it changes allowHostPID and users",)


@pytest.mark.parametrize("patch", [JSON, "oc patch scc NAME --type=merge -p '{\"allowHostPID\": true}'\n"])
def test_a_patch_of_an_scc_of_the_input(patch: str) -> None:
    before = found({"scc.yaml": SCC.replace("NAME", "mine")})
    findings = found({"scc.yaml": SCC.replace("NAME", "mine"), "a.sh": patch.replace("NAME", "mine")})
    assert ("SCC312", "a.sh", 1) in findings - before
    assert before <= findings


def test_a_patch_of_an_scc_that_is_not_there_is_named() -> None:
    write_files({"a.sh": JSON.replace("NAME", "other"), "ns.yaml": NAMESPACE})
    report = report_on(["."])
    assert not report.findings
    assert any("the input does not have the SCC" in notice.message for notice in report.notices)


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: setup}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: c
        image: i
        args:
        - |
          set -e
          oc adm policy add-scc-to-group {{ .Values.scc }} system:authenticated
"""


@pytest.mark.skipif(not which("helm"), reason="needs helm")
def test_a_command_in_the_template_of_a_chart() -> None:
    chart = {"c/Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0}\n", "c/values.yaml": "scc: privileged\n"}
    assert ("SCC306", "c/templates/a.yaml", 12) in found({**chart, "c/templates/a.yaml": JOB})
