"""The Pod Security policy of a namespace: its labels, the label syncer with its view of RBAC, and the default of the release."""

from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.namespace_policy import NamespacePolicy, namespace_policy

RBAC = "rbac.authorization.k8s.io"
Object = dict[str, Any]


def namespace(name: str = "shop", **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def binding(scc: str, *subjects: Object, home: str | None = "shop") -> Object:
    kind = "ClusterRoleBinding" if home is None else "RoleBinding"
    metadata = {"name": f"use-{scc}"} | ({} if home is None else {"namespace": home})
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"system:openshift:scc:{scc}"}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "roleRef": role, "subjects": list(subjects)}


def account(name: str = "web", home: str | None = "shop") -> Object:
    return {"kind": "ServiceAccount", "name": name} | ({} if home is None else {"namespace": home})


def policy(
    release: str, *objects: Object, name: str = "shop", accounts: tuple[str, ...] = ("web",), **options: Any
) -> NamespacePolicy:
    return namespace_policy(Cluster.openshift(release, objects, **options), name, accounts)


def levels(found: NamespacePolicy) -> list[str]:
    return [found.policy.enforce.level, found.policy.audit.level, found.policy.warn.level]


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("4.11", ["privileged", "restricted", "restricted"]),
        ("4.22", ["privileged", "restricted", "restricted"]),
        ("4.23", ["restricted", "restricted", "restricted"]),
        ("5.0", ["restricted", "restricted", "restricted"]),
    ],
)
def test_an_ordinary_project(release: str, expected: list[str]) -> None:
    found = policy(release)
    assert levels(found) == expected
    assert (found.needed, found.unsynced, found.unknown) == ("restricted", None, "")
    assert found.origin("enforce") == ("label syncer" if expected[0] == "restricted" else "default")
    assert found.origin("warn") == "label syncer"


@pytest.mark.parametrize(
    ("scc", "level"),
    [("restricted-v2", "restricted"), ("nonroot", "baseline"), ("anyuid", "baseline"), ("privileged", "privileged")],
)
def test_one_account_decides_for_all(scc: str, level: str) -> None:
    found = policy("5.0", binding(scc, account()))
    assert levels(found) == [level] * 3
    assert (found.needed, found.scc) == (level, scc)
    assert found.account == ("default" if scc == "restricted-v2" else "web")
    advised = policy("4.22", binding(scc, account()))
    assert levels(advised) == ["privileged", level, level]


def test_upgraded_clusters_let_everyone_use_restricted() -> None:
    assert levels(policy("5.0", upgraded_from_4_10=True)) == ["baseline"] * 3


GRANTS = {
    "user": [binding("anyuid", {"apiGroup": RBAC, "kind": "User", "name": "system:serviceaccount:shop:web"})],
    "other namespace": [binding("anyuid", account(home="other"))],
    "other account": [binding("anyuid", account("db"))],
    "role binding elsewhere": [binding("anyuid", account(), home="other")],
    "unrelated group": [binding("anyuid", {"apiGroup": RBAC, "kind": "Group", "name": "developers"})],
    "own namespace": [binding("anyuid", account(home=None))],
    "group of the namespace": [binding("anyuid", {"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts:shop"})],
    "cluster-wide": [binding("anyuid", account(), home=None)],
    "all users": [binding("anyuid", {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}, home=None)],
}


@pytest.mark.parametrize("grant", GRANTS)
def test_the_syncer_sees_service_accounts_and_their_groups(grant: str) -> None:
    unseen = ("user", "other namespace", "other account", "role binding elsewhere", "unrelated group")
    assert policy("5.0", *GRANTS[grant]).needed == ("restricted" if grant in unseen else "baseline")


def test_4_11_needs_the_namespace_of_a_subject() -> None:
    assert policy("4.11", *GRANTS["own namespace"]).needed == "restricted"
    assert policy("4.12", *GRANTS["own namespace"]).needed == "baseline"


