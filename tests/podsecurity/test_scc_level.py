"""The label syncer's reading of an SCC: the cases of its own tests, and the SCCs of a release."""

from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.cluster.installed import Installation, own_sccs
from scclint.errors import ModelError
from scclint.platform.releases import RELEASES
from scclint.podsecurity.scc_level import level_of_scc
from tests.podsecurity.build import RESTRICTED

SAFE = ["net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "kernel.shm_rmid_forced"]


def level(minor: int = 35, uid_range: str = "1000/1050", **fields: Any) -> str:
    return level_of_scc({**RESTRICTED, **fields}, uid_range, minor)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "restricted"),
        ({"allowHostDirVolumePlugin": True, "volumes": ["projected"]}, "privileged"),
        ({"volumes": ["configMap", "emptyDir", "hostPath"]}, "privileged"),
        ({"volumes": ["*"]}, "privileged"),
        ({"volumes": ["secret", "csi", "persistentVolumeClaim", "cephFS", "fc"]}, "baseline"),
        ({"volumes": ["secret", "csi", "persistentVolumeClaim", "ephemeral", "none"]}, "restricted"),
        ({"volumes": []}, "restricted"),
        ({"allowHostIPC": True}, "privileged"),
        ({"allowHostNetwork": True}, "privileged"),
        ({"allowHostPID": True}, "privileged"),
        ({"allowHostPorts": True}, "privileged"),
        ({"allowPrivilegedContainer": True}, "privileged"),
        ({"allowPrivilegeEscalation": True}, "baseline"),
        ({"allowPrivilegeEscalation": None}, "baseline"),
        ({"allowedCapabilities": ["NET_BIND_SERVICE"]}, "restricted"),
        ({"allowedCapabilities": ["NET_BIND_SERVICE", "MKNOD"]}, "baseline"),
        ({"allowedCapabilities": ["KILL", "NET_RAW"]}, "privileged"),
        ({"requiredDropCapabilities": None}, "baseline"),
        ({"requiredDropCapabilities": ["All"]}, "baseline"),
        ({"allowedUnsafeSysctls": SAFE}, "restricted"),
        ({"allowedUnsafeSysctls": [*SAFE, "net.ipv4.tcp_keepalive_time"]}, "privileged"),
        ({"allowedUnsafeSysctls": ["kernel.*"]}, "privileged"),
        ({"runAsUser": {"type": "MustRunAs", "uid": 1000}}, "restricted"),
        ({"runAsUser": {"type": "MustRunAs", "uid": 0}}, "baseline"),
        ({"runAsUser": {"type": "MustRunAs"}}, "baseline"),
        ({"runAsUser": {"type": "MustRunAsRange", "uidRangeMin": 1000, "uidRangeMax": 1010}}, "restricted"),
        ({"runAsUser": {"type": "MustRunAsRange", "uidRangeMin": 0, "uidRangeMax": 1010}}, "baseline"),
        ({"runAsUser": {"type": "MustRunAsRange", "uidRangeMin": 0}}, "restricted"),
        ({"runAsUser": {"type": "MustRunAsNonRoot"}}, "restricted"),
        ({"runAsUser": {"type": "RunAsAny"}}, "baseline"),
        ({"seLinuxContext": {"type": "RunAsAny"}}, "privileged"),
        ({"seLinuxContext": None}, "privileged"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"type": "container_t"}}}, "restricted"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"type": "container_engine_t"}}}, "privileged"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"user": "u"}}}, "privileged"),
        ({"seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"role": "r"}}}, "privileged"),
        ({"seccompProfiles": None}, "baseline"),
        ({"seccompProfiles": ["docker/default", "localhost/x.json"]}, "restricted"),
        ({"seccompProfiles": ["runtime/default", "*"]}, "privileged"),
        ({"seccompProfiles": ["unconfined"]}, "privileged"),
    ],
)
def test_a_field_relaxes_the_level(fields: dict[str, Any], expected: str) -> None:
    assert level(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "uid_range", "message"),
    [
        ({"volumes": ["cephfs"]}, "1000/1050", "unknown volume type: cephfs"),
        ({"volumes": ["bogus", "hostPath"]}, "1000/1050", "unknown volume type: bogus"),
        ({"runAsUser": {"type": "mustrunas"}}, "1000/1050", "unknown strategy: mustrunas"),
        ({"runAsUser": None, "allowHostPID": True}, "1000/1050", "unknown strategy: "),
        ({}, "", "the namespace has no annotation openshift.io/sa.scc.uid-range"),
        ({}, "1000", "cannot be read: unexpected EOF"),
    ],
)
def test_the_syncer_fails(fields: dict[str, Any], uid_range: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        level(uid_range=uid_range, **fields)


def test_an_unknown_type_behind_a_host_path_is_not_read() -> None:
    assert level(volumes=["hostPath", "bogus"]) == "privileged"


def test_the_range_of_the_namespace_counts_unless_the_scc_has_its_own() -> None:
    assert level(uid_range="0/1") == "baseline"
    assert level(uid_range="0/1", runAsUser={"type": "MustRunAsRange", "uidRangeMin": 1, "uidRangeMax": 2}) == "restricted"


@pytest.mark.parametrize(("volume", "since"), [("image", 31), ("serviceAccountToken", 36)])
def test_volume_types_that_later_releases_know(volume: str, since: int) -> None:
    assert level(since, volumes=[volume]) == "restricted"
    with pytest.raises(ModelError, match=f"unknown volume type: {volume}"):
        level(since - 1, volumes=[volume])


LEVELS = {
    "restricted": {"restricted-v2", "restricted-v3", "nonroot-v2"},
    "baseline": {"restricted", "nonroot", "anyuid"},
    "privileged": {
        *("hostaccess", "hostmount-anyuid", "hostmount-anyuid-v2", "hostnetwork", "hostnetwork-v2", "nested-container"),
        *("privileged", "node-exporter", "insights-runtime-extractor-scc", "machine-api-termination-handler"),
    },
}


@pytest.mark.parametrize("release", RELEASES)
def test_the_levels_of_a_releases_own_sccs(release: str) -> None:
    cluster = Cluster.openshift(release)
    for name, scc in own_sccs(Installation(release)).items():
        assert name in LEVELS[cluster.pod_security_level(scc)], name


def test_the_cluster_reads_an_scc_as_the_api_server_stores_it() -> None:
    cluster = Cluster.openshift("4.20")
    # Without allowHostDirVolumePlugin, the API server replaces `*` and removes hostPath.
    assert cluster.pod_security_level({**RESTRICTED, "volumes": ["*"]}) == "baseline"
    assert cluster.pod_security_level({**RESTRICTED, "volumes": ["hostPath", "secret"]}) == "restricted"
    with pytest.raises(ModelError, match="cannot unmarshal string"):
        cluster.pod_security_level({**RESTRICTED, "allowHostPID": "yes"})


def test_the_cluster_reads_the_range_of_a_namespace() -> None:
    root = {"metadata": {"name": "root", "annotations": {"openshift.io/sa.scc.uid-range": "0/10"}}}
    cluster = Cluster.openshift("4.20", [{"apiVersion": "v1", "kind": "Namespace", **root}])
    assert cluster.pod_security_level(RESTRICTED) == "restricted"
    assert cluster.pod_security_level(RESTRICTED, "root") == "baseline"
    assert cluster.pod_security_level(RESTRICTED, "elsewhere") == "restricted"
