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
