"""The problems of a seccomp profile written by hand: what breaks containers, what is weaker than it looks, what has no effect.

A profile that is RuntimeDefault of some CRI-O release as it was resolved has none.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from scclint.errors import LoadError
from scclint.finding import Path, Severity
from scclint.profiles.diff import CONDITIONAL, DENIED, PASSING, Stance, abi_syscalls, compare, default_stance, notable, stances
from scclint.profiles.problem import BROKEN, UNKNOWN, WEAK, ProfileProblem
from scclint.profiles.recognise import identify
from scclint.profiles.resolve import NATIVE, Profile, resolve_profile
from scclint.profiles.runtime_default import resolve
from scclint.profiles.schema import check_shape
from scclint.profiles.startup import check_startup
from scclint.record import record
from scclint.seccomp.capabilities import CRIO_DEFAULT
from scclint.seccomp.tables import is_syscall, syscalls_of, table
from scclint.source import Span
from scclint.text import and_more, closest_match
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data

_SHOWN = 12
_HINTS = 100
"""Unknown names of a profile for which a similar one is looked up, each of which takes as long as all else about it."""
_ABI_TOKENS = {
    "amd64": {"SCMP_ARCH_X86_64": "amd64", "SCMP_ARCH_X86": "x86", "SCMP_ARCH_X32": "x32"},
    "arm64": {"SCMP_ARCH_AARCH64": "arm64", "SCMP_ARCH_ARM": "arm"},
    "s390x": {"SCMP_ARCH_S390X": "s390x", "SCMP_ARCH_S390": "s390"},
}
_ENTRANCES = (
    ("socketcall", "accept accept4 bind connect listen recvfrom recvmsg send sendmsg sendto socket socketpair"),
    ("ipc", "msgctl msgget msgrcv msgsnd semctl semget semop shmat shmctl shmdt shmget"),
    ("clone3", "clone"),
    ("execveat", "execve"),
    ("openat2", "openat"),
)
"""Calls that do what the listed ones do, through another entrance."""


@record
class Target:
    """Where a profile is to be used: CRI-O release, bounding set of the container, architectures of the nodes.

    `no_new_privileges` is whether its container has `allowPrivilegeEscalation: false`; None where that is not known.
    """

    crio: str = "1.35"
    caps: frozenset[str] = CRIO_DEFAULT
    arches: tuple[str, ...] = ("amd64",)
    no_new_privileges: bool | None = None


ANY = Target()


def lint_text(text: str, file: str, target: Target = ANY) -> Iterator[ProfileProblem]:
    """The problems of a profile file. Text that is no JSON is one problem."""
    from scclint.yaml.json import parse_json

    try:
        root = parse_json(text, file)
    except LoadError as error:
        yield invalid_json(error)
        return
    yield from lint_profile(root, target)


def invalid_json(error: LoadError) -> ProfileProblem:
    """The problem that text which is no JSON is."""
    line, column = max(error.line, 1), max(error.column, 1)
    message = f"the runtime cannot read the profile: {error.message}"
    settle = "No container that uses the profile starts."
    return ProfileProblem(
        "invalid-json", BROKEN, Severity.ERROR, message, settle, (), Span(error.file, line, column, line, column)
    )


def lint_profile(root: Node, target: Target = ANY) -> Iterator[ProfileProblem]:
    """The problems of a profile as a tree: those of `lint_data`, and keys that stand there twice."""
    yield from _duplicates(root, ())
    yield from lint_data(to_data(root), target)


def lint_data(data: object, target: Target = ANY) -> Iterator[ProfileProblem]:
    """The problems of a profile as plain JSON, in either form. What is malformed is reported and then left out of the rest."""
    shape = list(check_shape(data))
    yield from shape
    if not isinstance(data, Mapping):
        return
    spoilt, rules = _sound(data, shape)
    yield from _listener(data)
    for index, rule in rules.items():
        yield from _rule(rule, ("syscalls", index))
    default = data.get("defaultAction")
    default_denies = not isinstance(default, str) or default not in PASSING
    yield from _unknown_names(rules, default_denies)
    unclear = "defaultAction" in spoilt or default is None
    if not unclear and identify(data):
        return
    yield from _architectures(data, target)
    if unclear:
        return
    sound = _without(data, spoilt, rules)
    seen: set[tuple[str, Path]] = set()
    for arch in target.arches:
        for problem in _in_force(resolve_profile(sound, target.caps, arch), rules, target, arch, default_denies):
            deduced = problem.id == "clone3-refused" and spoilt & {"defaultErrno", "defaultErrnoRet"}
            if not deduced and (problem.id, problem.path) not in seen:
                seen.add((problem.id, problem.path))
                yield problem


def sound_part(data: Mapping[str, Any]) -> Profile:
    """A profile without the keys and rules that are malformed."""
    return _without(data, *_sound(data, check_shape(data)))


def lint_startup(profile: Profile, target: Target = ANY) -> Iterator[ProfileProblem]:
    """Whether containers can start with a profile that is made of sound parts."""
    default = profile.get("defaultAction")
    if default is None or default in PASSING or identify(profile):
        return
    found: dict[tuple[str, Path], ProfileProblem] = {}
    for arch in target.arches:
        resolved = resolve_profile(profile, target.caps, arch)
        assert resolved is not None
        for problem in check_startup(resolved, arch, target.no_new_privileges):
            found.setdefault((problem.id, problem.path), problem)
    yield from found.values()


def _sound(data: Mapping[str, Any], shape: Iterable[ProfileProblem]) -> tuple[set[str | int], dict[int, Profile]]:
    """The keys that are malformed but for `syscalls`, and the rules that are not, by index."""
    bad = {problem.path[:2] for problem in shape if problem.severity is Severity.ERROR}
    rules = {i: r for i, r in enumerate(_list(data.get("syscalls"))) if isinstance(r, dict) and ("syscalls", i) not in bad}
    return {path[0] for path in bad if path and path[0] != "syscalls"}, rules


def _without(data: Mapping[str, Any], spoilt: Set[str | int], rules: Mapping[int, Profile]) -> Profile:
    return {key: value for key, value in data.items() if key not in spoilt} | {"syscalls": list(rules.values())}


def _in_force(
    profile: Profile | None, rules: Mapping[int, Profile], target: Target, arch: str, default_denies: bool
) -> Iterator[ProfileProblem]:
    """The problems of what the profile is for one architecture and the target's capabilities."""
    assert profile is not None
    if default_denies:
        yield from check_startup(profile, arch, target.no_new_privileges)
        yield from _wider(profile, rules, target, arch)
    else:
        yield from _permissive(profile, rules, target, arch)


