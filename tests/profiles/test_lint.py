"""Each profile of fixtures/seccomp/profiles has its problems in the `.out` file beside it, by line and column.

`SCCLINT_WRITE_GOLDEN=1 pytest tests/profiles/test_lint.py` rewrites the `.out` files: read what changes.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.errors import LoadError
from scclint.profiles import lint
from scclint.profiles.lint import Target, lint_data, lint_profile
from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import VARIANTS, Variant, deciding_capabilities, resolve_variant
from scclint.profiles.sources import invalid_json
from scclint.yaml.json import parse_json
from scclint.yaml.nodes import locate

PROFILES = Path(__file__).parents[2] / "fixtures" / "seccomp" / "profiles"


def rendered(path: Path) -> str:
    try:
        root = parse_json(path.read_text("utf-8"), path.name)
        found = [(problem, problem.span or locate(root, problem.path)[0]) for problem in lint_profile(root)]
    except LoadError as error:
        found = [invalid_json(error)]
    lines = []
    for problem, span in found:
        where = f"{span.line}:{span.column}-{span.end_column}"
        lines.append(f"{where} {problem.rule} {problem.severity.value} {problem.id}\n  {problem.message}\n  {problem.help}\n")
    return "".join(lines)


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.json")), ids=lambda path: path.stem)
def test_every_seeded_mistake_is_found_at_its_line(path: Path) -> None:
    expected = path.with_suffix(".out")
    found = rendered(path)
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")
    assert (found == "") == path.stem.startswith("good-")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.crio)
@pytest.mark.parametrize("arch", sorted(NATIVE))
def test_runtime_default_has_no_problem_on_any_release(variant: Variant, arch: str) -> None:
    for caps in ((), ("CAP_SYS_ADMIN",), tuple(deciding_capabilities(variant.crio))):
        assert list(lint_data(resolve_variant(variant, caps, arch), Target(arches=(arch,)))) == []


GOOD: dict[str, Any] = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["execve", "bpf", "unshare"], "action": "SCMP_ACT_ALLOW"}],
}


def test_similar_names_are_looked_up_for_so_many_and_each_unknown_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "MAX_SYSCALL_SUGGESTIONS", 3)
    names = [f"reade{number}" for number in range(5)]
    data = {**GOOD, "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}
    found = [problem for problem in lint_data(data) if problem.id == "unknown-syscall"]
    assert [name in problem.message for name, problem in zip(names, found, strict=True)] == [True] * 5
    assert [problem.help for problem in found] == ["Did you mean read?"] * 3 + ["Correct the name, or remove it."] * 2


def ids(data: object, target: Target | None = None) -> list[str]:
    return [problem.id for problem in lint_data(data, target or Target())]


def test_capabilities_of_the_container_widen_what_runtime_default_is_compared_to() -> None:
    assert "wider-than-runtime-default" in ids(GOOD)
    assert "wider-than-runtime-default" not in ids(GOOD, Target(caps=frozenset({"CAP_SYS_ADMIN"})))


def test_the_runtime_needs_its_own_syscalls_only_without_no_new_privileges() -> None:
    assert "missing-runtime-setup" in ids(GOOD, Target(no_new_privileges=False))
    assert "missing-runtime-setup" not in ids(GOOD, Target(no_new_privileges=True))


def test_a_profile_for_other_nodes_is_judged_for_each_of_them_once() -> None:
    found = list(lint_data(GOOD, Target(arches=("amd64", "arm64"))))
    assert [p.path for p in found if p.id == "architecture-of-no-node"] == [("architectures",)]
    assert len({(p.id, p.path) for p in found}) == len(found)


def test_alternatives_that_can_only_be_meant_as_such_are_no_mistake() -> None:
    values = [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"} for value in (0, 8)]
    rule = {"names": ["personality"], "action": "SCMP_ACT_ALLOW"}
    assert "same-argument-twice" not in ids(GOOD | {"syscalls": [rule | {"args": values}]})
    mixed = [*values, {"index": 1, "value": 0, "op": "SCMP_CMP_EQ"}]
    assert "same-argument-twice" in ids(GOOD | {"syscalls": [rule | {"args": mixed}]})


@pytest.mark.parametrize("data", [None, 1, "x", [], [1], {}, {"syscalls": 3}, {"defaultAction": [], "syscalls": [None, 1, {}]}])
def test_anything_that_is_no_profile_is_a_problem_and_never_a_crash(data: object) -> None:
    assert any(problem.rule == "SEC212" for problem in lint_data(data))


def test_nulls_count_as_absent() -> None:
    rule = {"names": ["execve"], "action": "SCMP_ACT_ALLOW", "args": None, "includes": None, "errnoRet": None}
    assert not {"wrong-type", "unknown-key"} & set(ids(GOOD | {"syscalls": [rule], "flags": None}))


def test_several_mistakes_in_one_place_are_all_found() -> None:
    data = GOOD | {"typo": 1, "other": 2, "syscalls": [{"nmaes": ["x"], "acton": 1}]}
    paths = [problem.path for problem in lint_data(data)]
    for path in (("typo",), ("other",), ("syscalls", 0, "names"), ("syscalls", 0, "action"), ("syscalls", 0, "nmaes")):
        assert path in paths


words = st.sampled_from(
    ["read", "clone", "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86_64", "CAP_BPF", "ENOSYS", "", "x"]
)
leaves = st.none() | st.booleans() | st.integers(-1, 7) | st.floats(allow_nan=False, allow_infinity=False) | words
keys = [
    "names",
    "name",
    "action",
    "args",
    "index",
    "value",
    "op",
    "errno",
    "errnoRet",
    "includes",
    "excludes",
    "caps",
    "arches",
]
tops = ["defaultAction", "defaultErrno", "defaultErrnoRet", "architectures", "archMap", "syscalls", "flags", "listenerMetadata"]
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*keys, *tops]), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(tops), values) | values)
def test_no_json_is_a_crash(data: object) -> None:
    for arch in ("amd64", "ppc64le"):
        for problem in lint_data(data, Target(arches=(arch,))):
            assert problem.message and problem.help
    text = json.dumps(data)
    root = parse_json(text, "p.json")
    for problem in lint_profile(root):
        span = problem.span or locate(root, problem.path)[0]
        assert 1 <= span.column <= span.end_column <= len(text) + 1
