"""Compares two states of manifests, two releases, or a state with and without some objects."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise

from scclint.change.model import Differences, GrantChange, SccChange, WorkloadChange
from scclint.change.sides import Side, open_side
from scclint.change.state import State, keyed
from scclint.change.units import compare_grants, compare_sccs, compare_workloads
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.judge import OpenUnit
from scclint.model.releases import ORDER
from scclint.outcome.rows import WorkloadRow
from scclint.record import replace
from scclint.source import Span

Pair = tuple[State | None, State | None]


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
        found = _Found(before, after, first, second)
        for earlier, later in _pairs(first, second):
            for before_state, after_state in _by_release(_states(first, earlier), _states(second, later)):
                found.add(later or earlier, _matched(before_state, after_state))
        return found.comparison()


def compare_releases(path: str, config: Config) -> Differences:
    """Return what changes for the manifests of a path from each of the configured releases to the next."""
    if config.platform == "kubernetes" or len(config.openshift) < 2:
        raise UsageError("to compare releases, name at least two with --openshift, as in --openshift 4.22,5.0")
    with open_side(path, config) as side:
        releases = sorted(config.openshift, key=ORDER.__getitem__)
        found = _Found(releases[0], releases[-1], side, side)
        for unit in side.units:
            states = _states(side, unit)
            for earlier, later in pairwise(releases):
                found.add(unit, (states[earlier], states[later]), whole=False)
            for key in sorted(states[releases[0]].workloads):
                rows = (states[release].row(key, unit) for release in releases)
                found.rows.append(tuple(row for row in rows if row is not None))
        return found.comparison()


def what_if(path: str, files: Sequence[str], config: Config) -> Differences:
    """Return what changes if the objects of some files are applied on top of those of a path."""
    with ExitStack() as stack:
        side = stack.enter_context(open_side(path, config))
        added = [stack.enter_context(open_side(file, config)) for file in files]
        opened = [one for file in added for unit in file.units if (one := file.open(unit)) is not None]
        found = _Found(path, " and ".join([path, *files]), side, side)
        for unit in side.units:
            for state in _states(side, unit).values():
                more = [state.at_home(obj) for one in opened for obj in one.ours]
                found.add(unit, (state, state.with_objects(more)))
        for file in added:
            side.notices.update(file.notices)
        return found.comparison()


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


def _states(side: Side, unit: str) -> dict[str, State]:
    """A unit of a side on each release; empty if the side does not have it."""
    opened: OpenUnit | None = side.open(unit)
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


class _Found:
    """The differences that were found so far."""

    def __init__(self, before: str, after: str, first: Side, second: Side) -> None:
        self._names = (before, after)
        self._sides = (first, second)
        self._changes: list[WorkloadChange] = []
        self._grants: list[GrantChange] = []
        self._sccs: list[SccChange] = []
        self._workloads: set[tuple[object, ...]] = set()
        self.rows: list[tuple[WorkloadRow, ...]] = []

    def add(self, unit: str, pair: Pair, *, whole: bool = True) -> None:
        """Compare the two states of a unit. `whole` is False for two releases, whose own SCCs and grants differ as well."""
        before, after = pair
        self._workloads.update((unit, *key) for state in pair if state is not None for key in state.workloads)
        self._changes += compare_workloads(unit, before, after)
        if whole:
            self._grants += compare_grants(unit, before, after)
            self._sccs += compare_sccs(unit, before, after)

    def comparison(self) -> Differences:
        first, second = self._sides
        changes = [
            replace(
                change,
                span=(second if change.after else first).place(change.span),
                causes=tuple(replace(cause, span=self._place(cause.span, cause.how != "removed")) for cause in change.causes),
            )
            for change in self._changes
        ]
        return Differences(
            *self._names,
            tuple(changes),
            tuple(replace(grant, span=self._place(grant.span, grant.gained)) for grant in self._grants),
            tuple(replace(scc, span=self._place(scc.span, after=True)) for scc in self._sccs),
            tuple(self.rows),
            len(self._workloads),
            tuple({**first.notices, **second.notices}),
        )

    def _place(self, span: Span | None, after: bool) -> Span | None:
        return None if span is None else self._sides[after].place(span)
