from typing import Any

import pytest
from hypothesis import given

from scclint.admission.constraints import from_object
from scclint.admission.order import key, points, why_first
from tests.admission.build import MUST, scc, scc_objects

BASE: dict[str, Any] = {"volumes": ["secret"], "runAsUser": {**MUST, "uid": 1}, "seLinuxContext": MUST}
WORDS = {
    "has higher priority",
    "ordered by name",
    "forbids privileged",
    "forbids host ports",
    "forbids host networking",
    "forbids host volume mounts",
    "forbids non-trivial volume mounts",
    "permits less runAs strategies",
    "permits less capabilities",
}


@pytest.mark.parametrize(
    ("fields", "score"),
    [
        ({}, 25_000),
        ({"allowPrivilegedContainer": True}, 1_625_000),
        ({"allowHostPorts": True, "allowHostNetwork": True}, 1_225_000),
        ({"allowHostPID": True, "allowHostIPC": True, "seccompProfiles": ["*"]}, 25_000),
        ({"volumes": ["secret", "projected", "none", "emptyDir", "configMap", "downwardAPI"]}, 25_000),
        ({"volumes": ["secret", "unknown"]}, 125_000),
        ({"volumes": None, "allowHostDirVolumePlugin": True}, 225_000),
        ({"runAsUser": {"type": "MustRunAsRange"}}, 35_000),
        ({"runAsUser": {"type": "MustRunAsNonRoot"}}, 45_000),
        ({"runAsUser": {"type": "RunAsAny"}, "seLinuxContext": {"type": "RunAsAny"}}, 85_000),
        ({"runAsUser": {"type": "Odd"}}, 15_000),
        ({"defaultAddCapabilities": ["A", "B"]}, 25_600),
        ({"allowedCapabilities": ["A", "B"]}, 25_020),
        ({"allowedCapabilities": ["all"]}, 29_000),
        ({"allowedCapabilities": ["*"], "defaultAddCapabilities": ["A"] * 20}, 29_999),
        ({"requiredDropCapabilities": ["A", "B"]}, 24_900),
        ({"requiredDropCapabilities": ["all", "B"]}, 22_000),
        ({"requiredDropCapabilities": ["A"] * 200}, 20_000),
    ],
)
def test_points(fields: dict[str, Any], score: int) -> None:
    assert points(scc(**{**BASE, **fields})) == score


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"priority": -1}, "has higher priority"),
        ({}, "ordered by name"),
        ({"allowPrivilegedContainer": True}, "forbids privileged"),
        ({"allowHostPorts": True}, "forbids host ports"),
        ({"allowHostNetwork": True}, "forbids host networking"),
        ({"allowHostDirVolumePlugin": True}, "forbids host volume mounts"),
        ({"volumes": ["nfs"]}, "forbids non-trivial volume mounts"),
        ({"runAsUser": {"type": "RunAsAny"}}, "permits less runAs strategies"),
        ({"defaultAddCapabilities": ["A"]}, "permits less capabilities"),
    ],
)
def test_why_one_comes_first(fields: dict[str, Any], why: str) -> None:
    chosen, other = scc("a", **BASE), scc("b", **{**BASE, **fields})
    assert key(chosen) < key(other)
    assert why_first(chosen, other) == why


def test_what_both_allow_is_not_the_reason() -> None:
    both = {**BASE, "allowPrivilegedContainer": True, "allowHostNetwork": True}
    assert why_first(scc("a", **both), scc("b", **{**both, "allowHostPorts": True})) == "forbids host ports"


@given(scc_objects, scc_objects)
def test_the_order_is_total_and_antisymmetric(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = from_object(one, 33), from_object(other, 33)
    if first.name == second.name:
        return
    assert (key(first) < key(second)) != (key(second) < key(first))
    lower, higher = sorted((first, second), key=key)
    assert why_first(lower, higher) in WORDS
