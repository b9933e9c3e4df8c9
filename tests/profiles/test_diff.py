"""Profiles compared as runc and libseccomp act on them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scclint.profiles.diff import ALLOWED, CONDITIONAL, DENIED, Stance, compare, opened_by_each, stances
from scclint.profiles.runtime_default import VARIANTS, Variant, resolve, resolve_variant
from scclint.seccomp.capabilities import CRIO_DEFAULT

ALLOW, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"


def stance(rules: list[dict[str, Any]], default: str = ERRNO, name: str = "clone") -> Stance | None:
    return stances({"defaultAction": default, "syscalls": rules}).get(name)


def rule(action: str, *args: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"names": ["clone"], "action": action, **({"args": list(args)} if args else {}), **more}


def arg(index: int, value: int, op: str = "EQ", two: int = 0) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": two, "op": f"SCMP_CMP_{op}"}


def test_the_first_unconditional_rule_decides() -> None:
    assert stance([rule(ALLOW), rule("SCMP_ACT_KILL")]) == Stance(ALLOWED, "ALLOW")
    assert stance([rule("SCMP_ACT_KILL", arg(0, 1)), rule(ALLOW), rule("SCMP_ACT_LOG", arg(0, 2))]) == Stance(ALLOWED, "ALLOW")


def test_rules_equal_to_the_default_are_dropped() -> None:
    assert stance([rule(ERRNO), rule(ALLOW)]) == Stance(ALLOWED, "ALLOW")
    assert stance([rule(ERRNO, errnoRet=1)]) is None
    assert stance([rule(ERRNO, errnoRet=38)]) == Stance(DENIED, "ERRNO(ENOSYS)")


def test_conditions_on_different_arguments_hold_together_and_on_one_alone() -> None:
    together = stance([rule(ALLOW, arg(0, 1), arg(2, 9, "NE"))])
    assert together == Stance(CONDITIONAL, "ERRNO(EPERM)", ("ALLOW if arg0 == 1 and arg2 != 9",))
    apart = stance([rule(ALLOW, arg(0, 1, "GE"), arg(0, 9, "LT"))])
    assert apart == Stance(CONDITIONAL, "ERRNO(EPERM)", ("ALLOW if arg0 >= 1", "ALLOW if arg0 < 9"))


def test_bits_of_one_argument_are_told_as_one_condition() -> None:
    found = stance([rule("SCMP_ACT_KILL_PROCESS", arg(0, 1, "MASKED_EQ", 1), arg(0, 4, "MASKED_EQ", 4))], ALLOW)
    assert found == Stance(CONDITIONAL, "ALLOW", ("KILL_PROCESS if arg0 & 0x5 != 0x0",))


def test_conditions_that_change_nothing_about_the_verdict() -> None:
    assert (stance([rule("SCMP_ACT_KILL", arg(0, 1))]) or Stance("", "")).verdict == DENIED
    assert (stance([rule("SCMP_ACT_LOG", arg(0, 1))], ALLOW) or Stance("", "")).verdict == ALLOWED


def test_names_of_other_architectures_are_passed_over() -> None:
    profile = {"defaultAction": ERRNO, "syscalls": [{"names": ["s390_pci_mmio_read", "nonsense", "chown32"], "action": ALLOW}]}
    assert set(stances(profile)) == {"chown32"}
    assert set(stances(profile, "s390x")) == {"s390_pci_mmio_read", "chown32"}


def test_the_step_of_1_29_9() -> None:
    diff = compare(resolve("1.29.8"), resolve("1.29.9"))
    assert [(c.direction, c.syscalls, c.after.verdict) for c in diff.changes] == [
        ("closed", ("clone",), CONDITIONAL),
        ("closed", ("clone3",), DENIED),
    ]


def test_unconfined_opens_what_the_default_denies() -> None:
    diff = compare(resolve("1.35"), None)
    opened = diff.syscalls("opened")
    assert {"bpf", "clone", "unshare", "socket", "io_uring_setup", "kexec_load"} <= set(opened)
    assert not {"read", "execve"} & set(opened)
    assert diff.defaults == (Stance(DENIED, "ERRNO(ENOSYS)"), Stance(ALLOWED, "ALLOW"))


def test_what_capabilities_open() -> None:
    opened = opened_by_each(CRIO_DEFAULT | {"CAP_SYS_ADMIN"}, "1.31")
    assert {"bpf", "clone", "clone3", "unshare", "sethostname"} <= set(opened["CAP_SYS_ADMIN"])
    assert opened_by_each(CRIO_DEFAULT, "1.31") == {}
    assert opened_by_each({"CAP_SYS_CHROOT"}, "1.35") == {"CAP_SYS_CHROOT": ("chroot",)}


capabilities = st.sets(st.sampled_from(["CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_TIME", "CAP_AUDIT_WRITE"]))


@given(st.sampled_from(VARIANTS), capabilities, st.sampled_from(VARIANTS), capabilities)
def test_comparing_the_other_way_round_swaps_the_directions(a: Variant, held: set[str], b: Variant, other: set[str]) -> None:
    first, second = resolve_variant(a, held), resolve_variant(b, other)
    there, back = compare(first, second), compare(second, first)
    assert there.syscalls("opened") == back.syscalls("closed")
    assert there.syscalls("differs") == back.syscalls("differs")
    assert compare(first, first).same
    assert there.same == (not there.changes)
