"""The `fsGroup` and `supplementalGroups` strategies. Empty ranges mean RunAsAny, which accepts every group."""

from collections.abc import Sequence

from scclint.admission.constraints import Range
from scclint.admission.field import FieldError, Ids, Path, Where, first, listed


def validate(
    ranges: Sequence[Range], name: str, groups: Sequence[int], where: Where, paths: Sequence[Path]
) -> list[FieldError]:
    """What is wrong with `groups`, the value of the field `name`.

    `paths` lead to each group, or where there is none, to the field.
    """
    if not ranges:
        return []
    allowed = listed([f"{low}" if low == high else f"{low} to {high}" for low, high in ranges])
    if not groups:
        detail = "unable to validate empty groups against required ranges"
        return [where.invalid(name, Ids(), detail, allowed, at=paths[0])]
    ids = Ids(groups)
    return first(
        where.invalid(name, ids, f"{group} is not an allowed group", allowed, at=path)
        for group, path in zip(groups, paths, strict=True)
        if not any(low <= group <= high for low, high in ranges)
    )
