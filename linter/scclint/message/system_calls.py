"""The system call of an audit record or a log: its name, what the profile does with it, and what allows it."""

from collections.abc import Iterator, Mapping

from scclint.profiles.diff import ALLOWED, CONDITIONAL, DENIED, default_stance, opened_by_each, stances
from scclint.profiles.runtime_default import crio_of, deciding_capabilities, resolve
from scclint.record import record
from scclint.seccomp.capabilities import CRIO_DEFAULT
from scclint.seccomp.tables import call_name, errno_name, is_syscall

_ARCHES: Mapping[str, tuple[str, str]] = {
    "c000003e": ("amd64", "x86_64"),
    "x86_64": ("amd64", "x86_64"),
    "c00000b7": ("arm64", "aarch64"),
    "aarch64": ("arm64", "aarch64"),
    "c0000015": ("ppc64le", "ppc64le"),
    "ppc64le": ("ppc64le", "ppc64le"),
    "80000016": ("s390x", "s390x"),
    "s390x": ("s390x", "s390x"),
    "40000003": ("x86", "i386"),
    "i386": ("x86", "i386"),
}
"""The architectures of audit records (`AUDIT_ARCH_*` of linux/audit.h, and as ausearch prints them): scclint's name, and the usual one."""

_KERNEL_NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("mount", "umount2", "pivot_root", "setns", "swapon", "sethostname", "setdomainname"), ("SYS_ADMIN",)),
    **dict.fromkeys(
        ("sched_setscheduler", "sched_setattr", "setpriority", "migrate_pages", "move_pages", "mbind"), ("SYS_NICE",)
    ),
    **dict.fromkeys(("mlock", "mlock2", "mlockall"), ("IPC_LOCK",)),
    **dict.fromkeys(("adjtimex", "clock_adjtime", "clock_settime", "settimeofday"), ("SYS_TIME",)),
    "bpf": ("BPF", "SYS_ADMIN"),
    "perf_event_open": ("PERFMON", "SYS_ADMIN"),
    "syslog": ("SYSLOG",),
    "reboot": ("SYS_BOOT",),
}
"""The capabilities that the kernel wants for a call, whatever the profile says (capabilities(7))."""

_CALLS_OF_LIBRARIES = {"io_uring": "io_uring_setup", "io_uring_queue_init": "io_uring_setup"}
"""The call that fails in a function of a library."""

_OLDER_CALLS: Mapping[str, str] = {
    "clone3": "clone",
    "close_range": "close",
    "epoll_pwait2": "epoll_pwait",
    "faccessat2": "faccessat",
    "fchmodat2": "fchmodat",
    "openat2": "openat",
    "statx": "newfstatat",
}
"""What the C library calls in place of a new call, if the kernel or the profile answers with ENOSYS."""

_LOGS, _ERRNO, _KILLS = 0x7FFC0000, 0x00050000, (0x80000000, 0x00000000)
"""What a filter returned, as audit records have it in `code` (`SECCOMP_RET_*` of linux/seccomp.h)."""


