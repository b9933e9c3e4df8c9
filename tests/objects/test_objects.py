"""What makes a workload a whole object rather than a part of one."""

import pytest

from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.kinds import KINDS, STATE_KINDS, SUBJECT_KINDS
from scclint.objects.types import Workload

NAMED = "metadata: {name: web}\n"
SELECTOR = "selector: {matchLabels: {app: web}}, "


def workload(kind: str, head: str, selector: str, pod_spec: str) -> Workload:
    spec = pod_spec if kind == "Pod" else f"{{{selector}template: {{metadata: {{labels: {{app: web}}}}, spec: {pod_spec}}}}}"
    version = "v1" if kind == "Pod" else "apps/v1"
    (document,) = load_text("web.yaml", f"apiVersion: {version}\nkind: {kind}\n{head}spec: {spec}\n", SUBJECT_KINDS)
    (found,) = expand(document)
    assert isinstance(found, Workload)
    return found


@pytest.mark.parametrize(
    ("kind", "head", "selector", "pod_spec", "why"),
    [
        ("Deployment", NAMED, SELECTOR, "{containers: [{name: web, image: web}]}", ""),
        ("Deployment", NAMED, SELECTOR, '{containers: [{name: web, image: ""}]}', ""),
        ("Deployment", NAMED, SELECTOR, "{containers: [{name: web, image: }]}", ""),
        ("Deployment", NAMED, SELECTOR, "{containers: [{name: web}]}", "container web has no image"),
        ("Deployment", NAMED, SELECTOR, "{containers: [{image: web}]}", "a container has no name"),
        ("Deployment", NAMED, SELECTOR, "{initContainers: [{name: web, image: web}]}", "it has no containers"),
        ("Deployment", "", SELECTOR, "{containers: [{name: web, image: web}]}", ""),
        ("Deployment", NAMED, "", "{containers: [{name: web, image: web}]}", ""),
        ("Deployment", "", "", "{containers: [{name: web, image: web}]}", "it has neither a name nor a selector"),
        ("DaemonSet", "metadata: {labels: {}}\n", "", "{containers: [{name: a}]}", "it has neither a name nor a selector"),
        ("Deployment", "metadata: {generateName: web-}\n", "", "{containers: [{name: web, image: web}]}", ""),
        ("Pod", "", "", "{containers: [{name: web, image: web}]}", ""),
    ],
)
def test_partial(kind: str, head: str, selector: str, pod_spec: str, why: str) -> None:
    assert workload(kind, head, selector, pod_spec).partial == why


@pytest.mark.parametrize(
    ("head", "pod_spec"),
    [
        (NAMED + "(status.phase == 'Running'): true\n", "{containers: [{name: web, image: web}]}"),
        (NAMED, "{(hostNetwork == `true`): true, containers: [{name: web, image: web}]}"),
        (NAMED, "{containers: [{name: web, image: web, (length(args)): 2}]}"),
    ],
)
def test_assertions_are_partial(head: str, pod_spec: str) -> None:
    assert "an expression in parentheses" in workload("Pod", head, "", pod_spec).partial


@pytest.mark.parametrize(("length", "shown"), [(253, 253), (1000, 1000), (1001, 1000), (2_000_000, 1000)])
def test_what_messages_call_an_object_is_no_longer_than_any_name(length: int, shown: int) -> None:
    found = workload("Pod", f"metadata: {{name: {'x' * length}}}\n", "", "{containers: []}")
    assert len(found.named) == len("Pod ") + shown
    assert found.named.endswith("x" if length == shown else f"… ({length:,} characters)")
    assert len(found.with_provenance(label=found.name).named) == shown


@pytest.mark.parametrize(("controller", "controlled"), [("true", True), ("false", False), ("null", False)])
def test_a_pod_is_controlled_if_an_owner_says_so(controller: str, controlled: bool) -> None:
    owner = f"metadata: {{name: web, ownerReferences: [{{kind: ReplicaSet, name: web, controller: {controller}}}]}}\n"
    assert workload("Pod", owner, "", "{containers: [{name: web, image: web}]}").controlled == controlled


def test_an_object_cannot_be_changed() -> None:
    found = workload("Pod", NAMED, "", "{containers: [{name: web, image: web}]}")
    for frozen, name in ((found, "name"), (found, "pod"), (found.pod, "data"), (found.pod.containers[0], "index")):
        with pytest.raises(AttributeError):
            setattr(frozen, name, None)
        with pytest.raises(AttributeError):
            delattr(frozen, name)


def test_another_provenance_makes_another_object() -> None:
    found = workload("Deployment", NAMED, SELECTOR, "{containers: [{name: web, image: web}]}")
    placed = found.with_provenance(home="shop", partial="it is a patch")
    assert (found.provenance.home, found.partial) == ("", "")
    assert (placed.provenance.home, placed.partial, placed.named) == ("shop", "it is a patch", found.named)
    assert (placed.controlled, placed.pod.manifest, placed.pod.path) == (True, found.pod.manifest, found.pod.path)


@pytest.mark.parametrize("key", [key for key, row in KINDS.items() if row.name in STATE_KINDS])
def test_every_kind_of_a_clusters_state_has_a_model(key: tuple[str, str]) -> None:
    group, kind = key
    (document,) = load_text("a.yaml", f"apiVersion: {group}/v1\nkind: {kind}\n{NAMED}", SUBJECT_KINDS)
    (found,) = expand(document)
    assert type(found).__name__ == KINDS[key].model
