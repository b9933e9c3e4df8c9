"""The subjects of a binding, and the SCCs that it lets them use."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from scclint.admission.rbac import matched
from scclint.advice.sccs import texts_of
from scclint.api import (
    ApiObject,
    Field,
    Grant,
    Located,
    Location,
    ObjectRef,
    Outcome,
    Related,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    User,
    View,
    World,
    as_list,
    grouped,
)
from scclint.objects.unknown import stands_for_a_name
from scclint.platform.terms import EVERYONE, SERVICE_ACCOUNTS_OF, UNSPECIFIED_NAMESPACE, members_of, shown_name

_SUBJECTS = {"ServiceAccount": "service account", "Group": "group", "User": "user"}


class Subject(NamedTuple):
    """A subject of a binding: a `service account` (with its namespace), a `group` or a `user`.

    `at` is its place in the manifest, `shown` its name in messages.
    """

    kind: str
    namespace: str
    name: str
    at: Located
    shown: str

    @property
    def named(self) -> str:
        """What messages call it: `service account shop/web`."""
        return f"{self.kind} {self.shown}"

    @property
    def who(self) -> str:
        """What keys call it, as it is bound: `service account shop/web`, `group system:authenticated`."""
        return f"{self.kind} {self.name if self.kind == 'group' else self.shown}"

    def __str__(self) -> str:
        return self.named

    @property
    def is_everyone(self) -> bool:
        """Whether it is a group that covers a whole cluster."""
        return self.kind == "group" and self.name in EVERYONE

    @property
    def covers_default(self) -> bool:
        """Whether it is or includes the service account `default` of one namespace."""
        is_account = self.kind == "service account" and self.name == "default"
        return is_account or (self.kind == "group" and self.name.startswith(SERVICE_ACCOUNTS_OF))

    @property
    def covers_service_accounts(self) -> bool:
        """Whether the subject is or includes a service account."""
        return self.kind == "service account" or self.is_everyone or self.covers_default


class Reach(NamedTuple):
    """The SCCs that a role lets its subjects use, sorted by name.

    `every` is True if the rule has no resourceNames, so that it covers every SCC. `anything` is True if the rule is for all
    resources. `origin` is the role that has the rule: another role than `role` if `role` aggregates.
    """

    role: ObjectRef
    sccs: tuple[str, ...]
    every: bool
    anything: bool
    origin: ObjectRef
    rule_index: int

    def through(self, scc: str) -> str:
        """Return the role that gives it; empty for the release's own role for the SCC, which would only repeat the SCC."""
        return "" if self.role.name == f"system:openshift:scc:{scc}" else f"{self.role.kind} {self.role.name}"

    def steps(self, world: World, scc: str, near: ApiObject) -> tuple[Related, ...]:
        """Return notes on the role and the SCC, if the input has them. Of several definitions, the closest to `near` counts."""
        return world.steps.of_grant(Grant("user", "rbac", role=self.origin, rule_index=self.rule_index), scc, near)


def home_of(binding: RoleBinding, world: World) -> str:
    """Return the namespace of a RoleBinding as a phrase: `namespace shop`, or `its namespace` if the manifest does not set it."""
    written = world.namespace_known(binding)
    return f"namespace {written}" if written and not stands_for_a_name(written) else "its namespace"


def shown_group(name: str) -> str:
    """Return a group for messages, with NAMESPACE in place of a namespace that the input does not name.

    Its members are in parentheses if Kubernetes or OpenShift defines them.
    """
    members = members_of(name)
    return f"{shown_name(name)} ({members})" if members else name


def subjects_of(binding: RoleBinding, world: World) -> Iterator[Subject]:
    """Yield the subjects of a binding in the order of the manifest, without those that have no valid name."""
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" or binding.provenance.home else ""
    legacy = binding.manifest.get("userNames") or binding.manifest.get("groupNames")
    if legacy and not binding.api_version.startswith("rbac."):
        for field, kind in (("userNames", "user"), ("groupNames", "group")):
            for index, name in enumerate(as_list(binding.manifest.get(field))):
                if isinstance(name, str):
                    yield holder_of(kind, name, _written(binding, field, index))
        return
    for index, subject in enumerate(as_list(binding.manifest.get("subjects"))):
        if not isinstance(subject, dict) or not isinstance(subject.get("name"), str):
            continue
        kind, name = str(subject.get("kind") or ""), subject["name"]
        at = _written(binding, "subjects", index, "name")
        if kind == "ServiceAccount":
            namespace = subject.get("namespace") or home
            if namespace and isinstance(namespace, str):
                written = subject.get("namespace") or world.namespace_known(binding)
                written = "" if written == UNSPECIFIED_NAMESPACE or stands_for_a_name(written) else written
                yield Subject("service account", namespace, name, at, f"{written}/{name}" if written else name)
        elif kind.removeprefix("System") in ("Group", "User"):
            yield holder_of(kind.removeprefix("System").lower(), name, at)


