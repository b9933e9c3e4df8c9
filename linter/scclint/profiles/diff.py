"""What one seccomp profile lets through that another does not.

Profiles are compared in the OCI form that the runtime gets, as runc and libseccomp act on it: rules equal to the default
action are dropped; the first unconditional rule for a syscall decides, whatever other rules say; several conditions on one
argument are alternatives; a name that the architecture does not have is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scclint.profiles.resolve import Profile
from scclint.profiles.runtime_default import deciding_capabilities, resolve
from scclint.seccomp.capabilities import CRIO_DEFAULT
from scclint.seccomp.tables import errno_name, syscalls_of

PASSING = frozenset({"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"})
"""The actions that let a call through without anyone being asked."""

ALLOWED, CONDITIONAL, DENIED = "allowed", "conditional", "denied"

_ABIS = {"amd64": ("amd64", "x86", "x32"), "arm64": ("arm64", "arm"), "s390x": ("s390x", "s390")}
_KNOWN_WAYS_OUT = (
    "bpf",
    "kexec_load",
    "init_module",
    "open_by_handle_at",
    "perf_event_open",
    "unshare",
    "userfaultfd",
    "keyctl",
)
_SUPERVISED = frozenset({"SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"})
_OPERATORS = {
    "SCMP_CMP_NE": "!=",
    "SCMP_CMP_LT": "<",
    "SCMP_CMP_LE": "<=",
    "SCMP_CMP_EQ": "==",
    "SCMP_CMP_GE": ">=",
    "SCMP_CMP_GT": ">",
}


@dataclass(frozen=True, slots=True, order=True)
class Stance:
    """What a profile does with a syscall: `allowed`, `denied` or `conditional`, by which action, under which conditions.

    `action` is that of calls that no condition matches: `ALLOW`, `ERRNO(EPERM)`, `KILL_THREAD`. `conditions` are in the
    profile's order: `ALLOW if arg0 & 0x7e020000 == 0x0`.
    """

    verdict: str
    action: str
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.conditions:
            return f"{self.verdict}, {self.action}" if self.action != "ALLOW" else self.verdict
        return f"{self.verdict}: {'; '.join(self.conditions)}; else {self.action}"


@dataclass(frozen=True, slots=True)
class Change:
    """Syscalls, sorted, that two profiles treat differently in the same way.

    `direction` is `opened` (the second lets more through), `closed`, or `differs` (other conditions, another errno).
    """

    direction: str
    before: Stance
    after: Stance
    syscalls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileDiff:
    """How a second profile differs from a first. `defaults` and `architectures` are those of the first and of the second."""

    defaults: tuple[Stance, Stance]
    architectures: tuple[tuple[str, ...], tuple[str, ...]]
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether every system call is treated alike."""
        return not self.changes and self.defaults[0] == self.defaults[1] and self.architectures[0] == self.architectures[1]

    def syscalls(self, direction: str) -> tuple[str, ...]:
        """All syscalls of one direction, sorted."""
        return tuple(sorted(name for change in self.changes if change.direction == direction for name in change.syscalls))


def compare(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, arch: str = "amd64") -> ProfileDiff:
    """How the profile `second` differs from `first`, both resolved; None is unconfined. Only syscalls that `arch` has count."""
    old, new = stances(first, arch), stances(second, arch)
    old_default, new_default = default_stance(first), default_stance(second)
    names: set[str] = set(old) | set(new)
    if old_default != new_default:
        names |= abi_syscalls(arch)
    groups: dict[tuple[str, Stance, Stance], list[str]] = {}
    for name in sorted(names):
        before, after = old.get(name, old_default), new.get(name, new_default)
        if before != after:
            groups.setdefault((_direction(before, after), before, after), []).append(name)
    order = ("opened", "closed", "differs")
    ranked = sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[1]))
    changes = tuple(Change(direction, before, after, tuple(found)) for (direction, before, after), found in ranked)
    return ProfileDiff((old_default, new_default), (_architectures(first), _architectures(second)), changes)


def opened_by(caps: Iterable[str], crio: str, arch: str = "amd64") -> tuple[Change, ...]:
    """What RuntimeDefault lets through with the bounding set `caps` that it does not with CRI-O's default set."""
    diff = compare(resolve(crio, CRIO_DEFAULT, arch), resolve(crio, caps, arch), arch)
    return tuple(change for change in diff.changes if change.direction == "opened")


