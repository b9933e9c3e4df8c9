"""Admission policies of the input: what they answer, and what changes pods before SCC admission."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scclint import Cluster
from scclint.cel import evaluator
from scclint.cli import main
from tests.running import facts_of

pytest.importorskip("cel", reason="needs the extra `cel`")

PODS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
DEPLOYMENTS = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
CONTAINER = {"name": "web", "image": "registry.example/web:1"}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}


def policy(expression: str, rule: dict[str, Any] = PODS, **spec: Any) -> list[dict[str, Any]]:
    """A policy with one validation, and a binding that denies."""
    kind, version = "ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1"
    rules = {
        "matchConstraints": {"resourceRules": [rule], **spec.pop("match", {})},
        "validations": [{"expression": expression}],
    }
    bound = {"policyName": "demo", "validationActions": ["Deny"], **spec.pop("bound", {})}
    return [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "demo"}, "spec": {**rules, **spec}},
        {"apiVersion": version, "kind": f"{kind}Binding", "metadata": {"name": "all"}, "spec": bound},
    ]


def judged(objects: list[dict[str, Any]], release: str = "4.22") -> tuple[str, str]:
    """The step and the text with which the API server rejects the Deployment or its pod."""
    judgement = Cluster.openshift(release, objects).judge(DEPLOYMENT)
    outcome = judgement.rejected or judgement.pods[0]
    return outcome.step, outcome.message


def test_a_policy_denies_the_workload_itself() -> None:
    expression = "object.metadata.name != 'web'"
    text = f"ValidatingAdmissionPolicy 'demo' with binding 'all' denied request: failed expression: {expression}"
    assert judged(policy(expression, DEPLOYMENTS)) == ("policy", f'deployments.apps "web" is forbidden: {text}')


def test_a_policy_sees_the_pod_as_scc_admission_leaves_it() -> None:
    scc = "object.metadata.annotations['openshift.io/scc'] == 'restricted-v2'"
    assert judged(policy(scc)) == ("", "")
    step, message = judged(policy(f"!({scc})"))
    assert step == "policy"
    assert message.startswith('pods "') and "denied request: failed expression: !(" in message


@pytest.mark.parametrize(
    ("objects", "step"),
    [
        (policy("false"), "policy"),
        (policy("false", failurePolicy="Ignore"), "policy"),
        (policy("object.spec.nothing == 1"), "policy"),
        (policy("object.spec.nothing == 1", failurePolicy="Ignore"), ""),
        (policy("false", bound={"validationActions": ["Audit"]}), ""),
        (policy("false", bound={"policyName": "another"}), ""),
        (policy("false", {**PODS, "resources": ["services"]}), ""),
        (policy("false", {**PODS, "operations": ["UPDATE"]}), ""),
        (policy("false", match={"excludeResourceRules": [PODS]}), ""),
        (policy("false", match={"objectSelector": {"matchLabels": {"app": "other"}}}), ""),
        (policy("false", match={"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}), ""),
        (policy("false", bound={"matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}}), "policy"),
        (policy("false", matchConditions=[{"name": "of-web", "expression": "object.metadata.labels.app == 'other'"}]), ""),
        (policy("false", {**PODS, "apiVersions": ["v2"]}), "policy"),
        (policy("false", {**PODS, "apiVersions": ["v2"]}, match={"matchPolicy": "Exact"}), ""),
    ],
)  # fmt: skip
def test_what_a_policy_is_about(objects: list[dict[str, Any]], step: str) -> None:
    assert judged(objects)[0] == step


def test_releases_before_4_17_have_no_policies() -> None:
    assert judged(policy("false"), "4.16") == ("", "")
    assert judged(policy("false"), "4.17")[0] == "policy"


@pytest.mark.parametrize(
    "expression",
    [
        "quantity('1Gi').isGreaterThan(quantity('900Mi'))",
        "object.spec.containers[0].image.split('/')[0].find('[a-z]+') == 'registry'",
        "['b', 'a'].join('-').upperAscii() == 'B-A' && 'abc'.indexOf('c') == 2 && [1, 2].indexOf(3) == -1",
        "'%s of %s'.format(['1', '2']) == '1 of 2' && [1, 2].sum() == 3 && !isQuantity('x')",
    ],
)
def test_functions_of_the_api_server(expression: str) -> None:
    assert judged(policy(expression)) == ("", "")
    assert judged(policy(f"!({expression})"))[0] == "policy"


@pytest.mark.parametrize("rule", [PODS, DEPLOYMENTS], ids=["pods", "deployments"])
@pytest.mark.parametrize("expression", ["object.?spec.hasValue()", "unknown(object)", "authorizer.group('').check('get')"])
def test_what_cannot_be_evaluated_is_named(expression: str, rule: dict[str, Any]) -> None:
    judgement = Cluster.openshift("4.22", policy(expression, rule)).judge(DEPLOYMENT)
    (outcome,) = judgement.pods
    assert (judgement.rejected, outcome.created) == (None, None)
    assert f"cannot be evaluated: `{expression}`" in outcome.message


def test_an_expression_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    check = evaluator.EVALUATOR.check

    def counted(expr: str) -> Any:
        checked.append(expr)
        return check(expr)

    monkeypatch.setattr(evaluator.EVALUATOR, "check", counted)
    rule = {**PODS, "apiGroups": ["*"], "resources": ["*"]}
    assert judged(policy("object.metadata.name != ''", rule)) == ("", "")
    assert checked == ["object.metadata.name != ''"]


def test_an_endless_expression_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.cel.evaluator.CEL_CPU", 0.2)
    made = evaluator.Evaluator()
    monkeypatch.setattr("scclint.outcome.policies.EVALUATOR", made)
    doubled = "['abcdefgh']" + ".map(a, a + a + a + a + a + a + a + a + a + a + a)" * 12
    assert Cluster.openshift("4.22", policy(f"{doubled}.size() > 0")).judge(DEPLOYMENT).pods[0].created is None
    made.close()


def test_without_the_library_the_answer_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    made = evaluator.Evaluator()
    monkeypatch.setattr("scclint.outcome.policies.EVALUATOR", made)
    monkeypatch.setitem(sys.modules, "cel", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert Cluster.openshift("4.22", policy("true")).judge(DEPLOYMENT).pods[0].created is None


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: registry.example/web:1}]}
"""
NATIVE = """\
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: drop-all}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: drop-all}
spec: {policyName: drop-all}
"""
MUTATE = "mutate: {patchStrategicMerge: {spec: {securityContext: {runAsUser: 5}}}}"


