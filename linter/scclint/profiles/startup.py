"""Check whether a container can start, and its program run, under a profile that denies by default."""

from collections.abc import Iterator

from scclint.profiles.diff import DENIED, default_stance, stances
from scclint.profiles.problem import ProfileProblem, problem
from scclint.profiles.resolve import Profile
from scclint.seccomp.tables import syscalls_of

_EVERY_PROGRAM = (
    "exit_group rt_sigreturn futex mmap mprotect brk read write close openat newfstatat|fstat arch_prctl set_tid_address "
    "set_robust_list|rseq prlimit64 getrandom clone|clone3"
)
"""Syscalls that libc and language runtimes make before a program's first line, and that threads need; `a|b` means either."""

_RUNTIME_SETUP = "capget capset chdir fcntl fstatfs getdents64 getppid prctl setgid setgroups setuid"
"""Syscalls that runc makes after it loads the filter. With no_new_privs, runc loads the filter last and makes none."""


def check_startup(profile: Profile, arch: str, no_new_privileges: bool | None) -> Iterator[ProfileProblem]:
    """Yield the startup problems, on one architecture, of a resolved profile whose default action denies."""
    known, default = stances(profile, arch), default_stance(profile)
    at = ("defaultAction",)

    def missing(wanted: str) -> list[str]:
        own = syscalls_of(arch)
        choices = [[name for name in names.split("|") if name in own] for names in wanted.split()]
        lacking = (names for names in choices if names and all(known.get(name, default).verdict == DENIED for name in names))
        return [" or ".join(names) for names in lacking]

    if missing("execve"):
        yield problem("cannot-start", at)
        # Whatever else is missing, no program comes to need it.
        return
    if lacking := missing(_EVERY_PROGRAM):
        yield problem("missing-essential", at, lacking=", ".join(lacking))
    if not no_new_privileges and (lacking := missing(_RUNTIME_SETUP)):
        yield problem("missing-runtime-setup", at, lacking=", ".join(lacking))
    clone3 = known.get("clone3", default)
    if known.get("clone", default).verdict != DENIED and "clone3" not in known and clone3.action == "ERRNO(EPERM)":
        yield problem("clone3-refused", ("defaultErrnoRet",) if "defaultErrnoRet" in profile else at)
