import json

import pytest

from scclint.admission.constraints import from_object
from scclint.admission.decoding import decode_object
from scclint.admission.order import key
from scclint.cluster.releases import RELEASES, kubernetes_of, minor_of, minor_of_kubernetes, own_rbac, own_sccs
from tests.conftest import shared


def names(release: str) -> list[str]:
    return [scc.name for scc in sorted((from_object(one, minor_of(release)) for one in own_sccs(release).values()), key=key)]


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_can_be_read(release: str) -> None:
    for item in (*own_sccs(release).values(), *own_rbac(release, cluster_admins=True)):
        decoded = decode_object(item, minor_of_kubernetes(kubernetes_of(release)))
        assert decoded.errors == () and decoded.value is item
    assert "restricted-v2" in names(release)


def test_the_order_of_the_releases_own() -> None:
    assert names("4.22") == [
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
    assert "ephemeral" not in own_sccs("4.11")["anyuid"]["volumes"]
    assert "csi" not in own_sccs("4.12")["anyuid"]["volumes"]
    assert "csi" in own_sccs("4.13")["anyuid"]["volumes"]
    assert "image" in own_sccs("4.20")["anyuid"]["volumes"]


def test_the_role_of_hostmount_anyuid_came_late_and_the_old_one_names_no_scc() -> None:
    def roles(release: str) -> dict[str, list[str]]:
        return {
            one["metadata"]["name"].removeprefix("system:openshift:scc:"): one["rules"][0]["resourceNames"]
            for one in own_rbac(release)
            if one["kind"] == "ClusterRole" and one["metadata"]["name"].startswith("system:openshift:scc:")
        }

    assert roles("4.14")["hostmount"] == ["hostmount"]
    assert "hostmount-anyuid" not in roles("4.14")
    assert roles("4.15")["hostmount-anyuid"] == ["hostmount-anyuid"]


def test_values_are_those_recorded() -> None:
    facts = json.loads((shared() / "facts" / "default-sccs.json").read_text())
    assert tuple(facts["releases"]) == RELEASES
    for release, brought in facts["releases"].items():
        assert kubernetes_of(release) == brought["kubernetes"]
        sccs = own_sccs(release)
        assert list(sccs) == brought["sccs"]
        for name, scc in sccs.items():
            expected = {field: value for field, value in facts["sccs"][name].items() if field != "createOnly"}
            expected["volumes"] = [volume for volume in expected["volumes"] if volume not in brought["volumesAbsent"]]
            actual = {field: value for field, value in scc.items() if field not in ("apiVersion", "kind", "metadata")}
            assert actual == expected
        rbac = own_rbac(release)
        roles = {one["metadata"]["name"] for one in rbac if one["kind"] == "ClusterRole"}
        assert roles - {"cluster-admin", "admin", "edit", "view"} == set(brought["sccClusterRoles"])
        bindings = {one["metadata"]["name"] for one in rbac if one["kind"] == "ClusterRoleBinding"}
        assert bindings - {"cluster-admin"} == set(brought["clusterRoleBindings"])


def test_what_is_handed_out_is_the_callers_own() -> None:
    own_sccs("4.20")["anyuid"]["volumes"].append("x")
    own_sccs("4.20", upgraded_from_4_10=True)
    assert "x" not in own_sccs("4.20")["anyuid"]["volumes"]
    assert own_sccs("4.20")["restricted"]["groups"] == []