def test_an_account_must_exist() -> None:
    assert policy("5.0", *GRANTS["own namespace"], accounts=()).needed == "restricted"
    exists = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}}
    assert policy("5.0", *GRANTS["own namespace"], exists, accounts=()).needed == "baseline"


def test_a_label_of_the_manifest_stays() -> None:
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    found = policy("5.0", namespace(**label), binding("anyuid", account()))
    assert levels(found) == ["restricted", "baseline", "baseline"]
    assert [found.origin("enforce"), found.origin("warn")] == ["label", "label syncer"]
    assert found.needed == "baseline"


def test_switched_off_sync_leaves_the_default_of_the_release() -> None:
    off = namespace(**{"security.openshift.io/scc.podSecurityLabelSync": "false"})
    for release, level in (("4.22", "privileged"), ("5.0", "restricted")):
        found = policy(release, off, binding("anyuid", account()))
        assert (found.policy.enforce.level, found.origin("enforce"), found.unsynced) == (level, "default", "opted-out")
        assert found.needed == "baseline"


def test_platform_namespaces_that_the_input_lacks() -> None:
    assert (
        policy("5.0", name="openshift-monitoring").unknown
        == "the labels of namespace openshift-monitoring are not in the input"
    )
    assert policy("5.0", name="openshift-custom").unknown
    for name in ("default", "kube-system", "kube-public"):
        found = policy("5.0", name=name)
        assert (levels(found), found.unknown, found.origin("enforce")) == (["privileged"] * 3, "", "controller")
    bare = policy("5.0", namespace("openshift-custom"), name="openshift-custom")
    assert (bare.unknown[:19], bare.unsynced) == ("OLM lets the label ", "openshift-prefix")
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    labelled = policy("5.0", namespace("openshift-custom", **labels), name="openshift-custom")
    assert (levels(labelled), labelled.unknown) == (["baseline", "restricted", "restricted"], "")
    synced = policy(
        "5.0",
        namespace("openshift-custom", **{"security.openshift.io/scc.podSecurityLabelSync": "true"}),
        name="openshift-custom",
    )
    assert (synced.unknown, synced.unsynced) == ("", None)


def test_a_label_with_a_placeholder_is_unknown() -> None:
    label = "pod-security.kubernetes.io/enforce"
    found = policy("5.0", namespace(**{label: "${LEVEL}"}))
    assert found.unknown == "${LEVEL} has no value"


def test_the_syncer_waits_for_an_scc_that_it_cannot_read() -> None:
    broken = {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": "odd"},
        "volumes": ["oddVolume"],
        "runAsUser": {"type": "MustRunAsNonRoot"},
        "seLinuxContext": {"type": "MustRunAs"},
        "users": ["system:serviceaccount:shop:web"],
    }
    found = policy("5.0", broken)
    assert (found.unsynced, found.origin("enforce"), found.needed) == ("unreadable-scc", "default", "restricted")


def test_platforms() -> None:
    assert levels(policy("4.16", platform="microshift")) == ["restricted"] * 3
    assert levels(policy("4.22", platform="roks")) == ["privileged", "restricted", "restricted"]
    assert levels(policy("4.14", feature_set="TechPreviewNoUpgrade")) == ["restricted"] * 3
    label = {"pod-security.kubernetes.io/enforce": "baseline"}
    kubernetes = Cluster.kubernetes("1.33", [namespace(**label)])
    assert levels(namespace_policy(kubernetes, "shop")) == ["baseline", "privileged", "baseline"]
    assert levels(namespace_policy(kubernetes, "other")) == ["privileged"] * 3


def test_inline_csi_volumes_count_an_absent_label_as_restricted() -> None:
    assert policy("4.22").csi.enforce.level == "restricted"
    label = {"pod-security.kubernetes.io/enforce": "privileged"}
    assert policy("4.22", namespace(**label)).csi.enforce.level == "privileged"
