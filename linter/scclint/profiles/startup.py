"""Whether a container can start at all, and its program run, under a profile that denies by default."""

from collections.abc import Iterator

from scclint.finding import Severity
from scclint.profiles.diff import DENIED, Stance, default_stance, stances
from scclint.profiles.problem import BROKEN, ProfileProblem
from scclint.profiles.resolve import Profile
from scclint.seccomp.tables import syscalls_of

_EVERY_PROGRAM = (
    "exit_group rt_sigreturn futex mmap mprotect brk read write close openat newfstatat|fstat arch_prctl set_tid_address "
    "set_robust_list|rseq prlimit64 getrandom clone|clone3"
)
"""What libc and language runtimes call before a program's own first line, and threads need; `a|b` is either."""

_RUNTIME_SETUP = "capget capset chdir fcntl fstatfs getdents64 getppid prctl setgid setgroups setuid"
"""What runc calls between loading the filter and executing the program, unless no_new_privs lets it load the filter last."""


def check_startup(profile: Profile, arch: str, no_new_privileges: bool | None) -> Iterator[ProfileProblem]:
    """The problems of a resolved profile whose default action denies, on one architecture."""
    known, default = stances(profile, arch), default_stance(profile)
    at = ("defaultAction",)

    def missing(wanted: str) -> list[str]:
        own = syscalls_of(arch)
        choices = [[name for name in names.split("|") if name in own] for names in wanted.split()]
        return [" or ".join(names) for names in choices if names and all(_denied(known.get(name, default)) for name in names)]

    if missing("execve"):
        message = "the profile does not allow execve: no container that uses it can start"
        yield ProfileProblem("cannot-start", BROKEN, Severity.ERROR, message, "Allow execve.", at)
    if lacking := missing(_EVERY_PROGRAM):
        message = f"the profile does not allow what nearly every program needs: {', '.join(lacking)}"
        yield ProfileProblem(
            "missing-essential", BROKEN, Severity.WARNING, message, "Allow them, unless the program is known not to.", at
        )
    if not no_new_privileges and (lacking := missing(_RUNTIME_SETUP)):
        message = f"the profile does not allow what the runtime needs to set the container up: {', '.join(lacking)}"
        settle = "Allow them, or set allowPrivilegeEscalation: false on every container that uses the profile."
        yield ProfileProblem("missing-runtime-setup", BROKEN, Severity.WARNING, message, settle, at)
    clone3 = known.get("clone3", default)
    if not _denied(known.get("clone", default)) and "clone3" not in known and clone3.action == "ERRNO(EPERM)":
        message = "the profile allows clone and answers clone3 with EPERM, at which glibc 2.34 and later gives up"
        settle = "Set defaultErrnoRet to 38 (ENOSYS), or add a rule that answers clone3 with errnoRet 38."
        where = ("defaultErrnoRet",) if "defaultErrnoRet" in profile else at
        yield ProfileProblem("clone3-refused", BROKEN, Severity.WARNING, message, settle, where)


def _denied(stance: Stance) -> bool:
    return stance.verdict == DENIED
