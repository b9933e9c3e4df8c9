"""`scclint check --baseline`: what was accepted stays accepted, and what opens more is new."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MANIFEST = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: agent, namespace: shop}
rules:
- {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [privileged], verbs: [use]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: agent}
subjects: [{kind: ServiceAccount, name: agent}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      hostIPC: true
      containers:
      - {name: agent, image: "registry.example/agent:1", securityContext: {privileged: true}}
      - {name: side, image: "registry.example/side:1"}
      volumes:
      - {name: log, hostPath: {path: /var/log}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "registry.example/web:1", securityContext: {runAsUser: 0}}]
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: shop}
allowHostIPC: true
allowHostPID: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
seccompProfiles: [runtime/default]
volumes: [secret]
"""
RULES = "RBA402,SCC101,SCC102,SCC107,SCC312,SEC201"
VERSION_2 = """\
{
  "version": 2,
  "findings": [
    {"rule": "RBA402", "file": "a.yaml", "kind": "RoleBinding", "namespace": "shop", "name": "agent", "path": "roleRef.name", \
"subjects": ["service account shop/agent"]},
    {"rule": "SCC101", "file": "a.yaml", "kind": "Deployment", "namespace": "shop", "name": "web", \
"path": "spec.template.spec.containers[0].securityContext.runAsUser"},
    {"rule": "SCC102", "file": "a.yaml", "kind": "DaemonSet", "namespace": "shop", "name": "agent", \
"path": "spec.template.spec.hostIPC"},
    {"rule": "SCC107", "file": "a.yaml", "kind": "Deployment", "namespace": "shop", "name": "web", \
"path": "spec.template.spec.containers[0].securityContext.runAsUser"},
    {"rule": "SCC312", "file": "a.yaml", "kind": "SecurityContextConstraints", "name": "shop", "path": "allowHostIPC"},
    {"rule": "SEC201", "file": "a.yaml", "kind": "DaemonSet", "namespace": "shop", "name": "agent", "container": "side", \
"path": "spec.template.spec.containers[side].securityContext.seccompProfile"}
  ]
}
"""
"""What the last version before `opens` wrote."""
VERSION_1 = re.sub(r', "subjects": \[[^]]*\]', "", VERSION_2.replace('"version": 2', '"version": 1'))


def changed(here: Path, before: str, after: str) -> None:
    assert MANIFEST.count(before) == 1
    (here / "a.yaml").write_text(MANIFEST.replace(before, after))


@pytest.fixture
def recorded(here: Path, cli: Cli) -> Path:
    (here / "a.yaml").write_text(MANIFEST)
    assert cli("check", "--select", RULES, "--write-baseline", "b.json", "a.yaml").status == 0
    return here


def new(cli: Cli) -> list[str]:
    """The rules of the new findings."""
    return re.findall(r"(?:error|warning|info)\[(\w+)\]", cli("check", "--select", RULES, "--baseline", "b.json", "a.yaml").out)


@pytest.mark.parametrize("text", [VERSION_1, VERSION_2, ""], ids=["version 1", "version 2", "version 3"])
def test_nothing_is_new_on_the_same_input(recorded: Path, cli: Cli, text: str) -> None:
    if text:
        (recorded / "b.json").write_text(text)
    run = cli("check", "--select", RULES, "--baseline", "b.json", "a.yaml")
    assert (run.status, run.err) == (0, "")
    assert "6 suppressed" in run.out


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        ("hostIPC: true\n", "hostIPC: true\n      hostPID: true\n", ["SCC102"]),
        ('side:1"', 'side:1", securityContext: {privileged: true}', ["SCC102"]),
        ('side:1"', 'side:1", securityContext: {runAsUser: 0}', ["SCC102"]),
        ('side:1"', 'side:1", ports: [{containerPort: 80, hostPort: 80}]', ["SCC102"]),
        ("privileged: true}", "privileged: true, capabilities: {add: [SYS_MODULE]}}", ["SCC102"]),
        ("path: /var/log", "path: /", ["SCC102"]),
        ("/var/log}}\n", "/var/log}}\n      - {name: root, hostPath: {path: /}}\n", ["SCC102"]),
        ('side:1"', 'side:1", volumeMounts: [{name: log, mountPath: /log}]', ["SCC102"]),
        ("runAsUser: 0}", "runAsUser: 0, capabilities: {add: [SYS_ADMIN]}}", ["SCC101"]),
        ("allowHostPID: false", "allowHostPID: true", ["SCC312"]),
        ("resourceNames: [privileged]", "resourceNames: [privileged, anyuid]", ["RBA402"]),
    ],
)
def test_what_opens_more_is_new(recorded: Path, cli: Cli, before: str, after: str, rules: list[str]) -> None:
    changed(recorded, before, after)
    assert new(cli) == rules


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("      hostIPC: true\n", ""),
        ("      volumes:\n      - {name: log, hostPath: {path: /var/log}}\n", ""),
        (", securityContext: {privileged: true}", ""),
        ('agent:1"', 'agent:2", args: [--verbose]'),
        ('side:1"', 'side:1", volumeMounts: [{name: log, mountPath: /log, readOnly: true}]'),
        ('side:1"', 'side:1", securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}'),
    ],
)
def test_what_opens_no_more_is_old(recorded: Path, cli: Cli, before: str, after: str) -> None:
    changed(recorded, before, after)
    assert [rule for rule in new(cli) if rule != "SEC201"] == []


