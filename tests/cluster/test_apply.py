"""Manifests are merged into the objects of a cluster as `oc apply` merges them."""

import json
from copy import deepcopy
from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.apply import LAST_APPLIED, applied
from scclint.record import EMPTY

Object = dict[str, Any]


def namespace(labels: Any = EMPTY, annotations: Any = EMPTY, **metadata: Any) -> Object:
    named = {"name": "shop", "labels": labels, "annotations": annotations, **metadata}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {key: value for key, value in named.items() if value != EMPTY}}


def last(item: Object) -> Object:
    return {LAST_APPLIED: json.dumps(item)}


def after(held: Object, item: Object, before: Object | None = None) -> tuple[Object | None, Object]:
    """The labels and annotations of a namespace after a manifest is applied; that of the last manifest is left out."""
    kept = deepcopy((held, item, before))
    metadata = applied(held, item, before)["metadata"]
    assert (held, item, before) == kept, "an argument was changed"
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    return metadata.get("labels"), annotations


def test_what_the_manifest_does_not_name_stays() -> None:
    held = namespace({"a": "1", "b": "1"}, {"range": "1/2"})
    assert after(held, namespace()) == ({"a": "1", "b": "1"}, {"range": "1/2"})
    assert after(held, namespace({"b": "2", "c": "2"})) == ({"a": "1", "b": "2", "c": "2"}, {"range": "1/2"})


def test_what_the_last_manifest_owned_is_deleted() -> None:
    old = namespace({"a": "1", "b": "1"}, {"note": "x"})
    held = namespace({"a": "1", "b": "1", "team": "x"}, {"note": "x", "range": "1/2", **last(old)})
    assert after(held, namespace({"b": "2"}, {})) == ({"b": "2", "team": "x"}, {"range": "1/2"})
    assert after(held, old) == ({"a": "1", "b": "1", "team": "x"}, {"note": "x", "range": "1/2"})


def test_a_mapping_that_the_manifest_drops_is_deleted_whole_and_annotations_never_are() -> None:
    held = namespace({"a": "1", "team": "x"}, {"note": "x", "range": "1/2", **last(namespace({"a": "1"}, {"note": "x"}))})
    assert after(held, namespace()) == (None, {"range": "1/2"})


def test_null_deletes() -> None:
    held = namespace({"a": "1", "b": "1"}, {"range": "1/2"})
    assert after(held, namespace({"a": None, "c": None}, {"range": None})) == ({"b": "1"}, {})
    assert after(held, namespace(None)) == (None, {"range": "1/2"})


def test_the_manifest_of_an_earlier_revision_was_applied_last() -> None:
    held = namespace({"a": "1", "b": "1", "team": "x"}, {"range": "1/2"})
    assert after(held, namespace({"b": "1"}), namespace({"a": "1", "b": "1"})) == ({"b": "1", "team": "x"}, {"range": "1/2"})
    known = namespace({"a": "1", "b": "1"}, last(namespace({"b": "1"})))
    assert after(known, namespace({"c": "1"}), namespace({"a": "1"})) == ({"c": "1"}, {})


def managed(manager: str, *labels: str, operation: str = "Apply") -> Object:
    fields: Object = {"f:metadata": {"f:labels": {".": {}, **{f"f:{label}": {} for label in labels}}, "f:name": {}}}
    return {"manager": manager, "operation": operation, "fieldsV1": fields}


@pytest.mark.parametrize(
    ("managers", "kept"),
    [
        ([managed("argocd-controller", "a", "b")], {"b": "2", "team": "x"}),
        (
            [managed("argocd-controller", "a"), managed("kubectl-label", "a", operation="Update")],
            {"a": "1", "b": "2", "team": "x"},
        ),
        ([managed("kubectl-create", "a", operation="Update")], {"a": "1", "b": "2", "team": "x"}),
        ([managed("flux", "a"), managed("cluster-policy-controller", "team")], {"b": "2", "team": "x"}),
        ([managed("pod-security-admission-label-synchronization-controller", "a")], {"a": "1", "b": "2", "team": "x"}),
        ([managed("flux", "a"), managed("argocd-controller", "team")], {"a": "1", "b": "2", "team": "x"}),
    ],
    ids=["owned", "shared", "not applied", "beside a controller", "by a controller", "several"],
)
def test_managed_fields_say_what_the_manifest_owned(managers: list[Object], kept: Object) -> None:
    held = namespace({"a": "1", "b": "1", "team": "x"}, managedFields=managers)
    assert after(held, namespace({"b": "2"}))[0] == kept


