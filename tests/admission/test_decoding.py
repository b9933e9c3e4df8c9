import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.admission.decoding import SHAPES, check_object, check_pod, check_scc
from scclint.cluster import Cluster, User
from scclint.errors import ModelError
from tests.admission.build import pod

GO = "json: cannot unmarshal "


@pytest.mark.parametrize(
    ("made", "message", "path"),
    [
        (
            pod({"securityContext": {"runAsUser": "x"}}),
            "string into Go struct field SecurityContext.spec.containers.securityContext.runAsUser of type int64",
            ("spec", "containers", 0, "securityContext", "runAsUser"),
        ),
        (
            pod({"securityContext": {"privileged": "true"}}),
            "string into Go struct field SecurityContext.spec.containers.securityContext.privileged of type bool",
            ("spec", "containers", 0, "securityContext", "privileged"),
        ),
        (pod(volumes={}), "object into Go struct field PodSpec.spec.volumes of type []v1.Volume", ("spec", "volumes")),
        (pod(hostPID=1), "number into Go struct field PodSpec.spec.hostPID of type bool", ("spec", "hostPID")),
        (
            pod(securityContext={"fsGroup": 1.5}),
            "number 1.5 into Go struct field PodSecurityContext.spec.securityContext.fsGroup of type int64",
            ("spec", "securityContext", "fsGroup"),
        ),
        (
            pod(securityContext={"fsGroup": 2**63}),
            f"number {2**63} into Go struct field PodSecurityContext.spec.securityContext.fsGroup of type int64",
            ("spec", "securityContext", "fsGroup"),
        ),
        (
            pod({"ports": [{"hostPort": 2**31}]}),
            f"number {2**31} into Go struct field ContainerPort.spec.containers.ports.hostPort of type int32",
            ("spec", "containers", 0, "ports", 0, "hostPort"),
        ),
        (
            pod(securityContext=[]),
            "array into Go struct field PodSpec.spec.securityContext of type v1.PodSecurityContext",
            ("spec", "securityContext"),
        ),
        (
            pod({"securityContext": {"capabilities": {"add": [1]}}}),
            "number into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type v1.Capability",
            ("spec", "containers", 0, "securityContext", "capabilities", "add", 0),
        ),
        (
            {"metadata": {"annotations": {"a": True}}},
            "bool into Go struct field ObjectMeta.metadata.annotations of type string",
            ("metadata", "annotations", "a"),
        ),
        ([], "array into Go value of type v1.Pod", ()),
    ],
)
def test_what_cannot_be_decoded(made: Any, message: str, path: tuple[object, ...]) -> None:
    (error,) = check_pod(made)
    assert (error.message, error.path) == (GO + message, path)


@pytest.mark.parametrize(
    "made",
    [
        pod({"securityContext": {"runAsUser": 1000.0, "privileged": None}}, None or {}),
        pod(volumes=None, hostPID=None, securityContext={"supplementalGroups": [1, None, -(2**63)]}),
        {"metadata": None, "spec": None},
        pod(unknownField=1, nodeSelector=5),
    ],
)
def test_what_can(made: dict[str, Any]) -> None:
    assert check_pod(made) == []


def test_sccs() -> None:
    (error,) = check_scc({"metadata": {"name": "a"}, "fsGroup": {"ranges": [{"min": "1"}]}})
    assert error.message == f"{GO}string into Go struct field IDRange.fsGroup.ranges.min of type int64"
    assert error.path == ("fsGroup", "ranges", 0, "min")


def test_lists_are_looked_into() -> None:
    broken = {"metadata": {"name": "a"}, "rules": "x"}
    (error,) = check_object({"kind": "List", "items": [{"kind": "Secret", "data": 1}, {"kind": "Role", **broken}]})
    assert error.path == ("items", 1, "rules")
    (error,) = check_object({"kind": "RoleList", "items": [broken]})
    assert error.path == ("items", 0, "rules")


def test_the_cluster_refuses_what_cannot_be_decoded() -> None:
    with pytest.raises(ModelError, match="of type bool"):
        Cluster.openshift("4.20", [{"kind": "SecurityContextConstraints", "metadata": {"name": "a"}, "allowHostPID": "yes"}])
    with pytest.raises(ModelError) as raised:
        Cluster.openshift("4.20").admit(pod({"securityContext": {"runAsUser": "x"}}), namespace="demo")
    assert raised.value.path == ("spec", "containers", 0, "securityContext", "runAsUser")


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "spec", "metadata", "annotations", "rules", "subjects", "type"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
_fields = sorted({field for shape in SHAPES.values() for field in shape.fields})


@given(st.sampled_from(sorted(SHAPES)), st.dictionaries(st.sampled_from(_fields), _values, max_size=4))
def test_whatever_passes_can_be_read(kind: str, fields: dict[str, Any]) -> None:
    made = {**fields, "kind": kind}
    json.dumps(made)
    if check_object(made):
        return
    if kind != "Pod":
        Cluster.openshift("4.20", [made]).admit(pod(), namespace="demo", user=User("alice"))
    else:
        Cluster.openshift("4.20").admit(made, namespace="demo")
