"""Which namespace the service accounts and workloads of a unit are in that name none, by what other objects say of the accounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scclint.cluster.namespace_policy import BUILT_IN_ACCOUNTS
from scclint.expand.csv import HOME
from scclint.model.object import ApiObject, Role, RoleBinding, SecurityContextConstraints, ServiceAccount, Workload
from scclint.model.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, namespace_name
from scclint.model.unknown import is_open, is_unfilled_user, stands_for_a_name
from scclint.record import EMPTY
from scclint.yaml.untyped import as_text, mappings, texts

IN_EVERY_NAMESPACE = frozenset((*BUILT_IN_ACCOUNTS, "pipeline"))
"""Service accounts that each namespace has."""


def subjects(obj: ApiObject, home: str = "") -> Iterator[str]:
    """Yield the service accounts, and groups of all of a namespace's, that a binding or SCC names. Groups of everyone are none.

    `home` is the namespace of an account for which neither the subject nor the binding names one.
    """
    if isinstance(obj, SecurityContextConstraints | RoleBinding):
        # The last two are of OpenShift's own bindings.
        names = (name for field in ("users", "groups", "userNames", "groupNames") for name in texts(obj.manifest.get(field)))
        yield from (name for name in names if name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF)))
    if isinstance(obj, RoleBinding):
        for subject in mappings(obj.manifest.get("subjects")):
            name = str(subject.get("name") or "")
            if subject.get("kind") == "ServiceAccount":
                yield f"{SERVICE_ACCOUNT_PREFIX}{subject.get('namespace') or obj.namespace or home}:{name}"
            elif name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF)):
                yield name


def named_accounts(obj: ApiObject) -> Iterator[tuple[str, str, bool]]:
    """Yield the name and the namespace of each service account that an object names, and whether the object grants something to it.

    An account that every namespace has is left out, and so is one in place of which an SCC has a placeholder.
    """
    if isinstance(obj, ServiceAccount):
        found = [(obj.name, obj.namespace or obj.provenance.home, False)]
    else:
        users = (subject for subject in subjects(obj, obj.provenance.home) if subject.startswith(SERVICE_ACCOUNT_PREFIX))
        accounts = (user.removeprefix(SERVICE_ACCOUNT_PREFIX).rpartition(":") for user in users if not _is_unfilled(user, obj))
        found = [(name, namespace, True) for namespace, _, name in accounts]
    for name, namespace, granted in found:
        if name not in IN_EVERY_NAMESPACE and (namespace.startswith(HOME) or namespace_name(namespace)):
            yield name, namespace, granted


def _is_unfilled(user: str, obj: ApiObject) -> bool:
    return isinstance(obj, SecurityContextConstraints) and is_unfilled_user(user)


def account_namespaces(objects: Iterable[ApiObject], evidence: Mapping[str, str] = EMPTY) -> dict[str, str]:
    """Return the namespace of each service account that ServiceAccounts, bindings and `users` of SCCs name in exactly one.

    `evidence` has the namespaces of accounts that other units name. A placeholder is a namespace as well if something is granted to an
    account in it, because the pods then are where the grant is. The placeholder of a ServiceAccount yields to a namespace that is known.
    """
    known: dict[str, set[str]] = {}
    granted: dict[str, set[str]] = {}
    unfilled: dict[str, set[str]] = {}
    for obj in objects:
        for name, namespace, is_granted in named_accounts(obj):
            by_name = granted if is_granted else unfilled
            if not stands_for_a_name(namespace):
                by_name = known
            by_name.setdefault(name, set()).add(namespace)
    homes: dict[str, str] = {}
    for name in (*known, *granted, *unfilled, *evidence):
        placeholders = granted.get(name, set()) | unfilled.get(name, set())
        if name in granted or name in known:
            namespaces = known.get(name, set()) | (placeholders if name in granted else set())
        else:
            namespaces = {evidence[name]} if name in evidence else placeholders
        if len(namespaces) == 1:
            homes[name] = min(namespaces)
    return homes


def placed_by_accounts(
    objects: Sequence[ApiObject], borrowed: Sequence[ApiObject] = (), evidence: Mapping[str, str] = EMPTY
) -> list[ApiObject]:
    """Return the objects, where workloads that name no namespace, or a placeholder, go to that of their account (see `account_namespaces`).

    So do the ServiceAccount of this name, and the bindings and Roles that are about such accounts only. `borrowed` are of other units.
    """
    homes = account_namespaces((*objects, *borrowed), evidence)
    about: dict[int, set[str]] = {}
    bound: dict[tuple[str, str], set[str]] = {}
    for obj in (obj for obj in objects if homes and not (_is_placed(obj) or obj.partial)):
        names: list[str] = []
        if isinstance(obj, Workload) and not obj.provenance.unplaced:
            names = [obj.pod.service_account]
        elif isinstance(obj, ServiceAccount):
            names = [obj.name]
        elif isinstance(obj, RoleBinding) and obj.kind == "RoleBinding":
            of_accounts = (
                subject for subject in mappings(obj.manifest.get("subjects")) if subject.get("kind") == "ServiceAccount"
            )
            names = [as_text(subject.get("name")) for subject in of_accounts]
            bound.setdefault(obj.role, set()).update(homes.get(name, "") for name in names)
        about[id(obj)] = {homes.get(name, "") for name in names}
    for obj in objects:
        if isinstance(obj, Role) and id(obj) in about:
            about[id(obj)] = bound.get((obj.kind, obj.name), set())
    placed = {key: min(of) for key, of in about.items() if len(of) == 1 and min(of)}
    return [_in_home(obj, placed[id(obj)]) if id(obj) in placed else obj for obj in objects]


def _in_home(obj: ApiObject, home: str) -> ApiObject:
    """Return an object in the namespace of its account."""
    if obj.namespace:
        obj = obj.without_namespace()
    return obj.with_provenance(home=home, by_account=not stands_for_a_name(home))


def _is_placed(obj: ApiObject) -> bool:
    """Whether something says which namespace an object goes to. A placeholder that another program fills in says nothing of a workload."""
    if obj.namespace:
        return not (isinstance(obj, Workload) and is_open(obj.namespace))
    home = obj.provenance.home
    return bool(home) and not (obj.provenance.template and is_open(home))