def test_a_server_side_apply_deletes_single_fields() -> None:
    held = namespace({"a": "1", "team": "x"}, managedFields=[managed("argocd-controller", "a")])
    assert after(held, namespace())[0] == {"team": "x"}


def test_the_annotation_goes_before_managed_fields() -> None:
    held = namespace({"a": "1", "b": "1"}, last(namespace({"b": "1"})), managedFields=[managed("kubectl", "a")])
    assert after(held, namespace({"c": "1"}))[0] == {"a": "1", "c": "1"}


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"metadata": 3}', '{"metadata": {"labels": "x"}}'])
def test_an_annotation_that_cannot_be_read_owns_nothing(text: str) -> None:
    assert after(namespace({"a": "1"}, {LAST_APPLIED: text}), namespace({"b": "1"}))[0] == {"a": "1", "b": "1"}


def account(*secrets: str, **fields: Any) -> Object:
    named = {"secrets": [{"name": name} for name in secrets]} if secrets else {}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}, **named, **fields}


def test_lists_with_a_merge_key_are_merged_and_others_replaced() -> None:
    held = account("token", "docker", imagePullSecrets=[{"name": "docker"}])
    found = applied(held, account("mine", "token", imagePullSecrets=[{"name": "mine"}]))
    assert [one["name"] for one in found["secrets"]] == ["mine", "token", "docker"]
    assert found["imagePullSecrets"] == [{"name": "mine"}]


def scc(name: str, **fields: Any) -> Object:
    return {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": name},
        **fields,
    }


def test_a_partial_scc_keeps_the_fields_of_the_installed_one_and_replaces_its_lists() -> None:
    own = Cluster.openshift("4.22")
    changed = own.with_objects([scc("anyuid", users=["system:serviceaccount:shop:web"])]).sccs["anyuid"]
    assert changed.users == ("system:serviceaccount:shop:web",)
    assert (changed.groups, changed.priority, changed.volumes) == (
        own.sccs["anyuid"].groups,
        own.sccs["anyuid"].priority,
        own.sccs["anyuid"].volumes,
    )
    assert own.with_objects([scc("anyuid", groups=None, priority=None)]).sccs["anyuid"].groups == ()


def test_mappings_of_an_scc_are_merged() -> None:
    held = scc("own", runAsUser={"type": "MustRunAs", "uid": 7}, volumes=["secret"])
    found = applied(held, scc("own", runAsUser={"type": "RunAsAny"}))
    assert (found["runAsUser"], found["volumes"]) == ({"type": "RunAsAny", "uid": 7}, ["secret"])


def test_objects_of_a_cluster_are_whole_and_manifests_are_merged() -> None:
    role: Object = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine"}}
    labels = {"labels": {"aggregate": "yes"}}
    cluster = Cluster.openshift("4.22", [{**role, "metadata": {**role["metadata"], **labels}, "rules": [{"verbs": ["get"]}]}])
    assert (cluster.applied(role) or {})["metadata"]["labels"] == labels["labels"]
    assert (cluster.applied({**role, "rules": []}) or {})["rules"] == []
    assert cluster.applied({**role, "metadata": {"name": "other"}}) is None
    whole = Cluster.openshift("4.22", [scc("anyuid", users=["x"])]).sccs["anyuid"]
    assert (whole.groups, whole.priority) == ((), 0)


def test_the_last_manifest_of_a_name_is_applied() -> None:
    """Files that are applied together define the object twice: the second drops what only the first names."""
    cluster = Cluster.openshift("4.22", [namespace({"team": "x"})])
    found = cluster.with_objects(
        [namespace({"a": "1"}), {"kind": "List", "apiVersion": "v1", "items": [namespace({"b": "1"})]}]
    )
    assert found.namespaces["shop"]["metadata"]["labels"] == {"team": "x", "b": "1"}
    assert cluster.with_objects([namespace({"team": None})]).namespaces["shop"]["metadata"]["labels"] == {}
