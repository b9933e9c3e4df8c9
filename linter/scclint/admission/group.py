"""The `fsGroup` and `supplementalGroups` strategies. Empty ranges mean RunAsAny, which accepts every group."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from scclint.admission.field import FieldError, Where
from scclint.finding import Path
from scclint.model.id_ranges import Range


def validate(
    ranges: Sequence[Range], name: str, groups: Sequence[int], where: Where, paths: Sequence[Path]
) -> list[FieldError]:
    """Return the errors of `groups`, the value of the field `name`, which must be in `ranges`.

    `paths` lead to each group, or to the field if there is no group.
    """
    if not ranges:
        return []
    starts, ends, allowed = _joined(tuple(ranges))
    if not groups:
        detail = "unable to validate empty groups against required ranges"
        return [where.invalid(name, (), detail, allowed, at=paths[0])]
    ids = tuple(groups)
    return [
        where.invalid(name, ids, f"{group} is not an allowed group", allowed, at=path)
        for group, path in zip(groups, paths, strict=True)
        if not ((before := bisect_right(starts, group)) and group <= ends[before - 1])
    ]


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
