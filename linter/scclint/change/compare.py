"""Compares two states of manifests, two releases, or a state with and without some objects."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

from scclint.admission.access import opened_by
from scclint.admission.order import points
from scclint.change.model import ChangeCause, Differences, Effect, GrantChange, ObjectKey, SccChange, WorkloadChange, facts
from scclint.change.state import Side, State, content, keyed, open_side
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.memo import Memo
from scclint.model.object import ApiObject, Workload
from scclint.model.releases import ORDER
from scclint.model.terms import RESTRICTED, namespace_name
from scclint.outcome.rows import ContainerRow, WorkloadRow, grant_rows
from scclint.outcome.world import World
from scclint.record import EMPTY, replace
from scclint.run.judge import OpenUnit, applied_by
from scclint.seccomp.capabilities import bounding_set
from scclint.source import Span

Pair = tuple[State | None, State | None]
UnitStates = tuple[str, State | None, State | None]
"""The name of a unit, and its state on both sides."""
C = TypeVar("C", WorkloadChange, ChangeCause, GrantChange, SccChange)

Subject = tuple[str, str, str]
"""Kind, namespace (empty if it is not known, and except for a service account) and name."""


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

    def placed(changed: C, after: object) -> C:
        """Return a change of the unit with its place as the user finds it, on the side that has the object."""
        return replace(changed, span=sides[bool(after)].place(changed.span)) if changed.span is not None else changed

    for unit, before, after in pairs:
        workloads.update((unit, *key) for state in (before, after) if state is not None for key in state.workloads)
        changes += (
            replace(
                placed(change, change.after), causes=tuple(placed(cause, cause.how != "removed") for cause in change.causes)
            )
            for change in _workloads(unit, before, after)
        )
        if whole:
            grants += (placed(grant, grant.gained) for grant in _grants(unit, before, after))
            sccs += (placed(scc, True) for scc in _sccs(unit, before, after))
    return Differences(
        *names,
        tuple(changes),
        tuple(grants),
        tuple(sccs),
        workloads=len(workloads),
        notices=tuple({**sides[0].notices, **sides[1].notices}),
    )


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
        if shown is not None and not _same(was, now):
            change_causes = tuple(causes.of(key, was, now))
            yield WorkloadChange(
                unit, *key[:3], shown.part, release, was, now, _effects(was, now, state.world), change_causes, shown.place
            )


def _same(was: WorkloadRow | None, now: WorkloadRow | None) -> bool:
    """Whether two states of a pod differ in nothing but words."""
    return was is now or (was is not None and now is not None and facts(was) == facts(now))


def _effects(was: WorkloadRow | None, now: WorkloadRow | None, world: World) -> tuple[Effect, ...]:
    """What the change does, the worst last word first: a pod that the cluster rejects gets no rights."""
    if now is None:
        return ("removed",)
    effects: list[Effect] = ["added"] if was is None else []
    if now.result == "rejected":
        return (*effects, "refused") if was is None or was.result != "rejected" else (*effects, "changed")
    if was is not None and was.result == "rejected":
        effects.append("admitted")
    effects += _width(was if was is not None and was.result not in ("rejected", "unknown") else None, now, world)
    return tuple(effects) or ("changed",)


def _width(was: WorkloadRow | None, now: WorkloadRow, world: World) -> list[Effect]:
    """Whether a pod that runs gets more or fewer rights. What runs for the first time is compared with `restricted-v2`."""
    if now.result == "unknown":
        return []
    least = world.cluster.sccs.get(RESTRICTED)
    base = was or replace(now, result="admitted", scc="", access=(), points=points(least) if least else 0, containers=())
    effects: list[Effect] = ["wider"] if _gains(base, now) else []
    return [*effects, "narrower"] if was is not None and _gains(now, base) else effects


def _gains(was: WorkloadRow, now: WorkloadRow) -> bool:
    more_access = {access.words for access in now.access} - {access.words for access in was.access}
    if more_access or (now.result == "skipped" and was.result == "admitted"):
        return True
    # A pod that no SCC admission looks at has no SCC to compare.
    if "skipped" not in (was.result, now.result) and now.points > was.points and now.scc != was.scc:
        return True
    then = {container.name: container for container in was.containers}
    return any(_gains_in_container(then.get(container.name), container) for container in now.containers)


def _gains_in_container(was: ContainerRow | None, now: ContainerRow) -> bool:
    if now.seccomp == "Unconfined" and (was is None or was.seccomp != "Unconfined"):
        return True
    return was is not None and ((now.root and not was.root) or _has_more(now, was))


def _has_more(container: ContainerRow, old: ContainerRow) -> bool:
    """Whether a container has capabilities that it did not have."""
    if container.privileged or old.privileged:
        return not old.privileged
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
    how = "added" if old is None else "removed" if new is None else "changed"
    shown = new or old
    assert shown is not None
    part = shown.part if isinstance(shown, Workload) else ""
    return ChangeCause(key.kind, key.namespace, shown.name, how, alone, shown.place.span, part)


def _grants(unit: str, before: State | None, after: State | None) -> Iterator[GrantChange]:
    """Yield the subjects that gained or lost an SCC: by a list of an SCC or a binding that the release does not bring."""
    was, now = (_granted(side) if side else {} for side in (before, after))
    state = after or before
    assert state is not None
    release = state.release
    for grants, others in ((was, now), (now, was)):
        gained = grants is now
        for subject, scc, scope in sorted(grants.keys() - others.keys()):
            least, granted = (state.world.cluster.sccs.get(name) for name in (RESTRICTED, scc))
            more = granted is None or least is None or points(granted) > points(least) or bool(opened_by(granted))
            yield GrantChange(unit, release, gained, *subject, scc, scope, gained and more, grants[subject, scc, scope])


def _granted(state: State) -> dict[tuple[Subject, str, str], Span | None]:
    """Who may use which SCC in which namespace, with the place of the grant."""
    world = state.world
    of_every_scc = {binding.ref for binding in world.cluster.grants.bindings if binding.uses.every is not None}
    grants: dict[tuple[Subject, str, str], Span | None] = {}
    for row in grant_rows(world):
        subject = (row.kind, namespace_name(row.namespace), row.name)
        grants.setdefault((subject, "*" if row.grant.binding in of_every_scc else row.scc, row.scope), row.place)
    return grants


def _sccs(unit: str, before: State | None, after: State | None) -> Iterator[SccChange]:
    """Yield the SCCs on both sides that open more or less of the node, or allow more or fewer pods."""
    if before is None or after is None:
        return
    for name in sorted(before.world.cluster.sccs.keys() & after.world.cluster.sccs.keys()):
        old, new = before.world.cluster.sccs[name], after.world.cluster.sccs[name]
        if old == new:
            continue
        had, has = ({access.words for access in opened_by(scc)} for scc in (old, new))
        opens, closes = tuple(sorted(has - had)), tuple(sorted(had - has))
        wider = bool(opens) or points(new) > points(old)
        if opens or closes or points(new) != points(old):
            written = after.world.scc(name) or before.world.scc(name)
            yield SccChange(unit, after.release, name, opens, closes, wider, written.place.span if written else None)
