"""Check whether a container can start, and its program run, under a profile that denies by default."""

from collections.abc import Iterable, Iterator

from scclint.profiles.diff import DENIED, default_stance, stances
from scclint.profiles.problem import ProfileProblem, problem
from scclint.profiles.resolve import Profile
from scclint.seccomp.tables import syscalls_of

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


def check_startup(
    profile: Profile, arch: str, no_new_privileges: bool | None, runtimes: Iterable[str]
) -> Iterator[ProfileProblem]:
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
