"""The capabilities strategy. Names are compared as they are spelled: `CAP_NET_RAW` and `net_raw` are not `NET_RAW`."""

from collections.abc import Mapping, Sequence
from typing import Any

from scclint.admission.constraints import SecurityContextConstraints
from scclint.admission.field import Capabilities, FieldError, Path, Where, first, listed

Lists = Mapping[str, Any]
"""A container's `capabilities`: `add` and `drop`, each a list of names, null or absent."""


def default(scc: SecurityContextConstraints, requested: Lists | None) -> Lists | None:
    """The container's capabilities with the SCC's default adds and required drops. `requested` itself if nothing changes."""
    if not scc.default_add_capabilities and not scc.required_drop_capabilities:
        return requested
    adds, drops = set(_names(requested, "add")), set(_names(requested, "drop"))
    all_adds = (set(scc.default_add_capabilities) - drops) | adds
    all_drops = drops.union(scc.required_drop_capabilities)
    if len(all_adds) == len(adds) and len(all_drops) == len(drops):
        return requested
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
        names = scc.default_add_capabilities + scc.allowed_capabilities
        allowed, accepted = frozenset(names), listed(names) or "no added capability"
        errors += first(
            where.invalid("capabilities.add", name, "capability may not be added", accepted, at=(*at, "add", index))
            for index, name in enumerate(adds)
            if name not in allowed
        )
    drops = Capabilities(_names(lists, "drop"))
    dropped = frozenset(drops)
    missing = "{} is required to be dropped but was not found"
    errors += first(
        where.invalid("capabilities.drop", drops, missing.format(name), f"drop of {name}", at=(*at, "drop"))
        for name in scc.required_drop_capabilities
        if name not in dropped
    )
    return errors


def _names(lists: Lists | None, field: str) -> list[str]:
    return [name or "" for name in (lists or {}).get(field) or ()]


def _drop_list(names: Sequence[str]) -> str:
    return f"drop of {listed(names)}" if names else "capabilities"
