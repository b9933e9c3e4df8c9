"""Kubernetes' role-based access control, as far as the verb `use` on SecurityContextConstraints needs it."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

from scclint.admission.aggregate import Aggregation, selectors_of
from scclint.admission.verdict import Grant, ObjectRef, SubjectType, User
from scclint.objects.kinds import CLUSTER_SCOPED, STATE_KINDS
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX
from scclint.record import Memo, grouped, record
from scclint.yaml.untyped import Object, as_mapping, as_text

RBAC = "rbac.authorization.k8s.io"
API_GROUP = "security.openshift.io"
RESOURCE = "securitycontextconstraints"
SUPERUSERS = "system:masters"
"""The group that the API server allows everything, before it asks RBAC."""
_LEGACY_GROUPS = ("v1", "authorization.openshift.io/v1")


@record
class Use:
    """A rule that lets its subjects use the SCCs in `names`, or all SCCs if it is empty.

    `role` is the role that holds the rule, which an aggregating ClusterRole took it from; `index` counts from 0.
    """

    role: ObjectRef
    index: int
    names: frozenset[str]


class Uses:
    """The rules of one role, or of those that it aggregates, that let its subjects use SCCs, in their order.

    `every` is the first that names no SCC and so means all, None without one.
    """

    __slots__ = ("_named", "every")

    def __init__(self, rules: Iterable[Use]) -> None:
        self.every: Use | None = None
        self._named: dict[str, tuple[Use, bool]] = {}
        for use in rules:
            for name in use.names:
                self._named.setdefault(name, (use, self.every is None))
            if not use.names and self.every is None:
                self.every = use

    def __bool__(self) -> bool:
        return self.every is not None or bool(self._named)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uses) and (self.every, self._named) == (other.every, other._named)

    def __hash__(self) -> int:
        return hash((self.every, frozenset(self._named)))

    def first(self, scc: str) -> Use | None:
        """The first rule that covers an SCC."""
        use, before = self._named.get(scc, (None, False))
        return use if before or self.every is None else self.every

    @property
    def named(self) -> Set[str]:
        """The SCCs that the rules name, whether they are there or not."""
        return self._named.keys()


class Binding(NamedTuple):
    """A binding whose role lets its subjects use SCCs.

    `users` and `groups` are the subjects' names, service accounts being users.
    """

    ref: ObjectRef
    users: frozenset[str]
    groups: tuple[str, ...]
    uses: Uses


def find(bindings: Iterable[Binding], user: User, subject: SubjectType, scc: str) -> Grant | None:
    """Return the grant to `user` of the SCC named `scc` by the first of `bindings` that lets it use the SCC."""
    for binding in bindings:
        group = "" if user.name in binding.users else next((name for name in binding.groups if name in user.groups), None)
        if group is not None and (use := binding.uses.first(scc)) is not None:
            return Grant(subject, "rbac", group, binding.ref, use.role, use.index)
    return None


class Bindings:
    """The bindings that count together, those of the cluster or of a namespace, found by whom they bind."""

    __slots__ = ("_all", "_groups", "_users")

    def __init__(self, bindings: Iterable[Binding] = ()) -> None:
        self._all = tuple(bindings)
        self._users = grouped((name, index) for index, binding in enumerate(self._all) for name in binding.users)
        self._groups = grouped((name, index) for index, binding in enumerate(self._all) for name in binding.groups)

    def of(self, user: User) -> list[Binding]:
        """Those that a user is a subject of, in their order."""
        indices = set(self._users.get(user.name, ())).union(*(self._groups.get(name, ()) for name in user.groups))
        return [self._all[index] for index in sorted(indices)]


class _Read(NamedTuple):
    """A binding as written, its role, and the binding as read; None if it lets nobody use SCCs."""

    written: Object
    role: ObjectRef
    binding: Binding | None


class SccRights:
    """Who may use SCCs by the roles and bindings of a cluster.

    `bindings` are the bindings that let anyone use SCCs, ClusterRoleBindings first, then by namespace and name. A binding to a
    missing role grants nothing. `aggregation` knows the ClusterRoles that aggregate others, and those that they aggregate.
    """

    def __init__(
        self, roles: Mapping[ObjectRef, Object], bindings: Mapping[ObjectRef, Object], base_rights: "SccRights | None" = None
    ) -> None:
        """`base_rights` are the rights of a cluster with some of the roles and bindings. What stays the same is not read again."""
        self._roles = roles
        self._uses: dict[ObjectRef, Uses] = {}
        self._memo = Memo()
        before = base_rights._roles if base_rights else {}
        changed = {ref for ref, role in roles.items() if before.get(ref) is not role}
        self.aggregation: Aggregation = base_rights.aggregation if base_rights else Aggregation({})
        versions = (of[ref] for ref in changed if ref.kind == "ClusterRole" for of in (roles, before) if ref in of)
        if any(map(self.aggregation.concerns, versions)):
            self.aggregation = Aggregation({ref.name: role for ref, role in roles.items() if ref.kind == "ClusterRole"})
            changed.update(ref for ref, role in roles.items() if selectors_of(role))
        self._read: dict[ObjectRef, _Read] = {}
        for ref, written in bindings.items():
            read = base_rights._read.get(ref) if base_rights else None
            if read is None or read.written is not written or read.role in changed:
                read = self._read_binding(ref, written)
            self._read[ref] = read
        scc_bindings = [read.binding for read in self._read.values() if read.binding is not None]
        self.bindings = tuple(sorted(scc_bindings, key=lambda binding: (binding.ref.namespace, binding.ref.name)))

    def get(self, ref: ObjectRef) -> Binding | None:
        """The binding of that name; None if it lets nobody use SCCs."""
        read = self._read.get(ref)
        return read.binding if read else None

    def within(self, namespace: str) -> Bindings:
        """The bindings in a namespace, or the ClusterRoleBindings if it is empty."""
        return self._memo(namespace, lambda: Bindings(b for b in self.bindings if b.ref.namespace == namespace))

    def _read_binding(self, ref: ObjectRef, written: Object) -> _Read:
        role = role_bound_by(written, ref.namespace)
        uses = self._uses_of(role)
        users, groups = subject_names(written, ref.namespace) if uses else ((), ())
        return _Read(written, role, Binding(ref, frozenset(users), tuple(groups), uses) if users or groups else None)

    def _uses_of(self, role: ObjectRef) -> Uses:
        if role not in self._uses:
            sources: Iterable[ObjectRef] = (role,)
            if role.kind == "ClusterRole" and role in self._roles and selectors_of(self._roles[role]):
                sources = map(reference, self.aggregation.sources(role.name))
            self._uses[role] = Uses(use for source in sources if source in self._roles for use in _uses(self._roles[source]))
        return self._uses[role]


_NAMESPACED = STATE_KINDS - CLUSTER_SCOPED
"""The kinds of objects of a cluster that have a namespace."""


def reference(item: Object) -> ObjectRef:
    """The reference to an object, without namespace if its kind is cluster-scoped."""
    metadata, kind = as_mapping(item.get("metadata")), as_text(item.get("kind"))
    namespace = as_text(metadata.get("namespace")) if kind in _NAMESPACED else ""
    return ObjectRef(kind, namespace, as_text(metadata.get("name")))


def role_bound_by(binding: Object, namespace: str) -> ObjectRef:
    """Return the role of a binding. `namespace` is that of a RoleBinding, else empty."""
    role = binding.get("roleRef") or {}
    kind = role.get("kind") or ""
    if _is_legacy(binding):
        # In OpenShift's own bindings, only the namespace distinguishes a Role from a ClusterRole.
        kind = "Role" if role.get("namespace") else "ClusterRole"
    return ObjectRef(kind, namespace if kind == "Role" else "", role.get("name") or "")


def subject_names(binding: Object, namespace: str) -> tuple[list[str], list[str]]:
    """Return the names of the users of a binding, service accounts included, and of its groups."""
    users: list[str] = []
    groups: list[str] = []
    legacy = _is_legacy(binding)
    if legacy and (binding.get("userNames") or binding.get("groupNames")):
        return list(binding.get("userNames") or ()), list(binding.get("groupNames") or ())
    for subject in binding.get("subjects") or ():
        name = subject.get("name") or ""
        kind = str(subject.get("kind") or "")
        match kind.removeprefix("System") if legacy else kind:
            case "User":
                users.append(name)
            case "Group":
                groups.append(name)
            case "ServiceAccount":
                if home := subject.get("namespace") or namespace:
                    users.append(service_account_name(home, name))
    return users, groups


def _is_legacy(binding: Object) -> bool:
    """Return whether a binding is of OpenShift's own API, which the API server converts to a binding of Kubernetes."""
    return binding.get("apiVersion") in _LEGACY_GROUPS


