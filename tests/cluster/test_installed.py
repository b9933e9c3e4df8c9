import json
from typing import Any

import pytest

from scclint.admission.constraints import from_object
from scclint.admission.decoding import decode_object
from scclint.admission.order import key
from scclint.cluster.cluster import Cluster
from scclint.cluster.installed import OPENSHIFT_PLATFORMS, TECH_PREVIEW, Installation, check, own_rbac, own_sccs
from scclint.errors import UsageError
from scclint.platform.releases import RELEASES, kubernetes_of, release_of
from tests.conftest import shared


def sccs(release: str, **options: Any) -> dict[str, dict[str, Any]]:
    return own_sccs(Installation(release, **options))


def names(release: str, **options: Any) -> list[str]:
    minor = release_of(release).kubernetes
    return [scc.name for scc in sorted((from_object(one, minor) for one in sccs(release, **options).values()), key=key)]


@pytest.mark.parametrize("platform", OPENSHIFT_PLATFORMS)
@pytest.mark.parametrize("release", RELEASES)
def test_every_installation_can_be_read(release: str, platform: str) -> None:
    for feature_set in ("Default", TECH_PREVIEW):
        asked = Installation(release, platform, feature_set)
        rbac = own_rbac(asked, cluster_admins=True)
        for item in (*own_sccs(asked).values(), *rbac):
            decoded = decode_object(item, release_of(release).kubernetes)
            assert decoded.errors == () and decoded.value is item
        held = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in rbac]
        assert len(held) == len(set(held))
        roles = {one[1:] for one in held if one[0].endswith("Role")}
        for one in rbac:
            if "roleRef" in one:
                namespace = one["metadata"]["namespace"] if one["roleRef"]["kind"] == "Role" else None
                assert (namespace, one["roleRef"]["name"]) in roles
    assert "restricted-v2" in names(release, platform=platform)


@pytest.mark.parametrize(
    "asked",
    [
        Installation("4.10"),
        Installation("4.20", "okd"),
        Installation("4.20", "kubernetes"),
        Installation("4.20", feature_set="x"),
    ],
)
def test_what_is_unknown_is_refused(asked: Installation) -> None:
    with pytest.raises(UsageError, match="Use one of"):
        check(asked)


def test_the_order_of_the_releases_own() -> None:
    assert names("4.22", payload=False) == [
        "anyuid",
        "restricted-v2",
        "restricted-v3",
        "restricted",
        "nested-container",
        "nonroot-v2",
        "nonroot",
        "hostmount-anyuid",
        "hostmount-anyuid-v2",
        "hostnetwork-v2",
        "hostnetwork",
        "hostaccess",
        "privileged",
    ]


def test_what_came_when() -> None:
    assert next(release for release in RELEASES if "hostmount-anyuid-v2" in names(release)) == "4.17"
    assert next(release for release in RELEASES if "restricted-v3" in names(release)) == "4.20"
    assert "ephemeral" not in sccs("4.11")["anyuid"]["volumes"]
    assert "csi" not in sccs("4.12")["anyuid"]["volumes"]
    assert "csi" in sccs("4.13")["anyuid"]["volumes"]
    assert "image" in sccs("4.20")["anyuid"]["volumes"]


def test_the_role_of_hostmount_anyuid_came_late_and_the_old_one_names_no_scc() -> None:
    def roles(release: str) -> dict[str, list[str]]:
        return {
            one["metadata"]["name"].removeprefix("system:openshift:scc:"): one["rules"][0]["resourceNames"]
            for one in own_rbac(Installation(release, payload=False))
            if one["kind"] == "ClusterRole" and one["metadata"]["name"].startswith("system:openshift:scc:")
        }

    assert roles("4.14")["hostmount"] == ["hostmount"]
    assert "hostmount-anyuid" not in roles("4.14")
    assert roles("4.15")["hostmount-anyuid"] == ["hostmount-anyuid"]


def test_values_are_those_recorded() -> None:
    facts = json.loads((shared() / "facts" / "default-sccs.json").read_text())
    for release, brought in facts["releases"].items():
        assert kubernetes_of(release) == brought["kubernetes"]
        asked = Installation(release, payload=False)
        assert list(own_sccs(asked)) == brought["sccs"]
        for name, scc in own_sccs(asked).items():
            expected = {field: value for field, value in facts["sccs"][name].items() if field != "createOnly"}
            expected["volumes"] = [volume for volume in expected["volumes"] if volume not in brought["volumesAbsent"]]
            actual = {field: value for field, value in scc.items() if field not in ("apiVersion", "kind", "metadata")}
            assert actual == expected
        rbac = own_rbac(asked)
        roles = {one["metadata"]["name"] for one in rbac if one["kind"] == "ClusterRole"}
        aggregates = {"admin", "edit", "system:aggregate-to-edit", "view", "cluster-reader", "storage-admin", "basic-user"}
        # What leads to an SCC without granting one is not recorded.
        assert {role for role in roles if role.startswith("system:openshift:scc:")} == set(brought["sccClusterRoles"])
        assert roles >= aggregates | {"cluster-admin", "sudoer", "system:controller:job-controller"}
        bindings = {one["metadata"]["name"] for one in rbac if one["kind"] == "ClusterRoleBinding"}
        of_controllers = {name for name in bindings if ":controller:" in name or name == "system:kube-controller-manager"}
        # Who everybody's roles are bound to is not recorded either.
        others = {"cluster-admin", "cluster-readers", *(binding for binding, _ in EVERYBODY)}
        assert bindings - of_controllers - others == set(brought["clusterRoleBindings"])


