"""What the units of one side have: grants of SCCs, rights that lead past SCCs, and the labels of namespaces by which admission goes.

Two sides are compared over all units, so that a unit with another name, or an object in another unit, is no difference.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar, get_args

from scclint.admission.access import opened_by
from scclint.admission.order import points
from scclint.admission.rbac import scc_grant, subject_names
from scclint.admission.verdict import User
from scclint.change.model import NamespaceChange
from scclint.change.state import State
from scclint.cluster.namespaces import RUN_LEVEL, SCC_DISABLED
from scclint.cluster.who_can import SubjectKind, acting_as
from scclint.finding import Applied
from scclint.objects.types import RoleBinding
from scclint.outcome.rows import grant_rows
from scclint.platform.terms import RESTRICTED, UID_RANGE, namespace_name
from scclint.podsecurity.levels import Level, stricter
from scclint.podsecurity.syncer import SYNC_LABEL
from scclint.record import grouped, record
from scclint.source import Span
from scclint.yaml.untyped import as_list

Subject = tuple[SubjectKind, str, str]
"""Kind, namespace (empty if it is not known, and except for a service account) and name."""

Grant = tuple[Subject, str, str]
"""Subject, SCC and the namespace in which it counts, empty for all. The SCC is `*` for every SCC."""

Right = tuple[Subject, str]
"""Subject and what it may do, as a phrase."""

K = TypeVar("K", bound=Hashable)
APPLIED: tuple[Applied, ...] = get_args(Applied)
"""From the least to the most sure."""
_POD_SECURITY = "pod-security.kubernetes.io/"
_RANGES = "openshift.io/sa.scc."


@record
class Held:
    """Something that a unit of one side has on a release, and where it is written, if that is known.

    `wider` is True if it gives more than everybody has.
    """

    unit: str
    release: str
    applied: Applied
    span: Span | None
    wider: bool = True


def unmatched(
    before: Iterable[tuple[K, Held]], after: Iterable[tuple[K, Held]]
) -> tuple[list[tuple[K, Held]], list[tuple[K, Held]]]:
    """Return what one side has more often than the other, or applied more surely: what is lost, and what is gained.

    What a unit has on both sides is the same in it.
    """
    was, now = (grouped(((key, held.release), held) for key, held in side) for side in (before, after))
    lost: list[tuple[K, Held]] = []
    gained: list[tuple[K, Held]] = []
    for key in dict.fromkeys((*was, *now)):
        old, new = list(was.get(key, ())), list(now.get(key, ()))
        for held in list(new):
            same = next((one for one in old if (one.unit, one.applied) == (held.unit, held.applied)), None)
            if same is not None:
                old.remove(same)
                new.remove(held)
        for held in sorted(new, key=_surely, reverse=True):
            # What was applied least surely, and still as surely as now.
            moved = min((one for one in old if _surely(one) >= _surely(held)), key=_surely, default=None)
            if moved is None:
                gained.append((key[0], held))
            else:
                old.remove(moved)
        # What is applied more surely now is not lost.
        kept = len(now.get(key, ())) - len(was.get(key, ())) + len(old)
        lost += ((key[0], held) for held in old[max(kept, 0) :])
    return lost, gained


def _surely(held: Held) -> int:
    return APPLIED.index(held.applied)


def grants_of(state: State) -> dict[Grant, Span | None]:
    """Return who may use which SCC because of the objects of a unit, with the place of the grant."""
    world = state.world
    of_every_scc = {binding.ref for binding in world.cluster.grants.bindings if binding.uses.every is not None}
    grants: dict[Grant, Span | None] = {}
    for row in grant_rows(world, files=state.files):
        subject = (row.kind, namespace_name(row.namespace), row.name)
        scc = "*" if row.grant.binding in of_every_scc else row.scc
        grants.setdefault((subject, scc, row.scope), row.place)
    return grants


def allows_more(scc: str, state: State) -> bool:
    """Return whether an SCC allows more than `restricted-v2`."""
    sccs = state.world.cluster.sccs
    least, granted = sccs.get(RESTRICTED), sccs.get(scc)
    return least is None or granted is None or points(granted) > points(least) or bool(opened_by(granted))


def rights_of(state: State) -> dict[Right, Span | None]:
    """Return what the subjects of the bindings of a unit may do to get past the SCCs that they may use, with the place of the binding."""
    rights: dict[Right, Span | None] = {}
    if state.world.cluster.platform == "kubernetes":
        return rights
    for subject, span in _subjects(state):
        for way in state.world.escalations(*subject):
            rights.setdefault((subject, way.phrase), span)
        for right in _of_sccs(subject, state):
            rights.setdefault((subject, right), span)
    return rights


def _of_sccs(subject: Subject, state: State) -> Iterator[str]:
    """Yield what a subject may write of SCCs. A RoleBinding gives no right to objects of the cluster."""
    rights = state.world.cluster.grants.rights
    for binding, role in rights.bindings_of(acting_as(*subject)).items():
        for _, _, rule in rights.rules_of(role) if not binding.namespace else ():
            named = " ".join(map(str, as_list(rule.get("resourceNames"))))
            yield from (f"{verb} SCCs {named}".rstrip() for verb in ("create", "update", "patch") if scc_grant(rule, verb))


def _subjects(state: State) -> Iterator[tuple[Subject, Span]]:
    """Yield the subjects of the bindings of a unit, each with the place of its first binding."""
    places: dict[Subject, Span] = {}
    for binding in state.world.of(RoleBinding):
        if binding.file not in state.files:
            continue
        namespace = state.world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
        users, groups = subject_names(binding.manifest, namespace)
        accounts = ((name, User(name).service_account) for name in users)
        subjects: Sequence[Subject] = [
            ("ServiceAccount", *account) if account else ("User", "", name) for name, account in accounts
        ]
        for subject in (*subjects, *(("Group", "", name) for name in groups)):
            places.setdefault(subject, binding.place.span)
    yield from places.items()


@record
class NamespaceState:
    """The labels and annotations of a namespace by which admission goes, with their places, and what they come to."""

    values: Mapping[str, tuple[str, Span]]
    skipped: str
    level: Level | None
    held: Held


def namespaces_of(state: State) -> dict[str, NamespaceState]:
    """Return the namespaces that a unit writes, by name."""
    world = state.world
    values: dict[str, dict[str, tuple[str, Span]]] = {}
    places: dict[str, Span] = {}
    for obj in world.objects:
        if obj.kind != "Namespace" or obj.file not in state.files:
            continue
        written = values.setdefault(obj.name, {})
        places.setdefault(obj.name, obj.place.span)
        for field in (obj.field("metadata", "labels"), obj.field("metadata", "annotations")):
            for key in field.value if isinstance(field.value, dict) else ():
                if key in (RUN_LEVEL, SCC_DISABLED, SYNC_LABEL) or key.startswith((_POD_SECURITY, _RANGES)):
                    value = field.below(key)
                    written[key] = (str(value.value), value.span)
    # The side knows the unit.
    return {
        name: NamespaceState(written, *_admission(state, name), Held("", state.release, state.applied, places[name]))
        for name, written in values.items()
    }


def _admission(state: State, namespace: str) -> tuple[str, Level | None]:
    """Return why SCC admission does not run in a namespace, and the Pod Security level that it enforces, None if that is not known."""
    world = state.world
    policy, _ = world.outcomes.namespace_policies(namespace)
    skipped = world.cluster.admit({"spec": {"containers": []}}, namespace=namespace).skipped
    return skipped or "", None if policy.unknown else policy.policy.enforce.level


def namespace_changes(name: str, was: NamespaceState | None, now: NamespaceState) -> Iterator[NamespaceChange]:
    """Yield the labels and annotations that differ. A namespace that is new has none before."""
    old, new = was.values if was else {}, now.values
    for key in sorted({**old, **new}):
        before, after = (values[key][0] if key in values else "" for values in (old, new))
        if before != after:
            span = new[key][1] if key in new else now.held.span
            wider = _is_wider(key, after, was, now)
            yield NamespaceChange(now.held.unit, now.held.release, name, key, before, after, wider, span)


def _is_wider(key: str, value: str, was: NamespaceState | None, now: NamespaceState) -> bool:
    """Whether a namespace admits more because of a label or annotation. The level of a new namespace is as good as any."""
    if key in (RUN_LEVEL, SCC_DISABLED):
        return bool(now.skipped) and not (was and was.skipped)
    if key == UID_RANGE:
        return value.startswith(("0/", "0-"))
    if key.startswith(_RANGES) or was is None or was.level is None or now.level is None:
        return False
    return stricter(was.level, now.level)
