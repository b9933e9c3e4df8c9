"""Compares two states of manifests, two releases, or a state with and without some objects."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

from scclint.admission.access import gained
from scclint.admission.constraints import Constraints
from scclint.admission.order import points
from scclint.advice.sccs import permissions_beyond
from scclint.change.inventory import (
    APPLIED,
    Grant,
    Held,
    NamespaceState,
    Right,
    allows_more,
    grants_of,
    namespace_changes,
    namespaces_of,
    rights_of,
    unmatched,
)
from scclint.change.model import (
    ChangeCause,
    Differences,
    Effect,
    GrantChange,
    NamespaceChange,
    ObjectKey,
    RightChange,
    SccChange,
    WorkloadChange,
    facts,
)
from scclint.change.state import Side, State, content, keyed, open_side
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.finding import Notice, Path
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.rows import ContainerRow, WorkloadRow
from scclint.platform.releases import ORDER
from scclint.platform.terms import RESTRICTED
from scclint.record import EMPTY, Memo, replace
from scclint.run.diff import judged_access, with_new_access
from scclint.run.judge import OpenUnit, applied_by
from scclint.run.rule_set import rules_of
from scclint.run.store import RunStore
from scclint.seccomp.capabilities import bounding_set
from scclint.source import Span
from scclint.yaml.nodes import locate, to_data
from scclint.yaml.untyped import value_at

Pair = tuple[State | None, State | None]
UnitStates = tuple[str, State | None, State | None]
"""The name of a unit, and its state on both sides."""
C = TypeVar("C", WorkloadChange, ChangeCause, SccChange)
T = TypeVar("T")


def compare(before: "str | os.PathLike[str]", after: "str | os.PathLike[str]", config: Config | None = None) -> Differences:
    """Return what changes from one state to another: two paths, git revisions, or releases for the manifests in the working directory.

    `config` holds for both sides. Raises UsageError if a state is none of these.
    """
    config = config or Config()
    before, after = os.fspath(before), os.fspath(after)
    if before in ORDER and after in ORDER and not (os.path.exists(before) or os.path.exists(after)):
        return compare_releases(os.curdir, replace(config, openshift=(before, after)))
    return compare_sides(before, after, config)


def compare_sides(
    before: str, after: str, config: Config, *, merge_base: bool = False, scope: Sequence[str] = (), jobs: int = 1
) -> Differences:
    """Return what changes between two paths or revisions. With `merge_base`, `before` is where `after` branched off from it.

    `scope` names the cache of what both render to, and `jobs` is the number of programs that render at the same time.
    """
    with ExitStack() as stack:
        store = RunStore(scope, rules_of(config), shared=True)
        first = stack.enter_context(open_side(before, config, after if merge_base else "", store=store, jobs=jobs))
        # Both are judged for the same cluster.
        second = stack.enter_context(open_side(after, config, state=first.state, store=store, jobs=jobs))
        store.save()
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

    Units at one path match if they have the same kind, and otherwise if neither has such a match. Where a path has one unit on each
    side, these match whatever their names.
    """
    before, after = dict(first.places), dict(second.places)
    pairs = [(before.pop(place), after.pop(place)) for place in before.keys() & after.keys()]
    paths = {place[0]: place for place in after}
    for place in list(before):
        if (there := paths.pop(place[0], None)) is not None:
            pairs.append((before.pop(place), after.pop(there)))
    left, new = set(before.values()), set(after.values())
    alone = [(first.paths[path], second.paths[path]) for path in first.paths.keys() & second.paths.keys()]
    renamed = {name: now for name, now in alone if name in left and now in new}
    pairs += renamed.items()
    pairs += [(name, "") for name in left - renamed.keys()]
    pairs += [("", name) for name in new.difference(renamed.values())]
    return sorted(pairs, key=lambda pair: (pair[1] or pair[0], pair))


def _before_and_after(before: tuple[Side, str], after: tuple[Side, str]) -> tuple[dict[str, State], dict[str, State]]:
    """A unit of two sides on each release. What the first side applies was applied before the second is."""
    first, applied = before[0].open(before[1]), EMPTY
    states = _states(before[0], first)
    if first is not None and _is_same(first, states.values(), before, after):
        return states, states
    if first is not None:
        # A state between the two has objects of both.
        first.others.last_applied = applied = applied_by(first)
    return states, _states(after[0], after[0].open(after[1], applied))


