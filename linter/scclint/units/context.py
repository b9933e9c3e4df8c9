"""What one unit takes from others: by name, and never from an alternative of it.

A repository holds many clusters. A grant in `prod/` reaches a workload in another folder only if it names the workload's service
account, and if no other environment's copy of that grant fits the workload's path better.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scclint.model.namespaces import Namespace, ServiceAccount
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.model.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF
from scclint.record import record
from scclint.units.facts import Facts
from scclint.units.unit import FromUnit, Unit
from scclint.untyped import mappings, texts

ObjectName = tuple[str, str, str]
"""Kind, namespace and name."""


@record
class Taken:
    """An object that a unit takes from another, and the name of that one."""

    obj: ApiObject
    unit: str


@record
class Tie:
    """An object that several units define differently, without a closest one. It is left out."""

    name: str
    units: tuple[str, ...]


@record
class Context:
    """What a unit takes from others, in a fixed order, and what had to be left out.

    `candidates` are all objects that it could take, with those that fit less or equal one that is taken.
    """

    taken: tuple[Taken, ...] = ()
    ties: tuple[Tie, ...] = ()
    candidates: tuple[Taken, ...] = ()

    @property
    def objects(self) -> tuple[ApiObject, ...]:
        return tuple(taken.obj for taken in self.taken)

    @property
    def names(self) -> tuple[FromUnit, ...]:
        """The names of the objects that are taken, for reports and the public API."""
        return tuple(FromUnit(taken.unit, *name_of(taken.obj)) for taken in self.taken)


class Contexts:
    """Answers for each unit of a run what it takes from the others."""

    def __init__(
        self,
        units: Sequence[Unit],
        facts: Mapping[str, Facts],
        shared: Mapping[str, Facts],
        folders: Mapping[str, frozenset[str]],
        *,
        synced: bool = False,
    ) -> None:
        """All by the name of the unit: its `facts`, those of the files that it `shared`, and the kustomize `folders` that it is
        built from, Components left out. `synced`: the label syncer decides the Pod Security level of a namespace by all of its
        service accounts, so that a unit takes these and their grants, too."""
        self._units = {unit.name: unit for unit in units}
        self._facts = facts
        self._shared = shared
        self._folders = folders
        self._segments = {unit.name: frozenset(unit.name.partition("#")[0].split("/")) for unit in units}
        self._sharing = self._who_shares()
        self._synced = synced
        self._givers = _Givers((unit for unit in units if unit.gives), facts)

    def of(self, unit: Unit) -> Context:
        """What the unit takes."""
        if not unit.takes:
            return Context()
        own = self._facts[unit.name]
        defined = {name_of(obj) for obj in (*own.objects, *self._shared.get(unit.name, Facts()).objects)}
        found: dict[ObjectName, list[Taken]] = {}
        pending = [*self._givers.for_unit(own)]
        if self._synced:
            pending += self._givers.for_namespaces(own.namespaces - {""})
        seen: set[tuple[str, ObjectName]] = set()
        while pending:
            taken = pending.pop(0)
            key = name_of(taken.obj)
            if taken.unit == unit.name or (taken.unit, key) in seen or key in defined or not self._serves(taken.unit, unit):
                continue
            seen.add((taken.unit, key))
            found.setdefault(key, []).append(taken)
            pending += self._givers.behind(taken.obj)
        chosen, ties = [], []
        for key in sorted(found):
            best = self._best(found[key], unit)
            if len(best) == 1:
                chosen.append(best[0])
            else:
                ties.append(Tie(best[0].obj.named, tuple(sorted(taken.unit for taken in best))))
        return Context(tuple(chosen), tuple(ties), tuple(taken for several in found.values() for taken in several))

    def alternatives(self, name: str) -> frozenset[str]:
        """The units that define an object or build on a folder that this one does as well: they are never applied together."""
        keys = (*self._facts[name].identities, *self._folders.get(name, ()))
        return frozenset(other for key in keys for other in self._sharing[key]) - {name}

    def _serves(self, giver: str, taker: Unit) -> bool:
        """Whether the giver may be deployed beside the taker, and no alternative of it fits the taker better."""
        alternatives = self.alternatives(giver)
        if taker.name in alternatives:
            return False
        fit = self._fit(giver, taker)
        return all(self._fit(other, taker) <= fit for other in alternatives)

    def _fit(self, giver: str, taker: Unit) -> int:
        """How many names of folders, and so of environments and clusters, two units have in common."""
        return len(self._segments[giver] & self._segments[taker.name])

    def _best(self, candidates: Sequence[Taken], taker: Unit) -> list[Taken]:
        """The candidates that fit best, those of equal content once."""
        most = max(self._fit(taken.unit, taker) for taken in candidates)
        best: list[Taken] = []
        for taken in sorted(candidates, key=lambda taken: taken.unit):
            if self._fit(taken.unit, taker) == most and not any(taken.obj.same_content(other.obj) for other in best):
                best.append(taken)
        return best

    def _who_shares(self) -> dict[object, list[str]]:
        found: dict[object, list[str]] = {}
        for name in self._units:
            for key in (*self._facts[name].identities, *self._folders.get(name, ())):
                found.setdefault(key, []).append(name)
        return found


class _Givers:
    """The objects that units may give, by what asks for them."""

    def __init__(self, units: Iterable[Unit], facts: Mapping[str, Facts]) -> None:
        self._by_subject: dict[str, list[Taken]] = {}
        self._by_name: dict[ObjectName, list[Taken]] = {}
        self._by_namespace: dict[str, list[Taken]] = {}
        for unit in units:
            for obj in facts[unit.name].objects:
                taken = Taken(obj, unit.name)
                self._by_name.setdefault(name_of(obj), []).append(taken)
                if isinstance(obj, ServiceAccount):
                    self._by_namespace.setdefault(obj.namespace, []).append(taken)
                for subject in _subjects(obj):
                    self._by_subject.setdefault(subject, []).append(taken)
                    if subject.startswith(SERVICE_ACCOUNT_PREFIX):
                        self._by_namespace.setdefault(subject.split(":")[2], []).append(taken)

    def for_unit(self, own: Facts) -> Iterator[Taken]:
        """What a unit asks others for: what is granted to its accounts, its namespaces, and what its own objects refer to."""
        subjects = {f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}" for namespace, name in own.accounts}
        subjects |= {f"{SERVICE_ACCOUNTS_OF}{namespace}" for namespace in own.namespaces}
        for subject in sorted(subjects):
            yield from self._by_subject.get(subject, ())
        for namespace in sorted(own.namespaces):
            yield from self._by_name.get(("Namespace", "", namespace), ())
        names = {reference for obj in own.objects for reference in _references(obj)}
        names |= {("SecurityContextConstraints", "", scc) for scc in own.required}
        names |= {("CSIDriver", "", driver) for driver in own.drivers}
        for name in sorted(names):
            yield from self._by_name.get(name, ())

    def for_namespaces(self, namespaces: Iterable[str]) -> Iterator[Taken]:
        """The service accounts of the namespaces, and what is granted to such accounts."""
        for namespace in sorted(namespaces):
            yield from self._by_namespace.get(namespace, ())

    def behind(self, obj: ApiObject) -> Iterator[Taken]:
        """What an object that was taken refers to: the role of a binding, the SCCs of a role."""
        for name in _references(obj):
            yield from self._by_name.get(name, ())


def name_of(obj: ApiObject) -> ObjectName:
    """What one cluster has one of. A Project is a Namespace."""
    return ("Namespace" if isinstance(obj, Namespace) else obj.kind), obj.namespace, obj.name


def _subjects(obj: ApiObject) -> Iterator[str]:
    """The service accounts, and groups of all of a namespace's, that a binding or SCC names. Groups of everyone are none."""
    if isinstance(obj, SecurityContextConstraints | RoleBinding):
        # The last two are of OpenShift's own bindings.
        names = (name for field in ("users", "groups", "userNames", "groupNames") for name in texts(obj.manifest.get(field)))
        yield from (name for name in names if name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF)))
    if isinstance(obj, RoleBinding):
        for subject in mappings(obj.manifest.get("subjects")):
            name = str(subject.get("name") or "")
            if subject.get("kind") == "ServiceAccount":
                yield f"{SERVICE_ACCOUNT_PREFIX}{subject.get('namespace') or obj.namespace}:{name}"
            elif name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF)):
                yield name


def _references(obj: ApiObject) -> Iterator[ObjectName]:
    """The role that a binding binds, the SCCs that a role names."""
    if isinstance(obj, RoleBinding):
        kind, name = obj.role
        yield kind, obj.namespace if kind == "Role" else "", name
    elif isinstance(obj, Role):
        for rule in mappings(obj.manifest.get("rules")):
            if "securitycontextconstraints" in texts(rule.get("resources")):
                for name in texts(rule.get("resourceNames")):
                    yield "SecurityContextConstraints", "", name
