import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.admission.decoding import decode_object, decode_pod
from scclint.cluster import Cluster, User
from scclint.cluster.objects import _GROUPS
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
    (error,) = decode_pod(made, 33).errors
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
    assert decode_pod(made, 33).errors == ()


def test_sccs() -> None:
    (error,) = decode_object(
        {"kind": "SecurityContextConstraints", "metadata": {"name": "a"}, "fsGroup": {"ranges": [{"min": "1"}]}}, 33
    ).errors
    assert error.message == f"{GO}string into Go struct field IDRange.fsGroup.ranges.min of type int64"
    assert error.path == ("fsGroup", "ranges", 0, "min")


def test_what_the_api_server_has_in_the_end() -> None:
    made = pod(
        {"securityContext": {"runAsUser": 1000.0, "capabilities": {"drop": ["ALL", None]}}, "ports": [None]},
        annotations={"a": None, "b": "c"},  # type: ignore[dict-item]  # a null annotation is the point
        securityContext={"supplementalGroups": [None, 5.0], "sysctls": [None], "seLinuxOptions": None},
        volumes=[None, {"name": "v", "emptyDir": {}}],
        nodeSelector={"kept": None},
    )
    before = deepcopy(made)
    decoded = decode_pod(made, 33).valid()
    assert made == before
    assert decoded["metadata"]["annotations"] == {"a": "", "b": "c"}
    assert decoded["spec"] == {
        "containers": [
            {
                "name": "c0",
                "image": "x",
                "securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["ALL", ""]}},
                "ports": [{}],
            }
        ],
        "securityContext": {"supplementalGroups": [0, 5], "sysctls": [{}], "seLinuxOptions": None},
        "volumes": [{}, {"name": "v", "emptyDir": {}}],
        "nodeSelector": {"kept": None},
    }
    assert type(decoded["spec"]["containers"][0]["securityContext"]["runAsUser"]) is int


def test_an_object_that_decodes_to_itself_is_not_copied() -> None:
    made = pod({"securityContext": {"runAsUser": 1}}, securityContext={"fsGroup": 5})
    assert decode_pod(made, 33).value is made


@pytest.mark.parametrize(
    ("field", "since"), [("appArmorProfile", 30), ("supplementalGroupsPolicy", 31), ("seLinuxChangePolicy", 32)]
)
def test_fields_that_a_release_does_not_have_are_dropped(field: str, since: int) -> None:
    made = pod(securityContext={field: {}, "runAsGroup": 1})
    assert decode_pod(made, since - 1).valid()["spec"]["securityContext"] == {"runAsGroup": 1}
    assert decode_pod(made, since).valid() is made


def test_unknown_fields_are_dropped() -> None:
    made = pod({"securityContxt": {}}, volumes=[{"name": "a", "floppy": {}, "secret": {"secretNam": "s"}}], colour="red")
    spec = decode_pod(made, 33).valid()["spec"]
    assert spec == {"containers": [{"name": "c0", "image": "x"}], "volumes": [{"name": "a", "secret": {}}]}


def test_a_user_namespace_level_is_there_from_openshift_4_20() -> None:
    made = {"kind": "SecurityContextConstraints", "metadata": {"name": "a"}, "userNamespaceLevel": "RequirePodLevel"}
    assert "userNamespaceLevel" not in decode_object(made, 32).valid()
    assert decode_object(made, 33).valid() is made


def test_other_fields_of_kinds_that_are_known_in_part_stay() -> None:
    made = {"kind": "MachineConfigPool", "spec": {"paused": 1, "nodeSelector": {"matchLabels": {"a": None}}}, "x": 1}
    assert decode_object(made, 33).valid() == {**made, "spec": {"paused": 1, "nodeSelector": {"matchLabels": {"a": ""}}}}


def test_lists_are_looked_into() -> None:
    broken = {"metadata": {"name": "a"}, "rules": "x"}
    (error,) = decode_object({"kind": "List", "items": [{"kind": "Secret", "data": 1}, {"kind": "Role", **broken}]}, 33).errors
    assert error.path == ("items", 1, "rules")
    (error,) = decode_object({"kind": "RoleList", "items": [broken]}, 33).errors
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
_kinds = ("Pod", "SecurityContextConstraints", *sorted(_GROUPS.keys() - {"SecurityContextConstraints"}))
_fields = (
    *("metadata", "spec", "rules", "aggregationRule", "subjects", "roleRef", "userNames", "groupNames", "priority", "volumes"),
    *("runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups", "users", "groups", "seccompProfiles", "allowHostPID"),
    *("allowedCapabilities", "allowedFlexVolumes", "forbiddenSysctls", "automountServiceAccountToken"),
)


@given(st.sampled_from(_kinds), st.dictionaries(st.sampled_from(_fields), _values, max_size=4))
def test_whatever_passes_can_be_read(kind: str, fields: dict[str, Any]) -> None:
    made = {**fields, "kind": kind}
    json.dumps(made)
    if decode_object(made, 33).errors:
        return
    if kind != "Pod":
        Cluster.openshift("4.20", [made]).admit(pod(), namespace="demo", user=User("alice"))
    else:
        Cluster.openshift("4.20").admit(made, namespace="demo")