def _duplicates(node: Node, at: Path) -> Iterator[ProfileProblem]:
    if isinstance(node, MappingNode):
        for entry in node.duplicates:
            message = f"the key `{entry.key.value}` stands there twice"
            settle = "Keep one: the runtime reads the last one only."
            path = (*at, str(entry.key.value))
            yield ProfileProblem("duplicate-key", BROKEN, Severity.ERROR, message, settle, path, entry.span)
        for entry in node.entries:
            yield from _duplicates(entry.value, (*at, str(entry.key.value)))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from _duplicates(item, (*at, index))


def _listener(data: Mapping[str, Any]) -> Iterator[ProfileProblem]:
    if data.get("listenerMetadata") and not data.get("listenerPath"):
        message = "`listenerMetadata` stands without `listenerPath`, so nobody gets it"
        yield _fragile(
            "listener-metadata-without-path", message, "Add `listenerPath`, or take the metadata out.", ("listenerMetadata",)
        )


def _rule(rule: Profile, at: Path) -> Iterator[ProfileProblem]:
    place, action = f"syscalls[{at[1]}]", rule.get("action")
    for key in ("errnoRet", "errno"):
        if rule.get(key) is not None and action not in ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"):
            message = f"{place}: `{key}` has no effect with {action}"
            yield _fragile("errno-without-effect", message, f"Take `{key}` out, or make the action SCMP_ACT_ERRNO.", (*at, key))
    if repeated := _repeated_argument(rule):
        index, other = repeated
        message = f"{place}: two conditions on argument {index}, which the runtime takes as alternatives, not together"
        settle = "Use one condition per argument (a mask, or an exact value), or a rule for each alternative."
        yield _weak("same-argument-twice", message, settle, (*at, "args", other, "index"))
    for side in ("includes", "excludes"):
        chosen = rule.get(side) or {}
        if chosen.get("minKernel"):
            message = f"{place}: CRI-O does not look at `{side}.minKernel`: the rule counts on every kernel"
            yield _weak("min-kernel", message, "Do not rely on it outside of Docker.", (*at, side, "minKernel"))
        for position, cap in enumerate(chosen.get("caps") or ()):
            if not str(cap).startswith("CAP_") or cap != str(cap).upper():
                message = f"{place}: {cap!r} in `{side}.caps` equals no capability, since they are compared as CAP_..."
                yield _weak("capability-spelling", message, f"Write CAP_{_bare(str(cap))}.", (*at, side, "caps", position))


