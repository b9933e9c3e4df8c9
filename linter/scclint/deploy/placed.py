"""Which namespace the objects of a unit are in that name none, and why. It is decided here and nowhere else.

What deploys a unit says where as data: the `namespace` of its `Deployment`. What carries an object, such as a task or a Template, says so in
its provenance.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from scclint.cluster.namespace_policy import BUILT_IN_ACCOUNTS
from scclint.deploy.unit import UNPLACED, Deployment, Placed, Unit
from scclint.objects.documents.document import Document
from scclint.objects.expand.ansible import CREATES_NOTHING, files_of_tasks
from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import (
    INSTALL_NAMESPACE,
    ApiObject,
    OperatorInstallation,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    ServiceAccount,
    Workload,
)
from scclint.objects.unknown import is_open, is_unfilled_user, stands_for_a_name
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, namespace_name
from scclint.record import EMPTY
from scclint.yaml.untyped import as_text, mappings, texts

IN_EVERY_NAMESPACE = frozenset((*BUILT_IN_ACCOUNTS, "pipeline"))
"""Service accounts that each namespace has."""


def place(unit: Unit, asked: str, of_kustomization: str) -> Placed:
    """Return the namespace of the objects of a unit that name none: the one that the user asks for, else that of what deploys the unit.

    `of_kustomization` is the namespace that its kustomization sets; empty if it sets none.
    """
    deployment = unit.deployment
    if asked:
        return Placed(asked, "the option or setting `namespace` names it")
    if deployment.namespace:
        return Placed(deployment.namespace, _BY_KIND.get(unit.kind) or f"{_deployer(deployment)} names it")
    return Placed(of_kustomization, "its kustomization sets it") if of_kustomization else UNPLACED


def placed_in(obj: Workload, unit: Unit) -> Placed:
    """Return the namespace that the pods of a workload of a unit are in, and why. It is empty if nothing says so."""
    if obj.namespace:
        return Placed(obj.namespace, "the manifest names it")
    home = obj.provenance.home
    if unit.namespace or not home:
        return unit.placed
    if obj.provenance.placed_by == "account":
        return Placed(home, f"it is the only one in the input with service account {obj.pod.service_account}")
    return Placed(home, _WHY_PLACED[obj.provenance.placed_by])


_WHY_PLACED = {
    "": "what holds the manifest names it",
    "task": "a task of Ansible applies the file there",
    "kustomization": "the kustomization that lists the file sets it",
    "installation": "its operator is installed there",
}
"""Why an object is in its home, by what says so (see `Provenance`)."""

_BY_KIND = {"bundle": "its ClusterServiceVersion suggests it", "configured": "the configuration names it"}


def _deployer(deployment: Deployment) -> str:
    """Return what deploys a unit, as the subject of a clause."""
    if deployment.by_controller:
        return deployment.by
    return "the command that deploys it" if deployment.commands else "the configuration"


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
        if isinstance(obj, SecurityContextConstraints):
            users = (user for user in users if not is_unfilled_user(user))
        accounts = (user.removeprefix(SERVICE_ACCOUNT_PREFIX).rpartition(":") for user in users)
        found = [(name, namespace, True) for namespace, _, name in accounts]
    for name, namespace, granted in found:
        if name not in IN_EVERY_NAMESPACE and (namespace.startswith(INSTALL_NAMESPACE) or namespace_name(namespace)):
            yield name, namespace, granted


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


class FileNamespaces(NamedTuple):
    """The namespaces in which files are applied: by `kustomizations`, by file, and by `tasks` of Ansible, by the name of a file."""

    kustomizations: Mapping[str, str] = EMPTY
    tasks: Mapping[str, str] = EMPTY


def place_objects(
    objects: Sequence[ApiObject],
    unit: Unit,
    of_files: FileNamespaces,
    borrowed: Sequence[ApiObject] = (),
    evidence: Mapping[str, str] = EMPTY,
) -> list[ApiObject]:
    """Return the objects of a unit, those that name no namespace with the one that they go to as their home, if something says it.

    It is the one of the unit. Else the first that says something counts: what carries the object, the ClusterServiceVersion beside it,
    the task that applies its file, the kustomization that lists the file, and the account of its pods. `borrowed` are objects of
    other units, and `evidence` the namespaces of accounts that others name.
    """
    objects = _by_bundles(objects)
    if any(of_files):
        objects = [_by_file(obj, of_files) for obj in objects]
    # A chart can be installed in any namespace.
    return list(objects) if unit.namespace or unit.kind == "chart" else _by_accounts(objects, borrowed, evidence)


def namespaces_of_tasks(documents: Iterable[Document]) -> dict[str, str]:
    """Return the namespaces in which tasks of Ansible apply files, by the names of the files."""
    named = (found for document in documents for found in files_of_tasks(document))
    return {name: namespace for name, namespace, state in named if namespace and state not in CREATES_NOTHING}


def _by_file(obj: ApiObject, of_files: FileNamespaces) -> ApiObject:
    """Return an object in the namespace that a task or a kustomization gives to the objects of its file."""
    if obj.provenance.home:
        return obj
    kustomizations, tasks = of_files
    by_task = tasks.get(os.path.basename(obj.file)) if tasks and obj.kind not in CLUSTER_SCOPED and not obj.namespace else None
    if by_task:
        return obj.with_provenance(home=by_task, placed_by="task")
    of_kustomization = kustomizations.get(obj.file)
    # kustomize sets the namespace of the subjects of a ClusterRoleBinding as well.
    goes_along = obj.kind not in CLUSTER_SCOPED or isinstance(obj, RoleBinding)
    return obj.with_provenance(home=of_kustomization, placed_by="kustomization") if of_kustomization and goes_along else obj


def _by_bundles(objects: Sequence[ApiObject]) -> list[ApiObject]:
    """Return the objects, where those beside a ClusterServiceVersion have its namespace as their home: they are one bundle.

    OLM installs an operator in the namespace of the Subscription to its package. Without a Subscription it is the namespace of the
    OperatorGroup.
    """
    homes: dict[str, set[tuple[str, str]]] = {}
    for obj in objects:
        if obj.provenance.operator:
            homes.setdefault(os.path.dirname(obj.file), set()).add((obj.provenance.home, obj.provenance.operator))
    if not homes:
        return list(objects)
    installations = [obj for obj in objects if isinstance(obj, OperatorInstallation) and obj.namespace]
    subscribed = any(obj.package for obj in installations)

    def placed(obj: ApiObject) -> ApiObject:
        beside = homes.get(os.path.dirname(obj.file), set())
        if len(beside) == 1 and not (obj.provenance.operator or obj.provenance.home or obj.kind in CLUSTER_SCOPED):
            home, operator = next(iter(beside))
            obj = obj.with_provenance(home=home, operator=operator)
        package = obj.provenance.package
        namespaces = {of.namespace for of in installations if of.package == (package if subscribed else "")}
        if package and len(namespaces) == 1:
            return obj.with_provenance(home=min(namespaces), placed_by="installation")
        return obj

    return [placed(obj) for obj in objects]


def _by_accounts(objects: Sequence[ApiObject], borrowed: Sequence[ApiObject], evidence: Mapping[str, str]) -> list[ApiObject]:
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
    placeholder = obj.namespace or obj.provenance.home
    if obj.namespace:
        obj = obj.without_namespace()
    return obj.with_provenance(home=home, placed_by="" if stands_for_a_name(home) else "account", placeholder=placeholder)


def _is_placed(obj: ApiObject) -> bool:
    """Whether something says which namespace an object goes to. A placeholder that another program fills in says nothing of a workload."""
    if obj.namespace:
        return not (isinstance(obj, Workload) and is_open(obj.namespace))
    home = obj.provenance.home
    return bool(home) and not (obj.provenance.template and is_open(home))
