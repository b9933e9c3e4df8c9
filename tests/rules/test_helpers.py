"""What the rules' shared helpers promise, beyond what the fixtures show."""

import itertools

import pytest

from scclint.admission.verdict import Verdict
from scclint.advice.effects import pod_without, whole
from scclint.advice.sccs import more_restrictive
from scclint.cluster.cluster import Cluster
from scclint.outcome.world import World


@pytest.mark.parametrize("release", ["4.11", "4.16", "4.22"])
def test_more_restrictive_orders_the_releases_own_sccs(release: str) -> None:
    world = World([], Cluster.openshift(release))
    names = list(world.cluster.sccs)
    below = {(a, b) for a, b in itertools.product(names, names) if more_restrictive(world, a, b)}
    assert not {(a, b) for a, b in below if a == b or (b, a) in below}
    assert {(a, c) for a, b in below for b2, c in below if b == b2} <= below
    assert {a for a, b in below if b == "privileged"} == set(names) - {"privileged"}
    assert {("restricted-v2", name) for name in names if not name.startswith("restricted-v")} <= below
    # Each allows something of the node that the other does not.
    assert not below & {("hostnetwork-v2", "hostmount-anyuid"), ("hostmount-anyuid", "hostnetwork-v2")}


def test_what_is_dropped_for_a_field() -> None:
    security: tuple[str | int, ...] = ("spec", "containers", 0, "securityContext")
    assert whole((*security, "runAsUser")) == (*security, "runAsUser")
    assert whole((*security, "seccompProfile", "type")) == (*security, "seccompProfile")
    assert whole((*security, "seLinuxOptions", "level")) == (*security, "seLinuxOptions")
    assert whole((*security, "capabilities", "add", 2)) == (*security, "capabilities", "add", 2)
    assert whole(("spec", "volumes", 1, "hostPath")) == ("spec", "volumes", 1)
    assert whole(("spec", "securityContext", "sysctls", 0, "name")) == (
        "spec",
        "securityContext",
        "sysctls",
        0,
    )


def admitted_without(verdict: Verdict, paths: set[tuple[str | int, ...]]) -> bool:
    admission = Cluster.openshift("4.22").admission
    return admission.errors_under("restricted-v2", pod_without(verdict.submitted, paths), namespace="shop") == ()


def test_leaving_items_out_keeps_the_others_and_the_pod() -> None:
    cluster = Cluster.openshift("4.22")
    volumes = [
        {"name": "a", "hostPath": {"path": "/a"}},
        {"name": "b", "emptyDir": {}},
        {"name": "c", "hostPath": {"path": "/c"}},
    ]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}], "volumes": volumes},
    }
    verdict = cluster.admit(pod, namespace="shop")
    assert not verdict.allowed
    assert not admitted_without(verdict, {("spec", "volumes", 0)})
    assert not admitted_without(verdict, {("spec", "volumes", 0), ("spec", "volumes", 1)})
    assert admitted_without(verdict, {("spec", "volumes", 0), ("spec", "volumes", 2)})
    assert [volume["name"] for volume in verdict.submitted["spec"]["volumes"]][:3] == ["a", "b", "c"]


def test_leaving_out_counts_for_each_of_those_who_share_what_they_leave_out() -> None:
    """As the steps of a Tekton task share what one StepAction says for all of them."""
    cluster = Cluster.openshift("4.22")
    shared = {"runAsUser": 0, "capabilities": {"add": ["SYS_ADMIN", "NET_BIND_SERVICE", "SYS_TIME"]}}
    names = ("one", "two")
    containers = [{"name": name, "image": "registry.example/web:1", "securityContext": shared} for name in names]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": containers}}
    verdict = cluster.admit(pod, namespace="shop")
    paths: list[tuple[str | int, ...]] = [("runAsUser",), ("capabilities", "add", 0), ("capabilities", "add", 2)]
    one, two = ({("spec", "containers", i, "securityContext", *path) for path in paths} for i in (0, 1))
    assert not admitted_without(verdict, one)
    assert admitted_without(verdict, one | two)
    assert shared == {"runAsUser": 0, "capabilities": {"add": ["SYS_ADMIN", "NET_BIND_SERVICE", "SYS_TIME"]}}
