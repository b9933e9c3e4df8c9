"""Compares two states of manifests, two releases, or a state with and without some objects."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import TypeVar

from scclint.change.model import ChangeCause, Differences, GrantChange, SccChange, WorkloadChange
from scclint.change.sides import Side, open_side
from scclint.change.state import State, keyed
from scclint.change.units import compare_grants, compare_sccs, compare_workloads
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.model.releases import ORDER
from scclint.outcome.rows import WorkloadRow
from scclint.record import EMPTY, replace
from scclint.run.judge import OpenUnit, applied_by

Pair = tuple[State | None, State | None]
UnitStates = tuple[str, State | None, State | None]
"""The name of a unit, and its state on both sides."""
C = TypeVar("C", WorkloadChange, ChangeCause, GrantChange, SccChange)


def compare(before: "str | os.PathLike[str]", after: "str | os.PathLike[str]", config: Config | None = None) -> Differences:
    """Return what changes from one state to another: two paths, git revisions, or releases for the manifests in the working directory.

    `config` holds for both sides. Raises UsageError if a state is none of these.
    """
    config = config or Config()
    before, after = os.fspath(before), os.fspath(after)
    if before in ORDER and after in ORDER and not (os.path.exists(before) or os.path.exists(after)):
        return compare_releases(os.curdir, replace(config, openshift=(before, after)))
    return compare_sides(before, after, config)


def compare_sides(before: str, after: str, config: Config, *, merge_base: bool = False) -> Differences:
    """Return what changes between two paths or revisions. With `merge_base`, `before` is where `after` branched off from it."""
    with ExitStack() as stack:
        first = stack.enter_context(open_side(before, config, after if merge_base else ""))
        second = stack.enter_context(open_side(after, config))
        pairs = (
            (later or earlier, *_matched(*states))
            for earlier, later in _pairs(first, second)
            for states in _by_release(*_before_and_after((first, earlier), (second, later)))
        )
        return _differences((before, after), (first, second), pairs)


def compare_releases(path: str, config: Config) -> Differences:
    """Return what changes for the manifests of a path from each of the configured releases to the next."""
    if config.platform == "kubernetes" or len(config.openshift) < 2:
        raise UsageError("to compare releases, name at least two with --openshift, as in --openshift 4.22,5.0")
    with open_side(path, config) as side:
        releases = sorted(config.openshift, key=ORDER.__getitem__)
        matrix: list[tuple[WorkloadRow, ...]] = []

        def pairs() -> Iterator[UnitStates]:
            for unit in side.units:
                of_release = _states(side, side.open(unit))
                states = [of_release[release] for release in releases]
                matrix.extend(
                    tuple(filter(None, (state.row(key, unit) for state in states))) for key in sorted(states[0].workloads)
                )
                yield from ((unit, *pair) for pair in pairwise(states))

        # The releases' own SCCs and grants differ as well.
        differences = _differences((releases[0], releases[-1]), (side, side), pairs(), whole=False)
        return replace(differences, matrix=tuple(matrix))


def what_if(path: str, files: Sequence[str], config: Config) -> Differences:
    """Return what changes if the objects of some files are applied on top of those of a path."""
    with ExitStack() as stack:
        side = stack.enter_context(open_side(path, config))
        added = [stack.enter_context(open_side(file, config)) for file in files]
        objects = [obj for file in added for unit in file.units if (opened := file.open(unit)) for obj in opened.ours]
        pairs = (
            (unit, state, state.with_objects([state.at_home(obj) for obj in objects]))
            for unit in side.units
            for state in _states(side, side.open(unit)).values()
        )
        differences = _differences((path, " and ".join([path, *files])), (side, side), pairs)
        notices = dict.fromkeys((*differences.notices, *(notice for file in added for notice in file.notices)))
        return replace(differences, notices=tuple(notices))


def _pairs(first: Side, second: Side) -> list[tuple[str, str]]:
    """Return the names of each unit on both sides; the name is empty on a side that lacks the unit.

    Units at one path match if they have the same kind, and otherwise if neither has such a match.
    """
    before, after = dict(first.places), dict(second.places)
    pairs = [(before.pop(place), after.pop(place)) for place in before.keys() & after.keys()]
    paths = {place[0]: place for place in after}
    for place in list(before):
        if (there := paths.pop(place[0], None)) is not None:
            pairs.append((before.pop(place), after.pop(there)))
    pairs += [(name, "") for name in before.values()]
    pairs += [("", name) for name in after.values()]
    return sorted(pairs, key=lambda pair: pair[1] or pair[0])


def _before_and_after(before: tuple[Side, str], after: tuple[Side, str]) -> tuple[dict[str, State], dict[str, State]]:
    """A unit of two sides on each release. What the first side applies was applied before the second is."""
    first, applied = before[0].open(before[1]), EMPTY
    if first is not None:
        # A state between the two has objects of both.
        first.others.last_applied = applied = applied_by(first)
    return _states(before[0], first), _states(after[0], after[0].open(after[1], applied))


def _states(side: Side, opened: OpenUnit | None) -> dict[str, State]:
    """An opened unit of a side on each release; empty if the side does not have it."""
    if opened is None:
        return {}
    return {release: State(world, keyed(opened.workloads, world), side.config) for release, world in opened.worlds.items()}


def _by_release(before: dict[str, State], after: dict[str, State]) -> Iterator[Pair]:
    """Yield the states of each release. Two dumps may each have a release of their own."""
    if len(before) == len(after) == 1:
        yield next(iter(before.values())), next(iter(after.values()))
        return
    for release in dict.fromkeys((*before, *after)):
        yield before.get(release), after.get(release)


def _matched(before: State | None, after: State | None) -> Pair:
    """The two states of a unit. Objects that name no namespace are in the one that the other side names for them."""
    if before is None or after is None:
        return before, after
    before, after = before.in_namespace_of(after), after.in_namespace_of(before)
    return before, after.numbered_as(before)


def _differences(
    names: tuple[str, str],
    sides: tuple[Side, Side],
    pairs: Iterable[UnitStates],
    *,
    whole: bool = True,
) -> Differences:
    """Compare the two states of each unit. Without `whole`, only their workloads are compared."""
    changes: list[WorkloadChange] = []
    grants: list[GrantChange] = []
    sccs: list[SccChange] = []
    workloads: set[tuple[object, ...]] = set()
    for unit, before, after in pairs:
        workloads.update((unit, *key) for state in (before, after) if state is not None for key in state.workloads)
        changes += compare_workloads(unit, before, after)
        if whole:
            grants += compare_grants(unit, before, after)
            sccs += compare_sccs(unit, before, after)

    def placed(changed: C, after: object) -> C:
        """Return a change with its place as the user finds it, on the side that has the object."""
        return replace(changed, span=sides[bool(after)].place(changed.span)) if changed.span is not None else changed

    return Differences(
        *names,
        tuple(
            replace(
                placed(change, change.after), causes=tuple(placed(cause, cause.how != "removed") for cause in change.causes)
            )
            for change in changes
        ),
        tuple(placed(grant, grant.gained) for grant in grants),
        tuple(placed(scc, True) for scc in sccs),
        workloads=len(workloads),
        notices=tuple({**sides[0].notices, **sides[1].notices}),
    )