def _is_same(opened: OpenUnit, states: Iterable[State], before: tuple[Side, str], after: tuple[Side, str]) -> bool:
    """Whether a unit, which is opened in its `states` before, depends on the same on both sides."""
    (first, name), (second, new_name) = before, after
    key = first.content_key(name) if name == new_name else ""
    if not key or key != second.content_key(name):
        return False
    for state in states:
        for workload in state.workloads:
            # What a workload gets depends on what it asks about other units, which may have changed.
            state.row(workload)
    return second.same_answers(name, opened)


def _states(side: Side, opened: OpenUnit | None) -> dict[str, State]:
    """An opened unit of a side on each release; empty if the side does not have it."""
    if opened is None:
        return {}
    files, applied = frozenset(obj.file for obj in opened.ours), opened.unit.applied
    return {
        release: State(world, keyed(opened.workloads, world), side.config, files, applied)
        for release, world in opened.worlds.items()
    }


def _by_release(before: dict[str, State], after: dict[str, State]) -> Iterator[Pair]:
    """Yield the states of each release. Two dumps may each have a release of their own."""
    if len(before) == len(after) == 1:
        yield next(iter(before.values())), next(iter(after.values()))
        return
    for release in dict.fromkeys((*before, *after)):
        yield before.get(release), after.get(release)


def _matched(before: State | None, after: State | None) -> Pair:
    """The two states of a unit. Objects that name no namespace are in the one that the other side names for them."""
    if before is None or after is None or before is after:
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
    changes: list[_Changed] = []
    sccs: list[SccChange] = []
    workloads: set[tuple[object, ...]] = set()
    inventory = _Inventory()

    def placed(changed: C, after: object) -> C:
        """Return a change of the unit with its place as the user finds it, on the side that has the object."""
        return replace(changed, span=sides[bool(after)].place(changed.span)) if changed.span is not None else changed

    def placed_at_value(cause: ChangeCause) -> ChangeCause:
        """Return a cause with its place where people edit the field that changed, such as a value of a chart."""
        side = sides[cause.how != "removed"]
        return replace(cause, span=side.place(cause.span, field=cause.how == "changed")) if cause.span is not None else cause

    for unit, before, after in pairs:
        workloads.update((unit, *key) for state in (before, after) if state is not None for key in state.workloads)
        if before is after and before is not None:
            if whole:
                inventory.add_namespaces(0, unit, before, sides[0].places_in_opened())
                inventory.add_namespaces(1, unit, before, sides[1].places_in_opened(sides[0]))
            continue
        for change in _workloads(unit, before, after):
            causes = tuple(placed_at_value(cause) for cause in change.causes)
            changes.append((replace(placed(change, change.after), causes=causes), before, after))
        if whole:
            for number, state in enumerate((before, after)):
                if state is not None:
                    inventory.add(number, unit, state, sides[number].places_in_opened())
            sccs += (placed(scc, True) for scc in _sccs(unit, before, after))
    grants, rights, namespaces = inventory.changes()
    return Differences(
        *names,
        tuple(_without_moved(changes)),
        grants,
        rights,
        namespaces,
        tuple(sccs),
        workloads=len(workloads),
        notices=tuple(_notices(sides, changes, inventory.granted)),
    )


_Changed = tuple[WorkloadChange, State | None, State | None]
"""A change with the states of its unit on both sides."""


def _notices(sides: tuple[Side, Side], changes: Iterable[_Changed], granted: Iterable[Held]) -> Iterator[Notice]:
    """Yield the notices of both sides. Those on the second side about access to the node that was not there before are new.

    `granted` are the grants of the first side.
    """
    known = {
        access
        for change, _, _ in changes
        if change.before is not None
        for place in (sides[0].inside(change.span.file), change.unit.partition("#")[0])
        for access in judged_access(place, change.before.asks)
    }
    known.update(
        access
        for held in granted
        for place in (held.unit.partition("#")[0], *([sides[0].inside(held.span.file)] if held.span is not None else ()))
        for access in judged_access(place, ["SCC"])
    )
    before, after = sides
    named = with_new_access(after.notices, before.notices, known, after.inside)
    yield from {**before.notices, **dict.fromkeys(named)} if before is not after else before.notices


