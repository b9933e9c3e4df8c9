"""The strategies of an SCC for users, groups, SELinux options and capabilities: what a container gets, and what it may have."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from scclint.admission.constraints import MUST_RUN_AS, MUST_RUN_AS_NON_ROOT, MUST_RUN_AS_RANGE, Constraints
from scclint.admission.field import FieldError, Where, most_repeated
from scclint.admission.pod import containers
from scclint.admission.provider import Provider
from scclint.finding import Path
from scclint.platform.id_ranges import Range
from scclint.yaml.untyped import Object

Effective = tuple[Any, Path]
"""The effective value of a field for a container, set by the container or the pod, and its path."""

Lists = Mapping[str, Any]
"""A container's `capabilities`: `add` and `drop`, each a list of names, null or absent."""


def users_of(pod: Object) -> dict[str, tuple[int | None, bool]]:
    """Return the effective `runAsUser`, None if its image decides, and `runAsNonRoot` of each container of a pod, by name."""
    users = {}
    for _, _, container in containers(pod["spec"]):
        context = [container.get("securityContext") or {}, pod["spec"].get("securityContext") or {}]
        uid, non_root = (
            next((c[key] for c in context if c.get(key) is not None), None) for key in ("runAsUser", "runAsNonRoot")
        )
        users[container.get("name") or ""] = (uid, non_root is True)
    return users


def default_user(provider: Provider) -> int | None:
    """The uid for a container that has none, or None where the strategy leaves it open."""
    match provider.scc.run_as_user:
        case "MustRunAs":
            return provider.scc.uid
        case "MustRunAsRange":
            return provider.minimum_uid
        case _:
            return None


def validate_user(provider: Provider, where: Where, run_as_non_root: Effective, run_as_user: Effective) -> FieldError | None:
    """What is wrong with the effective `runAsNonRoot` (a boolean or None) and `runAsUser` (a whole number or None)."""
    (non_root, non_root_at), (uid, uid_at) = run_as_non_root, run_as_user
    strategy = provider.scc.run_as_user
    if strategy == MUST_RUN_AS_NON_ROOT:
        if non_root is None and uid is None:
            return where.required("runAsNonRoot", "must be true", "true", at=non_root_at)
        if non_root is False:
            return where.invalid("runAsNonRoot", non_root, "must be true", "true", at=non_root_at)
        if uid == 0:
            return where.invalid("runAsUser", uid, "running with the root UID is forbidden", "any uid but 0", at=uid_at)
        return None
    if strategy == MUST_RUN_AS:
        accepted, good = str(provider.scc.uid), uid == provider.scc.uid
        detail = f"must be: {accepted}"
    elif strategy == MUST_RUN_AS_RANGE:
        low, high = provider.minimum_uid, provider.maximum_uid
        accepted, good = f"{low} to {high}", uid is not None and low <= uid <= high
        detail = f"must be in the ranges: [{low}, {high}]"
    else:
        return None
    if uid is None:
        return where.required("runAsUser", "", accepted, at=uid_at)
    return None if good else where.invalid("runAsUser", uid, detail, accepted, at=uid_at)


def validate_groups(
    ranges: Sequence[Range], name: str, groups: Sequence[int], where: Where, paths: Sequence[Path]
) -> list[FieldError]:
    """Return the errors of `groups`, the value of the field `name`, which must be in `ranges`. Without ranges, every group is accepted.

    `paths` lead to each group, or to the field if there is no group.
    """
    if not ranges:
        return []
    starts, ends, allowed = _joined(tuple(ranges))
    if not groups:
        detail = "unable to validate empty groups against required ranges"
        return [where.invalid(name, (), detail, allowed, at=paths[0])]
    ids = tuple(groups)
    errors = (
        where.invalid(name, ids, f"{group} is not an allowed group", allowed, at=path)
        for group, path in zip(groups, paths, strict=True)
        if not ((before := bisect_right(starts, group)) and group <= ends[before - 1])
    )
    return list(islice(errors, most_repeated(len(ids))))


@lru_cache(maxsize=64)
def _joined(ranges: tuple[Range, ...]) -> tuple[list[int], list[int], str]:
    """Where ranges that do not overlap begin and end which cover the same, and how people would write the ranges."""
    starts: list[int] = []
    ends: list[int] = []
    for low, high in sorted(ranges):
        if ends and low <= ends[-1]:
            ends[-1] = max(ends[-1], high)
        elif low <= high:
            starts.append(low)
            ends.append(high)
    return starts, ends, ", ".join([f"{low}" if low == high else f"{low} to {high}" for low, high in ranges])


def validate_se_linux(
    required: Mapping[str, str] | None, options: Mapping[str, str] | None, where: Where, at: Path
) -> list[FieldError]:
    """Return the errors of the effective `seLinuxOptions` at the path `at`. `required` None is RunAsAny.

    The categories of the level may be in any order.
    """
    if required is None:
        return []
    if options is None:
        return [where.required("seLinuxOptions", "", ", ".join(f"{k}={v}" for k, v in required.items()), at=at)]
    errors = []
    for name in ("level", "role", "type", "user"):
        wanted, actual = required.get(name) or "", options.get(name) or ""
        if wanted == actual or (name == "level" and _equal_levels(wanted, actual)):
            continue
        path = (*at, name)
        errors.append(where.invalid(f"seLinuxOptions.{name}", actual, f"must be {wanted}", wanted or "no value", at=path))
    return errors


def _equal_levels(expected: str, actual: str) -> bool:
    sensitivity, colon, categories = expected.partition(":")
    other_sensitivity, other_colon, other_categories = actual.partition(":")
    if not (colon and other_colon) or sensitivity != other_sensitivity:
        return False
    return sorted(categories.split(",")) == sorted(other_categories.split(","))


def default_capabilities(scc: Constraints, requested: Lists | None) -> Lists | None:
    """The container's capabilities with the SCC's default adds and required drops. `requested` itself if nothing changes.

    Names are compared as they are spelled: `CAP_NET_RAW` and `net_raw` are not `NET_RAW`.
    """
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


def validate_capabilities(scc: Constraints, lists: Lists | None, where: Where, at: Path) -> list[FieldError]:
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
