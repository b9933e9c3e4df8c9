from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.objects import Objects


def item(kind: str, name: str = "a", namespace: str | None = None, version: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def test_the_last_of_a_name_is_in_force() -> None:
    held = Objects([item("Role", namespace="x", n=1), item("Role", namespace="y", n=2), item("Role", namespace="x", n=3)])
    assert {key: one["n"] for key, one in held.of("Role").items()} == {("x", "a"): 3, ("y", "a"): 2}


def test_a_namespace_on_a_cluster_scoped_object_does_not_count() -> None:
    held = Objects([item("ClusterRole", namespace="x", n=1), item("ClusterRole", namespace="y", n=2)])
    assert {name: one["n"] for name, one in held.named("ClusterRole").items()} == {"a": 2}


def test_lists_are_taken_apart() -> None:
    inner = {"kind": "List", "items": [item("Namespace", "b")]}
    typed = {"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": "c"}}]}
    held = Objects([{"kind": "List", "items": [item("Namespace"), inner, "junk", item("Secret")]}, typed])
    assert list(held.named("Namespace")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "version", "counts"),
    [
        ("SecurityContextConstraints", "security.openshift.io/v1", True),
        ("SecurityContextConstraints", "v1", True),
        ("SecurityContextConstraints", "example.com/v1", False),
        ("Role", "rbac.authorization.k8s.io/v1", True),
        ("Role", "rbac.authorization.k8s.io/v1beta1", True),
        ("Role", "authorization.openshift.io/v1", True),
        ("Role", "iam.aws.crossplane.io/v1beta1", False),
        ("Namespace", "v1", True),
        ("Namespace", "example.com/v1", False),
        ("KubeletConfig", "machineconfiguration.openshift.io/v1", True),
        ("KubeletConfig", "v1", False),
    ],
)
def test_kinds_of_other_groups_are_other_kinds(kind: str, version: str, counts: bool) -> None:
    assert bool(Objects([item(kind, version=version)]).of(kind)) is counts


def test_what_has_no_name_or_no_kind_is_no_object() -> None:
    held = Objects([{"kind": "Namespace"}, {"kind": "Namespace", "metadata": None}, {"metadata": {"name": "a"}}, {"kind": 5}])
    assert held.of("Namespace") == {}


@pytest.mark.parametrize("metadata", ["a", ["a"], {"name": ["a"]}, {"name": 3}, None])
@pytest.mark.parametrize("version", ["node.k8s.io/v1", ["node.k8s.io/v1"]])
def test_objects_of_a_kind_without_a_schema_may_have_any_shape(version: object, metadata: object) -> None:
    assert not Objects([{"apiVersion": version, "kind": "RuntimeClass", "metadata": metadata}])


def test_labels_of_any_shape() -> None:
    driver = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "x", "labels": 3}}
    assert Cluster.openshift("4.20", [driver]).csi_drivers == {"x": {}}


def test_later_objects_replace_those_of_the_same_name() -> None:
    first, second = (item("Namespace") | {"metadata": {"name": "a", "labels": {key: "1"}}} for key in "xy")
    assert Objects([first]).with_more(Objects([second])).named("Namespace")["a"] == second


def test_a_namespace_of_the_release_keeps_its_run_level() -> None:
    own = Cluster.openshift("4.20").namespaces
    name = next(name for name, found in own.items() if found["metadata"]["labels"].get("openshift.io/run-level"))
    applied = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": "x"}}}
    labels = Cluster.openshift("4.20", [applied]).namespaces[name]["metadata"]["labels"]
    assert labels == {**own[name]["metadata"]["labels"], "team": "x"}
