"""The world as rules ask it, where it takes several files to show."""

import gc
import json
import weakref
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.cluster import Cluster
from scclint.finding import Finding
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.manifests import manifests
from scclint.outcome.world import World
from tests.running import open_one

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: agent, namespace: shop, labels: {{of: {label}}}}}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [{scc}]
    verbs: [use]
---
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: agent}
subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]
---
"""
DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      hostPID: true
      containers:
        - name: agent
          image: registry.example/agent:1
"""


def privileged(folder: Path, files: dict[str, str]) -> dict[str, Finding]:
    """The finding about the SCC of each file's workload, by file."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    report = scclint.lint([str(folder)])
    return {
        f.span.file.removeprefix(f"{folder}/"): f
        for f in report.findings
        if f.rule_id == "SCC102" and f.what.startswith("SCC ")
    }


def places(folder: Path, finding: Finding) -> set[str]:
    return {r.span.file.removeprefix(f"{folder}/") for r in finding.related if not r.message.startswith("also ")}


def test_of_twins_the_nearest_one_explains_a_finding(tmp_path: Path) -> None:
    files = {
        "a.yaml": ROLE.format(scc="privileged", label="a") + BINDING + DAEMON_SET,
        "b/set.yaml": DAEMON_SET,
        "b/grant.yaml": ROLE.format(scc="privileged", label="b") + BINDING,
        "c/set.yaml": DAEMON_SET,
        "d.yaml": ROLE.format(scc="privileged", label="d") + BINDING,
    }
    found = privileged(tmp_path, files)
    assert {name: places(tmp_path, finding) for name, finding in found.items()} == {
        "a.yaml": {"a.yaml"},
        "b/set.yaml": {"b/grant.yaml"},
        "c/set.yaml": {"d.yaml"},
    }


def test_a_role_that_another_file_defines_differently_counts_for_that_file_alone(tmp_path: Path) -> None:
    files = {
        "a.yaml": ROLE.format(scc="hostaccess", label="a") + BINDING + DAEMON_SET,
        "b.yaml": ROLE.format(scc="privileged", label="b"),
    }
    found = privileged(tmp_path, files)
    # Two files that define one Role are never applied together.
    assert "SCC hostaccess" in found["a.yaml"].message
    assert {r.span.file for r in found["a.yaml"].related} == {str(tmp_path / "a.yaml")}


def test_the_last_role_of_a_file_is_in_force(tmp_path: Path) -> None:
    roles = ROLE.format(scc="hostaccess", label="a") + BINDING + DAEMON_SET + "---\n" + ROLE.format(scc="privileged", label="b")
    found = privileged(tmp_path, {"a.yaml": roles})
    assert "SCC privileged" in found["a.yaml"].message
    assert len([place for place in found["a.yaml"].related if not place.message.startswith("also ")]) == 2


def test_an_scc_of_a_name_that_is_too_long_is_in_no_cluster() -> None:
    text = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: %s}\n"
    for length, there in ((253, True), (254, False)):
        (document,) = load_text("x.yaml", text % ("a" * length), frozenset(["SecurityContextConstraints"]))
        assert bool([*manifests(expand(document), "")]) is there


def test_large_verdicts_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.outcome.outcomes.CANDIDATES_KEPT", 50)
    bad = {"capabilities": {"add": [f"X{number}" for number in range(10)]}, "seccompProfile": {"type": "RuntimeDefault"}}
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": {"containers": containers}}
        for number, containers in enumerate([[{"name": f"c{n}", "image": "x", "securityContext": bad} for n in range(20)]] * 20)
    ]
    documents = load_text("x.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}), frozenset(["List", "Pod"]))
    workloads = [obj for document in documents for obj in expand(document)]
    world = World(workloads, Cluster.openshift("4.22", cluster_admins=True))
    assert len(workloads) == 20
    verdicts = [world.outcome(workload).verdict for workload in workloads if isinstance(workload, Workload)]
    assert len({id(verdict) for verdict in verdicts}) == 20
    again = [world.outcome(workload).verdict for workload in reversed(workloads) if isinstance(workload, Workload)]
    kept = sum(one is other for one, other in zip(again, reversed(verdicts), strict=True))
    assert 1 <= kept < 20
    assert again[::-1] == verdicts


def test_nothing_keeps_a_world_after_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without the collector of cycles, which a run of the command line switches off."""
    made: list[weakref.ref[World]] = []
    build = World.__init__

    def remember(self: World, *values: Any, **named: Any) -> None:
        made.append(weakref.ref(self))
        build(self, *values, **named)

    monkeypatch.setattr(World, "__init__", remember)
    gc.disable()
    try:
        found = scclint.lint_text(ROLE.format(label="a", scc="privileged") + BINDING + DAEMON_SET).findings
        kept = [ref() for ref in made]
    finally:
        gc.enable()
    assert {f.rule_id for f in found} >= {"SCC102", "RBA402"}
    assert kept == [None]


def test_memo_makes_a_value_once() -> None:
    world = World([], Cluster.openshift("4.20"))
    values = iter([1, 2])
    assert [world.memo("a", lambda: next(values)) for _ in range(3)] == [1, 1, 1]
    assert world.memo("b", lambda: next(values)) == 2


ACCEPTED = {
    "binding": BINDING,
    "role": ROLE.format(label="a", scc="privileged"),
    "account": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: agent, namespace: shop}\n---\n",
    "namespace": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {app: shop}}\n---\n",
    "SCC": """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: shop}
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
users: ["system:serviceaccount:shop:agent"]
---
""",
}
"""Objects that a cluster takes."""


@pytest.mark.parametrize(
    ("kind", "valid", "rejected"),
    [
        ("binding", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1"),
        ("role", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1alpha1"),
        ("role", "verbs: [use]", "verbs: use"),
        ("account", "name: agent", "name: Agent"),
        ("namespace", "name: shop,", "name: shop.example,"),
        ("SCC", "seLinuxContext: {type: RunAsAny}", "seLinuxContext: {type: Any}"),
        ("SCC", "runAsUser: {type: RunAsAny}\n", ""),
    ],
)
def test_cluster_without_what_the_api_server_rejects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, valid: str, rejected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert valid in ACCEPTED[kind]
    seen = {}
    for name, text in (("valid", ACCEPTED[kind]), ("rejected", ACCEPTED[kind].replace(valid, rejected))):
        (world,) = open_one(text=text + DAEMON_SET).worlds.values()
        added = world.cluster is not world.cluster.as_installed
        seen[name] = added, [type(obj).__name__ for obj in world.of(ApiObject)], len(world.objects)
    assert seen["valid"][::2] == (True, 2)
    assert seen["rejected"] == (False, ["Workload"], 2)
