"""From the containers-common form to the OCI form."""

from typing import Any

import pytest

from scclint.errors import LoadError
from scclint.profiles.resolve import resolve_profile

ALLOW = "SCMP_ACT_ALLOW"


def names(rules: list[dict[str, Any]], caps: tuple[str, ...] = (), arch: str = "amd64") -> list[str]:
    resolved = resolve_profile({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules}, caps, arch)
    assert resolved is not None
    return [name for rule in resolved.get("syscalls", []) for name in rule["names"]]


def test_includes_ask_for_all_capabilities_and_excludes_for_any() -> None:
    both = ["CAP_SYS_ADMIN", "CAP_BPF"]
    rules: list[dict[str, Any]] = [
        {"names": ["included"], "action": ALLOW, "includes": {"caps": both}},
        {"names": ["excluded"], "action": ALLOW, "excludes": {"caps": both}},
    ]
    assert names(rules) == ["excluded"]
    assert names(rules, ("CAP_BPF",)) == []
    assert names(rules, ("CAP_BPF", "CAP_SYS_ADMIN")) == ["included"]


def test_capabilities_are_compared_as_written() -> None:
    assert names([{"names": ["bpf"], "action": ALLOW, "includes": {"caps": ["BPF"]}}], ("CAP_BPF",)) == []


def test_architectures_filter_rules() -> None:
    rules: list[dict[str, Any]] = [
        {"names": ["in"], "action": ALLOW, "includes": {"arches": ["s390x"]}},
        {"names": ["out"], "action": ALLOW, "excludes": {"arches": ["s390x"]}},
    ]
    assert names(rules) == ["out"]
    assert names(rules, arch="s390x") == ["in"]


def test_min_kernel_is_not_looked_at() -> None:
    assert names([{"names": ["ptrace"], "action": ALLOW, "includes": {"minKernel": "99.0"}}]) == ["ptrace"]


def test_errno_names_and_quoted_numbers_win_over_numbers() -> None:
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrno": "ENOSYS",
        "defaultErrnoRet": 1,
        "syscalls": [
            {"names": ["a"], "action": "SCMP_ACT_ERRNO", "errno": "13", "errnoRet": 1},
            {"name": "b", "action": "SCMP_ACT_ERRNO", "errnoRet": 0},
        ],
    }
    assert resolve_profile(profile) == {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "syscalls": [
            {"names": ["a"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
            {"names": ["b"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0},
        ],
    }


def test_the_oci_form_passes_through() -> None:
    profile = {
        "defaultAction": "SCMP_ACT_KILL_PROCESS",
        "architectures": ["SCMP_ARCH_X86_64"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "listenerPath": "/run/agent.sock",
        "listenerMetadata": "x",
        "syscalls": [
            {
                "names": ["a"],
                "action": "SCMP_ACT_NOTIFY",
                "args": [{"index": 1, "value": 2, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ"}],
            }
        ],
    }
    assert resolve_profile(profile) == profile


def test_a_second_value_of_zero_is_not_written() -> None:
    args = [{"index": 0, "value": 1, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]
    resolved = resolve_profile({"defaultAction": ALLOW, "syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG", "args": args}]})
    assert resolved is not None
    assert resolved["syscalls"][0]["args"] == [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]


def test_the_arch_map_gives_the_nodes_own_entry() -> None:
    arch_map = [
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
        {"architecture": "SCMP_ARCH_X86_64"},
    ]
    profile = {"defaultAction": ALLOW, "archMap": arch_map}
    found = {arch: (resolve_profile(profile, (), arch) or {}).get("architectures") for arch in ("amd64", "arm64", "ppc64le")}
    assert found == {"amd64": ["SCMP_ARCH_X86_64"], "arm64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], "ppc64le": None}


def test_nothing_at_all_is_no_seccomp() -> None:
    assert resolve_profile({}) is None
    assert resolve_profile({"syscalls": [], "architectures": ["SCMP_ARCH_X86"]}) is None


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            {"defaultAction": ALLOW, "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]},
            "archMap",
        ),
        ({"defaultAction": ALLOW, "syscalls": [{"name": "a", "names": ["b"], "action": ALLOW}]}, "'name' and 'names'"),
        ({"defaultAction": ALLOW, "defaultErrno": "NOPE"}, "unknown errno NOPE"),
        (
            {"defaultAction": ALLOW, "syscalls": [{"names": ["b"], "action": "SCMP_ACT_ERRNO", "errno": "x1"}]},
            "unknown errno x1",
        ),
    ],
)
def test_what_crio_refuses_is_refused(profile: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadError, match=message):
        resolve_profile(profile)


def test_a_rule_that_does_not_apply_is_not_looked_at() -> None:
    assert names([{"names": ["b"], "action": ALLOW, "errno": "NOPE", "includes": {"caps": ["CAP_BPF"]}}]) == []
