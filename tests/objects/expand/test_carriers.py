"""Objects within objects that go to other clusters."""

import json
from base64 import b64encode
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint
from scclint.objects.documents import load_text
from scclint.objects.expand import DEFAULTS, expand
from scclint.objects.expand.carriers import carried
from scclint.objects.kinds import KINDS, SUBJECT_KINDS, Carried, Created
from scclint.objects.types import ApiObject, Item, TektonConfig, UnknownKind, Workload
from scclint.objects.unknown import Unknown
from scclint.platform.terms import EACH
from scclint.yaml.nodes import ScalarNode
from tests.running import report_on

ROOT = ScalarNode(("x.json", 1, 1, 1, 5), None, "", True)
POLICY = "policy.open-cluster-management.io"
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "a"},
    "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "example/c"}]}}},
}


def objects(whole: dict[str, Any]) -> list[ApiObject]:
    return [obj for document in load_text("x.json", json.dumps(whole, indent=1), DEFAULTS.kinds) for obj in expand(document)]


def policy(*entries: dict[str, Any], **spec: Any) -> dict[str, Any]:
    inner = {"object-templates": list(entries), **spec}
    return {"apiVersion": f"{POLICY}/v1", "kind": "ConfigurationPolicy", "metadata": {"name": "p"}, "spec": inner}


def entry(found: dict[str, Any], compliance: str = "musthave") -> dict[str, Any]:
    return {"complianceType": compliance, "objectDefinition": found}


CARRIERS = {key: row.contains for key, row in KINDS.items() if isinstance(row.contains, Carried)}


