"""Profiles that objects of the input hold: who provides a path, who uses a profile, and what is judged against what."""

import json
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config.model import Config
from scclint.finding import Finding
from scclint.limits import MAX_INHERITED
from scclint.linting import lint_text
from scclint.objects.types import ProfileSource, SeccompProfile, SeccompProfileFile, is_profile
from scclint.outcome.world import World
from scclint.profiles import sources
from scclint.profiles.problem import ProfileProblem
from scclint.profiles.schema import valid_part
from tests.conftest import examples
from tests.running import open_one

RULES = ("SEC208", "SEC211", "SEC212")


def profile(name: str = "web", namespace: str = "", **spec: Any) -> dict[str, Any]:
    version = "v1beta1" if namespace else "v1"
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    api_version = f"security-profiles-operator.x-k8s.io/{version}"
    return {"apiVersion": api_version, "kind": "SeccompProfile", "metadata": metadata, "spec": spec}


def pod(path: str = "operator/web.json", /, name: str = "web", spec: Any = None, **context: Any) -> dict[str, Any]:
    context |= {"seccompProfile": {"type": "Localhost", "localhostProfile": path}}
    containers = [{"name": "app", "image": "x", "securityContext": context}]
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers, **(spec or {})}}


def stream(*objects: Any) -> str:
    return "\n---\n".join(json.dumps(item) for item in objects) + "\n"


def findings(*objects: Any, **config: Any) -> list[Finding]:
    report = lint_text(stream(*objects), "m.yaml", Config(select=RULES, **config))
    assert not report.crashes
    return list(report.live)


def ids(*objects: Any) -> set[str]:
    return {finding.rule_id for finding in findings(*objects)}


def world(*objects: Any) -> World:
    config = Config()
    unit = open_one(config=config, text=stream(*objects), filename="m.yaml")
    (found,) = unit.worlds.values()
    return found


ALLOWING = {"names": ["execve", "bpf"], "action": "SCMP_ACT_ALLOW"}
WIDE: dict[str, Any] = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [ALLOWING]}


def messages(*objects: Any) -> str:
    return "\n".join(finding.message for finding in findings(*objects))


def test_capabilities_of_the_containers_count() -> None:
    assert "denies: bpf" in messages(profile(**WIDE), pod())
    assert "denies: bpf" not in messages(profile(**WIDE), pod(capabilities={"add": ["SYS_ADMIN"]}))
    assert "denies: bpf" in messages(profile(**WIDE), pod("operator/other.json", capabilities={"add": ["SYS_ADMIN"]}))


def test_no_privilege_escalation_spares_the_runtimes_own_calls() -> None:
    needed = "set up the container"
    assert needed in messages(profile(**WIDE))
    assert needed in messages(profile(**WIDE), pod())
    assert needed not in messages(profile(**WIDE), pod(allowPrivilegeEscalation=False))
    both = (pod(allowPrivilegeEscalation=False), pod(name="other"))
    assert needed in messages(profile(**WIDE), *both), "one that does not is enough"


def test_the_architecture_that_the_pods_select() -> None:
    lacking = "`architectures` lacks SCMP_ARCH_AARCH64, the architecture of arm64 nodes"
    selecting = pod(spec={"nodeSelector": {"kubernetes.io/arch": "arm64"}})
    assert lacking in messages(profile(**WIDE), selecting)
    assert lacking not in messages(profile(**WIDE), pod())
    arm = WIDE | {"architectures": ["SCMP_ARCH_AARCH64"]}
    assert "nodes" not in messages(profile(**arm), pod()), "which nodes there are is not known"
    odd = pod(spec={"nodeSelector": ["x"]})
    assert lacking not in messages(profile(**WIDE), odd)


def test_a_finding_that_several_releases_share_is_one() -> None:
    found = [f for f in findings(profile(**WIDE), openshift=("4.16", "4.22")) if f.rule_id == "SEC211"]
    assert [f.releases for f in found] == [("4.16", "4.22")]


def test_problems_of_a_base_are_the_bases() -> None:
    base = profile("base", **WIDE)
    top = profile(**WIDE | {"syscalls": [{"names": ["accept4"], "action": "SCMP_ACT_ALLOW"}], "baseProfileName": "base"})
    found = findings(base, top, pod())
    assert {f.subject.name for f in found if f.rule_id == "SEC211"} == {"base"}
    assert "does not allow execve" not in "".join(f.message for f in found), "the base allows it"
    alone = messages(profile(**{k: v for k, v in top["spec"].items() if k != "baseProfileName"}))
    assert "does not allow execve" in alone


def test_a_base_that_is_not_there_leaves_open_what_a_container_needs() -> None:
    lone = profile(defaultAction="SCMP_ACT_ERRNO", architectures=["SCMP_ARCH_X86_64"], baseProfileName="elsewhere")
    assert findings(lone) == []


def test_what_only_a_base_profile_lacks_is_no_problem_unless_it_is_used() -> None:
    base = profile("base", **WIDE | {"syscalls": []})
    top = profile(**WIDE | {"baseProfileName": "base"})
    assert "SeccompProfile base: the profile does not allow" not in messages(base, top)
    assert "SeccompProfile base: the profile does not allow execve" in messages(base, top, pod("operator/base.json"))


