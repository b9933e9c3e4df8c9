"""What a file or a unit defines that others may need to know: by name, with no tree of it kept but of the few objects that make a cluster."""

from collections.abc import Iterable
from typing import Any

from scclint.cluster.namespace_policy import BUILT_IN_ACCOUNTS
from scclint.expand.csv import HOME
from scclint.model.admission_policy import AdmissionPolicy
from scclint.model.namespaces import Namespace, ServiceAccount
from scclint.model.node_config import ProfileSource
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.model.storage import StorageObject
from scclint.model.terms import REQUIRED_SCC, UNSPECIFIED_NAMESPACE, namespace_name
from scclint.model.unknown import in_plain_words, is_open
from scclint.model.workload import Workload
from scclint.record import record, replace
from scclint.untyped import as_text, mappings, value_at

Identity = tuple[str, str, str, str]
"""API group, kind, namespace and name of an object."""

_IN_EVERY_NAMESPACE = frozenset((*BUILT_IN_ACCOUNTS, "pipeline"))

CLUSTER = (Role, RoleBinding, SecurityContextConstraints, Namespace, ServiceAccount, StorageObject, AdmissionPolicy)
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

    def within(self, namespace: str, *, by_account: bool = False) -> "Facts":
        """The same facts, where objects that name no namespace go to `namespace` (empty: not known).

        `by_account`: if that is not known, pods go to the namespace of their account (see `account_namespaces`).
        """
        namespace = "" if namespace == UNSPECIFIED_NAMESPACE else namespace
        homes = account_namespaces(self.objects) if by_account and not namespace else {}
        if "" not in self.namespaces or not (namespace or homes):
            return self
        accounts = frozenset((of or namespace or homes.get(name, ""), name) for of, name in self.accounts)
        namespaces = {of or namespace for of in self.namespaces} | {of for of, _ in accounts}
        claims = frozenset((of or namespace, name) for of, name in self.claims)
        return replace(self, accounts=accounts, namespaces=frozenset(namespaces), claims=claims)


_SETS = ("identities", "accounts", "namespaces", "required", "drivers", "claims")
"""The fields of `Facts` that are sets of texts, or of tuples of texts."""


def facts_of(objects: Iterable[ApiObject]) -> Facts:
    """The facts about some objects."""
    found = list(objects)

    def known(obj: ApiObject) -> str:
        return "" if obj.namespace == UNSPECIFIED_NAMESPACE else obj.namespace

    workloads = [o for o in found if isinstance(o, Workload) and not o.partial]
    volumes = [(known(w), volume) for w in workloads for volume in mappings(value_at(w.pod.manifest, ("spec", "volumes")))]
    return Facts(
        frozenset(filter(None, map(identity, found))),
        frozenset((known(w), w.pod.service_account) for w in workloads),
        frozenset(map(known, found)),
        # Shared by all files without any: an empty set takes as much memory as one with four members.
        frozenset(filter(None, map(_required, workloads))) or _NONE,
        frozenset(as_text(value_at(volume, ("csi", "driver"))) for _, volume in volumes) - {""} or _NONE,
        frozenset((namespace, claim) for namespace, volume in volumes if (claim := _claim(volume))),
        tuple(o for o in found if isinstance(o, CLUSTER) and o.name and not o.partial),
        tuple(o for o in found if isinstance(o, ProfileSource)),
    )


def account_namespaces(objects: Iterable[ApiObject]) -> dict[str, str]:
    """Return the namespace of each service account that ServiceAccounts and bindings name in exactly one namespace.

    Accounts that exist in every namespace are left out.
    """
    found: dict[str, set[Any]] = {}
    for obj in objects:
        home = obj.namespace or obj.provenance.home
        if isinstance(obj, ServiceAccount) and home:
            found.setdefault(obj.name, set()).add(home)
        elif isinstance(obj, RoleBinding):
            for subject in mappings(obj.manifest.get("subjects")):
                if subject.get("kind") == "ServiceAccount" and (namespace := subject.get("namespace") or home):
                    found.setdefault(as_text(subject.get("name")), set()).add(as_text(namespace))
    one = {name: namespace for name, (namespace, *others) in found.items() if not others and name not in _IN_EVERY_NAMESPACE}
    return {name: of for name, of in one.items() if of.startswith(HOME) or _is_known(of)}


def _is_known(namespace: str) -> bool:
    return bool(namespace_name(namespace)) and not is_open(namespace) and not in_plain_words(namespace)


def plain(facts: Facts) -> list[Any] | None:
    """Return the facts as JSON can express them, for `restored`; None if they have objects, which know their places."""
    if facts.objects or facts.profiles:
        return None
    return [sorted(getattr(facts, name)) for name in _SETS]


def restored(value: Any) -> Facts | None:
    """Return the facts that `plain` expressed; None if it could not express them."""
    if value is None:
        return None
    parts = (frozenset(tuple(one) if isinstance(one, list) else one for one in part) for part in value)
    return replace(Facts(), **dict(zip(_SETS, parts, strict=True)))


def together(parts: Iterable[Facts]) -> Facts:
    """The facts of several files as one."""
    known = list(parts)
    if len(known) == 1:
        return known[0]
    return Facts(
        **{name: frozenset().union(*(getattr(facts, name) for facts in known)) for name in _SETS},
        objects=tuple(o for facts in known for o in facts.objects),
        profiles=tuple(o for facts in known for o in facts.profiles),
    )


def identity(obj: ApiObject) -> Identity | None:
    """The identity of a workload, SCC, role or binding; None of other objects, which are commonly repeated and decide nothing."""
    if (
        obj.name
        and not (obj.partial or obj.provenance.command)
        and isinstance(obj, Workload | SecurityContextConstraints | Role | RoleBinding)
    ):
        # A generated name is no identity.
        return (obj.group, obj.kind, obj.namespace, obj.name) if "name" in (obj.manifest.get("metadata") or ()) else None
    return None


def _required(workload: Workload) -> str:
    return as_text(workload.pod.field("metadata", "annotations", REQUIRED_SCC).value)


def _claim(volume: object) -> str:
    return as_text(value_at(volume, ("persistentVolumeClaim", "claimName")))
