"""The plugin's answers to pods and workloads, exemptions and the API server's defaults."""

from typing import Any

import pytest

from scclint.cluster import Cluster
from scclint.errors import ModelError, UsageError
from scclint.podsecurity.admission import (
    TEMPLATES,
    Answer,
    admit_pod,
    admit_workload,
    template_of,
    with_defaults,
)
from scclint.podsecurity.checks import Library
from scclint.podsecurity.defaults import ADVISING, ENFORCING, exempts
from scclint.podsecurity.levels import Policy, Standard
from scclint.podsecurity.standards import judge
from tests.podsecurity.build import confined, container, pod

LIBRARY = Library(36)
PID = "host namespaces (hostPID=true)"


def workload(api_version: str, kind: str, template: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = template
    for step in reversed(TEMPLATES[api_version.rpartition("/")[0], kind]):
        made = {str(step): made}
    return {"apiVersion": api_version, "kind": kind, **made}


def test_a_denied_pod_is_audited_and_not_warned_about() -> None:
    policy = Policy(Standard("baseline", "v1.25"), Standard("restricted"), Standard("restricted"))
    made = pod(container(securityContext=confined()), hostPID=True)
    answer = admit_pod(made, policy, LIBRARY)
    assert answer.denial == f'violates PodSecurity "baseline:v1.25": {PID}'
    assert answer.audit == f'would violate PodSecurity "restricted:latest": {PID}'
    assert answer.warning == ""


def test_an_admitted_pod_is_warned_about() -> None:
    made = pod(container(securityContext=confined()), hostPID=True)
    answer = admit_pod(made, ADVISING, LIBRARY)
    text = f'would violate PodSecurity "restricted:latest": {PID}'
    assert (answer.denial, answer.warning, answer.audit) == ("", text, text)
    good = pod(container(securityContext=confined()))
    answer = admit_pod(good, ENFORCING, LIBRARY)
    assert (answer.denial, answer.warning, answer.audit) == ("", "", "")


def test_exemptions() -> None:
    builder = "system:serviceaccount:openshift-infra:build-controller"
    assert exempts("openshift", builder)
    assert not exempts("openshift", "alice")
    assert not exempts("kubernetes", builder)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "PodTemplate"),
        ("v1", "ReplicationController"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("batch/v1beta1", "CronJob"),
    ],
)
def test_a_template_is_warned_about_and_never_denied(api_version: str, kind: str) -> None:
    made = workload(api_version, kind, pod(container(securityContext=confined()), hostPID=True))
    answer = admit_workload(made, ENFORCING, LIBRARY)
    assert (answer.denial, answer.warning) == ("", f'would violate PodSecurity "restricted:latest": {PID}')
    template = template_of(made, LIBRARY.minor)
    assert template is not None
    result = judge(template, "baseline", "latest", LIBRARY)
    ((path,),) = [violation.paths for violation in result.violations]
    value: Any = made
    for step in path:
        value = value[step]
    assert value is True


@pytest.mark.parametrize(
    "made",
    [
        {"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "spec": {"template": pod(hostPID=True)}},
        {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "spec": {"template": pod(hostPID=True)}},
        {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "spec": {"template": pod(hostPID=True)}},
        {"apiVersion": "v1", "kind": "ReplicationController", "spec": {"template": None}},
        {"apiVersion": "apps/v1", "kind": "Deployment"},
        {"kind": None},
    ],
)
def test_other_kinds_and_missing_templates_are_not_looked_at(made: dict[str, Any]) -> None:
    assert template_of(made, LIBRARY.minor) is None
    assert admit_workload(made, ENFORCING, LIBRARY) == Answer()


def test_a_volume_without_a_source_is_an_empty_dir() -> None:
    made = pod(volumes=[{"name": "a"}, {"name": "b", "nfs": None}, {"name": "c", "nfs": {}}, None])
    assert with_defaults(made)["spec"]["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "nfs": None, "emptyDir": {}},
        {"name": "c", "nfs": {}},
        {"emptyDir": {}},
    ]
    assert made["spec"]["volumes"][0] == {"name": "a"}


def test_ports_of_a_pod_on_the_host_network_are_host_ports() -> None:
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]
    made = pod(container(ports=ports), hostNetwork=True, initContainers=[container("i", ports=ports[:1])])
    spec = with_defaults(made)["spec"]
    assert [port["hostPort"] for port in spec["containers"][0]["ports"]] == [80, 8081]
    assert spec["initContainers"][0]["ports"] == [{"containerPort": 80, "hostPort": 80}]
    assert with_defaults(pod(container(ports=ports)))["spec"]["containers"][0]["ports"] == ports


@pytest.mark.parametrize(("minor", "checks"), [(27, ["hostNamespaces", "hostPorts"]), (28, ["hostNamespaces"])])
def test_templates_on_the_host_network_get_host_ports_before_1_28(minor: int, checks: list[str]) -> None:
    made = workload("apps/v1", "Deployment", pod(container(ports=[{"containerPort": 80}]), hostNetwork=True))
    template = template_of(made, minor)
    assert template is not None
    result = judge(template, "baseline", "latest", Library(minor))
    assert [violation.check for violation in result.violations] == checks


def test_the_pod_of_an_ordinary_project_meets_restricted_only_after_scc_admission() -> None:
    cluster = Cluster.openshift("4.20")
    made = pod()
    assert not cluster.pod_security(made).allowed
    verdict = cluster.admit(made, namespace="shop")
    assert cluster.pod_security(verdict.pod).allowed


def test_the_cluster_takes_the_library_of_its_release() -> None:
    root = pod(container(securityContext=confined(runAsUser=0)), hostUsers=False)
    assert [Cluster.openshift(release).pod_security(root).allowed for release in ("4.19", "4.20")] == [False, True]
    assert [Cluster.kubernetes(version).pod_security(root).allowed for version in ("1.33", "1.35")] == [False, True]


def test_the_cluster_refuses_what_it_cannot_decode() -> None:
    cluster = Cluster.openshift("4.20")
    with pytest.raises(ModelError, match=r"livenessProbe\.httpGet\.host of type string"):
        cluster.pod_security(pod(container(livenessProbe={"httpGet": {"host": 1}})))
    with pytest.raises(UsageError, match="Use latest or v1"):
        cluster.pod_security(pod(), "baseline", "1.33")
