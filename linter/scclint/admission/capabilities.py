"""The capabilities strategy. Names are compared as they are spelled: `CAP_NET_RAW` and `net_raw` are not `NET_RAW`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from scclint.admission.constraints import Constraints
from scclint.admission.field import FieldError, Where
from scclint.finding import Path

Lists = Mapping[str, Any]
"""A container's `capabilities`: `add` and `drop`, each a list of names, null or absent."""


def default(scc: Constraints, requested: Lists | None) -> Lists | None:
    """The container's capabilities with the SCC's default adds and required drops. `requested` itself if nothing changes."""
    if not scc.default_add_capabilities and not scc.required_drop_capabilities:
        return requested
    adds, drops = frozenset(_names(requested, "add")), frozenset(_names(requested, "drop"))
    return _filled(scc.default_add_capabilities, scc.required_drop_capabilities, adds, drops) or requested


@lru_cache(maxsize=64)
def _filled(
    default_adds: tuple[str, ...], required_drops: tuple[str, ...], adds: frozenset[str], drops: frozenset[str]
) -> Lists | None:
    """The lists of a container that asks for these with what the SCC adds; None if that is nothing. Containers share them."""
    all_adds = (set(default_adds) - drops) | adds
    all_drops = drops.union(required_drops)
    if len(all_adds) == len(adds) and len(all_drops) == len(drops):
        return None
    result = {}
    if all_adds:
        result["add"] = sorted(all_adds)
    if all_drops:
        result["drop"] = sorted(all_drops)
    return result


def validate(scc: Constraints, lists: Lists | None, where: Where, at: Path) -> list[FieldError]:
    """Return the errors of a container's `capabilities`, which are at the path `at` and have the SCC's defaults."""
    if "*" in scc.allowed_capabilities or not (adds := _names(lists, "add")):
        return []
    allowed, accepted = _allowed(scc.default_add_capabilities, scc.allowed_capabilities)
    return [
        where.invalid("capabilities.add", name, "capability may not be added", accepted, at=(*at, "add", index))
        for index, name in enumerate(adds)
        if name not in allowed
    ]


@lru_cache(maxsize=64)
def _allowed(default_adds: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[frozenset[str], str]:
    """The capabilities that may be added, and the same for people."""
    names = default_adds + allowed
    return frozenset(names), ", ".join(names) or "no added capability"


def _names(lists: Lists | None, field: str) -> Sequence[str]:
    return (lists or {}).get(field) or ()
