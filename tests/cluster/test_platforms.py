"""What differs between kinds of clusters and feature sets."""

from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.installed import TECH_PREVIEW
from scclint.errors import UsageError


@pytest.mark.parametrize(
    ("platform", "feature_set", "enforcing"),
    [
        ("openshift", "Default", {"4.23", "5.0"}),
        ("openshift", TECH_PREVIEW, {"4.12", "4.18", "4.19", "4.22", "4.23", "5.0"}),
        ("hypershift", "Default", {"4.23", "5.0"}),
        ("hypershift", TECH_PREVIEW, {"4.19", "4.22", "4.23", "5.0"}),
        ("microshift", "Default", {"4.11", "4.12", "4.18", "4.19", "4.22", "4.23", "5.0"}),
        ("roks", "Default", set()),
    ],
)
def test_the_releases_that_enforce_pod_security(platform: str, feature_set: str, enforcing: set[str]) -> None:
    for release in ("4.11", "4.12", "4.18", "4.19", "4.22", "4.23", "5.0"):
        policy = Cluster.openshift(release, platform=platform, feature_set=feature_set).pod_security_defaults
        assert policy.enforce.level == ("restricted" if release in enforcing else "privileged"), release
        assert policy.audit.level == policy.warn.level == "restricted"


def test_kubernetes_has_no_levels_of_its_own() -> None:
    policy = Cluster.kubernetes("1.36").pod_security_defaults
    assert {policy.enforce.level, policy.audit.level, policy.warn.level} == {"privileged"}


def test_the_tech_preview_of_4_19_has_user_namespaces_in_sccs() -> None:
    own: dict[str, Any] = {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": "isolated"},
        **{field: {"type": "RunAsAny"} for field in ("runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups")},
        "userNamespaceLevel": "RequirePodLevel",
    }

    def level(release: str, feature_set: str) -> str:
        cluster = Cluster.openshift(release, [own], feature_set=feature_set)
        assert cluster.constraints_of(own) == cluster.sccs["isolated"]
        return cluster.sccs["isolated"].user_namespace_level

    assert [level("4.18", TECH_PREVIEW), level("4.19", "Default")] == ["", ""]
    assert [level("4.19", TECH_PREVIEW), level("4.20", "Default")] == ["RequirePodLevel"] * 2


def test_names() -> None:
    assert Cluster.openshift("5.0").platform_name == "OpenShift 5.0"
    assert Cluster.openshift("4.20", platform="microshift").platform_name == "MicroShift 4.20"
    assert Cluster.openshift("4.20", platform="hypershift").platform_name == "HyperShift 4.20"
    assert Cluster.openshift("4.20", platform="roks").platform_name == "ROKS 4.20"


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(UsageError, match="'okd' is not a platform with SCCs"):
        Cluster.openshift("4.20", platform="okd")
    with pytest.raises(UsageError, match="'Other' is not a feature set scclint knows"):
        Cluster.openshift("4.20", feature_set="Other")
    with pytest.raises(UsageError, match=r"'4\.10' is not a release"):
        Cluster.openshift("4.10")
