"""Whether a pod meets a Pod Security Standard, in the words of the library's `ForbiddenDetail()`."""

from functools import cache

from scclint.finding import Path
from scclint.podsecurity import checks
from scclint.podsecurity.checks import Check, CheckedPod, Library
from scclint.podsecurity.levels import LATEST, Level, standard
from scclint.record import record
from scclint.yaml.untyped import Object


@record
class Versioned:
    """A check and its revisions: the minor of the policy version that each begins with, oldest first.

    Where a `restricted` check applies, it replaces the `baseline` check named by `overrides`.
    """

    id: str
    level: Level
    revisions: tuple[tuple[int, Check], ...]
    overrides: str = ""


@record
class Violation:
    """A check that forbids the pod. `paths` lead to the fields that decide; a field that must be set may be absent."""

    check: str
    reason: str
    detail: str
    paths: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


@record
class Result:
    """Whether a standard allows a pod, and every violation in the order of the message."""

    violations: tuple[Violation, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.violations

    @property
    def detail(self) -> str:
        """All violations as the library's `ForbiddenDetail()` prints them; empty if the pod is allowed."""
        return ", ".join(map(str, self.violations))


VERSIONED = (
    Versioned("appArmorProfile", "baseline", ((0, checks.app_armor_profile),)),
    Versioned("capabilities_baseline", "baseline", ((0, checks.capabilities_baseline),)),
    Versioned("hostNamespaces", "baseline", ((0, checks.host_namespaces),)),
    Versioned("hostPathVolumes", "baseline", ((0, checks.host_path_volumes),)),
    Versioned("hostPorts", "baseline", ((0, checks.host_ports),)),
    Versioned("hostProbesAndHostLifecycle", "baseline", ((34, checks.host_probes_and_lifecycle),)),
    Versioned("privileged", "baseline", ((0, checks.privileged),)),
    Versioned("procMount", "baseline", ((0, checks.proc_mount), (35, checks.unless_user_namespace(checks.proc_mount)))),
    Versioned(
        "seLinuxOptions",
        "baseline",
        (
            (0, checks.se_linux_options(checks.SE_LINUX_TYPES_1_0)),
            (31, checks.se_linux_options(checks.SE_LINUX_TYPES_1_31)),
        ),
    ),
    Versioned("seccompProfile_baseline", "baseline", ((0, checks.seccomp_baseline_1_0), (19, checks.seccomp_baseline_1_19))),
    Versioned(
        "sysctls",
        "baseline",
        (
            (0, checks.sysctls(checks.SYSCTLS_1_0)),
            (27, checks.sysctls(checks.SYSCTLS_1_27)),
            (29, checks.sysctls(checks.SYSCTLS_1_29)),
            (32, checks.sysctls(checks.SYSCTLS_1_32)),
            (37, checks.sysctls(checks.SYSCTLS_1_37)),
        ),
    ),
    Versioned("windowsHostProcess", "baseline", ((0, checks.windows_host_process),)),
    Versioned(
        "allowPrivilegeEscalation",
        "restricted",
        ((8, checks.allow_privilege_escalation), (25, checks.unless_windows(checks.allow_privilege_escalation))),
    ),
    Versioned(
        "capabilities_restricted",
        "restricted",
        ((22, checks.capabilities_restricted), (25, checks.unless_windows(checks.capabilities_restricted))),
        overrides="capabilities_baseline",
    ),
    Versioned("procMount_restricted", "restricted", ((35, checks.proc_mount),), overrides="procMount"),
    Versioned("restrictedVolumes", "restricted", ((0, checks.restricted_volumes),), overrides="hostPathVolumes"),
    Versioned(
        "runAsNonRoot",
        "restricted",
        ((0, checks.run_as_non_root), (35, checks.unless_user_namespace(checks.run_as_non_root))),
    ),
    Versioned("runAsUser", "restricted", ((23, checks.run_as_user), (35, checks.unless_user_namespace(checks.run_as_user)))),
    Versioned(
        "seccompProfile_restricted",
        "restricted",
        ((19, checks.seccomp_restricted), (25, checks.unless_windows(checks.seccomp_restricted))),
        overrides="seccompProfile_baseline",
    ),
)
"""Every check, in the order of the message: those of `baseline` first, each by ID."""


def evaluate(pod: Object, level: str, version: str, library: Library) -> Result:
    """Return whether `pod` (a v1 Pod) meets a level of the Pod Security Standards at a policy version.

    `version` is `latest` or `v1.N`; one that the library does not know yet counts as its latest. Raises UsageError for an
    unknown level or version. The pod's shape must have been checked.
    """
    return judge(CheckedPod(pod), level, version, library)


def judge(pod: CheckedPod, level: str, version: str, library: Library) -> Result:
    """Return what `evaluate` does, for a pod or template that has been read. Raises UsageError."""
    chosen_standard = standard(level, version)
    minor = library.minor if version == LATEST else min(int(version.removeprefix("v1.")), library.minor)
    answers = ((name, check(pod, library)) for name, check in _checks(chosen_standard.level, minor))
    return Result(tuple(Violation(name, *forbidden) for name, forbidden in answers if forbidden))


@cache
def _checks(level: Level, minor: int) -> tuple[tuple[str, Check], ...]:
    """Return the checks of a level at policy version v1.`minor` with their IDs, without those that another one overrides."""
    if level == "privileged":
        return ()
    applying = [check for check in VERSIONED if check.level in ("baseline", level) and check.revisions[0][0] <= minor]
    overridden = {check.overrides for check in applying}
    return tuple(
        (check.id, next(function for since, function in reversed(check.revisions) if since <= minor))
        for check in applying
        if check.id not in overridden
    )
