from typing import Any

import pytest

from scclint.admission.verdict import User
from scclint.cluster import Cluster
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX as CONTAINER_ANNOTATION
from scclint.platform.terms import POD_SECCOMP_ANNOTATION as POD_ANNOTATION
from scclint.seccomp.effective import ContainerSeccomp, effective_seccomp
from tests.admission.build import pod, scc_object

ADMIN = User("kube:admin", ("system:cluster-admins", "system:authenticated"))
C0 = CONTAINER_ANNOTATION + "c0"
RUNTIME_DEFAULT = {"seccompProfile": {"type": "RuntimeDefault"}}
UNCONFINED = {"seccompProfile": {"type": "Unconfined"}}
LOCALHOST = {"seccompProfile": {"type": "Localhost", "localhostProfile": "p/a.json"}}
ALL_OF_A_POD = scc_object(
    "lax", priority=20, groups=["system:authenticated"], seccompProfiles=["*"], allowPrivilegedContainer=True
)


def resolve(
    cluster: Cluster, made: dict[str, Any], user: User | None = None, namespace: str = "demo"
) -> list[ContainerSeccomp]:
    return list(effective_seccomp(cluster.admit(made, namespace=namespace, user=user), cluster))


def openshift(release: str = "4.20", *objects: dict[str, Any]) -> Cluster:
    return Cluster.openshift(release, objects)


def lax(release: str = "4.20") -> Cluster:
    return openshift(release, ALL_OF_A_POD)


def only(found: list[ContainerSeccomp]) -> ContainerSeccomp:
    (one,) = found
    return one


@pytest.mark.parametrize("release", ["4.11", "4.12", "4.13", "4.20", "4.22"])
def test_a_workload_that_asks_for_nothing_is_confined_by_its_scc(release: str) -> None:
    one = only(resolve(openshift(release), pod()))
    assert (one.type, one.source, one.proc_mode, one.crictl) == ("RuntimeDefault", "SCC default", 2, "RuntimeDefault")
    assert (one.requested, one.profile) == (None, {"type": "RuntimeDefault"})
    assert "restricted-v2" in one.why


def test_an_admins_bare_pod_is_unconfined() -> None:
    one = only(resolve(openshift(), pod(), ADMIN))
    assert (one.type, one.source, one.proc_mode, one.crictl) == ("Unconfined", "kubelet default", 0, None)
    assert "anyuid" in one.why


@pytest.mark.parametrize(
    ("own", "pod_wide", "type_", "source", "path"),
    [
        (RUNTIME_DEFAULT, UNCONFINED, "RuntimeDefault", "container field", ("spec", "containers", 0, "securityContext")),
        ({}, LOCALHOST, "Localhost", "pod field", ("spec", "securityContext")),
        (UNCONFINED, {}, "Unconfined", "container field", ("spec", "containers", 0, "securityContext")),
    ],
)
def test_the_containers_field_outranks_the_pods(
    own: dict[str, Any], pod_wide: dict[str, Any], type_: str, source: str, path: tuple[object, ...]
) -> None:
    for cluster in (lax(), Cluster.kubernetes("1.33")):
        one = only(resolve(cluster, pod({"securityContext": own}, securityContext=pod_wide)))
        assert (one.type, one.source, one.requested_type) == (type_, source, type_)
        assert one.requested is not None
        assert one.requested.path == (*path, "seccompProfile", "type")


def test_a_localhost_profile_shows_the_file_on_the_node() -> None:
    one = only(resolve(lax(), pod(securityContext=LOCALHOST)))
    assert (one.localhost_profile, one.proc_mode, one.crictl) == ("p/a.json", 2, "/var/lib/kubelet/seccomp/p/a.json")
    assert one.profile == {"type": "Localhost", "localhostProfile": "p/a.json"}


