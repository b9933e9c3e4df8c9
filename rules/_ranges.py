"""The IDs and SELinux levels of a namespace."""

from typing import Any

RANGED = frozenset(("runAsUser", "fsGroup", "supplementalGroups", "seLinuxOptions", "level"))
"""Fields that an SCC can compare with the namespace's own range."""

_FIRST_OWN_ID = 1_000_000_000


def may_be_own(value: Any) -> bool:
    """Whether a namespace could have this value in its own range: a level, or an ID from 1000000000 on."""
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and value >= _FIRST_OWN_ID)
