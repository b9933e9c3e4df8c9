"""What a file or a unit defines that others may need to know, and what each unit takes of it, never from an alternative of it.

Facts are names, with no tree of the file kept but of the few objects that make a cluster. A repository holds many clusters. A grant in
`prod/` reaches a workload in another folder only if it names the workload's service account, and if no other environment's copy of
that grant fits the workload's path better.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scclint.deploy.placed import IN_EVERY_NAMESPACE, account_namespaces, named_accounts, subjects
from scclint.deploy.unit import FromUnit, Unit
from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import (
    AdmissionPolicy,
    ApiObject,
    Namespace,
    OperatorInstallation,
    ProfileSource,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    ServiceAccount,
    StorageObject,
    TektonConfig,
    Workload,
)
from scclint.objects.unknown import is_open, is_unfilled_user, stands_for_a_name
from scclint.other_units import AmbiguousObject, BorrowedObject, OtherUnits, Question, Reply
from scclint.outcome.manifests import namespace_of
from scclint.platform.terms import (
    REQUIRED_SCC,
    SCC_ROLE_PREFIX,
    SERVICE_ACCOUNT_PREFIX,
    SERVICE_ACCOUNTS_OF,
    UNSPECIFIED_NAMESPACE,
)
from scclint.record import EMPTY, record, replace
from scclint.yaml.untyped import as_list, as_mapping, as_text, mappings, texts, value_at

if TYPE_CHECKING:
    from scclint.profiles.sources import Profiles

Identity = tuple[str, str, str, str]
"""API group, kind, namespace and name of an object."""

CLUSTER = (
    Role,
    RoleBinding,
    SecurityContextConstraints,
    Namespace,
    ServiceAccount,
    OperatorInstallation,
    StorageObject,
    AdmissionPolicy,
    TektonConfig,
)
"""Model classes of the objects that one unit may take from another."""


_NONE: frozenset[str] = frozenset()


@record
class Facts:
    """What some files define together.

    `identities` are those of objects that a cluster has only once. Two files with an identity in common are never applied together.
    `accounts` are the service accounts that pods use, as (namespace, name), the namespace empty where it is not known. `namespaces`
    are those of the objects, with an empty one for objects whose namespace is not known.
    `required` are the SCCs that pods require by annotation, `drivers` the CSI drivers of their inline volumes, and `claims` the
    PersistentVolumeClaims of their volumes, as (namespace, name). `objects` are RBAC objects, SCCs, Namespaces, ServiceAccounts, those of
    storage and admission policies, `profiles` the objects that hold seccomp profiles.
    """

    identities: frozenset[Identity] = frozenset()
    accounts: frozenset[tuple[str, str]] = frozenset()
    namespaces: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    drivers: frozenset[str] = frozenset()
    claims: frozenset[tuple[str, str]] = frozenset()
    objects: tuple[ApiObject, ...] = ()
    profiles: tuple[ApiObject, ...] = ()

    def within(self, namespace: str) -> "Facts":
        """The same facts, where objects that name no namespace go to `namespace` (empty: not known)."""
        namespace = "" if namespace == UNSPECIFIED_NAMESPACE else namespace
        return self if not namespace or "" not in self.namespaces else self._placed(namespace, EMPTY)

    def by_accounts(self, evidence: Mapping[str, str] = EMPTY) -> "Facts":
        """The same facts, where pods whose namespace is not known go to that of their account (see `account_namespaces`)."""
        homes = account_namespaces(self.objects, evidence) if self.unplaced_accounts else {}
        return self._placed("", homes) if homes else self

    @property
    def unplaced_accounts(self) -> frozenset[str]:
        """The accounts of pods whose namespace is not known."""
        return frozenset(name for of, name in self.accounts if not of or is_open(of))

    def _placed(self, namespace: str, homes: Mapping[str, str]) -> "Facts":
        accounts = frozenset(
            (homes.get(name, of) if is_open(of) else of or namespace or homes.get(name, ""), name) for of, name in self.accounts
        )
        namespaces = {of or namespace for of in self.namespaces} | {of for of, _ in accounts}
        claims = frozenset((of or namespace, name) for of, name in self.claims)
        return replace(self, accounts=accounts, namespaces=frozenset(namespaces), claims=claims)


NO_FACTS = Facts()
"""What a file defines that says nothing about others, such as one with objects of other kinds."""

_SETS = ("identities", "accounts", "namespaces", "required", "drivers", "claims")
"""The fields of `Facts` that are sets of texts, or of tuples of texts."""


def facts_of(objects: Iterable[ApiObject]) -> Facts:
    """The facts about some objects."""
    all_objects = list(objects)

    def known(obj: ApiObject) -> str:
        return "" if obj.namespace == UNSPECIFIED_NAMESPACE else obj.namespace

    workloads = [o for o in all_objects if isinstance(o, Workload) and not o.partial]
    volumes = [(known(w), volume) for w in workloads for volume in mappings(value_at(w.pod.manifest, ("spec", "volumes")))]
    return Facts(
        frozenset(filter(None, map(identity, all_objects))),
        frozenset((known(w), w.pod.service_account) for w in workloads),
        frozenset(map(known, all_objects)),
        # Shared by all files without any: an empty set takes as much memory as one with four members.
        frozenset(as_text(w.pod.field("metadata", "annotations", REQUIRED_SCC).value) for w in workloads) - {""} or _NONE,
        frozenset(as_text(value_at(volume, ("csi", "driver"))) for _, volume in volumes) - {""} or _NONE,
        frozenset(
            (namespace, claim)
            for namespace, volume in volumes
            if (claim := as_text(value_at(volume, ("persistentVolumeClaim", "claimName"))))
        ),
        # What a command changes of an object is none that a unit may take.
        tuple(o for o in all_objects if isinstance(o, CLUSTER) and o.name and not o.partial and o.document.operations is None),
        tuple(o for o in all_objects if isinstance(o, ProfileSource)),
    )


def with_users(objects: Sequence[ApiObject], namespace: str) -> Iterator[ApiObject]:
    """Yield the objects, where an account is in place of each placeholder in `users` of an SCC, if one of the unit fits.

    It is the account that the placeholder names, else the one with the name of the SCC, else the only one in the folder of the SCC.
    `namespace` is that of objects that name none; empty if it is not known.
    """
    accounts = [obj for obj in objects if isinstance(obj, ServiceAccount) and obj.name not in IN_EVERY_NAMESPACE]
    for obj in objects:
        users = as_list(obj.data.get("users")) if isinstance(obj, SecurityContextConstraints) else []
        unfilled = {text for text in map(str, users) if is_unfilled_user(text)}
        if unfilled:
            named = {name for text in unfilled if not is_unfilled_user(name := text.rpartition(":")[2])}
            fitting = [account for account in accounts if account.name in (named or {obj.name})] or [
                account for account in accounts if not named and os.path.dirname(account.file) == os.path.dirname(obj.file)
            ]
            if len(fitting) == 1:
                home = namespace_of(fitting[0], namespace)
                user = f"{SERVICE_ACCOUNT_PREFIX}{home}:{fitting[0].name}"
                assumed = (
                    "" if unfilled == {user} else f"{min(unfilled)} in users of SCC {obj.name} is taken for {fitting[0].name}"
                )
                data = {**obj.data, "users": [user if str(written) in unfilled else written for written in users]}
                yield type(obj)(
                    obj.document,
                    replace(obj.item, data=data, manifest=None, provenance=replace(obj.provenance, assumed=assumed)),
                )
                continue
        yield obj


def plain(facts: Facts) -> list[Any] | None:
    """Return the facts as JSON can express them, for `restored`; None if they have objects, which know their places."""
    if facts.objects or facts.profiles:
        return None
    return [sorted(getattr(facts, name)) for name in _SETS]


def restored(value: Any) -> Facts | None:
    """Return the facts that `plain` expressed; None if it could not express them."""
    if value is None:
        return None
    parts = (frozenset(tuple(member) if isinstance(member, list) else member for member in part) for part in value)
    return replace(NO_FACTS, **dict(zip(_SETS, parts, strict=True)))


def together(parts: Iterable[Facts]) -> Facts:
    """The facts of several files as one."""
    all_facts = list(parts)
    if len(all_facts) == 1:
        return all_facts[0]
    return Facts(
        **{name: frozenset().union(*(getattr(facts, name) for facts in all_facts)) for name in _SETS},
        objects=tuple(o for facts in all_facts for o in facts.objects),
        profiles=tuple(o for facts in all_facts for o in facts.profiles),
    )


def identity(obj: ApiObject) -> Identity | None:
    """The identity of a workload, SCC, role or binding; None of other objects, which are commonly repeated and decide nothing."""
    if (
        obj.name
        and not (obj.is_generated or obj.partial or obj.provenance.command)
        and isinstance(obj, Workload | SecurityContextConstraints | Role | RoleBinding)
    ):
        return obj.group, obj.kind, obj.namespace, obj.name
    return None


_STORAGE: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "PersistentVolumeClaim": {("spec", "volumeName"): "PersistentVolume", ("spec", "storageClassName"): "StorageClass"},
    "PersistentVolume": {("spec", "csi", "driver"): "CSIDriver"},
    "StorageClass": {("provisioner",): "CSIDriver"},
}
"""The kinds of objects that an object of storage names, by the path to the name."""

_Key = tuple[str, ...]
"""By what an object is asked for: kind, namespace and name, or a subject, or the namespace of an account."""

_UnitContext = tuple[tuple[BorrowedObject, ...], tuple[AmbiguousObject, ...], tuple[BorrowedObject, ...]]
"""What a unit takes, what is left out, and all candidates (see `OtherUnits`)."""


class AllUnits:
    """Answers for each unit of a run what it takes from the others and what they have. A run with one unit needs no facts.

    All by the name of the unit: its `facts`, those of the files that it `shared`, and the kustomize `folders` that it is built from,
    Components left out. `synced`: the label syncer decides the Pod Security level of a namespace by all of its service accounts, so that
    a unit takes these and their grants, too. `bundles` are the objects that OLM creates of bundles, each in its namespace. `mounts`
    returns the mounts of claims by the pods of a unit, by release, namespace and claim. `told` returns what code, documentation and
    images in folders tell: the fields of an `Image`, or the answer to another question. None if they do not answer.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        facts: Mapping[str, Facts] = EMPTY,
        shared: Mapping[str, Facts] = EMPTY,
        folders: Mapping[str, frozenset[str]] = EMPTY,
        *,
        synced: bool = False,
        bundles: Iterable[BorrowedObject] = (),
        mounts: Callable[[str], Mapping[Question, list[Any]]] = lambda unit: EMPTY,
        told: Callable[[Question], list[Any] | None] = lambda question: None,
    ) -> None:
        self._units = units
        self._facts = facts
        self._shared = shared
        self._folders = folders
        self._synced = synced
        self._bundles = bundles
        self._mounts = mounts
        self._told = told
        self._clusters = {unit.name: unit.deployment.cluster for unit in units}
        self._homes: dict[str, Mapping[str, str]] = {}
        self._taken: dict[str, _UnitContext] = {}
        self._profiles: dict[str, Profiles] = {}
        self._facts = {**facts, **dict(self._by_accounts())}

    def _by_accounts(self) -> Iterator[tuple[str, Facts]]:
        """Yield the facts of each unit whose pods have no known namespace and go to that of their account.

        A chart can be installed in any namespace.
        """
        for unit in self._units if self._facts else ():
            facts = self._facts[unit.name]
            if not unit.namespace and unit.kind != "chart" and facts.unplaced_accounts:
                self._homes[unit.name] = homes = dict(self._accounts_elsewhere(unit, facts.unplaced_accounts))
                yield unit.name, facts.by_accounts(homes)

    def _accounts_elsewhere(self, unit: Unit, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the service accounts of some names that units beside this one name in exactly one namespace, with the namespace."""
        for name in sorted(names) if unit.takes else ():
            givers = self._naming.get(name, {})
            namespaces = {
                namespace
                for namespace, units in givers.items()
                if any(giver != unit.name and self._serves(giver, unit) for giver in units)
            }
            if len(namespaces) == 1:
                yield name, min(namespaces)

    @cached_property
    def _naming(self) -> dict[str, dict[str, set[str]]]:
        """The units that name a service account, by its name and its namespace."""
        naming: dict[str, dict[str, set[str]]] = {}
        for unit in (unit for unit in self._units if unit.gives):
            for name, namespace, _ in (named for obj in self._facts[unit.name].objects for named in named_accounts(obj)):
                if not stands_for_a_name(namespace):
                    naming.setdefault(name, {}).setdefault(namespace, set()).add(unit.name)
        return naming

    def of(self, unit: Unit) -> OtherUnits:
        """What a unit takes and asks. If its build would add objects that no file has, the answer to each question is True."""
        if len(self._units) == 1:
            return OtherUnits(lambda question: unit.incomplete if (told := self._told(question)) is None else told)
        shared = frozenset(unit.shared)
        # The objects of these the unit has in full.
        own_units = {
            unit.name,
            *(u.name for u in (self._units if shared else ()) if u.kind == "plain" and shared.issuperset(u.files)),
        }
        if unit.name not in self._taken:
            self._taken[unit.name] = self._borrowed(unit) if unit.takes else ((), (), ())

        def answer(question: Question) -> Reply:
            if (told := self._told(question)) is not None:
                return told
            if question[0] == "mounts":
                units = (name for name in self._before(unit, question[2:]) if name not in own_units)
                return [mount for name in units for mount in self._mounts(name).get(question[1:], ())]
            return unit.incomplete or self._has(question, own_units, unit.name)

        return OtherUnits(answer, *self._taken[unit.name], homes=self._homes.get(unit.name, EMPTY))

    def _before(self, unit: Unit, claim: _Key) -> Iterator[str]:
        """Yield the units in front of a unit that mount a claim and may be deployed beside the unit."""
        facts = ((other.name, self._facts[other.name]) for other in self._units if other.name < unit.name)
        yield from (name for name, of in facts if claim in of.claims and self._serves(name, unit))

    def _has(self, question: Question, own_units: set[str], name: str) -> bool:
        """Whether a unit that is not among `own_units` has what the question names.

        What an alternative has and this unit has as well is mostly one object of a common base, so that it does not count; what only an
        alternative has counts, because the cluster may have it too.
        """
        if question[0] == "profile":
            owners = {unit for unit, facts in self._facts.items() if facts.profiles and self._provides(unit, question[1])}
        else:
            owners = self._owners.get(question, set())
        # As many as all units may define one object, and few units ask.
        return bool(owners - own_units - (frozenset() if owners.isdisjoint(own_units) else self._alternatives(name)))

    def _provides(self, unit: str, path: str) -> bool:
        from scclint.profiles.sources import Profiles

        if unit not in self._profiles:
            self._profiles[unit] = Profiles(self._facts[unit].profiles)
        return bool(self._profiles[unit].resolve(path).providers)

    def _borrowed(self, unit: Unit) -> _UnitContext:
        facts = self._facts[unit.name]
        defined = {_key_of(obj) for obj in (*facts.objects, *self._shared.get(unit.name, NO_FACTS).objects)}
        by_name: dict[_Key, list[BorrowedObject]] = {}
        pending = deque(self._offered((*_wanted(facts, synced=self._synced), *self._possible(unit, facts))))
        if unit.kind == "operator":
            pending += (borrowed for _, name in sorted(facts.accounts) for borrowed in self._of_bundles.get(name, ()))
        pending += self._installed(facts)
        # The controller creates the bare pods.
        pending += self._offered([("subject", unit.deployment.user)] if unit.deployment.user else [])
        visited: set[tuple[str, _Key]] = set()
        while pending:
            borrowed = pending.popleft()
            key = _key_of(borrowed.obj)
            visit = borrowed.unit, key
            if borrowed.unit == unit.name or visit in visited or key in defined or not self._serves(borrowed.unit, unit):
                continue
            visited.add(visit)
            by_name.setdefault(key, []).append(borrowed)
            pending += self._offered(_references(borrowed.obj))
        chosen, ambiguous = [], []
        for key in sorted(by_name):
            best = self._best(by_name[key], unit)
            if len(best) == 1:
                chosen.append(best[0])
            else:
                ambiguous.append(AmbiguousObject(best[0].obj.named, tuple(sorted(borrowed.unit for borrowed in best))))
        return tuple(chosen), tuple(ambiguous), tuple(borrowed for several in by_name.values() for borrowed in several)

    def _possible(self, unit: Unit, facts: Facts) -> Iterator[_Key]:
        """Yield the accounts that pods may run as whose namespace another program fills in: a verdict must know of their grants."""
        of_template = unit.kind in ("operator", "ansible")
        for name in sorted(name for of, name in facts.accounts if is_open(of) or (of_template and not of)):
            for namespace in sorted(self._naming.get(name, ())):
                yield "subject", f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}"

    def _alternatives(self, name: str) -> frozenset[str]:
        """The units that define an object or build on a folder that this one does as well: they are never applied together."""
        keys = (*self._facts[name].identities, *self._folders.get(name, ()))
        return frozenset(other for key in keys for other in self._sharing[key]) - {name}

    def _serves(self, giver: str, taker: Unit) -> bool:
        """Whether the giver may be deployed beside the taker, and no alternative of it fits the taker better.

        What is deployed to another cluster is not beside it, and no alternative there. Templates of an operator that have all objects of
        others, and more, are what the operator makes of the others.
        """
        if self._is_apart(giver, taker):
            return False
        beside = self._alternatives(giver)
        alternatives = {other for other in beside if not self._is_apart(other, taker)}
        if taker.kind == "operator" and self._facts[taker.name].identities < self._facts[giver].identities:
            alternatives -= {taker.name}
        if taker.name in alternatives:
            return False
        fit = self._fit(giver, taker)
        return all(self._fit(other, taker) <= fit for other in alternatives)

    def _is_apart(self, name: str, taker: Unit) -> bool:
        """Whether a unit is deployed to another cluster than the taker. Plain files and commands may be for each cluster."""
        cluster = self._clusters.get(name, "")
        return bool(cluster and taker.deployment.cluster) and cluster != taker.deployment.cluster

    def _fit(self, giver: str, taker: Unit) -> tuple[bool, int]:
        """How well two units fit: whether they are deployed to the same cluster, and how many names of folders, and so of environments and
        clusters, they have in common.
        """
        same = bool(taker.deployment.cluster) and self._clusters.get(giver) == taker.deployment.cluster
        return same, len(self._segments[giver] & self._segments[taker.name])

    def _best(self, candidates: Sequence[BorrowedObject], taker: Unit) -> list[BorrowedObject]:
        """The candidates that fit best, those of equal content once."""
        most = max(self._fit(borrowed.unit, taker) for borrowed in candidates)
        best: list[BorrowedObject] = []
        for borrowed in sorted(candidates, key=lambda borrowed: borrowed.unit):
            same = any(_is_equal(borrowed.obj, other.obj) for other in best)
            if not same and self._fit(borrowed.unit, taker) == most:
                best.append(borrowed)
        return best

    def _offered(self, keys: Iterable[_Key]) -> Iterator[BorrowedObject]:
        return (borrowed for key in keys for borrowed in self._offers.get(key, ()))

    @cached_property
    def _segments(self) -> dict[str, frozenset[str]]:
        return {unit.name: frozenset(unit.name.partition("#")[0].split("/")) for unit in self._units}

    @cached_property
    def _sharing(self) -> dict[object, list[str]]:
        """The units by what they define and by the folders that they are built from."""
        sharing: dict[object, list[str]] = {}
        for unit in self._units:
            for key in (*self._facts[unit.name].identities, *self._folders.get(unit.name, ())):
                sharing.setdefault(key, []).append(unit.name)
        return sharing

    @cached_property
    def _offers(self) -> dict[_Key, list[BorrowedObject]]:
        """The objects that units may give, by what asks for them."""
        offers: dict[_Key, list[BorrowedObject]] = {}
        for unit in (unit for unit in self._units if unit.gives):
            for obj in self._facts[unit.name].objects:
                for key in _keys(obj):
                    offers.setdefault(key, []).append(BorrowedObject(obj, unit.name))
        return offers

    @cached_property
    def _of_bundles(self) -> dict[str, list[BorrowedObject]]:
        """What bundles grant to the accounts of their operators, by the name of the account: what the operator applies runs as them."""
        roles = {(borrowed.unit, borrowed.obj.kind, borrowed.obj.name): borrowed for borrowed in self._bundles}
        by_account: dict[str, list[BorrowedObject]] = {}
        for borrowed in self._bundles:
            obj = borrowed.obj
            if isinstance(obj, ServiceAccount):
                by_account.setdefault(obj.name, []).append(borrowed)
            elif isinstance(obj, RoleBinding):
                objects = [borrowed, *filter(None, [roles.get((borrowed.unit, *obj.role))])]
                for subject in mappings(obj.manifest.get("subjects")):
                    by_account.setdefault(str(subject.get("name")), []).extend(objects)
        return by_account

    @cached_property
    def _of_packages(self) -> dict[str, list[BorrowedObject]]:
        """What bundles grant to the accounts of their operators, by the package of the bundle."""
        by_package: dict[str, list[BorrowedObject]] = {}
        for borrowed in self._bundles:
            by_package.setdefault(borrowed.obj.provenance.package, []).append(borrowed)
        return by_package

    def _installed(self, facts: Facts) -> Iterator[BorrowedObject]:
        """Yield what bundles grant to the accounts of operators that some Subscriptions install, in the namespace of these."""
        for installation in (obj for obj in facts.objects if isinstance(obj, OperatorInstallation)):
            for borrowed in self._of_packages.get(installation.package, ()):
                yield BorrowedObject(borrowed.obj.with_provenance(home=installation.namespace), borrowed.unit)

    @cached_property
    def _owners(self) -> dict[Question, set[str]]:
        """The units that have what a question names."""
        owners: dict[Question, set[str]] = {}
        for unit, facts in self._facts.items():
            for question in _answered(facts):
                owners.setdefault(question, set()).add(unit)
        return owners


def name_of(obj: ApiObject) -> tuple[str, str, str]:
    """What one cluster has one of: kind, namespace and name. A Project is a Namespace, and an object of the cluster has no namespace."""
    kind = "Namespace" if isinstance(obj, Namespace) else obj.kind
    return kind, "" if kind in CLUSTER_SCOPED else obj.namespace, obj.name


def _key_of(obj: ApiObject) -> _Key:
    """By what a unit takes an object once: its name, or its place if the API server generates its name."""
    return (*name_of(obj), obj.file, str(obj.place.span.line)) if obj.is_generated else name_of(obj)


def names_of(others: OtherUnits) -> tuple[FromUnit, ...]:
    """The names of the objects that a unit takes, for reports and the public API."""
    return tuple(FromUnit(borrowed.unit, *name_of(borrowed.obj)) for borrowed in others.borrowed)


def _is_equal(one: ApiObject, other: ApiObject) -> bool:
    """Return whether two objects say the same. Of a Subscription, the channel changes no pod of the input."""
    if isinstance(one, OperatorInstallation) and isinstance(other, OperatorInstallation):
        return (one.kind, one.namespace, one.package) == (other.kind, other.namespace, other.package)
    return one.same_content(other)


def _keys(obj: ApiObject) -> Iterator[_Key]:
    """By what others may ask for an object."""
    if not obj.is_generated:
        yield name_of(obj)
    if isinstance(obj, AdmissionPolicy):
        yield ("policy",)
    if isinstance(obj, OperatorInstallation):
        yield "operator in", obj.namespace
    if isinstance(obj, ServiceAccount):
        yield "account in", obj.namespace
    if obj.kind == "PersistentVolume":
        claim = as_mapping(value_at(obj.manifest, ("spec", "claimRef")))
        yield ("volume of", as_text(claim.get("namespace")), as_text(claim.get("name"))) if claim else _class_of(obj)
    for subject in subjects(obj):
        yield "subject", subject
        if subject.startswith(SERVICE_ACCOUNT_PREFIX):
            yield "account in", subject.split(":")[2]


def _wanted(facts: Facts, *, synced: bool) -> Iterator[_Key]:
    """What a unit asks others for: what is granted to its accounts, its namespaces, and what its own objects refer to."""
    named = {f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}" for namespace, name in facts.accounts}
    named |= {f"{SERVICE_ACCOUNTS_OF}{namespace}" for namespace in facts.namespaces}
    yield from (("subject", subject) for subject in sorted(named))
    yield from (("Namespace", "", namespace) for namespace in sorted(facts.namespaces))
    yield from (("operator in", namespace) for namespace in sorted(facts.namespaces - {""}))
    names = {reference for obj in facts.objects for reference in _references(obj)}
    names |= {("SecurityContextConstraints", "", scc) for scc in facts.required}
    names.add(("TektonConfig", "", "config"))
    names |= {("CSIDriver", "", driver) for driver in facts.drivers}
    names |= {(what, *claim) for claim in facts.claims for what in ("PersistentVolumeClaim", "volume of")}
    yield from sorted(names)
    if facts.accounts:
        yield ("policy",)
    if synced:
        yield from (("account in", namespace) for namespace in sorted(facts.namespaces - {""}))


def _class_of(obj: ApiObject) -> _Key:
    """What a claim asks for and a volume offers if neither names the other one: their class."""
    return "volumes of class", as_text(value_at(obj.manifest, ("spec", "storageClassName")))


def _answered(facts: Facts) -> Iterator[Question]:
    """The questions to which a unit with these facts is an answer."""
    for namespace, name in facts.accounts:
        yield from (("account", namespace, name), ("pods", namespace), ("pods",))
    yield from (("required", name) for name in facts.required)
    for obj in facts.objects:
        if isinstance(obj, SecurityContextConstraints):
            yield "scc", obj.name
        elif isinstance(obj, ServiceAccount):
            yield "defined account", obj.namespace, obj.name
        elif isinstance(obj, Role):
            yield "role", *name_of(obj)
        elif isinstance(obj, RoleBinding):
            kind, name = obj.role
            yield "binding", kind, obj.namespace if kind == "Role" else "", name
        yield from (("grant", name) for name in _granted(obj))


def _references(obj: ApiObject) -> Iterator[_Key]:
    """The role that a binding binds, the SCCs that a role names, and what decides about the volume of a claim.

    The role `system:openshift:scc:NAME` is for the SCC of that name, also if a command creates it.
    """
    for step, kind in _STORAGE.get(obj.kind, {}).items():
        if isinstance(name := value_at(obj.manifest, step), str):
            yield kind, "", name
    if obj.kind == "PersistentVolumeClaim" and not value_at(obj.manifest, ("spec", "volumeName")):
        yield _class_of(obj)
    if isinstance(obj, RoleBinding):
        kind, name = obj.role
        yield kind, obj.namespace if kind == "Role" else "", name
        if name.startswith(SCC_ROLE_PREFIX):
            yield "SecurityContextConstraints", "", name.removeprefix(SCC_ROLE_PREFIX)
    elif isinstance(obj, Role):
        for rule in mappings(obj.manifest.get("rules")):
            if "securitycontextconstraints" in texts(rule.get("resources")):
                yield from (("SecurityContextConstraints", "", name) for name in texts(rule.get("resourceNames")))


def _granted(obj: ApiObject) -> list[str]:
    """The SCCs that an object grants by name."""
    if isinstance(obj, SecurityContextConstraints):
        return [obj.name] if obj.manifest.get("users") or obj.manifest.get("groups") else []
    if isinstance(obj, Role):
        return [name for rule in mappings(obj.manifest.get("rules")) for name in texts(rule.get("resourceNames"))]
    if isinstance(obj, RoleBinding):
        name = str(obj.field("roleRef", "name").value or "")
        return [name.removeprefix(SCC_ROLE_PREFIX)] if name.startswith(SCC_ROLE_PREFIX) else []
    return []