def test_what_is_handed_out_is_the_callers_own() -> None:
    sccs("4.20")["anyuid"]["volumes"].append("x")
    sccs("4.20", upgraded_from_4_10=True)
    assert "x" not in sccs("4.20")["anyuid"]["volumes"]
    assert sccs("4.20")["restricted"]["groups"] == []


def test_4_23_and_5_0_install_the_same() -> None:
    for platform in OPENSHIFT_PLATFORMS:
        older, newer = Installation("4.23", platform), Installation("5.0", platform)
        assert own_sccs(older) == own_sccs(newer) == sccs("4.22", platform=platform)
        assert own_rbac(older) == own_rbac(newer)
    assert kubernetes_of("4.23") == kubernetes_of("5.0") == "1.36"


def test_the_sccs_of_other_components() -> None:
    def brought(release: str, **options: Any) -> set[str]:
        return {*sccs(release, **options)} - {*sccs(release, payload=False, **options)}

    insights, termination, exporter = (
        "insights-runtime-extractor-scc",
        "machine-api-termination-handler",
        "node-exporter",
    )
    assert brought("4.11") == brought("4.18") == {exporter, termination}
    assert brought("4.18", feature_set=TECH_PREVIEW) == brought("4.19") == brought("5.0") == {exporter, termination, insights}
    assert brought("5.0", platform="hypershift") == brought("5.0", platform="roks") == {exporter, insights}
    assert brought("5.0", platform="microshift") == set()
    assert "seccompProfiles" not in sccs("4.14")[exporter]
    assert sccs("4.15")[exporter]["seccompProfiles"] == ["runtime/default"]


def test_the_order_with_the_sccs_of_other_components() -> None:
    assert names("5.0") == [
        "anyuid",
        "restricted-v2",
        "restricted-v3",
        "restricted",
        "nested-container",
        "nonroot-v2",
        "nonroot",
        "hostmount-anyuid",
        "hostmount-anyuid-v2",
        "machine-api-termination-handler",
        "hostnetwork-v2",
        "hostnetwork",
        "hostaccess",
        "insights-runtime-extractor-scc",
        "node-exporter",
        "privileged",
    ]


def test_microshift_has_fewer_sccs_than_openshift() -> None:
    absent = {"hostmount-anyuid-v2", "nested-container"}
    assert {*sccs("4.20", payload=False)} - {*sccs("4.20", platform="microshift")} == {*absent, "restricted-v3"}
    assert {*sccs("4.21", payload=False)} - {*sccs("4.21", platform="microshift")} == absent


EVERYBODY = (
    ("basic-users", "basic-user"),
    ("cluster-status-binding", "cluster-status"),
    ("self-access-reviewers", "self-access-reviewer"),
    ("self-provisioners", "self-provisioner"),
    ("system:basic-user", "system:basic-user"),
    ("system:build-strategy-docker-binding", "system:build-strategy-docker"),
    ("system:build-strategy-jenkinspipeline-binding", "system:build-strategy-jenkinspipeline"),
    ("system:build-strategy-source-binding", "system:build-strategy-source"),
    ("system:discovery", "system:discovery"),
    ("system:oauth-token-deleters", "system:oauth-token-deleter"),
    ("system:openshift:discovery", "system:openshift:discovery"),
    ("system:openshift:public-info-viewer", "system:openshift:public-info-viewer"),
    ("system:public-info-viewer", "system:public-info-viewer"),
    ("system:scope-impersonation", "system:scope-impersonation"),
    ("system:service-account-issuer-discovery", "system:service-account-issuer-discovery"),
    ("system:webhooks", "system:webhook"),
)
"""The bindings of the release to groups that cover everybody, and their ClusterRoles."""


@pytest.mark.parametrize(("binding", "role"), EVERYBODY)
def test_the_release_binds_these_roles_to_everybody(binding: str, role: str) -> None:
    (found,) = (
        one
        for one in own_rbac(Installation("4.22"))
        if one["kind"] == "ClusterRoleBinding" and one["metadata"]["name"] == binding
    )
    assert found["roleRef"]["name"] == role
    assert {subject["name"].partition(":")[2].partition(":")[0] for subject in found["subjects"]} <= {
        "authenticated",
        "unauthenticated",
        "serviceaccounts",
    }
    grants = Cluster.openshift("4.22").grants
    assert grants.groups_with(role) == tuple(sorted(subject["name"] for subject in found["subjects"]))
