"""What holds containers makes pods, whatever its kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from scclint import lint_text
from scclint.objects.documents import load_text
from scclint.objects.expand import DEFAULTS, expand
from scclint.objects.expand.carriers import holds_containers
from scclint.objects.types import UnknownKind
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


def test_what_asks_for_access_to_the_node_is_a_gap() -> None:
    foos = "".join(
        f"apiVersion: example.com/v1\nkind: Foo\nmetadata: {{name: foo{number}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n---\n"
        for number in range(9)
    )
    agent = 'apiVersion: example.com/v1\nkind: Zed\nmetadata: {name: agent}\nspec: {volumes: [{"hostPath" : {path: /}}]}\n'
    report = lint_text(foos + agent, "a.yaml")
    (gap,) = report.findings
    assert (gap.kind, gap.what) == ("gap", "hostPath")
    assert gap.message.startswith("Zed agent: not judged, because scclint does not know which pods kind Zed creates")
    (notice,) = report.notices
    assert notice.message.startswith("a.yaml: Foo foo0 and 8 more: not judged, because scclint does not know")


BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "everyone"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}],
}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"hostPID": True, "containers": [CONTAINER]}}
BOTH = [POD, BINDING]
TEXT = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: NAMESPACE}\nspec: {hostPID: true, containers: [{name: c, image: i}]}\n"


def carried(api_version: str, kind: str, spec: dict[str, Any]) -> list[str]:
    whole = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, "spec": spec}
    for text in (json.dumps(whole), to_yaml(whole)):
        documents = load_text("x.yaml", text, DEFAULTS.kinds)
        found = [obj.named for document in documents for obj in expand(document)]
    return found


def to_yaml(data: Any, indent: str = "") -> str:
    """Return plain data in block style, with texts of several lines as literals."""
    if isinstance(data, dict):
        return "".join(f"{indent}{key}:{_below(value, indent)}" for key, value in data.items())
    return "".join(f"{indent}-{_below(value, indent)}" for value in data)


def _below(value: Any, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        return f"\n{to_yaml(value, indent + '  ')}"
    if isinstance(value, str) and "\n" in value:
        return " |\n" + "".join(f"{indent}    {line}\n" for line in value.splitlines())
    return f" {json.dumps(value)}\n"


@pytest.mark.parametrize(
    ("api_version", "kind", "spec"),
    [
        ("kubernetes.crossplane.io/v1alpha2", "Object", {"forProvider": {"manifest": POD}}),
        (
            "apiextensions.crossplane.io/v1",
            "Composition",
            {
                "resources": [
                    {"base": {"apiVersion": "kubernetes.crossplane.io/v1", "kind": "Object", "spec": {"manifest": POD}}}
                ]
            },
        ),
        ("fluxcd.controlplane.io/v1", "ResourceSet", {"resources": [POD]}),
        ("fluxcd.controlplane.io/v1", "ResourceSet", {"resourcesTemplate": TEXT.replace("NAMESPACE", "<< inputs.name >>")}),
        ("kro.run/v1alpha1", "ResourceGraphDefinition", {"resources": [{"id": "a", "template": POD}]}),
        ("workload.codeflare.dev/v1beta2", "AppWrapper", {"components": [{"template": POD}]}),
        ("work.karmada.io/v1alpha1", "Work", {"workload": {"manifests": [POD]}}),
        ("redhatcop.redhat.io/v1alpha1", "NamespaceConfig", {"templates": [{"objectTemplate": TEXT}]}),
        (
            "redhatcop.redhat.io/v1alpha1",
            "GroupConfig",
            {"templates": [{"objectTemplate": TEXT.replace("NAMESPACE", "{{ .Name }}")}]},
        ),
        ("example.com/v1", "Addon", {"manifests": TEXT}),
        ("example.com/v1", "Addon", {"manifests": json.dumps(POD)}),
        ("example.com/v1", "Addon", {"manifests": {"a.yaml": f"# a\n---\n{TEXT}"}}),
        ("example.com/v1", "Addon", {"deep": [{"er": [{"objects": [json.dumps(POD, indent=2)]}]}]}),
        ("example.com/v1", "Addon", {"manifests": "{% if x %}\n" + TEXT + "{% endif %}\n"}),
    ],
)
def test_whole_objects_in_other_kinds(api_version: str, kind: str, spec: dict[str, Any]) -> None:
    assert carried(api_version, kind, spec) == ["Pod web"]


@pytest.mark.parametrize(
    ("api_version", "kind", "spec"),
    [
        ("console.openshift.io/v1", "ConsoleYAMLSample", {"yaml": TEXT}),
        ("example.com/v1", "Scaler", {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}),
        ("example.com/v1", "Guide", {"text": "Set apiVersion: v1 and kind: Pod.\n"}),
        (
            "bootstrap.cluster.x-k8s.io/v1beta1",
            "KubeadmConfig",
            {"files": [{"path": "/etc/kubernetes/manifests/a.yaml", "content": TEXT}]},
        ),
        ("example.com/v1", "Policy", {"object-templates": [{"complianceType": "mustnothave", "objectDefinition": POD}]}),
        ("kyverno.io/v1", "ClusterPolicy", {"rules": [{"validate": {"pattern": POD}}]}),
    ],
)
def test_what_is_not_created(api_version: str, kind: str, spec: dict[str, Any]) -> None:
    assert "Pod web" not in carried(api_version, kind, spec)


def test_an_earlier_manifest_in_an_annotation() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(POD)}
    whole = {
        "apiVersion": "example.com/v1",
        "kind": "A",
        "metadata": {"name": "a", "annotations": annotations},
        "status": {"made": POD},
    }
    assert [obj for document in load_text("x.json", json.dumps(whole), DEFAULTS.kinds) for obj in expand(document)] == []


def test_a_grant_in_another_kind_is_judged_in_its_namespace() -> None:
    role_binding = {**BINDING, "kind": "RoleBinding"}
    whole = {
        **FOO,
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"objects": [role_binding], "containers": [CONTAINER]},
    }
    document = load_text("x.yaml", to_yaml(whole), DEFAULTS.kinds)[0]
    binding, rest = expand(document)
    assert (binding.named, binding.provenance.home, isinstance(rest, UnknownKind)) == ("RoleBinding everyone", "shop", True)


MOUNTING = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: manifests, namespace: shop}
data: {a.yaml: 'TEXT'}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: apply, namespace: shop}
spec:
  schedule: '@daily'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /m}], COMMAND}]
          volumes: [{name: v, VOLUME}]
"""
VOLUME = "configMap: {name: manifests}"


@pytest.mark.parametrize(
    ("command", "volume", "is_applied"),
    [
        ("command: [oc, apply, -f, /m/a.yaml]", VOLUME, True),
        ("command: [sh, -c], args: ['set -e; kubectl apply -n shop -f /m']", VOLUME, True),
        ("args: ['kubectl create -f /m/']", "projected: {sources: [{configMap: {name: manifests}}]}", True),
        ("command: [oc, apply, -f, /other/a.yaml]", VOLUME, False),
        ("command: [oc, delete, -f, /m/a.yaml]", VOLUME, False),
        ("command: [cat, /m/a.yaml]", VOLUME, False),
        ("command: [oc, apply, -f, /m/a.yaml]", "configMap: {name: other}", False),
    ],
)
def test_manifests_that_a_container_applies(tmp_path: Path, command: str, volume: str, is_applied: bool) -> None:
    text = MOUNTING.replace("TEXT", json.dumps(BINDING)).replace("COMMAND", command).replace("VOLUME", volume)
    (tmp_path / "a.yaml").write_text(text)
    assert any(f.rule_id == "SCC306" for f in report_on([str(tmp_path)]).findings) == is_applied
