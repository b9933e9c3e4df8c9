"""Every release on every kind of cluster against the recorded objects of the payload: SCCs, grants and Pod Security settings."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from scclint.admission import order
from scclint.admission.authorize import service_account_user
from scclint.cluster import Cluster, User
from scclint.cluster.installed import TECH_PREVIEW, Installation, own_sccs
from scclint.platform.releases import RELEASES, kubernetes_of
from tests.conftest import shared

MICROSHIFT = {
    *("anyuid", "hostaccess", "hostmount-anyuid", "hostnetwork", "hostnetwork-v2"),
    *("nonroot", "nonroot-v2", "privileged", "restricted", "restricted-v2"),
}
"""What assets/controllers/openshift-default-scc-manager of openshift/microshift has in every release; `restricted-v3` from 4.21."""
HOSTED = {"hypershift", "ibm-cloud-managed"}
"""The profiles of the payload that a hosted control plane uses."""


@cache
def facts() -> Any:
    return json.loads((shared() / "facts" / "platform-sccs.json").read_text(encoding="utf-8"))


def recorded(release: str, *, tech_preview: bool = False) -> dict[str, Mapping[str, Any]]:
    return {name: entry for name, entry in facts()[release].items() if tech_preview or TECH_PREVIEW not in conditions(entry)}


def conditions(entry: Mapping[str, Any]) -> str:
    return str((entry.get("conditions") or {}).get("release.openshift.io/feature-set", ""))


def for_hosted(entry: Mapping[str, Any]) -> bool:
    return not entry.get("profiles") or bool(HOSTED & {*entry["profiles"]})


def fields(scc: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scc.items() if key not in ("apiVersion", "kind", "metadata")}


RECORDED = [name for name, release in RELEASES.items() if not release.announced]
"""The releases that are no previews."""


@pytest.mark.parametrize("release", RECORDED)
def test_the_sccs_of_a_release(release: str) -> None:
    for feature_set in ("Default", TECH_PREVIEW):
        expected = recorded(release, tech_preview=feature_set == TECH_PREVIEW)
        ours = own_sccs(Installation(release, feature_set=feature_set))
        assert ours.keys() == expected.keys()
        for name, scc in ours.items():
            assert fields(scc) == fields(expected[name]["object"]), name
    assert kubernetes_of(release) == facts()["_releaseFacts"].get(release, {}).get("kubernetes", kubernetes_of(release))


@pytest.mark.parametrize("release", RECORDED)
def test_points_and_defaults_of_a_release(release: str) -> None:
    cluster = Cluster.openshift(release, feature_set=TECH_PREVIEW)
    for name, entry in recorded(release, tech_preview=True).items():
        scc, derived = cluster.sccs[name], entry["derived"]
        assert order.points(scc) == derived["points"], name
        assert sorted(scc.volumes) == sorted(derived.get("volumes", scc.volumes)), name


@pytest.mark.parametrize("release", RECORDED)
def test_the_sccs_of_other_kinds_of_clusters(release: str) -> None:
    expected = {name for name, entry in recorded(release).items() if for_hosted(entry)}
    assert own_sccs(Installation(release, "hypershift")).keys() == expected
    assert own_sccs(Installation(release, "roks")).keys() == expected
    newer = RELEASES[release].kubernetes >= RELEASES["4.21"].kubernetes
    ours = own_sccs(Installation(release, "microshift"))
    assert ours.keys() == MICROSHIFT | ({"restricted-v3"} if newer else set())
    for name, scc in ours.items():
        assert fields(scc) == fields(facts()[release][name]["object"])


def subjects(role: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The subjects of a role's bindings, each with the namespace in which the grant counts, empty for all."""
    for binding in role["bindings"]:
        home = str(binding.get("namespace") or "") if binding["kind"] == "RoleBinding" else ""
        yield from ((home, subject) for subject in binding.get("subjects") or ())


@pytest.mark.parametrize("release", RECORDED)
def test_who_may_use_the_sccs(release: str) -> None:
    """Each account of the payload that a role lets use an SCC may use it."""
    cluster = Cluster.openshift(release)
    checked = 0
    for name, entry in recorded(release).items():
        for role in entry["rbac"]:
            for home, subject in subjects(role):
                if subject["kind"] == "ServiceAccount" and subject.get("namespace"):
                    user = service_account_user(subject["namespace"], subject["name"])
                    assert cluster.grants.may_use(user, name, home or subject["namespace"]), (name, role["name"], subject)
                    checked += 1
                elif subject["kind"] == "Group":
                    assert cluster.grants.may_use(User("someone", (subject["name"],)), name, home or "shop"), (
                        name,
                        role["name"],
                    )
                    checked += 1
    assert checked > 20


@pytest.mark.parametrize("release", RECORDED)
def test_who_may_use_every_scc(release: str) -> None:
    cluster = Cluster.openshift(release)
    for role in facts()["_useEverySCC"][release]:
        for home, subject in subjects(role):
            user = service_account_user(subject["namespace"], subject["name"])
            for scc in cluster.sccs:
                assert cluster.grants.may_use(user, scc, home or subject["namespace"]), (role["name"], subject)
    for admin in facts()["_clusterAdmins"][release]:
        if admin["kind"] == "ServiceAccount":
            user = service_account_user(admin["namespace"], admin["name"])
            assert cluster.grants.may_use(user, "privileged", "shop"), admin


@pytest.mark.parametrize("release", RECORDED)
def test_what_everyone_may_use(release: str) -> None:
    someone = User("someone", ("system:authenticated",))
    minor = RELEASES[release].kubernetes
    for platform, first_v3 in (("openshift", "4.20"), ("hypershift", "4.20"), ("roks", "4.20"), ("microshift", "4.21")):
        cluster = Cluster.openshift(release, platform=platform)
        usable = {scc for scc in cluster.sccs if cluster.grants.may_use(someone, scc, "shop")}
        assert usable == {"restricted-v2", *(["restricted-v3"] if minor >= RELEASES[first_v3].kubernetes else [])}, platform


@pytest.mark.parametrize(
    ("platform", "feature_set", "first"),
    [
        ("openshift", "Default", "4.23"),
        ("openshift", TECH_PREVIEW, "4.12"),
        ("hypershift", "Default", "4.23"),
        ("hypershift", TECH_PREVIEW, "4.19"),
        ("microshift", "Default", "4.11"),
        ("roks", "Default", ""),
    ],
)
def test_the_release_from_which_pod_security_is_enforced(platform: str, feature_set: str, first: str) -> None:
    for release, known in RELEASES.items():
        defaults = Cluster.openshift(release, platform=platform, feature_set=feature_set).pod_security_defaults
        enforced = bool(first) and known.kubernetes >= RELEASES[first].kubernetes
        assert defaults.enforce.level == ("restricted" if enforced else "privileged"), release
        assert (defaults.audit.level, defaults.warn.level) == ("restricted", "restricted")
        psa = facts()["_releaseFacts"].get(release, {}).get("psa")
        if psa and platform == "openshift":
            assert psa == {mode: getattr(defaults, mode).level for mode in ("enforce", "audit", "warn")}
