"""Compare two seccomp profiles: the syscalls that one allows and the other denies.

Profiles are compared in the OCI format that the runtime gets, and as runc and libseccomp apply them. Rules with the default action
are dropped. The first unconditional rule for a syscall decides, whatever other rules say. Several conditions on one argument are
combined with OR. A name that the architecture does not have is ignored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scclint.profiles.runtime_default import deciding_capabilities, resolve
from scclint.record import grouped, record
from scclint.seccomp.capabilities import CRIO_DEFAULT
from scclint.seccomp.tables import errno_name, syscalls_of

PASSING = frozenset({"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"})
"""The actions that allow a syscall without asking a tracer or a listener."""

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


@record
class Stance:
    """What a profile does with a syscall: `verdict` is `allowed`, `denied` or `conditional`.

    `action` applies to calls that match no condition: `ALLOW`, `ERRNO(EPERM)`, `KILL_THREAD`. `conditions` are in the
    profile's order: `ALLOW if arg0 & 0x7e020000 == 0x0`.
    """

    verdict: str
    action: str
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.conditions:
            return f"{self.verdict}, {self.action}" if self.action != "ALLOW" else self.verdict
        return f"{self.verdict}: {'; '.join(self.conditions)}; else {self.action}"


@record
class Change:
    """Syscalls, sorted, whose stance changes in the same way from a first profile to a second.

    `direction` is `opened` (the second allows more), `closed` (it allows less), or `differs` (other conditions or errno).
    """

    direction: str
    before: Stance
    after: Stance
    syscalls: tuple[str, ...]


@record
class ProfileDiff:
    """The differences between two profiles. `defaults` and `architectures` hold the value of the first and of the second."""

    defaults: tuple[Stance, Stance]
    architectures: tuple[tuple[str, ...], tuple[str, ...]]
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether both profiles treat every syscall alike."""
        return not self.changes and self.defaults[0] == self.defaults[1] and self.architectures[0] == self.architectures[1]

    def syscalls(self, direction: str) -> tuple[str, ...]:
        """Return all syscalls of one direction, sorted."""
        return tuple(sorted(name for change in self.changes if change.direction == direction for name in change.syscalls))


def compare(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, arch: str = "amd64") -> ProfileDiff:
    """Return how the resolved profile `second` differs from `first`. None means unconfined.

    Only syscalls of `arch` count, which is Go's name (`amd64`), and those of the 32-bit ABIs that it also runs.
    """
    old, new = stances(first, arch), stances(second, arch)
    old_default, new_default = default_stance(first), default_stance(second)
    names: set[str] = set(old) | set(new)
    if old_default != new_default:
        names |= abi_syscalls(arch)
    pairs = ((name, old.get(name, old_default), new.get(name, new_default)) for name in sorted(names))
    groups = grouped(((_direction(before, after), before, after), name) for name, before, after in pairs if before != after)
    order = ("opened", "closed", "differs")
    ranked = sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[1]))
    changes = tuple(Change(direction, before, after, tuple(syscalls)) for (direction, before, after), syscalls in ranked)
    return ProfileDiff((old_default, new_default), (_architectures(first), _architectures(second)), changes)


def opened_by_each(caps: Iterable[str], crio: str) -> dict[str, tuple[str, ...]]:
    """Return, per capability of the bounding set, the syscalls that RuntimeDefault allows on amd64 because of it, riskiest first.

    Capabilities that allow no syscall are left out.
    """
    without = resolve(crio, CRIO_DEFAULT)
    opened = {}
    for cap in sorted(deciding_capabilities(crio).intersection(caps)):
        names = compare(without, resolve(crio, (*CRIO_DEFAULT, cap))).syscalls("opened")
        if names:
            opened[cap] = tuple(notable(names))
    return opened


def notable(names: Iterable[str]) -> list[str]:
    """Return the names with the best known ways out of a container first, then the rest by name."""
    syscalls = set(names)
    return [name for name in _KNOWN_WAYS_OUT if name in syscalls] + sorted(syscalls.difference(_KNOWN_WAYS_OUT))


def stances(profile: Mapping[str, Any] | None, arch: str = "amd64") -> dict[str, Stance]:
    """Return the stance of a resolved profile on each syscall that its rules name and that `arch` has.

    The syscalls of `arch` include those of the 32-bit ABIs that it also runs.
    """
    if profile is None:
        return {}
    default = _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    available = abi_syscalls(arch)
    decided: dict[str, str] = {}
    conditions: dict[str, list[tuple[str, str]]] = {}
    for rule in profile.get("syscalls") or ():
        action = _action(rule["action"], rule.get("errnoRet"))
        if action == default:
            continue
        tests = _tests(rule.get("args") or ())
        for name in dict.fromkeys(rule["names"]):
            if name not in available or name in decided:
                continue
            if tests:
                conditions.setdefault(name, []).extend((action, test) for test in tests)
            else:
                decided[name] = action
    result = {name: Stance(_verdict(action), action) for name, action in decided.items()}
    for name, tested in conditions.items():
        if name not in decided:
            result[name] = _conditional(default, tested)
    return result


def default_stance(profile: Mapping[str, Any] | None) -> Stance:
    """Return the stance on a syscall that no rule names: without a profile, it is allowed."""
    action = "ALLOW" if profile is None else _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    return Stance(_verdict(action), action)


def abi_syscalls(arch: str) -> frozenset[str]:
    """Return the syscalls of an architecture and of the 32-bit ABIs that its kernels also run."""
    return frozenset().union(*(syscalls_of(abi) for abi in _ABIS.get(arch, (arch,))))


def _conditional(default: str, tested: list[tuple[str, str]]) -> Stance:
    conditions = tuple(dict.fromkeys(f"{action} if {test}" for action, test in tested))
    verdicts = {_verdict(default), *(_verdict(action) for action, _ in tested)}
    return Stance(verdicts.pop() if len(verdicts) == 1 else CONDITIONAL, default, conditions)


def _verdict(action: str) -> str:
    scmp = "SCMP_ACT_" + action.partition("(")[0]
    if scmp in PASSING:
        return ALLOWED
    return CONDITIONAL if scmp in _SUPERVISED else DENIED


def _action(action: str, errno: int | None) -> str:
    """Return the action as `ERRNO(ENOSYS)`. The errno defaults to EPERM, and KILL is the old name of KILL_THREAD."""
    short = action.removeprefix("SCMP_ACT_")
    if short in ("ERRNO", "TRACE"):
        return f"{short}({errno_name(1 if errno is None else errno)})"
    return "KILL_THREAD" if short == "KILL" else short


def _tests(args: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the conditions of a rule, which are combined with OR. Tests of single bits of one argument become one condition."""
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
    if not change:
        return "differs"
    return "opened" if change > 0 else "closed"


def _architectures(profile: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(profile.get("architectures") or ()) if profile else ()
