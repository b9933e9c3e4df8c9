"""RuntimeDefault against what CRI-O itself resolved, and against the counts published for it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.errors import UsageError
from scclint.profiles.runtime_default import VARIANTS, _base, crio_of, deciding_capabilities, openshift_of, resolve, variant_of
from scclint.seccomp.capabilities import ALL, CRIO_DEFAULT, bounding_set
from tests.conftest import shared

FIXTURES = Path(__file__).parents[2] / "fixtures" / "seccomp"


def recorded(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def disagreements(path: Path) -> list[str]:
    wrong = []
    for case in recorded(path):
        resolved = resolve(case["crio"], case["caps"])
        if resolved != case["seccomp"] or line_count(resolved) != case["lines"]:
            wrong.append(f"{case['crio']} {case['caps']}")
    return wrong


def line_count(profile: dict[str, Any]) -> int:
    return json.dumps(profile, indent=2).count("\n") + 1


def test_every_recorded_case_is_equal() -> None:
    path = FIXTURES / "runtime-default.jsonl.gz"
    assert len(list(recorded(path))) == 40
    assert disagreements(path) == []


def test_every_shared_case_is_equal() -> None:
    assert disagreements(shared() / "conformance" / "runtime-default.jsonl.gz") == []


def comparable(rule: dict[str, Any]) -> tuple[Any, ...]:
    """A rule of a base table without what resolving drops: comments, empty filters, a second value of zero."""
    args = [(arg["index"], arg["value"], arg.get("valueTwo", 0), arg["op"]) for arg in rule.get("args") or ()]
    filters = rule.get("includes") or {}, rule.get("excludes") or {}
    return rule["names"], rule["action"], rule.get("errnoRet"), args, *filters


@pytest.mark.parametrize("release", ["1.24", "1.27", "1.31", "1.33", "1.35"])
def test_the_packed_tables_are_the_base_tables(release: str) -> None:
    base = json.loads((shared() / "facts" / "runtime-default" / f"crio-{release}-base.json").read_text("utf-8"))
    assert list(map(comparable, _base(variant_of(release).base))) == list(map(comparable, base["syscalls"]))


@pytest.mark.parametrize(
    ("crio", "lines", "rules"),
    [
        ("1.24", 624, 22),
        ("1.25.0", 637, 22),
        ("1.28", 637, 22),
        ("1.29.8", 637, 22),
        ("1.29.9", 708, 25),
        ("1.29", 708, 25),
        ("1.30.5", 637, 22),
        ("1.30.6", 708, 25),
        ("1.31.0", 724, 27),
        ("1.34", 724, 27),
        ("1.35.0", 724, 27),
        ("1.35", 729, 27),
        ("1.36", 729, 27),
    ],
)
def test_line_counts_by_patch_release(crio: str, lines: int, rules: int) -> None:
    resolved = resolve(crio)
    assert (line_count(resolved), len(resolved["syscalls"])) == (lines, rules)


def test_the_removed_names_are_overwritten_with_the_last_one() -> None:
    assert resolve("1.28")["syscalls"][1]["names"].count("writev") == 2
    assert resolve("1.30")["syscalls"][1]["names"].count("writev") == 4


@pytest.mark.parametrize(
    ("arch", "architectures", "clone_index", "own"),
    [
        ("amd64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], 0, "arch_prctl"),
        ("arm64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], 0, "cacheflush"),
        ("s390x", ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"], 1, "s390_pci_mmio_read"),
        ("ppc64le", None, 0, "sync_file_range2"),
    ],
)
def test_architectures(arch: str, architectures: list[str] | None, clone_index: int, own: str) -> None:
    resolved = resolve("1.30", (), arch)
    assert resolved.get("architectures") == architectures
    masks = {arg["index"] for rule in resolved["syscalls"] if rule["names"] == ["clone"] for arg in rule["args"]}
    assert masks == {clone_index}
    allowed = {name for rule in resolved["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert own in allowed
    assert not {"arch_prctl", "cacheflush", "s390_pci_mmio_read"} - {own} & allowed


def test_openshift_releases_have_the_crio_of_their_kubernetes() -> None:
    assert [crio_of(release) for release in ("4.11", "4.16", "4.22", "4.23", "5.0")] == ["1.24", "1.29", "1.35", "1.36", "1.36"]
    assert [openshift_of(crio) for crio in ("1.24", "1.29.8", "1.36")] == ["4.11", "4.16", "4.23"]


@pytest.mark.parametrize("release", ["", "4", "4.10", "4.99", "3.11", "4.x", "5.99"])
def test_unknown_openshift_releases_are_named(release: str) -> None:
    with pytest.raises(UsageError, match=r"4\.11, 4\.12, .*, 5\.0"):
        crio_of(release)


def test_a_patch_release_of_openshift_does_not_tell_the_crio_release() -> None:
    with pytest.raises(UsageError, match=r"use the minor release \(4\.16\), or set the CRI-O release with --crio"):
        crio_of("4.16.3")


@pytest.mark.parametrize("crio", ["", "1", "1.23", "1.99", "2.29", "1.29.x", "1.29.8.1", "1.-5"])
def test_unknown_crio_releases_are_named(crio: str) -> None:
    with pytest.raises(UsageError, match=r"1\.24 to 1\.36"):
        resolve(crio)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(UsageError, match="amd64, arm64"):
        resolve("1.30", (), "x86")


def test_the_result_is_the_callers_own() -> None:
    resolve("1.30")["syscalls"].clear()
    assert len(resolve("1.30")["syscalls"]) == 25


def test_every_variant_is_that_of_its_own_example() -> None:
    assert [variant_of(variant.crio) for variant in VARIANTS] == list(VARIANTS)


@given(st.sampled_from(VARIANTS), st.sets(st.sampled_from(sorted(ALL))))
def test_only_the_deciding_capabilities_matter(variant: Any, caps: set[str]) -> None:
    deciding = deciding_capabilities(variant.crio)
    assert resolve(variant.crio, caps) == resolve(variant.crio, caps & deciding)
    assert not deciding & CRIO_DEFAULT


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        ([], [], CRIO_DEFAULT),
        ([], ["ALL"], frozenset()),
        (["NET_BIND_SERVICE"], ["ALL"], {"CAP_NET_BIND_SERVICE"}),
        (["SYS_ADMIN"], ["KILL", "CAP_CHOWN"], CRIO_DEFAULT - {"CAP_KILL", "CAP_CHOWN"} | {"CAP_SYS_ADMIN"}),
        (["ALL"], ["chown"], ALL - {"CAP_CHOWN"}),
        (["CAP_ALL"], ["ALL"], frozenset()),
        (["KILL"], ["KILL"], CRIO_DEFAULT - {"CAP_KILL"}),
    ],
)
def test_bounding_set(add: list[str], drop: list[str], expected: frozenset[str]) -> None:
    assert bounding_set(add, drop) == expected
