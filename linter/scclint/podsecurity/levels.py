"""The levels of the Pod Security Standards, the versions of their policies, and the labels of a namespace that name both.

Source: `api/helpers.go` of kubernetes/pod-security-admission (`PolicyToEvaluate`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from scclint.errors import UsageError
from scclint.platform.releases import ENFORCED_IS_WARNED
from scclint.record import record

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Least strict first."""

LATEST = "latest"
"""The version that means the policy of the cluster's own Kubernetes."""
_VERSION = r"v1\.(0|[1-9][0-9]{0,18})"


@record
class Standard:
    """A level and the version of its policy. `str()` is `restricted:latest`, as messages print it."""

    level: Level
    version: str = LATEST

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


def level_named(text: str) -> Level | None:
    """Return the level that `text` names, or None."""
    return next((level for level in LEVELS if level == text), None)


def is_version(text: str) -> bool:
    """Return whether `text` is `latest` or `v1.N` with a number that fits in 64 bits."""
    if text == LATEST:
        return True
    number = re.fullmatch(_VERSION, text)
    return number is not None and int(number[1]) < 2**63


def standard(level: str, version: str) -> Standard:
    """Return the standard that a caller names. Raises UsageError for an unknown level or version."""
    named = level_named(level)
    if named is None:
        raise UsageError(f"{level!r} is not a Pod Security level. Use {', '.join(LEVELS)}.")
    if not is_version(version):
        raise UsageError(f"{version!r} is not a Pod Security version. Use latest or v1.N, for example v1.33.")
    return Standard(named, version)


def stricter(level: Level, other: Level) -> bool:
    """Return whether `level` forbids more than `other`."""
    return LEVELS.index(level) > LEVELS.index(other)


def least_strict(levels: Iterable[Level]) -> Level:
    """Return the least strict of the levels, which must not be empty."""
    return min(levels, key=LEVELS.index)


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
    if ENFORCED_IS_WARNED.holds(minor) and enforced and level_label("warn") not in given and stricter(enforced, warn.level):
        warn = Standard(enforced, warn.version if version_label("warn") in given else enforce.version)
    return Policy(enforce, audit, warn)


def _standard(given: Mapping[str, str], mode: Mode, default: Standard, unknown: Level) -> Standard:
    level, version = given.get(level_label(mode)), given.get(version_label(mode), default.version)
    return Standard(
        default.level if level is None else level_named(level) or unknown,
        version if version is default.version or is_version(version) else LATEST,
    )