def _without_moved(changes: Sequence[_Changed]) -> Iterator[WorkloadChange]:
    """Yield the changes. A workload that one unit lost and another one gained is compared with itself."""
    gone: dict[tuple[str, ...], list[_Changed]] = {}
    for change, before, after in changes:
        if change.after is None:
            gone.setdefault(_moving(change), []).append((change, before, after))
    moved: dict[int, WorkloadChange | None] = {}
    for change, _, after in changes:
        of_name = gone.get(_moving(change), ()) if change.before is None else ()
        for removed, before, _ in of_name:
            if id(removed) not in moved:
                was, now = removed.before, change.after
                effects = _effects(was, now, before, after)
                moved[id(removed)] = None
                moved[id(change)] = replace(change, before=was, effects=effects) if effects[1:] or not _same(was, now) else None
                break
    for change, _, _ in changes:
        kept = moved.get(id(change), change)
        if kept is not None:
            yield kept


def _moving(change: WorkloadChange) -> tuple[str, ...]:
    return change.release, change.kind, change.namespace, change.name, change.part


class _Inventory:
    """Collects what the units of both sides have, to compare it over all units."""

    def __init__(self) -> None:
        self._grants: tuple[list[tuple[Grant, Held]], list[tuple[Grant, Held]]] = ([], [])
        self._rights: tuple[list[tuple[Right, Held]], list[tuple[Right, Held]]] = ([], [])
        self._namespaces: tuple[dict[tuple[str, str], NamespaceState], dict[tuple[str, str], NamespaceState]] = ({}, {})
        # To find a place may render a unit: only those of changes are looked for.
        self._places: dict[tuple[str, str], Callable[[Span], Span]] = {}

    def add(self, side: int, unit: str, state: State, place: Callable[[Span], Span]) -> None:
        """Add what a unit has on the side, 0 for before and 1 for after. `place` moves places to the files that people edit."""

        def held(span: Span | None) -> Held:
            return Held(unit, state.release, state.applied, place(span) if span is not None else None)

        self._grants[side].extend(
            (grant, replace(held(span), wider=allows_more(grant[1], state))) for grant, span in grants_of(state).items()
        )
        self._rights[side].extend((right, held(span)) for right, span in rights_of(state).items())
        self.add_namespaces(side, unit, state, place)

    def add_namespaces(self, side: int, unit: str, state: State, place: Callable[[Span], Span]) -> None:
        """Add only the state of the namespaces of a unit: who may use what is the same on both sides."""
        for name, namespace in namespaces_of(state).items():
            key = state.release, name
            self._namespaces[side][key] = replace(namespace, held=replace(namespace.held, unit=unit))
            if side:
                self._places[key] = place

    @property
    def granted(self) -> Iterator[Held]:
        """The grants of the first side."""
        return (held for _, held in self._grants[0])

    def changes(self) -> tuple[tuple[GrantChange, ...], tuple[RightChange, ...], tuple[NamespaceChange, ...]]:
        """Return who gained and who lost an SCC or a right, and which namespaces differ. What is gained comes first."""
        grants = [
            GrantChange(held.unit, held.release, is_gained, *subject, scc, scope, is_gained and held.wider, held.span)
            for is_gained, ((subject, scc, scope), held) in _both(*unmatched(*self._grants))
        ]
        rights = [
            RightChange(held.unit, held.release, is_gained, *subject, right, held.span)
            for is_gained, ((subject, right), held) in _both(*unmatched(*self._rights))
        ]
        was, now = self._namespaces
        namespaces = [
            replace(change, span=self._places[key](change.span)) if change.span is not None else change
            for key in sorted({**was, **now})
            if key in now
            for change in namespace_changes(key[1], was.get(key), now[key])
        ]
        return tuple(grants), tuple(rights), tuple(namespaces)


def _both(lost: Sequence[T], gained: Sequence[T]) -> Iterator[tuple[bool, T]]:
    """Yield what is gained and then what is lost, each sorted, with whether it is gained."""
    for is_gained, some in ((True, gained), (False, lost)):
        yield from ((is_gained, one) for one in sorted(some, key=repr))