def role_of(binding: RoleBinding, world: World) -> ObjectRef:
    """Return a reference to the role of a binding."""
    kind, name = binding.role
    return ObjectRef(kind, world.namespace_of(binding) if kind == "Role" else "", name)


def bound_to(role: Role, world: World) -> str:
    """Return the names of the subjects that a role is bound to, sorted. An operator's bundle and its roles name the same accounts."""
    return ", ".join(sorted({*_names_by_role(world).get(reference(role, world), ())}))


ATTEMPTS = {
    "rejected-attempt": "{binding} binds the role[ to {subjects:2}], but the API server rejects the binding as it is",
    "unplaced-attempt": "{binding} binds the role[ to {subjects:2}], whose namespace is not known",
}
"""The sentences about what `attempts` returns."""


def attempts(role: Role, world: World, *kinds: str) -> tuple[Location, ...]:
    """Return the bindings of a role that the API server rejects as they are, or that name no subject in a known namespace.

    These reach nobody yet. They are of any kind, or of one of `kinds`.
    """
    by_role = world.memo(
        attempts, lambda: grouped((role_of(binding, world), (binding, at)) for binding, at in _attempts(world))
    )
    return tuple(at for binding, at in by_role.get(reference(role, world), ()) if not kinds or binding.kind in kinds)


def bound_elsewhere(role: Role, world: World) -> bool:
    """Whether another unit binds a role."""
    return world.other_units.binds_role(role.kind, role.namespace if role.kind == "Role" else "", role.name)


def _attempts(world: World) -> Iterator[tuple[RoleBinding, Location]]:
    for binding in (obj for obj in world.objects if isinstance(obj, RoleBinding) and obj.role[1]):
        rejected = world.rejects(binding)
        written = (subject for subject in as_list(binding.manifest.get("subjects")) if isinstance(subject, dict))
        named = [subject for subject in written if isinstance(subject.get("name"), str)]
        if named and (rejected or not any(subjects_of(binding, world))):
            kinds = ((_SUBJECTS.get(str(subject.get("kind")), str(subject.get("kind"))), subject["name"]) for subject in named)
            subjects = [f"{kind} {name}" for kind, name in kinds]
            code = "rejected-attempt" if rejected else "unplaced-attempt"
            yield binding, Location(code, binding.place, {"binding": binding, "subjects": subjects})


def _names_by_role(world: World) -> dict[ObjectRef, list[str]]:
    return world.memo(
        _names_by_role,
        lambda: grouped(
            (role_of(binding, world), subject.name)
            for binding in world.of(RoleBinding)
            for subject in subjects_of(binding, world)
        ),
    )


def role_place(binding: RoleBinding, world: World, scc: str) -> Located:
    """Return the roleRef.name of a binding, or the rule that grants the SCC if a ClusterServiceVersion implies the binding."""
    reached = reach(binding, world)
    role = world.find(reached.origin, binding) if reached is not None else None
    if reached is None or binding.field("roleRef", "name").present or not isinstance(role, Role):
        return _written(binding, "roleRef", "name")
    rule = role.rule(reached.rule_index)
    if rule is None:
        # The closest role of that name is not the role that applies.
        return binding.place
    names = as_list(rule.data.get("resourceNames"))
    return rule.field("resourceNames", names.index(scc)) if scc in names else verb_of_use(rule)


def reach(binding: RoleBinding, world: World) -> Reach | None:
    """Return the SCCs that a binding grants; None if it grants no SCC of the cluster."""
    return world.memo(_reaches, lambda: _reaches(world)).get(role_of(binding, world))


def _reaches(world: World) -> dict[ObjectRef, Reach]:
    """The SCCs of each bound role. Thousands of bindings can share a role."""
    if world.cluster.platform == "kubernetes":
        return {}
    granting = {bound.ref: bound for bound in world.cluster.grants.bindings}
    every = tuple(sorted(world.cluster.sccs))
    reaches: dict[ObjectRef, Reach] = {}
    for binding in world.of(RoleBinding):
        bound, role = granting.get(reference(binding, world)), role_of(binding, world)
        if bound is None or role in reaches or world.find(bound.ref) is not binding:
            continue
        sccs = every if bound.uses.every else tuple(sorted(scc for scc in bound.uses.named if scc in world.cluster.sccs))
        use = bound.uses.every or next(filter(None, map(bound.uses.first, sccs)), None)
        if use is None:
            continue
        reaches[role] = Reach(
            role, sccs, not use.names, not use.names and _means_anything(world, use.role), use.role, use.index
        )
    return reaches


def reference(obj: ApiObject, world: World) -> ObjectRef:
    """Return a reference to a binding or role, without a namespace if its kind has none."""
    return ObjectRef(obj.kind, "" if obj.kind.startswith("Cluster") else world.namespace_of(obj), obj.name)


def binding_of(outcome: Outcome) -> str:
    """Return the binding by which the pod may use the SCC that admits it, as a text that is the same for one binding; else nothing."""
    return str(outcome.grant.binding) if outcome.grant and outcome.grant.binding else ""


