"""The capabilities strategy. Names are compared as they are spelled: `CAP_NET_RAW` and `net_raw` are not `NET_RAW`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from scclint.admission.constraints import SecurityContextConstraints
from scclint.admission.field import LISTED, Capabilities, FieldError, Path, Where, first, listed

Lists = Mapping[str, Any]
"""A container's `capabilities`: `add` and `drop`, each a list of names, null or absent."""


def default(scc: SecurityContextConstraints, requested: Lists | None) -> Lists | None:
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


def validate(scc: SecurityContextConstraints, lists: Lists | None, where: Where, at: Path) -> list[FieldError]:
    """What is wrong with a container's `capabilities`, which stand at the path `at`."""
    if lists is None:
        if not scc.default_add_capabilities and not scc.required_drop_capabilities:
            return []
        detail = "required capabilities are not set on the securityContext"
        return [where.invalid("capabilities", None, detail, _drop_list(scc.required_drop_capabilities), at=at)]
    if "*" in scc.allowed_capabilities:
        return []
    errors: list[FieldError] = []
    if adds := _names(lists, "add"):
        allowed, accepted = _allowed(scc.default_add_capabilities, scc.allowed_capabilities)
        errors += first(
            where.invalid("capabilities.add", name, "capability may not be added", accepted, at=(*at, "add", index))
            for index, name in enumerate(adds)
            if name not in allowed
        )
    drops = Capabilities(_names(lists, "drop"))
    detail = "{} is required to be dropped but was not found"
    errors += [
        where.invalid("capabilities.drop", drops, detail.format(name), f"drop of {name}", at=(*at, "drop"))
        for name in _missing(scc.required_drop_capabilities, drops)
    ]
    return errors


@lru_cache(maxsize=64)
def _allowed(default_adds: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[frozenset[str], str]:
    """The capabilities that may be added, and the same for people."""
    names = default_adds + allowed
    return frozenset(names), listed(names) or "no added capability"


@lru_cache(maxsize=64)
def _missing(required: tuple[str, ...], drops: tuple[str, ...]) -> tuple[str, ...]:
    """Of the capabilities that must be dropped those that are not, as many as are printed of a list."""
    dropped = frozenset(drops)
    return tuple(islice((name for name in required if name not in dropped), LISTED))


def _names(lists: Lists | None, field: str) -> list[str]:
    return [name or "" for name in (lists or {}).get(field) or ()]


def _drop_list(names: Sequence[str]) -> str:
    return f"drop of {listed(names)}" if names else "capabilities"
