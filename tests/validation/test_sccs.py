"""Rules that join several fields of an SCC."""

import json
from pathlib import Path

import pytest

from scclint.validation.validate import validate
from tests.validation.cases import Data, of_scc, only, scc

SHARED = Path(__file__).parents[2].parent / "shared"

STRATEGY = "invalid strategy type.  Valid values are "


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"priority": -1}, ["priority: Invalid value: -1: priority cannot be negative"]),
        ({"priority": "10"}, ['priority: must be an integer, is the string "10"']),
        ({"runAsUser": {"type": "MustRunAs"}}, []),
        ({"runAsUser": {"type": "MustRunAsRange", "uidRangeMin": 1}}, []),
        ({"volumes": ["nonsense"], "allowedCapabilities": ["CAP_KILL", "kill"], "seccompProfiles": ["RuntimeDefault"]}, []),
        ({"runAsUser": {"type": "MustRunAs", "uid": -1}}, ["runAsUser.uid: Invalid value: -1: uid cannot be negative"]),
        (
            {"runAsUser": {"type": "Any"}},
            [f'runAsUser.type: Invalid value: "Any": {STRATEGY}MustRunAs, MustRunAsNonRoot, MustRunAsRange, RunAsAny'],
        ),
        ({"seLinuxContext": None}, [f"seLinuxContext.type: Required value: {STRATEGY}MustRunAs, RunAsAny"]),
        (
            {"fsGroup": {"type": "MustRunAsRange"}},
            ['fsGroup.type: Unsupported value: "MustRunAsRange": supported values: "MustRunAs", "RunAsAny"'],
        ),
        ({"fsGroup": {}, "supplementalGroups": {"type": ""}}, []),
        (
            {"supplementalGroups": {"type": "MustRunAs", "ranges": [{"min": 2, "max": 1}]}},
            ['supplementalGroups.ranges[0].min: Invalid value: {"min":2,"max":1}: min cannot be greater than max'],
        ),
        (
            {"fsGroup": {"ranges": [{"min": -2, "max": -1}]}},
            [
                "fsGroup.ranges[0].min: Invalid value: -2: min cannot be negative",
                "fsGroup.ranges[0].max: Invalid value: -1: max cannot be negative",
            ],
        ),
        (
            {"requiredDropCapabilities": ["KILL"], "defaultAddCapabilities": ["CHOWN", "KILL"]},
            [
                'defaultAddCapabilities: Invalid value: "KILL": '
                "capability is listed in defaultAddCapabilities and requiredDropCapabilities"
            ],
        ),
        ({"requiredDropCapabilities": ["KILL"], "allowedCapabilities": ["kill"]}, []),
        (
            {"requiredDropCapabilities": ["KILL"], "allowedCapabilities": ["*"]},
            [
                'requiredDropCapabilities: Invalid value: ["KILL"]: '
                "required capabilities must be empty when all capabilities are allowed by a wildcard"
            ],
        ),
        (
            {"defaultAllowPrivilegeEscalation": True, "allowPrivilegeEscalation": False},
            [
                "defaultAllowPrivilegeEscalation: Invalid value: true: "
                "Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true"
            ],
        ),
        ({"defaultAllowPrivilegeEscalation": True}, []),
        (
            {"volumes": ["none", "secret"]},
            ['volumes: Invalid value: ["none","secret"]: if \'none\' is specified, no other values are allowed'],
        ),
        ({"volumes": ["none", "hostPath"]}, []),
        (
            {"volumes": ["none"], "allowHostDirVolumePlugin": True},
            ['volumes: Invalid value: ["hostPath","none"]: if \'none\' is specified, no other values are allowed'],
        ),
        ({"allowedFlexVolumes": [{"driver": "d"}]}, []),
        (
            {"allowedFlexVolumes": [{"driver": "d"}], "volumes": ["secret"]},
            [
                'allowedFlexVolumes: Invalid value: [{"driver":"d"}]: '
                "volumes does not include 'flexVolume' or '*', so no flex volumes are allowed"
            ],
        ),
        (
            {"allowedFlexVolumes": [{"driver": ""}, {}], "volumes": ["flexVolume"]},
            [f"allowedFlexVolumes[{index}].driver: Required value: must specify a driver" for index in (0, 1)],
        ),
        ({"forbiddenSysctls": ["*"], "allowedUnsafeSysctls": []}, []),
        ({"forbiddenSysctls": ["kernel.msg*", "net.ipv4.tcp_rmem"]}, []),
        ({"forbiddenSysctls": [""]}, ['forbiddenSysctls[0]: Invalid value: "": empty sysctl not allowed']),
        (
            {"forbiddenSysctls": ["*", "kernel.sem"]},
            ["forbiddenSysctls: Forbidden: if '*' is present, must not specify other sysctls"],
        ),
        (
            {"allowedUnsafeSysctls": ["kernel.sem"], "forbiddenSysctls": ["kernel.*"]},
            ['allowedUnsafeSysctls[0]: Invalid value: "kernel.sem": sysctl overlaps with kernel.*'],
        ),
        (
            {"allowedUnsafeSysctls": ["kernel.*"], "forbiddenSysctls": ["kernel.msg*"]},
            ['forbiddenSysctls[0]: Invalid value: "kernel.msg*": sysctl overlaps with kernel.*'],
        ),
        (
            {"allowPrivilegedContainers": True},
            ["allowPrivilegedContainers: unknown field"],
        ),
    ],
)
def test_security_context_constraints(fields: Data, expected: list[str]) -> None:
    assert of_scc(scc(**fields)) == expected


@pytest.mark.parametrize("sysctl", ["Kernel.sem", "kernel..sem", "a" * 254, "*.kernel", "kernel.*.x", "net/ipv4/tcp_rmem"])
def test_sysctl_patterns_that_are_malformed(sysctl: str) -> None:
    problem = only(validate(scc(allowedUnsafeSysctls=[sysctl]), "security.openshift.io/v1", "SecurityContextConstraints", 33))
    assert problem.path == ("allowedUnsafeSysctls", 0)
    assert "must have at most 253 characters and match regex" in problem.message


def test_the_sccs_of_the_releases_are_right() -> None:
    path = SHARED / "facts" / "default-sccs.json"
    if not path.is_file():
        pytest.skip("no shared facts here")
    sccs = json.loads(path.read_text())["sccs"]
    assert len(sccs) > 10
    for name, fields in sccs.items():
        data = {key: value for key, value in fields.items() if key != "createOnly"} | {"metadata": {"name": name}}
        assert of_scc(data, 35) == []
