"""Pods of two units that mount one claim with SELinux labels that exclude each other."""

import json
from pathlib import Path

import pytest

from scclint.run.judge import judge, open_unit
from scclint.run.shared import Run
from tests.running import report_on, run_over, write_files

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: SPACE}
spec:
  securityContext: {seLinuxOptions: {level: "LEVEL"}, seccompProfile: {type: RuntimeDefault}POLICY}
  containers:
    - name: c
      image: registry.example/c:1
      volumeMounts: [{name: v, mountPath: /v}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: files}}]
"""
KUSTOMIZATION = "resources: [pod.yaml]\n"


def pod(name: str, level: str, namespace: str = "orders", policy: str = "") -> str:
    values = {"NAME": name, "SPACE": namespace, "LEVEL": level, "POLICY": policy and f", seLinuxChangePolicy: {policy}"}
    text = POD
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def write(folder: str, text: str) -> None:
    write_files({f"{folder}/kustomization.yaml": KUSTOMIZATION, f"{folder}/pod.yaml": text})


def findings() -> list[str]:
    return [f"{f.span.file}: {f.message}" for f in report_on(["."]).findings if f.rule_id == "SEC218"]


@pytest.fixture(autouse=True)
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("backup", pod("backup", "s0:c1,c2"))
    write("db", pod("db", "s0:c3,c4"))


def test_the_unit_whose_name_is_later_has_the_finding() -> None:
    (finding,) = findings()
    assert finding.startswith("db/pod.yaml: Pod db (SCC ")
    assert "with SELinux label s0:c3,c4, and Pod backup with SELinux label s0:c1,c2" in finding


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("db", pod("db", "s0:c1,c2")),
        ("db", pod("db", "s0:c3,c4", namespace="stock")),
        # Both units define the pod, so that they are never applied together.
        ("db", pod("backup", "s0:c3,c4")),
    ],
)
def test_equal_labels_other_namespaces_and_alternatives_do_not_conflict(folder: str, text: str) -> None:
    write(folder, text)
    assert findings() == []


def test_pods_that_both_opt_out_do_not_conflict() -> None:
    write("backup", pod("backup", "s0:c1,c2", policy="Recursive"))
    assert len(findings()) == 1
    write("db", pod("db", "s0:c3,c4", policy="Recursive"))
    assert findings() == []


def test_a_stored_result_holds_while_the_other_pod_has_the_same_label() -> None:
    def answers(run: Run) -> str:
        unit = next(unit for unit in run.units if unit.name == "db")
        opened = open_unit(unit, run)
        judge(opened, run)
        return json.dumps(list(opened.others.asked.items()))

    def holds(asked: str) -> bool:
        run = run_over(["."])
        unit = next(unit for unit in run.units if unit.name == "db")
        return run.others.of(unit).same_answers((tuple(question), answer) for question, answer in json.loads(asked))

    asked = answers(run_over(["."]))
    assert holds(asked)
    write("backup", pod("backup", "s0:c3,c4"))
    assert not holds(asked)