@pytest.mark.parametrize("path", [None, ""])
def test_a_localhost_profile_without_a_file_never_starts(path: str | None) -> None:
    made = pod(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": path}})
    one = only(resolve(Cluster.kubernetes("1.33"), made))
    assert (one.type, one.proc_mode, one.crictl) == ("Localhost", None, None)
    assert "never starts" in one.why


def test_an_unknown_type_is_in_force_nowhere() -> None:
    one = only(resolve(Cluster.kubernetes("1.33"), pod(securityContext={"seccompProfile": {"type": "runtime/default"}})))
    assert (one.type, one.requested_type, one.proc_mode, one.profile) == (None, "runtime/default", None, {})


def test_privileged_containers_are_unconfined_whatever_they_ask_for() -> None:
    made = pod({"securityContext": {"privileged": True}}, {}, securityContext=RUNTIME_DEFAULT)
    first, second = resolve(lax(), made)
    assert (first.type, first.source, first.proc_mode, first.requested_type) == (
        "Unconfined",
        "privileged",
        0,
        "RuntimeDefault",
    )
    assert second.type == "RuntimeDefault"


def test_windows_has_none() -> None:
    one = only(resolve(openshift(), pod(os={"name": "windows"}, securityContext=RUNTIME_DEFAULT)))
    assert (one.type, one.source, one.proc_mode) == (None, "windows", None)


def test_a_denied_pod_runs_nowhere() -> None:
    made = pod({}, {"securityContext": UNCONFINED})
    first, second = resolve(openshift(), made)
    assert (first.type, first.source, first.proc_mode) == (None, "not admitted", None)
    assert (second.type, second.source, second.proc_mode, second.crictl) == ("Unconfined", "not admitted", None, None)


def test_every_container_in_the_order_of_admission() -> None:
    made = pod({}, initContainers=[{"name": "i"}], ephemeralContainers=[{"name": "e"}])
    found = resolve(openshift(), made)
    assert [(one.name, one.role, one.index) for one in found] == [
        ("i", "init", 0),
        ("c0", "container", 0),
        ("e", "ephemeral", 0),
    ]


@pytest.mark.parametrize(
    ("cluster", "counts"),
    [
        (lax("4.11"), True),
        (lax("4.12"), True),
        (lax("4.13"), True),
        (lax("4.22"), True),
        (Cluster.kubernetes("1.24"), True),
        (Cluster.kubernetes("1.26"), True),
        (Cluster.kubernetes("1.27"), False),
        (Cluster.kubernetes("1.35"), False),
    ],
)
@pytest.mark.parametrize(("key", "source"), [(POD_ANNOTATION, "pod annotation"), (C0, "container annotation")])
def test_an_annotation_alone(cluster: Cluster, counts: bool, key: str, source: str) -> None:
    one = only(resolve(cluster, pod(annotations={key: "localhost/a.json"})))
    if counts:
        assert (one.type, one.source, one.crictl) == ("Localhost", source, "/var/lib/kubelet/seccomp/a.json")
        assert one.requested is not None
        assert one.requested.path == ("metadata", "annotations", key)
    else:
        assert (one.type, one.source, one.requested) == ("Unconfined", "kubelet default", None)


@pytest.mark.parametrize(
    ("cluster", "source"),
    [
        (lax("4.12"), "pod field"),
        (lax("4.13"), "pod annotation"),
        (Cluster.kubernetes("1.26"), "pod field"),
        (Cluster.kubernetes("1.27"), "pod field"),
    ],
)
def test_an_annotation_against_a_field(cluster: Cluster, source: str) -> None:
    one = only(resolve(cluster, pod(annotations={POD_ANNOTATION: "unconfined"}, securityContext=RUNTIME_DEFAULT)))
    assert one.source == source
    assert one.type == ("Unconfined" if source == "pod annotation" else "RuntimeDefault")


def test_an_annotation_on_the_container_beats_its_field_on_openshift() -> None:
    made = pod({"securityContext": UNCONFINED}, annotations={C0: "runtime/default"})
    assert only(resolve(lax("4.20"), made)).type == "RuntimeDefault"
    assert only(resolve(lax("4.12"), made)).type == "Unconfined"


def test_a_senseless_annotation_leaves_the_container_to_the_pod() -> None:
    made = pod({"securityContext": UNCONFINED}, annotations={C0: "bogus"}, securityContext=RUNTIME_DEFAULT)
    one = only(resolve(lax(), made))
    assert (one.type, one.source) == ("RuntimeDefault", "pod field")


def test_without_scc_admission_annotations_are_ignored_and_nothing_defaults() -> None:
    made = pod(annotations={POD_ANNOTATION: "runtime/default"})
    assert only(resolve(openshift("4.20"), made, namespace="kube-system")).type == "Unconfined"
    assert only(resolve(openshift("4.13"), made, namespace="kube-system")).type == "RuntimeDefault"


def test_seccomp_default_of_the_kubelet() -> None:
    cluster = Cluster.kubernetes("1.33", seccomp_default=True)
    one = only(resolve(cluster, pod()))
    assert (one.type, one.source, one.proc_mode) == ("RuntimeDefault", "kubelet default", 2)
    assert only(resolve(cluster, pod(securityContext=UNCONFINED))).type == "Unconfined"


def test_seccomp_default_by_pool() -> None:
    def config(**labels: str) -> dict[str, Any]:
        selector = {"matchLabels": {key.replace("_", "/"): value for key, value in labels.items()}}
        spec = {"kubeletConfig": {"seccompDefault": True}, "machineConfigPoolSelector": selector}
        return {
            "apiVersion": "machineconfiguration.openshift.io/v1",
            "kind": "KubeletConfig",
            "metadata": {"name": "k"},
            "spec": spec,
        }

    workers = openshift("4.20", config(**{"pools.operator.machineconfiguration.openshift.io_worker": ""}))
    assert only(resolve(workers, pod(), ADMIN)).type == "RuntimeDefault"
    some = only(resolve(openshift("4.20", config(pool="gpu")), pod(), ADMIN))
    assert (some.type, some.source, some.proc_mode) == (None, "kubelet default", None)