@pytest.mark.parametrize("key", CARRIERS)
def test_every_carrier(key: tuple[str, str]) -> None:
    group, kind = key
    listed, within = CARRIERS[key]
    held: Any = JOB
    for step in reversed(within):
        held = {step: held}
    held = [{}, held]
    for step in reversed(listed):
        held = {step: held}
    (found,) = objects({"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "outer"}, **held})
    assert isinstance(found, Workload)
    assert (found.named, found.path) == ("Job a", (*listed, 1, *within))
    assert found.field("metadata", "name").span.line == found.place.span.line > 5
    assert kind in SUBJECT_KINDS


def test_policies_within_policies() -> None:
    outer = {"policy-templates": [{"objectDefinition": policy(entry(JOB), entry({**JOB, "metadata": {"name": "b"}}))}]}
    found = objects({"apiVersion": f"{POLICY}/v1", "kind": "Policy", "metadata": {"name": "p"}, "spec": outer})
    assert [o.named for o in found] == ["Job a", "Job b"]
    assert found[1].path[:3] == ("spec", "policy-templates", 0)


@pytest.mark.parametrize("compliance", ["mustnothave", "MustNotHave"])
def test_what_must_not_be_there(compliance: str) -> None:
    assert objects(policy(entry(JOB, compliance))) == []


def test_what_is_looked_for_without_a_name() -> None:
    assert objects(policy(entry({**JOB, "metadata": {"labels": {"a": "b"}}}))) == []


def test_fields_that_an_scc_must_have_are_no_scc() -> None:
    scc = {"apiVersion": "security.openshift.io/v1", "kind": "SecurityContextConstraints", "metadata": {"name": "restricted"}}
    fields = {**scc, "allowPrivilegedContainer": False}
    assert objects(policy(entry(fields))) == []
    whole = {**fields, "runAsUser": {"type": "RunAsAny"}, "seLinuxContext": {"type": "RunAsAny"}}
    assert [o.named for o in objects(policy(entry(whole)))] == ["SecurityContextConstraints restricted"]


def test_the_namespace_is_the_selected_one() -> None:
    (found,) = objects(policy(entry(JOB), namespaceSelector={"include": ["shop"], "exclude": ["kube-*"]}))
    assert (found.namespace, found.provenance.home) == ("", "shop")
    (several,) = objects(policy(entry(JOB), namespaceSelector={"include": ["shop", "bar-*"]}))
    assert several.provenance.home == "shop, bar-*"
    (many,) = objects(policy(entry(JOB), namespaceSelector={"include": [*"abcdefgh"]}))
    assert many.provenance.home == "a, b, c, d, e and 3 more"
    (open_,) = objects(policy(entry(JOB), namespaceSelector={"matchLabels": {"a": "b"}}))
    assert open_.provenance.home == ""


def test_what_is_filled_in_later_is_unknown() -> None:
    template = '{{hub fromConfigMap "" "accounts" "a" hub}}'
    spec = {"template": {"spec": {**JOB["spec"]["template"]["spec"], "serviceAccountName": template}}}  # type: ignore[index]
    (found,) = objects(policy(entry({**JOB, "spec": spec})))
    assert isinstance(found, Workload)
    value = found.pod.field("spec", "serviceAccountName").value
    assert isinstance(value, Unknown) and value.text == template
    (filled,) = found.provenance.substitutions
    assert list(filled) == [(*found.path, "spec", "template", "spec", "serviceAccountName")]


def test_objects_in_one_text_are_told_of() -> None:
    text = (
        "{{ range (lookup) }}\n- complianceType: musthave\n  objectDefinition:\n    spec: {containers: [{image: a}]}\n{{ end }}"
    )
    raw = {"apiVersion": f"{POLICY}/v1", "kind": "ConfigurationPolicy", "metadata": {"name": "p"}}
    (found,) = objects({**raw, "spec": {"object-templates-raw": text}})
    assert isinstance(found, UnknownKind)
    assert objects({**raw, "spec": {"object-templates-raw": "{{ lookup }}"}}) == []


def test_what_carries_no_pods_is_nothing() -> None:
    assert objects(policy(entry({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["", "a", "{{ x }}", "mustnothave"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["spec", "object-templates", "objectDefinition", "complianceType", "metadata", "namespaceSelector", "include"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(spec=VALUES, entries=st.lists(VALUES, max_size=3))
def test_whatever_is_written(spec: Any, entries: list[Any]) -> None:
    policy = {"apiVersion": f"{POLICY}/v1", "kind": "ConfigurationPolicy"}
    for data in ({**policy, "spec": spec}, {**policy, "spec": {"object-templates": entries}}):
        for found in carried(Item(ROOT, (), data), CARRIERS[POLICY, "ConfigurationPolicy"]):
            assert isinstance(found.data, dict)


CREATING = {key: row.contains.paths for key, row in KINDS.items() if isinstance(row.contains, Created)}


@pytest.mark.parametrize("key", CREATING)
def test_every_trigger(key: tuple[str, str]) -> None:
    group, kind = key
    for path in CREATING[key]:
        held: Any = JOB
        for step in reversed(path):
            held = [{}, held] if step == EACH else {step: held}
        (found,) = objects(
            {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "outer", "namespace": "shop"}, **held}
        )
        assert isinstance(found, Workload)
        assert (found.named, found.provenance.home) == ("Job a", "shop")
        assert found.field("metadata", "name").span.line == found.place.span.line > 5
    assert kind in SUBJECT_KINDS


@pytest.mark.parametrize(("operation", "made"), [(None, 1), ("create", 1), ("update", 1), ("patch", 0), ("delete", 0)])
def test_a_trigger_that_acts_on_what_is_there(operation: str | None, made: int) -> None:
    k8s = {"source": {"resource": JOB}, **({"operation": operation} if operation else {})}
    sensor = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Sensor", "metadata": {"name": "s"}}
    assert len(objects({**sensor, "spec": {"triggers": [{"template": {"name": "t", "k8s": k8s}}]}})) == made


def test_the_creator_of_a_bare_pod_is_not_known() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    whole = {"apiVersion": "triggers.tekton.dev/v1beta1", "kind": "TriggerTemplate", "metadata": {"name": "t"}}
    text = json.dumps({**whole, "spec": {"resourcetemplates": [pod]}})
    report = scclint.lint_text(text, "x.json")
    assert report.findings == ()
    told = "x.json: Pod p: no verdict, because it also depends on the SCCs of the controller that creates the pod, which is not in the input"
    assert [notice.message for notice in report.notices] == [told]


def test_triggers_make_workflows() -> None:
    """Argo fills in `{{ }}` of a Workflow itself, so that its texts are known."""
    container = {"image": "example/c", "args": ["{{inputs.parameters.x}}"], "securityContext": {"privileged": True}}
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "w-"},
        "spec": {"entrypoint": "e", "serviceAccountName": "runner", "templates": [{"name": "e", "container": container}]},
    }
    trigger = {"template": {"name": "t", "argoWorkflow": {"operation": "submit", "source": {"resource": workflow}}}}
    found = objects(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Sensor",
            "metadata": {"name": "s", "namespace": "shop"},
            "spec": {"triggers": [trigger]},
        }
    )
    (pod,) = [obj for obj in found if isinstance(obj, Workload)]
    assert (pod.pod.service_account, pod.provenance.home) == ("runner", "shop")


TEXT = json.dumps(JOB)


@pytest.mark.parametrize(
    ("kind", "spec", "found"),
    [
        ("fleet.cattle.io/v1alpha1 Bundle", {"resources": [{"name": "a.yaml", "content": TEXT}]}, ["Job a"]),
        ("fleet.cattle.io/v1alpha1 Bundle", {"resources": [{"name": "README.md", "content": "Use it"}]}, []),
        (
            "fleet.cattle.io/v1alpha1 Bundle",
            {"resources": [{"name": "a.yaml", "content": "H4sI", "encoding": "base64+gz"}]},
            ["a.yaml in Bundle p"],
        ),
        (
            "kappctrl.k14s.io/v1alpha1 App",
            {"fetch": [{"git": {"url": "x"}}, {"inline": {"paths": {"a.yml": f"{TEXT}\n---\n{TEXT}", "b.txt": "b"}}}]},
            ["Job a", "Job a"],
        ),
        (
            "fleet.cattle.io/v1alpha1 Bundle",
            {"resources": [{"name": "a.yaml", "content": "apiVersion: v1\n{{- if x }}\nkind: Pod\n{{ end }}\n"}]},
            ["Pod"],
        ),
    ],
)
def test_objects_in_texts(kind: str, spec: dict[str, Any], found: list[str]) -> None:
    api_version, kind = kind.split()
    whole = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "p"}, "spec": spec}
    assert [obj.named.strip() for obj in objects(whole)] == found


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {hostPID: true, containers: [{name: c, image: i}]}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  pod.yaml: |\n"
CLUSTER_SET = """\
apiVersion: addons.cluster.x-k8s.io/v1beta1
kind: ClusterResourceSet
metadata: {name: cni}
spec: {resources: [{name: one, kind: ConfigMap}, {name: two, kind: Secret}, {name: three, kind: ConfigMap}]}
"""
INSTALLATION = """\
apiVersion: hive.openshift.io/v1
kind: ClusterDeployment
metadata: {name: shop}
spec: {provisioning: {manifestsConfigMapRef: {name: one}}}
"""


def config_map(name: str) -> str:
    return MAP.replace("NAME", name) + indent(POD.replace("NAME", name), "    ")


def test_config_maps_that_are_applied(tmp_path: Path) -> None:
    packed = b64encode(POD.replace("NAME", "two").encode()).decode()
    secret = f"apiVersion: v1\nkind: Secret\ntype: addons.cluster.x-k8s.io/resource-set\nmetadata: {{name: two}}\ndata: {{a: {packed}}}\n"
    (tmp_path / "maps.yaml").write_text("---\n".join([config_map("one"), config_map("other"), secret]))
    assert not report_on([str(tmp_path)]).findings
    (tmp_path / "set.yaml").write_text(CLUSTER_SET)
    report = report_on([str(tmp_path)])
    lines = {(finding.subject.name, finding.span.line) for finding in report.findings if finding.rule_id == "SCC102"}
    assert lines == {("one", 5), ("two", 25)}
    why = "ClusterResourceSet cni: not judged: the input has no ConfigMap or Secret three with manifests"
    assert [notice.message.partition(": ")[2] for notice in report.notices if "three" in notice.message] == [why]


def test_manifests_of_an_installation(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{INSTALLATION}---\n{config_map('one')}---\n{config_map('other')}")
    report = report_on([str(tmp_path)])
    assert {finding.subject.name for finding in report.findings} == {"one"}
    assert not [notice for notice in report.notices if notice.level == "warning"]


def test_a_tekton_config_that_changes_pods_is_named() -> None:
    whole = {"apiVersion": "operator.tekton.dev/v1alpha1", "kind": "TektonConfig", "metadata": {"name": "config"}}
    pipeline = {"default-pod-template": "nodeSelector: {a: b}\n"}
    assert [type(obj) for obj in objects({**whole, "spec": {"pipeline": pipeline}})] == [TektonConfig]
    pipeline = {"default-pod-template": "securityContext:\n  runAsUser: 0\n"}
    assert [type(obj) for obj in objects({**whole, "spec": {"pipeline": pipeline}})] == [TektonConfig, UnknownKind]


@pytest.mark.parametrize("odd", ["apiVersion: 1\n  kind: App", "apiVersion: v1\n  kind: [App]", "metadata: {}"])
def test_odd_items_beside_references_do_no_harm(tmp_path: Path, odd: str) -> None:
    (tmp_path / "a.yaml").write_text(
        f"{INSTALLATION}---\napiVersion: v1\nkind: List\nitems:\n- {odd}\n---\n{config_map('one')}"
    )
    assert not report_on([str(tmp_path)]).crashes