def service_account_name(namespace: str, name: str) -> str:
    """The user name under which a service account acts."""
    return f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}"


def _uses(role: Object) -> Iterator[Use]:
    """Yield the rules of a role that allow the use of SCCs."""
    ref = reference(role)
    for index, rule in enumerate(role.get("rules") or ()):
        if scc_grant(rule, "use"):
            yield Use(ref, index, frozenset(rule.get("resourceNames") or ()))


def scc_grant(rule: Object, verb: str) -> dict[str, str]:
    """Return the values by which a rule allows `verb` on SCCs, by field (`{"apiGroups": "*", ...}`); empty if it does not.

    RBAC never allows `create` by name, because the request has no name yet. A rule that cannot be decoded allows nothing.
    """
    if verb == "create" and rule.get("resourceNames"):
        return {}
    return matched(rule, verb, API_GROUP, RESOURCE)


def matched(rule: Object, verb: str, group: str, resource: str) -> dict[str, str]:
    """Return the values by which a rule matches a request, by field (`{"apiGroups": "*", ...}`); empty if it does not.

    `resource` may name a subresource: `pods/exec`. `resourceNames` are not looked at. A rule that cannot be decoded matches nothing.
    Source: pkg/apis/rbac/v1/evaluation_helpers.go of Kubernetes.
    """
    below = f"*/{resource.partition('/')[2]}" if "/" in resource else resource
    matches = {}
    for field, wanted in (("apiGroups", ("*", group)), ("resources", ("*", resource, below)), ("verbs", ("*", verb))):
        values = rule.get(field)
        for value in values if isinstance(values, list) else ():
            if value in wanted:
                matches[field] = value
                break
        else:
            return {}
    return matches


def use_rule(scc: str) -> dict[str, Any]:
    """Return the RBAC rule that allows the use of one SCC, or of every SCC if `scc` is `*`."""
    names = {} if scc == "*" else {"resourceNames": [scc]}
    return {"apiGroups": [API_GROUP], "resources": [RESOURCE], **names, "verbs": ["use"]}


def role_object(name: str, rules: list[dict[str, Any]], namespace: str = "") -> dict[str, Any]:
    """Return a Role of a namespace with these rules, or a ClusterRole without a namespace."""
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def binding_object(
    name: str, role: str, subjects: list[dict[str, Any]], namespace: str = "", role_kind: str = "ClusterRole"
) -> dict[str, Any]:
    """Return a RoleBinding of a namespace to a role, or a ClusterRoleBinding without a namespace."""
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": role_kind, "name": role},
        "subjects": subjects,
    }
