"""Compares the two states of one unit."""

from collections.abc import Iterator
from functools import cached_property

from scclint.admission.access import opened_by
from scclint.admission.order import points
from scclint.change.model import ChangeCause, Effect, GrantChange, ObjectKey, SccChange, WorkloadChange, facts
from scclint.change.state import State, content
from scclint.cluster import Cluster
from scclint.memo import Memo
from scclint.model.object import ApiObject, Workload
from scclint.model.terms import RESTRICTED, namespace_name
from scclint.outcome.rows import ContainerRow, WorkloadRow, grant_rows
from scclint.outcome.world import World
from scclint.record import replace
from scclint.seccomp.capabilities import bounding_set
from scclint.source import Span

Subject = tuple[str, str, str]
"""Kind, namespace (empty if it is not known, and except for a service account) and name."""


def compare_workloads(unit: str, before: State | None, after: State | None) -> Iterator[WorkloadChange]:
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


def compare_grants(unit: str, before: State | None, after: State | None) -> Iterator[GrantChange]:
    """Yield the subjects that gained or lost an SCC: by a list of an SCC or a binding that the release does not bring."""
    was, now = (_granted(side) if side else {} for side in (before, after))
    state = after or before
    assert state is not None
    release = state.release
    for grants, others in ((was, now), (now, was)):
        gained = grants is now
        for subject, scc, scope in sorted(grants.keys() - others.keys()):
            wide = gained and _is_wide(state.world.cluster, scc)
            yield GrantChange(unit, release, gained, *subject, scc, scope, wide, grants[subject, scc, scope])


def _granted(state: State) -> dict[tuple[Subject, str, str], Span | None]:
    """Who may use which SCC in which namespace, with the place of the grant."""
    world = state.world
    of_every_scc = {binding.ref for binding in world.cluster.grants.bindings if binding.uses.every is not None}
    grants: dict[tuple[Subject, str, str], Span | None] = {}
    for row in grant_rows(world):
        subject = (row.kind, namespace_name(row.namespace), row.name)
        grants.setdefault((subject, "*" if row.grant.binding in of_every_scc else row.scc, row.scope), row.place)
    return grants


def _is_wide(cluster: Cluster, scc: str) -> bool:
    least, granted = cluster.sccs.get(RESTRICTED), cluster.sccs.get(scc)
    return granted is None or least is None or points(granted) > points(least) or bool(opened_by(granted))


def compare_sccs(unit: str, before: State | None, after: State | None) -> Iterator[SccChange]:
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
