"""The Pod Security labels of a namespace, and the policy that the API server reads from them.

Source: `api/helpers.go` of kubernetes/pod-security-admission (`PolicyToEvaluate`).
"""

from collections.abc import Mapping
from typing import Literal, get_args

from scclint.podsecurity.levels import LATEST, LEVELS, Level, Standard, is_version, level_named, stricter
from scclint.record import record

Mode = Literal["enforce", "audit", "warn"]
"""What the API server does with a pod that violates the level: reject it, write to the audit log, or warn."""
MODES: tuple[Mode, ...] = get_args(Mode)
"""The modes in the order in which the API server reads their labels."""

PREFIX = "pod-security.kubernetes.io/"
"""Before the mode in the name of a label."""
LABELS = tuple(f"{PREFIX}{mode}{suffix}" for mode in MODES for suffix in ("", "-version"))
"""All six labels: the level and the version of each mode."""


def level_label(mode: Mode) -> str:
    """Return the name of the label that sets the level of a mode."""
    return f"{PREFIX}{mode}"


def version_label(mode: Mode) -> str:
    return f"{PREFIX}{mode}-version"


@record
class Policy:
    """The standard that each mode applies to the pods of a namespace."""

    enforce: Standard
    audit: Standard
    warn: Standard


@record
class LabelError:
    """A label whose value the API server refuses when the namespace is created. `str()` is the error as it prints it."""

    label: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f'metadata.labels[{self.label}]: Invalid value: "{self.value}": must be {self.expected}'


def policy_of(labels: Mapping[str, str | None], defaults: Policy, minor: int) -> Policy:
    """Return the policy of a namespace with these labels on Kubernetes 1.`minor`.

    A stored value that is not valid counts, too: an unknown level enforces `restricted` but audits and warns about nothing, and
    an unknown version is `latest`. An absent label takes the cluster's default.
    """
    given = {label: value or "" for label, value in labels.items() if label in LABELS}
    enforce = _standard(given, "enforce", defaults.enforce, unknown="restricted")
    audit = _standard(given, "audit", defaults.audit, unknown="privileged")
    warn = _standard(given, "warn", defaults.warn, unknown="privileged")
    enforced = level_named(given.get(level_label("enforce"), ""))
    # From 1.26 on, a level that is enforced by a label is also warned about.
    if minor >= 26 and enforced and level_label("warn") not in given and stricter(enforced, warn.level):
        warn = Standard(enforced, warn.version if version_label("warn") in given else enforce.version)
    return Policy(enforce, audit, warn)


def label_errors(labels: Mapping[str, str | None]) -> tuple[LabelError, ...]:
    """Return the labels with an unknown level or version, with which a namespace cannot be created."""
    errors = []
    for mode in MODES:
        level, version = labels.get(level_label(mode), LEVELS[0]) or "", labels.get(version_label(mode), LATEST) or ""
        if level_named(level) is None:
            errors.append(LabelError(level_label(mode), level, f"one of {', '.join(LEVELS)}"))
        if not is_version(version):
            errors.append(LabelError(version_label(mode), version, '"latest" or "v1.x"'))
    return tuple(errors)


def _standard(given: Mapping[str, str], mode: Mode, default: Standard, unknown: Level) -> Standard:
    level, version = given.get(level_label(mode)), given.get(version_label(mode))
    return Standard(
        default.level if level is None else level_named(level) or unknown,
        default.version if version is None else version if is_version(version) else LATEST,
    )
