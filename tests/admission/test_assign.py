"""One pod under one SCC: the strategies together, with the real paths of what decides."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.admission.field import Where
from scclint.admission.strategies import validate_groups
from scclint.admission.wording import wording_of
from scclint.limits import MAX_DENIAL
from tests.admission.build import MUST, Judged, judged, pod, provider

RANGE = {"type": "MustRunAsRange"}
OWN = ("spec", "containers", 0, "securityContext")
POD = ("spec", "securityContext")


def under(fields: dict[str, Any], *containers: dict[str, Any], minor: int = 33, **spec: Any) -> Judged:
    return judged(provider(minor, **fields), pod(*containers, **spec))


def context(**fields: Any) -> dict[str, Any]:
    return {"securityContext": fields}


@pytest.mark.parametrize(
    ("strategy", "own", "pod_wide", "result"),
    [
        ({**MUST, "uid": 5}, {}, {}, {"runAsUser": 5, "runAsNonRoot": True}),
        ({**MUST, "uid": 0}, {}, {}, {"runAsUser": 0}),
        (RANGE, {}, {}, {"runAsUser": 1000680000, "runAsNonRoot": True}),
        (RANGE, {}, {"runAsUser": 1000680001}, {"runAsNonRoot": True}),
        (RANGE, {"runAsNonRoot": False}, {}, {"runAsUser": 1000680000, "runAsNonRoot": False}),
        (RANGE, {}, {"runAsNonRoot": False}, {"runAsUser": 1000680000}),
        ({"type": "MustRunAsNonRoot"}, {}, {}, {"runAsNonRoot": True}),
        ({"type": "MustRunAsNonRoot"}, {}, {"runAsNonRoot": True}, {}),
        ({"type": "RunAsAny"}, {"runAsUser": 5}, {}, {"runAsUser": 5, "runAsNonRoot": True}),
        ({"type": "RunAsAny"}, {}, {}, {}),
    ],
)
def test_uid_and_non_root_are_filled_in(
    strategy: dict[str, Any], own: dict[str, Any], pod_wide: dict[str, Any], result: dict[str, Any]
) -> None:
    made = under({"runAsUser": strategy}, context(**own), securityContext=pod_wide)
    assert made.errors == ()
    assert made.containers == [result]
    assert made.security_context == pod_wide


@pytest.mark.parametrize(
    ("strategy", "own", "pod_wide", "text", "path", "allowed"),
    [
        (
            {**MUST, "uid": 5},
            {"runAsUser": 6},
            {},
            ".containers[0].runAsUser: Invalid value: 6: must be: 5",
            (*OWN, "runAsUser"),
            "5",
        ),
        (
            RANGE,
            {},
            {"runAsUser": 7},
            ".containers[0].runAsUser: Invalid value: 7: must be in the ranges: [1000680000, 1000689999]",
            (*POD, "runAsUser"),
            "1000680000 to 1000689999",
        ),
        (
            {"type": "MustRunAsNonRoot"},
            {"runAsUser": 0, "runAsNonRoot": True},
            {},
            ".containers[0].runAsUser: Invalid value: 0: running with the root UID is forbidden",
            (*OWN, "runAsUser"),
            "any uid but 0",
        ),
        (
            {"type": "MustRunAsNonRoot"},
            {"runAsUser": 0},
            {"runAsNonRoot": False},
            ".containers[0].runAsNonRoot: Invalid value: false: must be true",
            (*POD, "runAsNonRoot"),
            "true",
        ),
        (
            {"type": "MustRunAsNonRoot"},
            {"runAsUser": 0},
            {},
            ".containers[0].runAsUser: Invalid value: 0: running with the root UID is forbidden",
            (*OWN, "runAsUser"),
            "any uid but 0",
        ),
    ],
)
def test_uids_that_do_not_fit(
    strategy: dict[str, Any], own: dict[str, Any], pod_wide: dict[str, Any], text: str, path: tuple[object, ...], allowed: str
) -> None:
    (error,) = under({"runAsUser": strategy}, context(**own), securityContext=pod_wide).errors
    assert (error.text, error.path, error.allowed) == (text, path, allowed)
    assert error.message("custom") == f"provider custom: {text}"


@pytest.mark.parametrize(("uid", "fits"), [(999, False), (1000, True), (1001, False)])
def test_must_run_as_takes_its_uid_only(uid: int, fits: bool) -> None:
    errors = under({"runAsUser": {"type": "MustRunAs", "uid": 1000}}, context(runAsUser=uid)).errors
    assert [error.text for error in errors] == (
        [] if fits else [f".containers[0].runAsUser: Invalid value: {uid}: must be: 1000"]
    )


def test_groups_and_options_are_filled_in_on_the_pod() -> None:
    made = under({"fsGroup": MUST, "supplementalGroups": MUST, "seLinuxContext": MUST})
    assert made.security_context == {
        "supplementalGroups": [1000680000],
        "fsGroup": 1000680000,
        "seLinuxOptions": {"level": "s0:c26,c15"},
    }
    assert made.containers == [None]


def test_groups_that_do_not_fit_are_named_one_by_one() -> None:
    ranges = {**MUST, "ranges": [{"min": 1, "max": 5}, {"min": 9, "max": 9}]}
    made = under(
        {"fsGroup": ranges, "supplementalGroups": ranges}, securityContext={"fsGroup": 6, "supplementalGroups": [9, 8, 0]}
    )
    assert [(error.text, error.path) for error in made.errors] == [
        (".spec.securityContext.fsGroup: Invalid value: []int64{6}: 6 is not an allowed group", (*POD, "fsGroup")),
        (
            ".spec.securityContext.supplementalGroups: Invalid value: []int64{9, 8, 0}: 8 is not an allowed group",
            (*POD, "supplementalGroups", 1),
        ),
        (
            ".spec.securityContext.supplementalGroups: Invalid value: []int64{9, 8, 0}: 0 is not an allowed group",
            (*POD, "supplementalGroups", 2),
        ),
    ]
    assert made.errors[0].allowed == "1 to 5, 9"


def test_an_empty_list_of_groups_is_set_and_wrong() -> None:
    (error,) = under({"supplementalGroups": MUST}, securityContext={"supplementalGroups": []}).errors
    detail = "unable to validate empty groups against required ranges"
    assert error.text == f".spec.securityContext.supplementalGroups: Invalid value: []int64{{}}: {detail}"
    assert error.path == (*POD, "supplementalGroups")


@pytest.mark.parametrize("level", ["s0:c26,c15", "s0:c15,c26"])
def test_categories_come_in_any_order(level: str) -> None:
    assert under({"seLinuxContext": MUST}, securityContext={"seLinuxOptions": {"level": level}}).errors == ()


@pytest.mark.parametrize("level", ["s1:c26,c15", "s0:c26", "s0", "", "s0:c26,c15,c15"])
def test_other_levels_do_not_fit(level: str) -> None:
    made = under({"seLinuxContext": MUST}, context(seLinuxOptions={"level": level}))
    (error,) = made.errors
    assert error.text == f'.containers[0].seLinuxOptions.level: Invalid value: "{level}": must be s0:c26,c15'
    assert error.path == (*OWN, "seLinuxOptions", "level")


def test_each_option_is_compared_absent_being_empty() -> None:
    options = {**MUST, "seLinuxOptions": {"level": "s0", "type": "t", "role": "r"}}
    made = under({"seLinuxContext": options}, securityContext={"seLinuxOptions": {"level": "s0", "user": "u"}})
    assert [error.text for error in made.errors] == [
        '.spec.securityContext.seLinuxOptions.role: Invalid value: "": must be r',
        '.spec.securityContext.seLinuxOptions.type: Invalid value: "": must be t',
        '.spec.securityContext.seLinuxOptions.user: Invalid value: "u": must be ',
        '.containers[0].seLinuxOptions.role: Invalid value: "": must be r',
        '.containers[0].seLinuxOptions.type: Invalid value: "": must be t',
        '.containers[0].seLinuxOptions.user: Invalid value: "u": must be ',
    ]
    assert {error.path[:3] for error in made.errors} == {(*POD, "seLinuxOptions")}


@pytest.mark.parametrize(
    ("fields", "asked", "result"),
    [
        ({"allowedCapabilities": ["X"]}, {"add": ["X"]}, {"add": ["X"]}),
        ({"requiredDropCapabilities": ["B", "A"]}, None, {"drop": ["A", "B"]}),
        ({"requiredDropCapabilities": ["ALL"]}, {"drop": ["ALL", "ALL"]}, {"drop": ["ALL", "ALL"]}),
        ({"requiredDropCapabilities": ["ALL"]}, {"drop": ["all"]}, {"drop": ["ALL", "all"]}),
        ({"defaultAddCapabilities": ["X", "Y"]}, {"drop": ["X"]}, {"add": ["Y"], "drop": ["X"]}),
        ({"defaultAddCapabilities": ["X"]}, {"drop": ["X"]}, {"drop": ["X"]}),
        ({"defaultAddCapabilities": ["X"], "allowedCapabilities": ["Z"]}, {"add": ["Z"]}, {"add": ["X", "Z"]}),
        ({"requiredDropCapabilities": ["X"], "allowedCapabilities": ["*"]}, {"add": ["Q"]}, {"add": ["Q"], "drop": ["X"]}),
    ],
)
def test_capabilities_are_filled_in(fields: dict[str, Any], asked: Any, result: Any) -> None:
    made = under(fields, context(capabilities=asked))
    assert made.errors == ()
    assert made.containers[0] == {"capabilities": result}


@pytest.mark.parametrize("name", ["CAP_NET_RAW", "net_raw", "ALL"])
def test_capabilities_are_compared_as_spelled(name: str) -> None:
    (error,) = under({"allowedCapabilities": ["NET_RAW"]}, context(capabilities={"add": ["NET_RAW", name]})).errors
    assert error.text == f'.containers[0].capabilities.add: Invalid value: "{name}": capability may not be added'
    assert error.path == (*OWN, "capabilities", "add", 1)
    assert error.allowed == "NET_RAW"


@pytest.mark.parametrize(
    ("fields", "own", "result"),
    [
        ({"allowPrivilegeEscalation": False}, {}, {"allowPrivilegeEscalation": False}),
        ({"defaultAllowPrivilegeEscalation": False}, {}, {"allowPrivilegeEscalation": False}),
        ({"defaultAllowPrivilegeEscalation": True}, {}, {"allowPrivilegeEscalation": True}),
        ({"defaultAllowPrivilegeEscalation": False}, {"allowPrivilegeEscalation": True}, {"allowPrivilegeEscalation": True}),
        (
            {"defaultAllowPrivilegeEscalation": False, "allowPrivilegedContainer": True},
            {"privileged": True},
            {"privileged": True},
        ),
        (
            {"defaultAllowPrivilegeEscalation": False, "allowedCapabilities": ["*"]},
            {"capabilities": {"add": ["CAP_SYS_ADMIN"]}},
            {"capabilities": {"add": ["CAP_SYS_ADMIN"]}},
        ),
        (
            {"defaultAllowPrivilegeEscalation": False, "allowedCapabilities": ["*"]},
            {"capabilities": {"add": ["SYS_ADMIN"]}},
            {"capabilities": {"add": ["SYS_ADMIN"]}, "allowPrivilegeEscalation": False},
        ),
        (
            {"defaultAllowPrivilegeEscalation": False, "defaultAddCapabilities": ["CAP_SYS_ADMIN"]},
            {},
            {"capabilities": {"add": ["CAP_SYS_ADMIN"]}},
        ),
        (
            {"allowPrivilegeEscalation": False, "allowPrivilegedContainer": True},
            {"privileged": True},
            {"privileged": True, "allowPrivilegeEscalation": False},
        ),
    ],
)
def test_privilege_escalation_is_filled_in(fields: dict[str, Any], own: dict[str, Any], result: dict[str, Any]) -> None:
    made = under(fields, context(**own))
    assert made.errors == ()
    assert made.containers == [result]


@pytest.mark.parametrize(
    ("fields", "own", "text"),
    [
        ({}, {"privileged": True}, "privileged: Invalid value: true: Privileged containers are not allowed"),
        (
            {"readOnlyRootFilesystem": True},
            {"readOnlyRootFilesystem": False},
            "readOnlyRootFilesystem: Invalid value: false: ReadOnlyRootFilesystem must be set to true",
        ),
        (
            {"allowPrivilegeEscalation": False},
            {"allowPrivilegeEscalation": True},
            "allowPrivilegeEscalation: Invalid value: true: Allowing privilege escalation for containers is not allowed",
        ),
        (
            {"allowPrivilegeEscalation": False, "defaultAllowPrivilegeEscalation": True},
            {},
            "allowPrivilegeEscalation: Invalid value: true: Allowing privilege escalation for containers is not allowed",
        ),
    ],
)
def test_flags_that_do_not_fit(fields: dict[str, Any], own: dict[str, Any], text: str) -> None:
    (error,) = under(fields, context(**own)).errors
    assert error.text == f".containers[0].{text}"
    assert error.path == (*OWN, text.partition(":")[0])


def test_a_read_only_root_is_filled_in() -> None:
    assert under({"readOnlyRootFilesystem": True}).containers == [{"readOnlyRootFilesystem": True}]


def test_host_namespaces_are_reported_for_the_pod_and_for_each_container() -> None:
    made = under({}, {}, hostNetwork=True, hostPID=True, hostIPC=True, initContainers=[{"name": "i"}])
    fields = (
        "hostNetwork: Invalid value: true: Host network",
        "hostPID: Invalid value: true: Host PID",
        "hostIPC: Invalid value: true: Host IPC",
    )
    assert [error.text for error in made.errors] == [
        f"{place}.{field} is not allowed to be used"
        for place in (".spec.securityContext", ".initContainers[0]", ".containers[0]")
        for field in fields
    ]
    assert made.errors[0].path == ("spec", "hostNetwork")
    assert (
        under(
            {"allowHostNetwork": True, "allowHostPID": True, "allowHostIPC": True}, hostNetwork=True, hostPID=True, hostIPC=True
        ).errors
        == ()
    )


def test_host_ports_are_reported_once_for_each_pair_of_containers() -> None:
    ports = {"ports": [{"containerPort": 80}, {"containerPort": 80, "hostPort": 8080}]}
    made = under({}, {}, ports)
    text = "containers[1].hostPort: Invalid value: 8080: Host ports are not allowed to be used"
    assert [error.text for error in made.errors] == [f".containers[0].{text}", f".containers[1].{text}"]
    assert {error.path for error in made.errors} == {("spec", "containers", 1, "ports", 1, "hostPort")}


def test_on_the_host_network_every_port_is_a_host_port() -> None:
    (error,) = under({"allowHostNetwork": True}, {"ports": [{"containerPort": 80}]}, hostNetwork=True).errors
    assert error.text == ".containers[0].containers[0].hostPort: Invalid value: 80: Host ports are not allowed to be used"
    assert error.path == ("spec", "containers", 0, "ports", 0, "containerPort")


@pytest.mark.parametrize(("spec", "value"), [({}, '"null"'), ({"hostUsers": None}, '"null"'), ({"hostUsers": True}, "true")])
def test_a_user_namespace_may_be_required(spec: dict[str, Any], value: str) -> None:
    (error,) = under({"userNamespaceLevel": "RequirePodLevel"}, **spec).errors
    assert error.text == f".spec.securityContext.hostUsers: Invalid value: {value}: Host Users must be set to false"
    assert error.path == ("spec", "hostUsers")
    assert under({"userNamespaceLevel": "RequirePodLevel"}, hostUsers=False).errors == ()
    assert under({"userNamespaceLevel": "RequirePodLevel"}, minor=30, **spec).errors == ()


def test_containers_are_visited_init_regular_ephemeral() -> None:
    privileged = context(privileged=True)
    made = under({}, privileged, initContainers=[privileged], ephemeralContainers=[{"name": "e", **privileged}])
    assert [error.path[1] for error in made.errors] == ["initContainers", "containers", "ephemeralContainers"]


def test_nulls_are_absent() -> None:
    made = under(
        {"runAsUser": RANGE, "fsGroup": MUST, "requiredDropCapabilities": ["ALL"]},
        {"securityContext": {"runAsUser": None, "capabilities": {"drop": [None], "add": None}}, "ports": [None]},
        securityContext={"fsGroup": None, "seccompProfile": None, "sysctls": None},
        volumes=[None],
    )
    assert made.errors == ()
    assert made.security_context["fsGroup"] == 1000680000
    assert made.containers[0] is not None
    assert made.containers[0]["runAsUser"] == 1000680000


def test_what_is_refused_of_a_list_shares_it() -> None:
    errors = under({"supplementalGroups": MUST}, securityContext={"supplementalGroups": [*range(9, 0, -1)]}).errors
    assert len(errors) == 9
    assert len({id(error.value) for error in errors}) == 1


def test_every_error_is_there() -> None:
    many = [f"X{number}" for number in range(1500)]
    asked = context(capabilities={"add": many}) | {"ports": [{"hostPort": number + 1} for number in range(1500)]}
    made = under(
        {"allowedCapabilities": ["A"], "supplementalGroups": MUST, "volumes": ["emptyDir"]},
        asked,
        volumes=[{"name": name, "hostPath": {"path": "/"}} for name in many],
        securityContext={"supplementalGroups": [*range(70)], "sysctls": [{"name": name, "value": "v"} for name in many]},
    )
    kinds = Counter(re.sub(r"\d+", "N", error.text).partition(": ")[0] for error in made.errors)
    assert len(kinds) == 5 and sorted(kinds.values()) == [70, 1500, 1500, 1500, 1500]


def test_a_denial_that_would_be_endless_is_cut() -> None:
    """The plugin lists all host ports for each container, and all groups for each group. Every port is named, and the pod is denied."""
    ports: list[dict[str, Any]] = [{"ports": [{"hostPort": number + 1}]} for number in range(200)]
    errors = under({"supplementalGroups": MUST}, *ports, securityContext={"supplementalGroups": [*range(2000)]}).errors
    of_ports = [error for error in errors if error.path[-1] == "hostPort"]
    assert len({error.path for error in of_ports}) == 200
    assert 200 * 200 > MAX_DENIAL >= len(of_ports) > MAX_DENIAL - 200
    assert [error.value for error in errors if "supplementalGroups" in error.path] == [tuple(range(2000))] * 2


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=5),
    st.lists(st.integers(1, 32), min_size=1, max_size=8),
)
def test_groups_are_in_any_of_the_ranges(ranges: list[tuple[int, int]], groups: list[int]) -> None:
    """Ranges may overlap, and one that ends before it begins has nothing in it."""
    paths: list[tuple[str | int, ...]] = [("g", index) for index in range(len(groups))]
    refused = [error.path for error in validate_groups(ranges, "g", groups, Where(wording_of(33), ""), paths)]
    allowed = [any(low <= number <= high for low, high in ranges) for number in groups]
    assert refused == [path for path, good in zip(paths, allowed, strict=True) if not good]
