"""Find the problems of a custom seccomp profile: what breaks containers, what is weaker than it looks, and what has no effect.

A profile that equals the resolved RuntimeDefault of a CRI-O release has no problems; `recognise` finds the one that it is, or is closest to.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from scclint.cluster.cluster import Cluster
from scclint.finding import Path
from scclint.limits import MAX_COMPARED_RULES, MAX_SYSCALL_SUGGESTIONS
from scclint.platform.releases import DEFAULT, installed_runtime, kubernetes_of, minor_of_kubernetes
from scclint.profiles.diff import (
    CONDITIONAL,
    DENIED,
    PASSING,
    ProfileDiff,
    abi_syscalls,
    compare,
    default_stance,
    notable,
    stances,
)
from scclint.profiles.problem import ProfileProblem, problem
from scclint.profiles.resolve import NATIVE, Profile, resolve_profile
from scclint.profiles.runtime_default import VARIANTS, Variant, crio_on, deciding_capabilities, resolve, resolve_variant
from scclint.profiles.schema import check_shape, malformed_keys, valid_part, valid_rules
from scclint.record import record
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of
from scclint.seccomp.tables import is_syscall, syscalls_of, table
from scclint.text import and_more, closest_match
from scclint.yaml.nodes import Node, overridden, to_data
from scclint.yaml.untyped import as_list

_SHOWN = 12
_ABI_TOKENS = {
    "amd64": {"SCMP_ARCH_X86_64": "amd64", "SCMP_ARCH_X86": "x86", "SCMP_ARCH_X32": "x32"},
    "arm64": {"SCMP_ARCH_AARCH64": "arm64", "SCMP_ARCH_ARM": "arm"},
    "s390x": {"SCMP_ARCH_S390X": "s390x", "SCMP_ARCH_S390": "s390"},
}
_EQUIVALENTS = (
    ("socketcall", "accept accept4 bind connect listen recvfrom recvmsg send sendmsg sendto socket socketpair"),
    ("ipc", "msgctl msgget msgrcv msgsnd semctl semget semop shmat shmctl shmdt shmget"),
    ("clone3", "clone"),
    ("execveat", "execve"),
    ("openat2", "openat"),
)
"""Syscalls, each with the syscalls whose effect it also has."""


_EVERY_PROGRAM = (
    "exit_group rt_sigreturn futex mmap mprotect brk read write close openat newfstatat|fstat arch_prctl set_tid_address "
    "set_robust_list|rseq prlimit64 getrandom clone|clone3"
)
"""Syscalls that libc and language runtimes make before a program's first line, and that threads need; `a|b` means either."""

_SETUP = {
    "crun": "capset prctl rt_sigprocmask pselect6|select setresgid setresuid",
    "runc": "capget capset chdir fcntl fstatfs getdents64 getppid prctl setgid setgroups setuid",
}
"""Syscalls that a runtime makes after it loads the filter, in addition to those of every program.

With no_new_privs, a runtime loads the filter last and makes none. Sources: `apply_security_settings` and `container_init` in
`src/libcrun/container.c` of crun, `libcontainer/standard_init_linux.go` of runc.
"""

_LACKING = 20
"""A profile that lacks at most so many of the 400 or more syscalls of RuntimeDefault is a copy of it."""


@record
class Target:
    """Where a profile is used: the CRI-O release, the bounding set of the container, and the architectures of the nodes.

    `caps` are full names (`CAP_CHOWN`); `arches` are Go's names (`amd64`). `no_new_privileges` is True if the container has
    `allowPrivilegeEscalation: false`, and None if that is unknown. `runtimes` may start the containers.
    `extends` is True if the name of the profile says that it is RuntimeDefault with additions.
    """

    crio: str = kubernetes_of(DEFAULT)
    caps: frozenset[str] = CRIO_DEFAULT
    arches: tuple[str, ...] = ("amd64",)
    no_new_privileges: bool | None = None
    extends: bool = False
    runtimes: tuple[str, ...] = (installed_runtime(minor_of_kubernetes(kubernetes_of(DEFAULT)), "openshift"),)


ANY = Target()


