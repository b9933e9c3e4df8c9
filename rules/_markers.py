"""The markers in code that `make` writes a rule of a role from."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace

from scclint.api import Role, View, World, as_list, as_mapping, is_open
from scclint.limits import MAX_MARKERS
from scclint.text import shared_start
from scclint.yaml.nodes import MappingNode, to_data

MARKER = "`make` writes this rule from the {markers:marker|markers} +kubebuilder:rbac at {markers}: change it there"
"""The sentence about what `written_by` returns."""

_Box = tuple[frozenset[int], frozenset[int], frozenset[int]]
"""All rights between some groups, resources and verbs, each by its position in the rule."""

_Marker = tuple[int, int, str]
"""How like its path is to that of the rule, with a minus, its number, and its place."""


def written_by(rule: View, world: World) -> tuple[str, ...]:
    """Return the places of the markers in code that `make` writes a rule of a role from; empty if there is none for its rights."""
    # `make` writes no template.
    return () if _is_template(rule, world) else _giving(rule, world)


def _is_template(rule: View, world: World) -> bool:
    """Whether Helm rendered a rule, or its role is a template."""
    metadata = as_mapping(to_data(rule.root.get("metadata"))) if isinstance(rule.root, MappingNode) else {}
    in_chart = "templates" in rule.root.file.split("/") or id(rule.root) in world.memo(
        (_is_template,), lambda: _of_charts(world)
    )
    return in_chart or any(is_open(metadata.get(key)) for key in ("name", "namespace"))


def _giving(rule: View, world: World) -> tuple[str, ...]:
    """Return the places of the markers that together give all rights of a rule; empty if some right has no marker."""
    names = [list(dict.fromkeys(map(str, as_list(rule.data.get(key))))) for key in ("apiGroups", "resources", "verbs")]
    found = world.other_units.markers(*names) if all(names) else ()
    if not found:
        return ()
    positions = [{name: number for number, name in enumerate(axis)} for axis in names]
    file = rule.root.file.split("/")
    giving: dict[_Box, _Marker] = {}
    for number, (place, *values) in enumerate(found):
        groups, resources, verbs = (frozenset(p[name] for name in of) for p, of in zip(positions, values, strict=True))
        marker = (-shared_start(place.split("/"), file), number, place)
        giving[groups, resources, verbs] = min(marker, giving.get((groups, resources, verbs), marker))
    groups, resources, verbs = (frozenset(of.values()) for of in positions)
    return tuple(_fewest((groups, resources, verbs), giving)) if len(giving) <= MAX_MARKERS else ()


def _fewest(rights: _Box, giving: Mapping[_Box, _Marker]) -> list[str]:
    """Return the places of the markers that together give all rights, those with most of them first; none if some right has no marker.

    Of those with equally many come first those whose paths are most like that of the rule, then those of its first rights.
    """
    missing = [rights]
    places: list[str] = []
    # The rank of a marker only gets worse while others are taken.
    ranks = [(_rank(missing, box, marker), box) for box, marker in giving.items()]
    heapify(ranks)
    while missing and ranks and len(missing) <= MAX_MARKERS:
        old, box = ranks[0]
        rank = _rank(missing, box, giving[box])
        if not rank[0]:
            heappop(ranks)
        elif rank != old:
            heapreplace(ranks, (rank, box))
        else:
            heappop(ranks)
            places.append(giving[box][2])
            missing = [part for one in missing for part in _without(one, box)]
    return [] if missing else places


def _rank(missing: Sequence[_Box], box: _Box, marker: _Marker) -> tuple[int, int, tuple[int, ...], int]:
    """Return how many of the missing rights are in a box, with a minus, how like the path of its marker is, and the first of the rights."""
    shared = [both for one in missing if all(both := _both(one, box))]
    number = sum(len(groups) * len(resources) * len(verbs) for groups, resources, verbs in shared)
    return -number, marker[0], min((tuple(map(min, both)) for both in shared), default=()), marker[1]


def _both(one: _Box, other: _Box) -> _Box:
    return one[0] & other[0], one[1] & other[1], one[2] & other[2]


def _without(box: _Box, taken: _Box) -> Iterator[_Box]:
    """Yield the parts of a box that remain when another is taken out of it."""
    groups, resources, verbs = both = _both(box, taken)
    if not all(both):
        yield box
        return
    parts = (
        (box[0] - groups, box[1], box[2]),
        (groups, box[1] - resources, box[2]),
        (groups, resources, box[2] - verbs),
    )
    yield from filter(all, parts)


def _of_charts(world: World) -> frozenset[int]:
    """The roles that Helm rendered, by the `id` of their documents."""
    return frozenset(id(role.root) for role in world.of(Role) if role.document.source)
