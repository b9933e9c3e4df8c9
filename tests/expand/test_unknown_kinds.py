"""What holds containers makes pods, whatever its kind."""

import json
from typing import Any

import pytest

from scclint import lint_text
from scclint.expand import DEFAULTS, expand
from scclint.expand.carriers import holds_containers
from scclint.load import load_text
from scclint.model.object import UnknownKind
from scclint.run.report import Report
from tests.running import report_on

CONTAINER = {"name": "c", "image": "example/c"}


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [CONTAINER]},
        {"pods": [{"spec": {"initContainers": [{"name": "patch"}, CONTAINER]}}]},
        {"templates": [{"name": "main", "container": CONTAINER}]},
        {"templates": [{"script": {"image": "python", "source": "print()"}}]},
        {"templates": [{"sidecars": [CONTAINER]}]},
        {"components": [{"container": {"image": "example/tools"}}]},
        {"buildSteps": [], "steps": [CONTAINER]},
        {"repo": {"sidecarContainers": [CONTAINER]}},
        {"replicas": 2, "securityContext": {"runAsUser": 1000}},
        {"template": {"podSecurityContext": {"seccompProfile": {"type": "Unconfined"}}}},
        {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
        {"agent": {"hostNetwork": True}},
        {"hostPID": True},
    ],
)
def test_containers(spec: dict[str, Any]) -> None:
    assert holds_containers({"spec": spec})


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [{"name": "prometheus", "resources": {}}]},
        {"containers": ["example/c"]},
        {"containers": {"type": "array", "items": {"image": "example/c"}}},
        {"container": {"image": {"repository": "example/c"}}},
        {"image": "example/c", "containerConcurrency": 1},
        {"volumes": [{"containerDisk": {"image": "example/disk"}}]},
        {"steps": [{"run": "make"}]},
        {"securityContext": "runAsUser"},
        {"hostNetwork": False},
        {"hostNetwork": {"httpPort": 80}},
        {"hostPath": "/var/lib"},
        {"securityContext": {"type": "object", "properties": {}}},
        {"text": "containers:\n- image: example/c\n"},
    ],
)
def test_no_containers(spec: dict[str, Any]) -> None:
    assert not holds_containers({"spec": spec})


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ("argoproj.io", "Application"),
        ("policy", "PodSecurityPolicy"),
        ("constraints.gatekeeper.sh", "K8sPSPHostNetworkingPorts"),
        ("kyverno.io", "ClusterPolicy"),
        ("kubevirt.io", "VirtualMachine"),
        ("apps", "ControllerRevision"),
    ],
)
def test_kinds_that_make_no_pods_of_them(group: str, kind: str) -> None:
    made = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "a"}, "spec": {"containers": [CONTAINER]}}
    assert not any("which pods" in notice.message for notice in lint_text(json.dumps(made), "x.yaml").notices)


FOO = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "a"}, "spec": {"containers": [CONTAINER]}}


@pytest.mark.parametrize(
    "whole",
    [
        FOO,
        {"apiVersion": "v1", "kind": "List", "items": [FOO]},
        {"apiVersion": "template.openshift.io/v1", "kind": "Template", "objects": [FOO]},
    ],
)
def test_unread(whole: dict[str, Any]) -> None:
    (document,) = load_text("x.json", json.dumps(whole), DEFAULTS.kinds)
    (found,) = expand(document)
    assert isinstance(found, UnknownKind) and found.partial
    assert (found.named, found.place.span.line) == ("Foo a", 1)


def test_it_is_judged_by_no_rule() -> None:
    report = lint(
        "kind: Foo\napiVersion: example.com/v1\nmetadata: {name: a}\nspec: {containers: [{image: x, privileged: yes}]}\n"
    )
    assert (report.findings, report.crashes) == ((), ())
    assert (report.tally.linted, report.tally.unsupported, report.tally.workloads) == (0, 1, 0)


def test_what_has_no_version_or_no_kind_is_no_object() -> None:
    assert lint("kind: pipeline\nsteps: [{name: a, image: b}]\n").tally.unsupported == 0
    assert lint("services: {a: {containers: [{image: b}]}}\n").tally.unsupported == 0


def lint(text: str) -> Report:
    return report_on(text=text)


def test_what_asks_for_access_to_the_node_is_named_first() -> None:
    foos = "".join(
        f"apiVersion: example.com/v1\nkind: Foo\nmetadata: {{name: foo{number}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n---\n"
        for number in range(9)
    )
    agent = 'apiVersion: example.com/v1\nkind: Zed\nmetadata: {name: agent}\nspec: {volumes: [{"hostPath" : {path: /}}]}\n'
    (notice,) = lint_text(foos + agent, "a.yaml").notices
    assert notice.message.startswith("a.yaml: Zed agent (with hostPath) and 9 more: not judged, because scclint does not know")
