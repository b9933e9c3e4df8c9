"""The levels of the Pod Security Standards and the versions of their policies, as labels name them."""

import re
from collections.abc import Iterable
from typing import Literal, get_args

from scclint.errors import UsageError
from scclint.record import record

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Least strict first."""

LATEST = "latest"
"""The version that means the policy of the cluster's own Kubernetes."""
_VERSION = r"v1\.(0|[1-9][0-9]*)"


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
