"""One problem of a seccomp profile file, the rules that report it, and the texts of every kind of problem."""

from collections.abc import Mapping

from scclint.finding import Path, Severity
from scclint.record import record
from scclint.source import Span

WEAK, BROKEN = "SEC211", "SEC212"
"""The rules that profile problems belong to."""


@record
class ProfileProblem:
    """One problem of a seccomp profile.

    `id` names the kind of problem (`missing-architectures`) and `rule` the scclint rule that reports it. `path` is the place of
    the problem within the profile. `span` is set if no path can name that place: for a duplicate key.
    """

    id: str
    rule: str
    severity: Severity
    message: str
    help: str
    path: Path = ()
    span: Span | None = None


def problem(id: str, path: Path = (), span: Span | None = None, /, **values: object) -> ProfileProblem:
    """Return a problem of a kind that `_KINDS` describes, with these values in its texts."""
    rule, severity, message, help = _KINDS[id]
    return ProfileProblem(id, rule, severity, message.format(**values), help.format(**values), path, span)


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_KINDS: Mapping[str, tuple[str, Severity, str, str]] = {
    # What the runtime cannot read.
    "invalid-json": (
        BROKEN,
        _ERROR,
        "the runtime cannot read the profile: {error}",
        "Fix the JSON syntax: no container that uses the profile starts.",
    ),
    "no-content": (BROKEN, _ERROR, "{why}", "Write the content as a data: URL, in base64 or percent-encoded."),
    "duplicate-key": (BROKEN, _ERROR, "duplicate key `{key}`", "Keep one: the runtime reads only the last one."),
    "missing-key": (BROKEN, _ERROR, "{place} has {what}", "{help}"),
    "unknown-key": (BROKEN, _WARNING, "{message}", "{help}"),
    "invalid-value": (BROKEN, _ERROR, "{place}: {what}", "{help}"),
    "wrong-type": (BROKEN, _ERROR, "{message}", "{help}"),
    "empty-value": (BROKEN, _ERROR, "{place} is empty", "Write a value, or remove it."),
    "out-of-range": (
        BROKEN,
        _ERROR,
        "{place}: {value} is {side} {limit}",
        "Write a number of at {most} {limit}: the runtime rejects this one.",
    ),
    "architectures-and-archmap": (
        BROKEN,
        _ERROR,
        "the profile has both `architectures` and `archMap`",
        "Keep one: CRI-O rejects a profile with both.",
    ),
    "architecture-unknown-to-runc": (
        BROKEN,
        _ERROR,
        "architectures[{index}]: runc does not know {token}",
        "Remove it: no OpenShift node has this architecture.",
    ),
    "notify-by-default": (
        BROKEN,
        _ERROR,
        "`defaultAction` is SCMP_ACT_NOTIFY, which runc rejects as a default",
        "Set defaultAction to SCMP_ACT_ERRNO, and use SCMP_ACT_NOTIFY in rules.",
    ),
    "name-and-names": (
        BROKEN,
        _ERROR,
        "{place} has both `name` and `names`",
        "Keep `names`: CRI-O rejects a rule with both.",
    ),
    "notify-write": (
        BROKEN,
        _ERROR,
        "{place} uses SCMP_ACT_NOTIFY for `write`, which runc itself needs to pass on the listener",
        "Remove `write` from this rule.",
    ),
    "unknown-errno": (
        BROKEN,
        _ERROR,
        "{place}: {name!r} is not an errno",
        "Write a name such as EPERM or ENOSYS, or a decimal number.",
    ),
    # What prevents containers from starting, or breaks their programs.
    "cannot-start": (
        BROKEN,
        _ERROR,
        "the profile does not allow execve, so no container that uses it can start",
        "Add execve to a rule with SCMP_ACT_ALLOW.",
    ),
    "missing-essential": (
        BROKEN,
        _WARNING,
        "the profile does not allow syscalls that nearly every program needs: {lacking}",
        "Allow them, unless you know that the program does not need them.",
    ),
    "missing-runtime-setup": (
        BROKEN,
        _WARNING,
        "the profile does not allow syscalls that set up the container: {needs}",
        "Allow them, or set allowPrivilegeEscalation: false on every container that uses the profile.",
    ),
    "clone3-refused": (
        BROKEN,
        _WARNING,
        "the profile allows clone but answers clone3 with EPERM; glibc 2.34 and newer then does not fall back to clone",
        "Set defaultErrnoRet to 38 (ENOSYS), or add a rule that answers clone3 with errnoRet 38.",
    ),
    "missing-architectures": (
        BROKEN,
        _WARNING,
        "the profile has no `architectures`, so on {arch} a syscall through {through} kills the program",
        "If 32-bit programs must run, add `architectures` with {token} and {others}.",
    ),
    "architecture-of-no-node": (
        BROKEN,
        _WARNING,
        "`{key}` lacks {token}, the architecture of {arch} nodes",
        "Add {token}, or do not use the profile on these nodes.",
    ),
    "listener-metadata-without-path": (
        BROKEN,
        _WARNING,
        "`listenerMetadata` has no effect without `listenerPath`",
        "Add `listenerPath`, or remove `listenerMetadata`.",
    ),
    "errno-without-effect": (
        BROKEN,
        _WARNING,
        "{place}: `{key}` has no effect with {action}",
        "Remove `{key}`, or write action SCMP_ACT_ERRNO.",
    ),
    "large-base": (
        BROKEN,
        _WARNING,
        "scclint did not check whether containers can start: {why}",
        "Remove duplicate rules from the base profiles.",
    ),
    "unknown-syscall": (
        BROKEN,
        _WARNING,
        "no architecture has a syscall {name!r}; the runtime ignores the name, {effect}",
        "{help}",
    ),
    # What is weaker than it looks.
    "same-argument-twice": (
        WEAK,
        _WARNING,
        "{place}: two conditions on argument {index}, which the runtime combines with OR, not with AND",
        "Use one condition per argument (a mask or an exact value), or one rule per alternative.",
    ),
    "min-kernel": (
        WEAK,
        _WARNING,
        "{place}: CRI-O ignores `{side}.minKernel`, so the rule applies on every kernel",
        "Remove `{side}.minKernel`: only Docker uses it.",
    ),
    "capability-spelling": (
        WEAK,
        _WARNING,
        "{place}: {cap!r} in `{side}.caps` matches no capability, because capability names start with CAP_ here",
        "Write CAP_{name}.",
    ),
    "wider-than-runtime-default": (
        WEAK,
        _WARNING,
        "syscalls[{index}] allows syscalls that RuntimeDefault denies: {names}",
        "Remove the syscalls that the program does not need.",
    ),
    "wider-than-base": (
        WEAK,
        _WARNING,
        "the profile extends RuntimeDefault, and syscalls[{index}] adds {names}, which no capability of its containers explains",
        "Remove the syscalls that the program does not need, or use RuntimeDefault if none is left.",
    ),
    "allows-by-default": (
        WEAK,
        _WARNING,
        "`defaultAction: {action}` {effect} every syscall that no rule denies{denied}",
        "Set defaultAction to SCMP_ACT_ERRNO and allow the syscalls the program needs, or use RuntimeDefault.",
    ),
    "other-entrance": (
        WEAK,
        _WARNING,
        "syscalls[{index}] denies {name} but not {missed}, which can do the same",
        "Add {add} to the rule.",
    ),
}
"""For each kind of problem the rule that reports it, its severity, and the texts of the message and of the fix."""