PIPELINE = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: ci, namespace: shop}
spec:
  tasks:
  - name: build
    taskSpec:
      steps: [{name: run, image: "registry.example/run:1", securityContext: {runAsUser: 7}}]
  - name: deploy
    taskSpec:
      steps: [{name: run, image: "registry.example/run:1", securityContext: {runAsUser: 7}}]
"""
WITHOUT_PARTS = """\
{
  "version": 3,
  "findings": [
    {"rule": "SEC201", "file": "a.yaml", "kind": "Pipeline", "namespace": "shop", "name": "ci", "container": "run", \
"path": "spec.tasks[0].taskSpec.steps[0].securityContext.seccompProfile"},
    {"rule": "SEC201", "file": "a.yaml", "kind": "Pipeline", "namespace": "shop", "name": "ci", "container": "run", \
"path": "spec.tasks[1].taskSpec.steps[0].securityContext.seccompProfile"}
  ]
}
"""
"""What the last version before `part` wrote."""
PRINTS = {
    "scclint/v1": ["a285aac9f65a948d17d7fe2cc5997105:1", "7b0dc0bd9ab99c25b4629559fdf954b1:1"],
    "scclint/v2": ["a285aac9f65a948d17d7fe2cc5997105:1", "7b0dc0bd9ab99c25b4629559fdf954b1:1"],
}
"""The fingerprints that the last version before `part` wrote."""


@pytest.fixture
def pipeline(here: Path, cli: Cli) -> Path:
    (here / "a.yaml").write_text(PIPELINE)
    assert cli("check", "--select", "SEC201", "--write-baseline", "b.json", "a.yaml").status == 0
    return here


@pytest.mark.parametrize("version", [1, 2, 3, 0], ids=["version 1", "version 2", "version 3 without parts", "version 3"])
def test_no_finding_about_a_part_is_new_on_the_same_input(pipeline: Path, cli: Cli, version: int) -> None:
    if version:
        (pipeline / "b.json").write_text(WITHOUT_PARTS.replace('"version": 3', f'"version": {version}'))
    run = cli("check", "--select", "SEC201", "--baseline", "b.json", "a.yaml")
    assert run.status == 0
    assert "2 suppressed" in run.out


def test_the_fingerprints_of_earlier_versions_stay(pipeline: Path, cli: Cli) -> None:
    log = json.loads(cli("check", "--select", "SEC201", "--format", "sarif", "a.yaml").out)
    prints = [result["partialFingerprints"] for result in log["runs"][0]["results"]]
    assert {version: [one[version] for one in prints] for version in PRINTS} == PRINTS
    assert len({one["scclint/v3"] for one in prints}) == 2


def test_a_finding_about_another_part_is_new(pipeline: Path, cli: Cli) -> None:
    assert re.findall(r'"part": "([^"]+)"', (pipeline / "b.json").read_text()) == ["task build", "task deploy"]
    (pipeline / "a.yaml").write_text(PIPELINE.replace("name: build", "name: test"))
    assert new(cli) == ["SEC201"]