def _bare(cap: str) -> str:
    return cap.upper().removeprefix("CAP_")


def _repeated_argument(rule: Profile) -> tuple[int, int] | None:
    """An argument index that two conditions share and the position of the second, unless alternatives are surely what is meant.

    They are when all conditions ask for single values of that one argument (which could never hold together), or when a
    denying rule tests bits of it.
    """
    args = rule.get("args") or ()
    indices = [arg["index"] for arg in args]
    for position, index in enumerate(indices):
        if index in indices[:position]:
            operators = {arg["op"] for arg in args}
            denies = rule["action"] not in PASSING
            meant = operators == {"SCMP_CMP_EQ"} or (denies and operators <= {"SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"})
            return None if len(set(indices)) == 1 and meant else (index, position)
    return None


def _unknown_names(rules: Mapping[int, Profile], default_denies: bool) -> Iterator[ProfileProblem]:
    hints = 0
    for index, rule in rules.items():
        for path, name in _names(rule, ("syscalls", index)):
            if is_syscall(name):
                continue
            hints += 1
            hole = not default_denies and rule["action"] not in PASSING
            effect = "so it stays allowed" if hole else "so the rule does nothing for it"
            message = f"no architecture has a syscall {name!r}; the runtime passes over it, {effect}"
            meant = closest_match(name, table("syscalls")["syscalls"]) if hints <= _HINTS else ""
            settle = f"Did you mean {meant}?" if meant else "Correct the name or take it out."
            yield ProfileProblem("unknown-syscall", UNKNOWN, Severity.WARNING, message, settle, path)


def _architectures(data: Mapping[str, Any], target: Target) -> Iterator[ProfileProblem]:
    """Matters only where nodes can run a second ABI: calls through one that the filter does not cover kill the caller."""
    listed = _list(data.get("architectures"))
    mapped = [entry.get("architecture") for entry in _list(data.get("archMap")) if isinstance(entry, dict)]
    for arch in target.arches:
        token = NATIVE[arch]
        if not listed and not mapped:
            if others := [abi for abi in _ABI_TOKENS.get(arch, ()) if abi != token]:
                message = (
                    f"the profile has no `architectures`, so on {arch} calls through {' or '.join(others)} kill the program"
                )
                settle = f"Add `architectures` with {token} and {', '.join(others)} if 32-bit programs are to run."
                yield _fragile("missing-architectures", message, settle, ("architectures",))
        elif token not in (listed or mapped) and (listed or arch in _ABI_TOKENS):
            key = "architectures" if listed else "archMap"
            message = f"`{key}` has no {token}, the architecture of {arch} nodes"
            yield _fragile("architecture-of-no-node", message, f"Add {token}, or keep the profile off these nodes.", (key,))


