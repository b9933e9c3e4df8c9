"""`scclint check --baseline`: what was accepted stays accepted, and what opens more is new."""

from __future__ import annotations

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


def test_nothing_is_new_on_the_same_input(recorded: Path, cli: Cli) -> None:
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
        ('side:1"', 'side:1", volumeMounts: [{name: log, mountPath: /log, readOnly: true}]', ["SCC102"]),
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
        ("name: side,", "name: helper,"),
        ("path: /var/log", "path: /var/log/pods"),
        ("privileged: true}", "capabilities: {add: [SYS_MODULE]}}"),
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
THIRD = "  - name: test" + PIPELINE.partition("  - name: deploy")[2]


def test_the_parts_of_an_object_are_counted(here: Path, cli: Cli) -> None:
    (here / "a.yaml").write_text(PIPELINE)
    assert cli("check", "--select", "SEC201", "--write-baseline", "b.json", "a.yaml").status == 0
    assert '"opens": {"unconfined": 2}' in (here / "b.json").read_text()
    (here / "a.yaml").write_text(PIPELINE.replace("name: build", "name: make"))
    assert new(cli) == []
    (here / "a.yaml").write_text(PIPELINE + THIRD)
    assert new(cli) == ["SEC201"]