def _workloads(unit: str, before: State | None, after: State | None) -> Iterator[WorkloadChange]:
    """Yield the workloads that get something else, sorted by name. A state is None if the unit is not there on that side."""
    state = after or before
    assert state is not None
    release = state.release
    if before is not None and after is not None and before.release != after.release:
        release = f"{before.release} to {after.release}"
    keys: set[ObjectKey] = {key for side in (before, after) if side for key in side.workloads}
    causes = _Causes(before, after)
    for key in sorted(keys):
        was, now = (side.row(key, unit) if side else None for side in (before, after))
        shown = now or was
        if shown is None:
            continue
        effects, same = _effects(was, now, before, after), _same(was, now)
        if not same or effects[1:]:
            change_causes = () if same else tuple(causes.of(key, was, now))
            yield WorkloadChange(unit, *key[:3], shown.part, release, was, now, effects, change_causes, shown.place)


def _same(was: WorkloadRow | None, now: WorkloadRow | None) -> bool:
    """Whether two states of a pod differ in nothing but words."""
    return was is now or (was is not None and now is not None and facts(was) == facts(now))


def _effects(was: WorkloadRow | None, now: WorkloadRow | None, before: State | None, after: State | None) -> tuple[Effect, ...]:
    """What the change does, the worst last word first: a pod that the cluster rejects gets no rights.

    A workload that is applied more surely is `applied`, with what a new one is.
    """
    if now is None:
        return ("removed",)
    effects: list[Effect] = ["added"] if was is None else []
    if was is not None and before and after and APPLIED.index(after.applied) > APPLIED.index(before.applied):
        # What it opens is new to the cluster.
        effects, was = ["applied"], None
    if now.result == "rejected":
        return (*effects, "refused") if was is None or was.result != "rejected" else (*effects, "changed")
    if was is not None and was.result == "rejected":
        effects.append("admitted")
    ran = was if was is not None and was.result not in ("rejected", "unknown") else None
    effects += _width(ran, now, _scc_of(ran, before), _scc_of(now, after), after)
    return tuple(effects) or ("changed",)


def _scc_of(row: WorkloadRow | None, state: State | None) -> Constraints | None:
    return state.world.cluster.sccs.get(row.scc) if row is not None and state is not None else None


def _width(
    was: WorkloadRow | None, now: WorkloadRow, old: Constraints | None, new: Constraints | None, after: State | None
) -> list[Effect]:
    """Whether a pod that runs gets more or fewer rights. What runs for the first time is compared with `restricted-v2`."""
    if now.result == "unknown":
        return []
    if was is None and after is not None:
        old = after.world.cluster.sccs.get(RESTRICTED)
    base = was or replace(now, result="admitted", asks=(), containers=())
    more, less = (bool(permissions_beyond(*pair)) for pair in ((new, old), (old, new))) if old and new else (False, False)
    effects: list[Effect] = ["wider"] if more or _gains(base, now) else []
    return [*effects, "narrower"] if was is not None and (less or _gains(now, base)) else effects


def _gains(was: WorkloadRow, now: WorkloadRow) -> bool:
    """Whether pods get more than before, by what they ask for and by what their containers run with."""
    if gained(was.asks, now.asks) or (now.result == "skipped" and was.result == "admitted"):
        return True
    if now.unconfined > was.unconfined or _roots(now) > _roots(was):
        return True
    then = {container.name: container for container in was.containers}
    return any(container.name in then and _has_more(container, then[container.name]) for container in now.containers)


def _roots(row: WorkloadRow) -> int:
    return sum(container.root for container in row.containers)


def _has_more(container: ContainerRow, old: ContainerRow) -> bool:
    """Whether a container has capabilities that it did not have. What it asks for is compared for the pod as a whole."""
    if container.privileged or old.privileged:
        return False
    # Runtimes other than CRI-O may give a capability that nothing drops.
    gone = set(old.dropped) - set(container.dropped) if "ALL" not in container.dropped else ()
    return bool(gone or bounding_set(container.added, container.dropped) - bounding_set(old.added, old.dropped))