def _wider(profile: Profile, rules: Mapping[int, Profile], target: Target, arch: str) -> Iterator[ProfileProblem]:
    """Rules that let through what RuntimeDefault stops, one problem each, at the first such name."""
    changes = compare(resolve(target.crio, target.caps, arch), profile, arch).changes
    opened = {name: change.before.verdict for change in changes if change.direction == "opened" for name in change.syscalls}
    for index, rule in rules.items():
        if rule["action"] not in PASSING:
            continue
        here = {name: path for path, name in _names(rule, ("syscalls", index)) if name in opened}
        if here:
            shown = [name + (" (which it allows on conditions)" if opened.pop(name) == CONDITIONAL else "") for name in here]
            message = f"syscalls[{index}] lets through what RuntimeDefault stops: {and_more(shown, _SHOWN)}"
            settle = "Take out what the program does not need."
            yield _weak("wider-than-runtime-default", message, settle, next(iter(here.values())))


def _permissive(profile: Profile, rules: Mapping[int, Profile], target: Target, arch: str) -> Iterator[ProfileProblem]:
    action = profile["defaultAction"]
    opened = compare(resolve(target.crio, target.caps, arch), profile, arch).syscalls("opened")
    effect = "only logs" if action == "SCMP_ACT_LOG" else "lets through"
    message = f"`defaultAction: {action}` {effect} every syscall that no rule stops"
    if opened:
        message += f"; RuntimeDefault stops {len(opened)} of them: {and_more(notable(opened), _SHOWN)}"
    settle = "Deny by default (SCMP_ACT_ERRNO) and list what the program needs, or use RuntimeDefault."
    yield _weak("allows-by-default", message, settle, ("defaultAction",))
    yield from _holes(profile, rules, arch)


def _holes(profile: Profile, rules: Mapping[int, Profile], arch: str) -> Iterator[ProfileProblem]:
    """Calls that a deny-list stops and that go through under another name which the filter's architectures have."""
    tokens = _ABI_TOKENS.get(arch, {})
    covered = {tokens[token] for token in profile.get("architectures") or () if token in tokens} | {arch}
    available = frozenset().union(*(syscalls_of(abi) for abi in covered))
    known, default = stances(profile, arch), default_stance(profile)
    for index, rule in rules.items():
        if rule["action"] in PASSING:
            continue
        for path, name in _names(rule, ("syscalls", index)):
            if name not in abi_syscalls(arch) or rule.get("args"):
                continue
            missed = [twin for twin in _twins(name) if twin in available and _passes(known.get(twin, default))]
            if missed:
                message = f"syscalls[{index}] stops {name} but not {and_more(missed, _SHOWN)}, which does the same"
                yield _weak("other-entrance", message, f"Add {', '.join(missed)} to the rule.", path)


def _passes(stance: Stance) -> bool:
    return stance.verdict != DENIED


def _twins(name: str) -> list[str]:
    """Other names of the same service: wider or narrower ids, offsets and times, and the multiplexers of 32-bit ABIs."""
    stem = name.removesuffix("_time64").removesuffix("64").removesuffix("32")
    spellings = (stem, f"{stem}32", f"{stem}64", f"{stem}_time64")
    return [s for s in spellings if s != name and is_syscall(s)] + [door for door, same in _ENTRANCES if name in same.split()]


def _names(rule: Profile, at: Path) -> list[tuple[Path, str]]:
    single = [((*at, "name"), rule["name"])] if rule.get("name") else []
    return single + [((*at, "names", position), name) for position, name in enumerate(rule.get("names") or ())]


def _weak(id: str, message: str, settle: str, path: Path) -> ProfileProblem:
    return ProfileProblem(id, WEAK, Severity.WARNING, message, settle, path)


def _fragile(id: str, message: str, settle: str, path: Path) -> ProfileProblem:
    return ProfileProblem(id, BROKEN, Severity.WARNING, message, settle, path)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
