"""The ids and SELinux levels that a namespace is given."""

from typing import Any

RANGED = frozenset(("runAsUser", "fsGroup", "supplementalGroups", "seLinuxOptions", "level"))
"""Fields that are held against the namespace's own."""

_FIRST_OWN_ID = 1_000_000_000


def may_be_own(value: Any) -> bool:
    """Whether a fixed value may happen to be what its namespace was given: a level, or an id where blocks are handed out."""
    return isinstance(value, str) or (isinstance(value, int) and value >= _FIRST_OWN_ID)
