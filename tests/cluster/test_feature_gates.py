"""Fields of gates that are off are gone after SCC admission, and from the pods of workloads before it."""

import json
from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.feature_gates import disabled_gates, without_disabled_fields
from scclint.cluster.installed import OPENSHIFT_PLATFORMS
from scclint.config.model import Config
from scclint.outcome.chain import Outcome
from tests.outcome.test_chain import enforce, outcome, pod, scc
from tests.running import open_one

IMAGE = {"volumes": [{"name": "tmp"}, {"name": "img", "image": {"reference": "i"}}]}
MOUNTS = {"volumeMounts": [{"name": "img", "mountPath": "/i"}, {"name": "tmp", "mountPath": "/t"}]}


def spec_of(found: Outcome) -> dict[str, Any]:
    assert found.verdict is not None
    spec: dict[str, Any] = found.verdict.pod["spec"]
    return spec


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
@pytest.mark.parametrize(("release", "kept"), [("4.12", None), ("4.19", None), ("4.20", False), ("5.0", False)])
def test_host_users_counts_from_4_20(kind: str, release: str, kept: bool | None) -> None:
    found = outcome(pod(kind=kind, hostUsers=False), enforce("privileged"), release=release)
    assert (found.created, spec_of(found).get("hostUsers")) == (True, kept)


def messages(made: dict[str, Any], release: str) -> list[str]:
    """What the API server of a release says about the fields of a workload."""
    unit = open_one([], Config(openshift=(release,)), text=json.dumps(made))
    ((workload,), (world,)) = unit.workloads, unit.worlds.values()
    return [problem.message for problem in world.field_problems(workload) if problem.path[-1] not in ("selector", "labels")]


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_a_field_that_is_dropped_is_not_validated(kind: str) -> None:
    made = pod(kind=kind, container={"securityContext": {"procMount": "bad"}}, hostUsers=False, hostIPC=True)
    assert messages(made, "4.18") == []
    found = " ".join(messages(made, "4.20"))
    assert "HostIPC: Forbidden" in found and 'procMount: Unsupported value: "bad"' in found


def test_a_field_that_is_dropped_is_decoded_before() -> None:
    assert messages(pod(kind="Deployment", hostUsers="no"), "4.18") == [
        'spec.template.spec.hostUsers: must be true or false, is the string "no"'
    ]


def test_a_mask_of_proc_that_is_dropped_is_the_default() -> None:
    made = pod(container={"securityContext": {"procMount": "Unmasked"}})
    found = outcome(made, release="4.18")
    assert (found.created, spec_of(found)["containers"][0]["securityContext"]["procMount"]) == (True, "Default")
    assert found.pod_security is not None and found.pod_security.meets == "baseline"


@pytest.mark.parametrize(
    ("kind", "release", "rejected"), [("Deployment", "4.18", None), ("Pod", "4.18", "scc"), ("Deployment", "4.20", "scc")]
)
def test_an_image_volume_of_a_workload_is_dropped_before_scc_admission(kind: str, release: str, rejected: str | None) -> None:
    own = scc(volumes=["emptyDir", "projected"], users=["system:serviceaccount:shop:web"])
    metadata = {"annotations": {"openshift.io/required-scc": "own"}}
    made = pod(kind=kind, metadata=metadata, container=MOUNTS, serviceAccountName="web", **IMAGE)
    found = outcome(own, made, release=release)
    assert found.rejected_by == rejected
    if rejected is None:
        names = [volume["name"] for volume in spec_of(found)["volumes"]]
        mounts = [mount["name"] for mount in spec_of(found)["containers"][0]["volumeMounts"]]
        assert names == mounts and "img" not in names and "tmp" in names


def test_the_feature_sets_and_platforms_differ() -> None:
    assert Cluster.openshift("4.18").disabled_gates >= {"UserNamespacesSupport", "ProcMountType", "ImageVolume"}
    preview = Cluster.openshift("4.18", feature_set="TechPreviewNoUpgrade").disabled_gates
    never = {"ClusterTrustBundleProjection", "PodCertificateRequest"}
    later = {
        *never,
        "PodLevelResources",
        "SELinuxChangePolicy",
        "SELinuxMount",
        "StoragePerformantSecurityPolicy",
        "SupplementalGroupsPolicy",
    }
    assert preview == {"HostnameOverride", "ImageVolume", *later}
    assert Cluster.openshift("4.20", feature_set="TechPreviewNoUpgrade").disabled_gates == {
        *never,
        "HostnameOverride",
        "PodLevelResources",
    }
    gates = {*never, "DynamicResourceAllocation", "HostnameOverride", "PodLevelResources", "SELinuxMount"}
    assert Cluster.openshift("4.20").disabled_gates == gates
    off = {*never, "SELinuxMount", "StoragePerformantSecurityPolicy"}
    assert Cluster.openshift("4.20", platform="microshift").disabled_gates == {
        "DynamicResourceAllocation",
        "HostnameOverride",
        "ImageVolume",
        "PodLevelResources",
        *off,
    }
    assert Cluster.kubernetes("1.35").disabled_gates == off


def test_projections_of_gates_that_are_off_are_dropped() -> None:
    sources = [{"podCertificate": {"signerName": "s"}}, {"secret": {"name": "s"}}]
    empty = {"name": "e", "emptyDir": {}}
    spec = {"volumes": [{"name": "p", "projected": {"sources": sources}}, empty], "resources": {}}
    kept = without_disabled_fields(spec, disabled_gates(35, "openshift", tech_preview=False))
    assert kept == {**spec, "volumes": [{"name": "p", "projected": {"sources": [{}, sources[1]]}}, empty]}
    assert "resources" not in without_disabled_fields(spec, disabled_gates(33, "openshift", tech_preview=False))


def test_what_has_no_such_field_stays_as_it_is() -> None:
    gates = disabled_gates(31, "openshift", tech_preview=False)
    spec = {"securityContext": {"fsGroup": 1}, "volumes": [{"name": "v"}, None], "containers": [{"name": "c"}, None]}
    assert without_disabled_fields(spec, gates) is spec
    dropped = without_disabled_fields({**spec, "securityContext": {"fsGroup": 1, "supplementalGroupsPolicy": "Strict"}}, gates)
    assert dropped == spec and dropped["containers"][0] is spec["containers"][0]  # type: ignore[index]


def test_a_preview_has_the_gates_that_are_announced() -> None:
    for platform in OPENSHIFT_PLATFORMS:
        before, after = (Cluster.openshift(release, platform=platform).disabled_gates for release in ("5.0", "5.1"))
        assert before - after == {"SELinuxMount"}


def test_claims_are_dropped_before_4_21() -> None:
    gates = disabled_gates(33, "openshift", tech_preview=False)
    resources = {"claims": [{"name": "gpu"}], "limits": {"cpu": "1"}}
    spec = {"resourceClaims": [{"name": "gpu"}], "containers": [{"name": "c", "resources": resources}]}
    assert without_disabled_fields(spec, gates) == {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]}
    assert without_disabled_fields(spec, disabled_gates(34, "openshift", tech_preview=False)) is spec