def opened_by_each(caps: Iterable[str], crio: str, arch: str = "amd64") -> dict[str, tuple[str, ...]]:
    """For each capability of the bounding set that matters to RuntimeDefault, the syscalls it opens up, best known first."""
    found = {}
    for cap in sorted(deciding_capabilities(crio).intersection(caps)):
        names = [name for change in opened_by((*CRIO_DEFAULT, cap), crio, arch) for name in change.syscalls]
        if names:
            found[cap] = tuple(notable(names))
    return found


def notable(names: Iterable[str]) -> list[str]:
    """The best known ways out of a container first, then the rest by name."""
    found = set(names)
    return [name for name in _KNOWN_WAYS_OUT if name in found] + sorted(found.difference(_KNOWN_WAYS_OUT))


def stances(profile: Mapping[str, Any] | None, arch: str = "amd64") -> dict[str, Stance]:
    """The stance of a resolved profile on each syscall that it has a rule for and that `arch`, or an ABI it also runs, has."""
    if profile is None:
        return {}
    default = _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    known = abi_syscalls(arch)
    decided: dict[str, str] = {}
    conditions: dict[str, list[tuple[str, str]]] = {}
    for rule in profile.get("syscalls") or ():
        action = _action(rule["action"], rule.get("errnoRet"))
        if action == default:
            continue
        tests = _tests(rule.get("args") or ())
        for name in dict.fromkeys(rule["names"]):
            if name not in known or name in decided:
                continue
            if tests:
                conditions.setdefault(name, []).extend((action, test) for test in tests)
            else:
                decided[name] = action
    found = {name: Stance(_verdict(action), action) for name, action in decided.items()}
    for name, tested in conditions.items():
        if name not in decided:
            found[name] = _conditional(default, tested)
    return found


def default_stance(profile: Mapping[str, Any] | None) -> Stance:
    """What happens to a syscall that no rule names; everything is allowed without a profile."""
    action = "ALLOW" if profile is None else _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    return Stance(_verdict(action), action)


def abi_syscalls(arch: str) -> frozenset[str]:
    """The syscalls of an architecture and of the 32-bit ABIs that its kernels run as well."""
    return frozenset().union(*(syscalls_of(abi) for abi in _ABIS.get(arch, (arch,))))


def _conditional(default: str, tested: list[tuple[str, str]]) -> Stance:
    conditions = tuple(dict.fromkeys(f"{action} if {test}" for action, test in tested))
    verdicts = {_verdict(default), *(_verdict(action) for action, _ in tested)}
    return Stance(verdicts.pop() if len(verdicts) == 1 else CONDITIONAL, default, conditions)


def _verdict(action: str) -> str:
    scmp = "SCMP_ACT_" + action.partition("(")[0]
    return ALLOWED if scmp in PASSING else CONDITIONAL if scmp in _SUPERVISED else DENIED


def _action(action: str, errno: int | None) -> str:
    """`ERRNO(ENOSYS)`; EPERM where no errno is given. KILL is KILL_THREAD's old name."""
    short = action.removeprefix("SCMP_ACT_")
    if short in ("ERRNO", "TRACE"):
        return f"{short}({errno_name(1 if errno is None else errno)})"
    return "KILL_THREAD" if short == "KILL" else short


def _tests(args: Sequence[Mapping[str, Any]]) -> list[str]:
    """The conditions of a rule, each alone sufficient; alternatives that test single bits of one argument are told as one."""
    indices = {arg["index"] for arg in args}
    if len(indices) == len(args):
        return [" and ".join(_test(arg) for arg in args)] if args else []
    if len(indices) == 1 and all(_is_bit(arg) for arg in args):
        mask = 0
        for arg in args:
            mask |= arg["value"]
        return [f"arg{args[0]['index']} & {mask:#x} != 0x0"]
    return [_test(arg) for arg in args]


def _is_bit(arg: Mapping[str, Any]) -> bool:
    value: int = arg.get("value", 0)
    return arg["op"] == "SCMP_CMP_MASKED_EQ" and value == arg.get("valueTwo", 0) and value.bit_count() == 1


def _test(arg: Mapping[str, Any]) -> str:
    value = arg.get("value", 0)
    if arg["op"] == "SCMP_CMP_MASKED_EQ":
        return f"arg{arg['index']} & {value:#x} == {arg.get('valueTwo', 0):#x}"
    return f"arg{arg['index']} {_OPERATORS.get(arg['op'], arg['op'])} {value}"


def _direction(before: Stance, after: Stance) -> str:
    ranks = (DENIED, CONDITIONAL, ALLOWED)
    change = ranks.index(after.verdict) - ranks.index(before.verdict)
    return "opened" if change > 0 else "closed" if change < 0 else "differs"


def _architectures(profile: Profile | Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(profile.get("architectures") or ()) if profile else ()