def target_of(cluster: Cluster, uses: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Target:
    """Return the target of a profile that these (pod, container) pairs use, both as admitted.

    The capabilities are those of all containers together, because RuntimeDefault allows the syscalls of each. The architectures
    are those that the pods select; they are empty if no pod selects one. Without uses, the target has CRI-O's default
    capabilities, and whether the container has no_new_privs is unknown.
    """
    containers = [container for _, container in uses]
    caps: frozenset[str] = frozenset().union(*map(bounding_set_of, containers)) if containers else CRIO_DEFAULT
    contexts = [container.get("securityContext") or {} for container in containers]
    hardened = all(context.get("allowPrivilegeEscalation") is False for context in contexts)
    selectors = [selector for pod, _ in uses if isinstance(selector := pod["spec"].get("nodeSelector"), Mapping)]
    selected = [selector.get("kubernetes.io/arch") for selector in selectors]
    arches = tuple(arch for arch in NATIVE if arch in selected)
    runtimes = {runtime: True for pod in [pod for pod, _ in uses] or [{}] for runtime in cluster.runtimes(pod)}
    return Target(crio_on(cluster), caps, arches, hardened if contexts else None, runtimes=tuple(sorted(runtimes)))


def lint_profile(root: Node, target: Target = ANY) -> Iterator[ProfileProblem]:
    """Yield the problems of a profile given as a tree: those of `lint_data`, and duplicate keys."""
    yield from (problem("duplicate-key", path, entry.span, key=entry.key.value) for path, entry in overridden(root))
    yield from lint_data(to_data(root), target)


def lint_data(data: object, target: Target = ANY) -> Iterator[ProfileProblem]:
    """Yield the problems of a profile given as plain JSON, in the OCI or the containers/common format.

    Malformed parts are reported first. The other checks skip them.
    """
    shape = list(check_shape(data))
    yield from shape
    if not isinstance(data, Mapping):
        return
    malformed, rules = malformed_keys(shape), valid_rules(data, shape)
    if data.get("listenerMetadata") and not data.get("listenerPath"):
        yield problem("listener-metadata-without-path", ("listenerMetadata",))
    for index, rule in rules.items():
        yield from _rule(rule, ("syscalls", index))
    default = data.get("defaultAction")
    default_denies = not isinstance(default, str) or default not in PASSING
    yield from _unknown_names(rules, default_denies)
    no_default = "defaultAction" in malformed or default is None
    if not no_default and identify(data):
        return
    yield from _architectures(data, target)
    if no_default:
        return
    uncertain = malformed & {"defaultErrno", "defaultErrnoRet"}

    def of_arch(profile: Profile, arch: str) -> Iterator[ProfileProblem]:
        if default_denies:
            problems = _startup(profile, arch, target.no_new_privileges, target.runtimes)
            yield from (flaw for flaw in problems if not (uncertain and flaw.id == "clone3-refused"))
            yield from _wider_than_runtime_default(profile, rules, target, arch)
        else:
            yield from _allows_by_default(profile, rules, target, arch)

    yield from _on_each_arch(valid_part(data, shape), target, of_arch)


def lint_startup(profile: Profile, target: Target = ANY) -> Iterator[ProfileProblem]:
    """Yield what prevents containers from starting with a profile that has no malformed parts."""
    default = profile.get("defaultAction")
    if default is None or default in PASSING or identify(profile):
        return
    yield from _on_each_arch(
        profile, target, lambda resolved, arch: _startup(resolved, arch, target.no_new_privileges, target.runtimes)
    )


def _on_each_arch(
    profile: Profile, target: Target, check: Callable[[Profile, str], Iterator[ProfileProblem]]
) -> Iterator[ProfileProblem]:
    """Yield the problems of a profile as resolved for each architecture, each once."""
    reported: set[tuple[str, Path]] = set()
    for arch in target.arches:
        resolved = resolve_profile(profile, target.caps, arch)
        assert resolved is not None
        for flaw in check(resolved, arch):
            if (flaw.id, flaw.path) not in reported:
                reported.add((flaw.id, flaw.path))
                yield flaw


def _startup(profile: Profile, arch: str, no_new_privileges: bool | None, runtimes: Iterable[str]) -> Iterator[ProfileProblem]:
    """Yield the startup problems, on one architecture, of a resolved profile whose default action denies.

    `runtimes` are those that may start the containers.
    """
    decided, default = stances(profile, arch), default_stance(profile)
    at = ("defaultAction",)

    def missing(wanted: str) -> list[str]:
        available = syscalls_of(arch)
        choices = [[name for name in names.split("|") if name in available] for names in wanted.split()]
        lacking = (names for names in choices if names and all(decided.get(name, default).verdict == DENIED for name in names))
        return [" or ".join(names) for names in lacking]

    if missing("execve"):
        yield problem("cannot-start", at)
        # Whatever else is missing, no program comes to need it.
        return
    if lacking := missing(_EVERY_PROGRAM):
        yield problem("missing-essential", at, lacking=", ".join(lacking))
    lacking_by = {} if no_new_privileges else {runtime: missing(_SETUP[runtime]) for runtime in runtimes}
    if needs := "; ".join(f"{runtime} needs {', '.join(names)}" for runtime, names in lacking_by.items() if names):
        yield problem("missing-runtime-setup", at, needs=needs)
    clone3 = decided.get("clone3", default)
    if decided.get("clone", default).verdict != DENIED and "clone3" not in decided and clone3.action == "ERRNO(EPERM)":
        yield problem("clone3-refused", ("defaultErrnoRet",) if "defaultErrnoRet" in profile else at)


def _rule(rule: Profile, at: Path) -> Iterator[ProfileProblem]:
    place, action = f"syscalls[{at[1]}]", rule.get("action")
    for key in ("errnoRet", "errno"):
        if rule.get(key) is not None and action not in ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"):
            yield problem("errno-without-effect", (*at, key), place=place, key=key, action=action)
    if repeated := _repeated_argument(rule):
        index, other = repeated
        yield problem("same-argument-twice", (*at, "args", other, "index"), place=place, index=index)
    for side in ("includes", "excludes"):
        chosen = rule.get(side) or {}
        if chosen.get("minKernel"):
            yield problem("min-kernel", (*at, side, "minKernel"), place=place, side=side)
        for position, cap in enumerate(chosen.get("caps") or ()):
            name = str(cap).upper().removeprefix("CAP_")
            if cap != f"CAP_{name}":
                yield problem("capability-spelling", (*at, side, "caps", position), place=place, cap=cap, side=side, name=name)


def _repeated_argument(rule: Profile) -> tuple[int, int] | None:
    """Return the argument index that two conditions share and the position of the second; None if OR is surely intended.

    OR is intended if all conditions test that one argument for single values, which can never hold together, or if a denying
    rule tests its bits.
    """
    args = rule.get("args") or ()
    indices = [arg["index"] for arg in args]
    for position, index in enumerate(indices):
        if index in indices[:position]:
            operators = {arg["op"] for arg in args}
            denies = rule["action"] not in PASSING
            intended = operators == {"SCMP_CMP_EQ"} or (denies and operators <= {"SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"})
            return None if len(set(indices)) == 1 and intended else (index, position)
    return None


def _unknown_names(rules: Mapping[int, Profile], default_denies: bool) -> Iterator[ProfileProblem]:
    hints = 0
    for index, rule in rules.items():
        for path, name in _names(rule, ("syscalls", index)):
            if is_syscall(name):
                continue
            hints += 1
            hole = not default_denies and rule["action"] not in PASSING
            effect = "so the syscall stays allowed" if hole else "so the rule has no effect for it"
            meant = closest_match(name, table("syscalls")["syscalls"]) if hints <= MAX_SYSCALL_SUGGESTIONS else ""
            help = f"Did you mean {meant}?" if meant else "Correct the name, or remove it."
            yield problem("unknown-syscall", path, name=name, effect=effect, help=help)


def _architectures(data: Mapping[str, Any], target: Target) -> Iterator[ProfileProblem]:
    """Yield the architectures that the filter misses: the kernel kills a program that makes a syscall through one of them."""
    listed = as_list(data.get("architectures"))
    mapped = [entry.get("architecture") for entry in as_list(data.get("archMap")) if isinstance(entry, dict)]
    for arch in target.arches:
        token = NATIVE[arch]
        if not listed and not mapped:
            if others := [abi for abi in _ABI_TOKENS.get(arch, ()) if abi != token]:
                through, all_others = " or ".join(others), ", ".join(others)
                yield problem(
                    "missing-architectures", ("architectures",), arch=arch, through=through, token=token, others=all_others
                )
        elif token not in (listed or mapped) and (listed or arch in _ABI_TOKENS):
            key = "architectures" if listed else "archMap"
            yield problem("architecture-of-no-node", (key,), key=key, token=token, arch=arch)


def _wider_than_runtime_default(
    profile: Profile, rules: Mapping[int, Profile], target: Target, arch: str
) -> Iterator[ProfileProblem]:
    """Yield one problem per rule that allows syscalls RuntimeDefault denies, at the first such syscall.

    A profile that has nearly all of RuntimeDefault extends it, whatever its name.
    """
    difference = compare(resolve(target.crio, target.caps, arch), profile, arch)
    changes, extends = difference.changes, target.extends or len(difference.syscalls("closed")) <= _LACKING
    opened = {name: change.before.verdict for change in changes if change.direction == "opened" for name in change.syscalls}
    for index, rule in rules.items():
        if rule["action"] not in PASSING:
            continue
        here = {name: path for path, name in _names(rule, ("syscalls", index)) if name in opened}
        if here:
            shown = [
                name + (" (which RuntimeDefault allows under conditions)" if opened.pop(name) == CONDITIONAL else "")
                for name in here
            ]
            kind = "wider-than-base" if extends else "wider-than-runtime-default"
            yield problem(kind, next(iter(here.values())), index=index, names=and_more(shown, _SHOWN))


def _allows_by_default(profile: Profile, rules: Mapping[int, Profile], target: Target, arch: str) -> Iterator[ProfileProblem]:
    action = profile["defaultAction"]
    opened = compare(resolve(target.crio, target.caps, arch), profile, arch).syscalls("opened")
    effect = "only logs" if action == "SCMP_ACT_LOG" else "allows"
    denied = f"; RuntimeDefault denies {len(opened)} of them: {and_more(notable(opened), _SHOWN)}" if opened else ""
    yield problem("allows-by-default", ("defaultAction",), action=action, effect=effect, denied=denied)
    yield from _missed_equivalents(profile, rules, arch)


def _missed_equivalents(profile: Profile, rules: Mapping[int, Profile], arch: str) -> Iterator[ProfileProblem]:
    """Yield the syscalls that a deny-list denies although it allows another syscall with the same effect."""
    tokens = _ABI_TOKENS.get(arch, {})
    covered = {tokens[token] for token in profile.get("architectures") or () if token in tokens} | {arch}
    available = frozenset().union(*(syscalls_of(abi) for abi in covered))
    decided, default = stances(profile, arch), default_stance(profile)
    for index, rule in rules.items():
        if rule["action"] in PASSING:
            continue
        for path, name in _names(rule, ("syscalls", index)):
            if name not in abi_syscalls(arch) or rule.get("args"):
                continue
            others = (other for other in _equivalents(name) if other in available)
            missed = [other for other in others if decided.get(other, default).verdict != DENIED]
            if missed:
                add = ", ".join(missed)
                yield problem("other-entrance", path, index=index, name=name, missed=and_more(missed, _SHOWN), add=add)


def _equivalents(name: str) -> list[str]:
    """Return the syscalls with the same effect: with wider or narrower IDs, offsets and times, and 32-bit multiplexers."""
    stem = name.removesuffix("_time64").removesuffix("64").removesuffix("32")
    spellings = (stem, f"{stem}32", f"{stem}64", f"{stem}_time64")
    return [s for s in spellings if s != name and is_syscall(s)] + [
        other for other, covered in _EQUIVALENTS if name in covered.split()
    ]


def _names(rule: Profile, at: Path) -> list[tuple[Path, str]]:
    single = [((*at, "name"), rule["name"])] if rule.get("name") else []
    return single + [((*at, "names", position), name) for position, name in enumerate(rule.get("names") or ())]


_OPTIONAL = ("flags", "listenerPath", "listenerMetadata")


@record
class Recognition:
    """The known RuntimeDefault that is closest to a profile.

    `exact` is True if they are equal; otherwise `diff` has the changes from it to the profile. `caps` are the capabilities of the
    bounding set that change the content, sorted. `variant.releases` names the releases.
    """

    exact: bool
    variant: Variant
    caps: tuple[str, ...]
    arch: str
    diff: ProfileDiff

    @property
    def distance(self) -> int:
        """The number of syscalls that are treated differently; another default counts as one."""
        return sum(len(c.syscalls) for c in self.diff.changes) + (self.diff.defaults[0] != self.diff.defaults[1])


def identify(profile: Mapping[str, Any]) -> Recognition | None:
    """Return the known RuntimeDefault that equals a profile in the OCI format, including the order of rules; None if none does."""
    if len(as_list(profile.get("syscalls"))) > MAX_COMPARED_RULES:
        return None
    observed = _plain(profile)
    for arch, variant, caps, candidate in _candidates(observed):
        if candidate == observed:
            return Recognition(True, variant, caps, arch, compare(candidate, candidate, arch))
    return None


def recognise(profile: Mapping[str, Any]) -> Recognition:
    """Return the known RuntimeDefault closest to a profile in the OCI format; the oldest of equally close ones."""
    return _recognised(json.dumps(profile))


@lru_cache(maxsize=256)
def _recognised(text: str) -> Recognition:
    """Return the result of `recognise`, cached by the profile's text: containers of a node mostly share a profile."""
    profile = json.loads(text)
    if exact := identify(profile):
        return exact
    observed = _plain(profile)
    valid = {"defaultAction": "", **valid_part(observed, list(check_shape(observed)))}
    recognitions = [
        Recognition(False, variant, caps, arch, compare(candidate, valid, arch))
        for arch, variant, caps, candidate in _candidates(observed)
    ]
    return min(recognitions, key=lambda recognition: recognition.distance)


def _candidates(observed: Profile) -> Iterator[tuple[str, Variant, tuple[str, ...], Profile]]:
    """Yield, per architecture and variant, the one RuntimeDefault that the profile could be, judging by its capability rules."""
    rules = as_list(observed.get("syscalls"))
    for arch in _arches(observed):
        for variant in VARIANTS:
            # The container has the capabilities whose additional rules are all in the profile.
            with_rules = (cap for cap, gained in _gained(variant, arch) if all(rule in rules for rule in gained))
            caps = tuple(sorted(with_rules))
            yield arch, variant, caps, _default(variant, caps, arch)


@lru_cache(maxsize=256)
def _default(variant: Variant, caps: tuple[str, ...], arch: str) -> Profile:
    """Return the same as `resolve_variant`, cached, because most comparisons need the same few. Callers must not change it."""
    return resolve_variant(variant, caps, arch)


@cache
def _gained(variant: Variant, arch: str) -> tuple[tuple[str, list[Profile]], ...]:
    """Return the rules that each capability adds to a RuntimeDefault. Capabilities that add none are left out."""
    without = _default(variant, (), arch)["syscalls"]
    gained = ((cap, _default(variant, (cap,), arch)["syscalls"]) for cap in deciding_capabilities(variant.crio))
    return tuple((cap, added) for cap, rules in gained if (added := [rule for rule in rules if rule not in without]))


def _arches(profile: Mapping[str, Any]) -> list[str]:
    """Return the architecture of the first token. Without tokens, return those for which RuntimeDefault lists none."""
    tokens = profile.get("architectures")
    if isinstance(tokens, list) and tokens:
        return [arch for arch, token in NATIVE.items() if token == tokens[0]] or ["amd64"]
    return ["ppc64le", "riscv64"]


def _plain(profile: Mapping[str, Any]) -> Profile:
    """Return the profile without what decoders drop: nulls, empty lists, a zero valueTwo. Malformed values stay and match nothing."""
    plain = {key: value for key, value in profile.items() if value not in (None, [], "") or key not in _OPTIONAL}
    rules = plain.get("syscalls")
    if isinstance(rules, list):
        plain["syscalls"] = [_plain_rule(rule) if isinstance(rule, dict) else rule for rule in rules]
    return plain


def _plain_rule(rule: Profile) -> Profile:
    plain = {key: value for key, value in rule.items() if value is not None and not (key == "args" and not value)}
    if isinstance(args := plain.get("args"), list):
        plain["args"] = [_plain_argument(arg) if isinstance(arg, dict) else arg for arg in args]
    return plain


def _plain_argument(arg: Profile) -> Profile:
    return {key: value for key, value in arg.items() if key != "valueTwo" or value}