@record
class SystemCall:
    """A call: its name and architecture (Go's name), and how the text has it: `number` is empty if it names the call itself."""

    name: str
    arch: str
    number: str = ""

    def __str__(self) -> str:
        usual = next(usual for arch, usual in _ARCHES.values() if arch == self.arch)
        number = f" ({self.number} on {usual})" if self.number else ""
        return f"`{self.name}`{number}"

    def with_older_call(self) -> str:
        """How a profile lets the C library use an older call, as an instruction; empty if there is none."""
        older = _OLDER_CALLS.get(self.name)
        if older is None:
            return ""
        return (
            f"If the program fails without it, let the profile answer with ENOSYS, so that the C library uses `{older}`: "
            f'`{{"names": ["{self.name}"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}}` in the Localhost profile. A runtime or libseccomp '
            "that does not know the call answers with EPERM: update the nodes, or use an image with an older C library"
        )

    def allowed_in(self, profile: str) -> str:
        """How a profile allows the call, as an instruction."""
        return f'allow `{self.name}` in {profile} (`{{"names": ["{self.name}"], "action": "SCMP_ACT_ALLOW"}}` in `syscalls`)'

    def under_runtime_default(self, release: str) -> tuple[str, str]:
        """Return what RuntimeDefault of a release does with the call, as sentences, and what lets the program make it, as an instruction."""
        name, arch = self.name, "amd64" if self.arch == "x86" else self.arch
        crio = crio_of(release)
        profile = resolve(crio, CRIO_DEFAULT, arch)
        stance = stances(profile, arch).get(name, default_stance(profile))
        opened = opened_by_each(deciding_capabilities(crio), crio)
        opening = [cap.removeprefix("CAP_") for cap, names in opened.items() if name in names]
        avoid = "switch the feature of the program off that makes the call, or use a version without it"
        custom = f"{self.allowed_in('a Localhost profile')}, and grant an SCC with this profile in `seccompProfiles`"
        runtime_default = f"RuntimeDefault of OpenShift {release}"
        needs = _KERNEL_NEEDS.get(name, opening[:1])
        wanted = f" The kernel wants capability {' or '.join(needs)} for it." if needs else ""
        add = ""
        if needs:
            add = f'add the capability (`capabilities: {{add: ["{needs[0]}"]}}`) and grant an SCC with `allowedCapabilities: [{needs[0]}]`'
        if stance.verdict == ALLOWED:
            said = f"{runtime_default} allows it.{wanted}"
            return said, f"{avoid}; or {add}" if needs else f"use RuntimeDefault, or {custom}"
        if opening:
            some = ", and to others with some arguments" if stance.verdict == CONDITIONAL else " alone"
            return (
                f"{runtime_default} allows it to containers with capability {' or '.join(opening)}{some}.",
                f"{avoid}; or {add}",
            )
        some = "refuses it" if stance.verdict == DENIED else "allows it with some arguments alone"
        return f"{runtime_default} {some}, whatever the capabilities.{wanted}", f"{avoid}; or {custom}"


def system_calls_of(facts: Mapping[str, str]) -> tuple[SystemCall, ...]:
    """Return the call that a text names or numbers; those of the usual architectures if it does not say for which its number is."""
    arch, _ = _ARCHES.get(facts.get("arch", ""), ("", ""))
    written = _CALLS_OF_LIBRARIES.get(facts["syscall"], facts["syscall"])
    if not written.isdigit():
        return (SystemCall(written, arch or "amd64"),) if is_syscall(written) else ()
    arches = (arch,) if arch else ("amd64", "arm64")
    calls = tuple(SystemCall(name, each, written) for each in arches if (name := call_name(int(written), each)))
    # New calls have one number on every architecture.
    return calls[:1] if len({call.name for call in calls}) == 1 else calls


def is_recorded(facts: Mapping[str, str]) -> bool:
    """Return whether the profile lets the call through and only records it."""
    return "code" in facts and int(facts["code"], 16) == _LOGS


def ends_program(facts: Mapping[str, str]) -> bool:
    """Return whether the profile ends the program that makes the call."""
    return "code" in facts and int(facts["code"], 16) in _KILLS


def filter_of(facts: Mapping[str, str]) -> Iterator[str]:
    """Yield what an audit record says of the filter, as a sentence: whether it only records the call, or ends the program."""
    if "code" not in facts:
        return
    action = int(facts["code"], 16)
    if is_recorded(facts):
        yield (
            "Nothing is blocked: the action of the profile is SCMP_ACT_LOG, which records the call and lets it through. "
            "Such records show what a profile that is being written must allow."
        )
    elif ends_program(facts):
        yield (
            "The filter ends the program with signal 31 (SIGSYS). RuntimeDefault never does, it answers with an error: a Localhost "
            "profile is in force, or a filter that the program loads itself."
        )
    elif action & 0x7FFF0000 == _ERRNO:
        number = action & 0xFFFF
        yield f"The profile answers with {errno_name(number) if number else 'an error, whose number the record does not have'}."