def kyverno(rule: str, *, kind: str = "ClusterPolicy", action: str = "") -> str:
    action = f"validationFailureAction: {action}, " if action else ""
    return (
        f"apiVersion: kyverno.io/v1\nkind: {kind}\nmetadata: {{name: users}}\nspec: {{{action}rules: [{{name: a, {rule}}}]}}\n"
    )


def notes(capsys: pytest.CaptureFixture[str], *files: str, release: str = "5.0") -> list[str]:
    main(["check", "--select", "SCC101", "--openshift", release, "--render", "never", *files])
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("note")]


@pytest.mark.parametrize(
    ("policy", "release", "name"),
    [
        (NATIVE, "5.0", "MutatingAdmissionPolicy drop-all"),
        (NATIVE, "4.22", ""),
        (kyverno(MUTATE), "4.22", "ClusterPolicy users"),
        (kyverno(MUTATE, kind="Policy"), "4.22", "Policy users"),
        (kyverno("validate: {pattern: {}}", action="Enforce"), "4.22", "ClusterPolicy users"),
        (kyverno("validate: {pattern: {}, failureAction: Enforce}", action="Audit"), "4.22", "ClusterPolicy users"),
        (kyverno("verifyImages: [{failureAction: Enforce}]"), "4.22", "ClusterPolicy users"),
        (kyverno("validate: {pattern: {}, failureAction: Audit}", action="enforce"), "4.22", ""),
        (kyverno("validate: {pattern: {}}"), "4.22", ""),
        (kyverno("generate: {apiVersion: v1, kind: ConfigMap, name: a, data: {}}", action="Enforce"), "4.22", ""),
    ],
)
def test_a_policy_that_is_not_evaluated_has_one_note(
    policy: str, release: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(policy)
    assert notes(capsys, ".", release=release) == [], "there are no pods"
    Path("pods.yaml").write_text(f"{POD}---\n{POD.replace('web', 'other')}")
    end = "scclint does not evaluate such policies, and its verdicts are about the pods as written"
    assert notes(capsys, ".", release=release) == (
        [f"note: policy.yaml: {name} may change or refuse pods: {end}"] if name else []
    )


def test_a_webhook_that_changes_pods_is_named_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"
    left_out = POD.replace("name: web, ", "name: other, labels: {sidecar.istio.io/inject: 'false'}, ")
    Path("pods.yaml").write_text("---\n".join((namespace, POD, left_out)))
    (note,) = notes(capsys, "pods.yaml")
    assert note.startswith(
        "note: pods.yaml: Pod web: a webhook (label istio-injection of the namespace) changes the pods before SCC"
    )


def test_a_policy_of_another_unit_has_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, text in (("platform", kyverno(MUTATE)), ("shop", POD), ("site", POD.replace("shop", "site"))):
        Path(folder).mkdir()
        Path(folder, "kustomization.yaml").write_text("resources: [objects.yaml]\n")
        Path(folder, "objects.yaml").write_text(text)
    (note,) = (line for line in notes(capsys, ".") if "pods" in line)
    assert note.startswith("note: platform/objects.yaml: ClusterPolicy users may change or refuse pods")


def test_a_policy_of_another_unit_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example = Path(__file__).parents[2] / "fixtures" / "denied-by-admission-policy" / "bad.yaml"
    rules, binding, workload = example.read_text().split("---\n")
    for folder, text in (("platform", f"{rules}---\n{binding}"), ("shop", workload)):
        Path(folder).mkdir()
        Path(folder, "kustomization.yaml").write_text("resources: [objects.yaml]\n")
        Path(folder, "objects.yaml").write_text(text)
    assert main(["check", "--render", "never", "--format", "json", "."]) == 1
    (finding,) = facts_of(json.loads(capsys.readouterr().out))
    assert (finding["rule"], finding["file"], finding["line"]) == ("PSA507", "shop/objects.yaml", 3)
    assert [related["file"] for related in finding["related"]] == ["platform/objects.yaml"]