OF_DEFAULT = (
    "[ Every pod of {default_of} without a serviceAccountName has these rights: give the program a service account of its own.]"
)
"""What the help adds if `default_of` returns a namespace."""


def default_of(subjects: Iterable[object]) -> str:
    """Return the namespace of the first service account `default` among subjects as a phrase: `namespace shop`; empty if there is none."""
    accounts = (str(subject).partition("service account ")[2] for subject in subjects)
    home, _, name = next((parts for account in accounts if (parts := account.rpartition("/"))[2] == "default"), ("", "", ""))
    return f"namespace {home}" if home else "its namespace" * bool(name)


def verb_of_use(rule: View) -> Field[Any]:
    """Return the verb of a rule on SCCs that allows their use."""
    index = next((index for index, verb in enumerate(as_list(rule.data.get("verbs"))) if verb in ("use", "*")), None)
    return rule.field("verbs") if index is None else rule.field("verbs", index)


INSTALLER = (
    "OLM installs ClusterExtension {extension} as this account, which needs all rights that the roles of the bundle grant. "
    "Record the right with `scclint accept` if the bundle needs it."
)
"""The sentence about what `installed` returns."""


def installed(role: ApiObject | None, world: World) -> tuple[str, ...]:
    """Return the first ClusterExtensions that OLM v1 installs as an account with a role; empty if it installs none as such an account.

    OLM requires that the account may update the finalizers of the ClusterExtension.
    """
    return world.memo((installed, id(role)), lambda: _extensions(role)) if isinstance(role, Role) else ()


def _extensions(role: Role) -> tuple[str, ...]:
    """The names of the first ClusterExtensions whose finalizers a role lets its subjects update."""
    rules = ((as_list(item.data.get("resources")), as_list(item.data.get("resourceNames"))) for item in role.rules)
    extensions = (names for resources, names in rules if "clusterextensions/finalizers" in resources and names)
    return tuple(map(str, next(extensions, ())))


KINDS_OF_RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")

_RESOURCES = {kind: ("rbac.authorization.k8s.io", f"{kind.lower()}s") for kind in KINDS_OF_RBAC}
_RESOURCES["SecurityContextConstraints"] = ("security.openshift.io", "securitycontextconstraints")
"""The API group and the resource of a kind."""


def may_create(role: ApiObject | None, world: World, *kinds: str) -> bool:
    """Whether a role allows creating SCCs, roles or bindings, by their kinds."""
    return isinstance(role, Role) and world.memo((may_create, id(role), kinds), lambda: _may_create(role, kinds))


def _may_create(role: Role, kinds: Iterable[str]) -> bool:
    return any(matched(item.data, "create", *_RESOURCES[kind]) for item in role.rules for kind in kinds)


def created_by_code(world: World, *kinds: str) -> list[str]:
    """Return the places where code creates objects of kinds for roles or SCCs; none if several accounts may, whose programs differ."""
    writers = world.memo(
        (created_by_code, kinds),
        lambda: {
            name
            for ref, of_role in _names_by_role(world).items()
            if may_create(world.find(ref), world, *kinds)
            for name in of_role
        },
    )
    return [place for kind in kinds for place in world.other_units.created_by_code(kind)] if len(writers) < 2 else []


def marked_for_deletion(obj: ApiObject) -> bool:
    """Whether the cluster version operator deletes the object from clusters instead of creating it."""
    return bool(obj.field("metadata", "annotations", "release.openshift.io/delete").value == "true")


def aggregated(role: Role, world: World) -> tuple[str, ...]:
    """Return the release's own roles that take the rules of a ClusterRole by its labels."""
    return tuple(world.cluster.grants.aggregated_into(role.manifest)) if role.kind == "ClusterRole" else ()


def _means_anything(world: World, ref: ObjectRef) -> bool:
    role = world.find(ref)
    if not isinstance(role, Role):
        return ref.name in ("cluster-admin", "system:master")
    return any(all("*" in as_list(rule.data.get(key)) for key in ("apiGroups", "resources")) for rule in role.rules)


def holder_of(kind: str, name: str, at: Located) -> Subject:
    """Return the group or user; a user `system:serviceaccount:NAMESPACE:NAME` is a service account."""
    if kind == "user" and (account := User(name).service_account) is not None:
        shown = account[1] if account[0] == UNSPECIFIED_NAMESPACE or stands_for_a_name(account[0]) else "/".join(account)
        return Subject("service account", *account, at, shown)
    return Subject(kind, "", name, at, shown_group(name) if kind == "group" else name)


def listed_in(scc: SecurityContextConstraints) -> tuple[str, ...]:
    """Return the users, groups and service accounts that the lists of an SCC name."""
    lists = (("user", "users"), ("group", "groups"))
    return tuple(str(holder_of(kind, name, scc.field(of))) for kind, of in lists for _, name in texts_of(scc, of))


def _written(obj: ApiObject, *path: str | int) -> Located:
    """Return a field of the object, or the object itself if it is implied and does not have the field."""
    field = obj.field(*path)
    return field if field.present else obj.place