class _Causes:
    """Finds which changed object makes a difference, by putting each into the state before, alone."""

    def __init__(self, before: State | None, after: State | None) -> None:
        self._before = before
        self._after = after
        self._states = Memo()

    def of(self, key: ObjectKey, was: WorkloadRow | None, now: WorkloadRow | None) -> Iterator[ChangeCause]:
        """Yield each object that alone makes a workload's facts differ. If there is none, yield the objects that do so together."""
        before, after = self._before, self._after
        old, new = (side.workloads.get(key) if side else None for side in (before, after))
        if before is None or after is None or old is None or new is None:
            yield _cause(key, old, new)
            return
        changed = dict(self._changed)
        if _differs(old, new):
            changed = {key: (old, new), **changed}
        alone = [name for name in changed if not _same(self._row(before, after, name, key), was)]
        if not alone and before.release != after.release:
            yield ChangeCause("", "", f"{before.release} to {after.release}", "release")
            return
        needed = alone or [name for name in changed if not _same(self._row(after, before, name, key), now)] or list(changed)
        yield from (_cause(name, *changed[name], alone=bool(alone)) for name in needed)

    @cached_property
    def _changed(self) -> dict[ObjectKey, tuple[ApiObject | None, ApiObject | None]]:
        """The deciding objects that the two states do not have alike."""
        sides = [side.objects if side else {} for side in (self._before, self._after)]
        pairs = {key: (sides[0].get(key), sides[1].get(key)) for key in sorted({**sides[0], **sides[1]})}
        return {key: pair for key, pair in pairs.items() if _differs(*pair)}

    def _row(self, state: State, other: State, name: ObjectKey, workload: ObjectKey) -> WorkloadRow | None:
        """The row of a workload in a state with one object as it is in the other state."""
        obj = other.workloads.get(name) or other.objects.get(name)
        exchanged: State = self._states((state, name), lambda: state.exchanged(name, obj))
        return exchanged.row(workload)


def _differs(old: ApiObject | None, new: ApiObject | None) -> bool:
    if old is None or new is None:
        return old is not new
    return content(old) != content(new) or (
        isinstance(old, Workload) and isinstance(new, Workload) and old.pod.manifest != new.pod.manifest
    )


def _cause(key: ObjectKey, old: ApiObject | None, new: ApiObject | None, *, alone: bool = True) -> ChangeCause:
    how = "changed"
    if old is None or new is None:
        how = "added" if old is None else "removed"
    shown = new or old
    assert shown is not None
    part = shown.part if isinstance(shown, Workload) else ""
    span = shown.place.span
    if old is not None and new is not None:
        path = _first_difference(value_at(to_data(old.root), old.path), value_at(to_data(new.root), new.path))
        span = locate(new.root, (*new.path, *path))[0] if path else span
    return ChangeCause(key.kind, key.namespace, shown.name, how, alone, span, part)


def _first_difference(old: Any, new: Any) -> Path:
    """The path of the first field of an object that differs, in the order of the object as it is now."""
    if isinstance(old, dict) and isinstance(new, dict):
        step: Any = next((key for key in {**new, **old} if key not in old or key not in new or old[key] != new[key]), None)
        return () if step is None else (step, *_first_difference(old.get(step), new.get(step)))
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        step = next((number for number, (one, other) in enumerate(zip(old, new, strict=True)) if one != other), None)
        return () if step is None else (step, *_first_difference(old[step], new[step]))
    return ()


def _sccs(unit: str, before: State | None, after: State | None) -> Iterator[SccChange]:
    """Yield the SCCs on both sides that open more or less of the node, or allow more or fewer pods."""
    if before is None or after is None:
        return
    for name in sorted(before.world.cluster.sccs.keys() & after.world.cluster.sccs.keys()):
        old, new = before.world.cluster.sccs[name], after.world.cluster.sccs[name]
        written = after.world.scc(name) or before.world.scc(name)
        if old == new or (written is not None and written.file not in before.files | after.files):
            continue
        opens, closes = tuple(permissions_beyond(new, old)), tuple(permissions_beyond(old, new))
        priority = new.priority if new.priority > old.priority else None
        wider = bool(opens) or points(new) > points(old) or priority is not None
        if opens or closes or points(new) != points(old) or priority is not None:
            yield SccChange(unit, after.release, name, opens, closes, wider, written.place.span if written else None, priority)