def test_base_profiles_that_add_too_much_are_told() -> None:
    base = profile("base", **WIDE | {"syscalls": [ALLOWING] * (MAX_INHERITED // 3 + 1)})
    found = [f for f in findings(base, profile(**WIDE | {"baseProfileName": "base"})) if f.subject.name == "web"]
    assert [(f.rule_id, f.path) for f in found] == [("SEC211", ANY), ("SEC212", ("spec", "baseProfileName"))]
    assert found[1].message == (
        "SeccompProfile web: scclint did not check whether containers can start: "
        f"its base profiles have more than {MAX_INHERITED:,} rules, names and conditions"
    )


def test_a_base_profile_is_checked_once_for_all_that_are_based_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []

    def counted(spec: dict[str, Any], problems: list[ProfileProblem]) -> dict[str, Any]:
        checked.append(spec)
        return valid_part(spec, problems)

    monkeypatch.setattr(sources, "valid_part", counted)
    based = [profile(f"web{number}", **WIDE | {"baseProfileName": "base"}) for number in range(5)]
    findings(profile("base", **WIDE), *based)
    assert len(checked) == 6


def test_who_uses_a_profile() -> None:
    made = world(profile(**WIDE), pod(), pod(name="other"), pod("operator/none.json", name="third"))
    (source,) = made.of(SeccompProfile)
    assert [use.outcome.workload.name for use in made.profile_uses.of(source)] == ["web", "other"]
    resolution = made.profiles.resolve("operator/web.json")
    assert [made.profiles.written(p.source) for p in resolution.providers] == [source]
    assert made.profiles.resolve("operator/web.json") is resolution


def test_so_many_users_are_named_and_the_others_counted() -> None:
    users = [pod(name=f"web{number}") for number in range(103)]
    wide = next(f for f in findings(profile(**WIDE), *users) if f.rule_id == "SEC211")
    assert len(wide.related) == 101
    assert wide.related[-1].message == "3 more containers run with it, the first is here"


def test_malformed_objects_provide_nothing() -> None:
    broken = [
        {**profile(**WIDE), "metadata": {"name": ["web"]}},
        {**profile(**WIDE), "spec": {"syscalls": 3}},
        {**profile(**WIDE), "spec": {"baseProfileName": ["x"]}},
        {**profile(**WIDE), "metadata": "web"},
    ]
    for item in broken:
        assert "SEC208" in ids(item, pod()), item


def test_a_profile_file_is_told_by_its_content() -> None:
    assert is_profile({"defaultAction": "SCMP_ACT_ERRNO"})
    assert is_profile({"defaultAction": 3, "syscalls": [{"action": "SCMP_ACT_ALLOW"}]})
    for other in ({}, {"defaultAction": {"type": "BLOCK"}}, {"defaultAction": "ALLOW"}, {"syscalls": ["SCMP_ACT_ALLOW"]}):
        assert not is_profile(other)
    made = world({"defaultAction": "SCMP_ACT_ERRNO"}, {"kind": "X", "apiVersion": "v1", "defaultAction": "SCMP_ACT_ERRNO"})
    assert [o.data for o in made.of(SeccompProfileFile)] == [{"defaultAction": "SCMP_ACT_ERRNO"}]


def test_yaml_that_is_no_json_is_no_profile_file() -> None:
    text = '{\n  "defaultAction": "SCMP_ACT_ERRNO", # deny\n}\n'
    report = lint_text(text, "p.json", Config(select=("SEC212",)))
    (found,) = (f for f in report.live if "the runtime cannot read the profile: not valid JSON" in f.message)
    assert (found.rule_id, found.heading, found.span.line, found.span.column) == ("SEC212", "error", 2, 38)


LEAVES = st.sampled_from([None, True, 0, 7, 1.5, "", "x", "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "bpf", "web", "base", "worker"])
KEYS = [
    "spec",
    "metadata",
    "name",
    "labels",
    "syscalls",
    "names",
    "action",
    "args",
    "baseProfileName",
    "defaultAction",
    "state",
]
MORE = ["config", "storage", "files", "path", "contents", "source", "nodeSelector", "matchLabels", "matchExpressions", "key"]
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS + MORE), inner, max_size=5),
    max_leaves=15,
)
KINDS = st.sampled_from(
    [
        ("security-profiles-operator.x-k8s.io/v1beta1", "SeccompProfile"),
        ("security-profiles-operator.x-k8s.io/v1", "SeccompProfile"),
        ("security-profiles-operator.x-k8s.io/v1", "ProfileBinding"),
        ("machineconfiguration.openshift.io/v1", "MachineConfig"),
        ("machineconfiguration.openshift.io/v1", "MachineConfigPool"),
        ("machineconfiguration.openshift.io/v1", "KubeletConfig"),
    ]
)


@examples(150)
@given(KINDS, st.dictionaries(st.sampled_from(["spec", "metadata", "data"]), VALUES), VALUES)
def test_no_object_is_a_crash(kind: tuple[str, str], fields: dict[str, Any], file: Any) -> None:
    odd = {"apiVersion": kind[0], "kind": kind[1], **fields}
    findings(odd, pod(), pod("profiles/x.json", name="second"), {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": file})


@pytest.mark.parametrize("source", [profile(**WIDE), {"defaultAction": "SCMP_ACT_ALLOW"}])
def test_problems_are_found_once_for_all_rules(source: dict[str, Any]) -> None:
    made = world(source)
    (held,) = made.of(ProfileSource)
    assert made.profile_uses.flaws(held) is made.profile_uses.flaws(held)
