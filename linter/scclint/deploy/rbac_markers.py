"""The markers `+kubebuilder:rbac` in code, from which `make` writes the rules of roles."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scclint.limits import MAX_MARKERS_OF_RULE
from scclint.record import grouped, record


@record
class RbacMarker:
    """A marker at a place, as `FILE:LINE`, and the API groups, resources and verbs between which it gives every right."""

    place: str
    groups: Sequence[str]
    resources: Sequence[str]
    verbs: Sequence[str]


class RbacMarkers:
    """Finds markers by group, resource and verb. A marker of some kilobytes gives millions of rights, which nobody lists."""

    def __init__(self, markers: Iterable[RbacMarker]) -> None:
        self._markers = tuple(markers)
        axes = (
            [marker.groups for marker in self._markers],
            [m.resources for m in self._markers],
            [m.verbs for m in self._markers],
        )
        self._axes: tuple[Mapping[str, Sequence[int]], ...] = tuple(
            grouped((value, number) for number, values in enumerate(axis) for value in dict.fromkeys(values)) for axis in axes
        )

    def of(self, groups: str, resources: str, verbs: str) -> list[Any]:
        """Return the markers that give some of the rights between names, which `;` separates, as in a marker.

        None if too many may do so. Each is its place, followed by the groups, resources and verbs that it has of those that are asked for.
        """
        asked = [dict.fromkeys(names.split(";")) for names in (groups, resources, verbs)]
        found = [[axis.get(name, ()) for name in names] for axis, names in zip(self._axes, asked, strict=True)]
        # The rarest of the three leads to the fewest markers.
        rarest = {number for numbers in min(found, key=lambda numbers: sum(map(len, numbers))) for number in numbers}
        replies: list[Any] = []
        for marker in (self._markers[number] for number in sorted(rarest) if len(rarest) <= MAX_MARKERS_OF_RULE):
            both = [
                [name for name in dict.fromkeys(names) if name in wanted]
                for names, wanted in zip((marker.groups, marker.resources, marker.verbs), asked, strict=True)
            ]
            replies += [[marker.place, *both]] if all(both) else []
        return replies
