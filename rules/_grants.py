"""What a binding lets its subjects do with SCCs: who they are, and which SCCs they reach."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from scclint.api import ApiObject, Grant, Located, ObjectRef, Related, Role, RoleBinding, User, World

from ._scc import EVERYONE

SERVICE_ACCOUNTS_OF = "system:serviceaccounts:"


class Holder(NamedTuple):
    """A subject of a binding: a `service account` (with its namespace), a `group` or a `user`.

    `at` is where it stands, `shown` how messages call it.
    """

    kind: str
    namespace: str
    name: str
    at: Located
    shown: str

    def __str__(self) -> str:
        return f"{self.kind} {self.shown}"

    @property
    def covers_service_accounts(self) -> bool:
        """Whether pods of a service account go by it, rather than people alone."""
        return self.kind == "service account" or (
            self.kind == "group" and (self.name in EVERYONE or self.name.startswith(SERVICE_ACCOUNTS_OF))
        )


class Reach(NamedTuple):
    """The SCCs that a role lets its subjects use, in the order of names.

    `every` is True where it names none and so means all; `anything` where SCCs are only part of a rule for all resources.
    The rule stands in the role `origin`, which is another one where `role` aggregates.
    """

    role: ObjectRef
    sccs: tuple[str, ...]
    every: bool
    anything: bool
    origin: ObjectRef
    rule_index: int

    def steps(self, world: World, scc: str, near: ApiObject) -> tuple[Related, ...]:
        """Where the role and the SCC are written, as far as the input has them, closest to the binding or SCC `near`."""
        return world.grant_steps(Grant("user", "rbac", role=self.origin, rule_index=self.rule_index), scc, near)


def home_of(binding: RoleBinding, world: World) -> str:
    """How messages call the namespace of a RoleBinding, which many manifests leave to whoever applies them."""
    written = world.namespace_known(binding)
    return f"namespace {written}" if written else "its namespace"


def who(group: str) -> str:
    """Who is in a group, for those that Kubernetes and OpenShift define."""
    if group in EVERYONE:
        return f" ({EVERYONE[group]})"
    if group.startswith(SERVICE_ACCOUNTS_OF):
        return f" (every service account of namespace {group.removeprefix(SERVICE_ACCOUNTS_OF)})"
    return ""


def holders(binding: RoleBinding, world: World) -> Iterator[Holder]:
    """The subjects of a binding, in the order of the manifest; those whose name is not known are left out."""
    home = world.namespace_of(binding) if binding.kind == "RoleBinding" or binding.home else ""
    legacy = binding.manifest.get("userNames") or binding.manifest.get("groupNames")
    if legacy and not binding.api_version.startswith("rbac."):
        for field, kind in (("userNames", "user"), ("groupNames", "group")):
            for index, name in enumerate(_list(binding.manifest.get(field))):
                if isinstance(name, str):
                    yield _holder(kind, name, _written(binding, field, index))
        return
    for index, subject in enumerate(_list(binding.manifest.get("subjects"))):
        if not isinstance(subject, dict) or not isinstance(subject.get("name"), str):
            continue
        kind, name = str(subject.get("kind") or ""), subject["name"]
        at = _written(binding, "subjects", index, "name")
        if kind == "ServiceAccount":
            namespace = subject.get("namespace") or home
            if namespace and isinstance(namespace, str):
                written = subject.get("namespace") or world.namespace_known(binding)
                yield Holder("service account", namespace, name, at, f"{written}/{name}" if written else name)
        elif kind in ("Group", "SystemGroup"):
            yield _holder("group", name, at)
        elif kind in ("User", "SystemUser"):
            yield _holder("user", name, at)


def role_of(binding: RoleBinding, world: World) -> ObjectRef:
    """The role that a binding refers to."""
    role = binding.manifest.get("roleRef")
    role = role if isinstance(role, dict) else {}
    # OpenShift's own bindings tell a Role from a ClusterRole by the namespace alone.
    kind = str(role.get("kind") or ("Role" if role.get("namespace") else "ClusterRole"))
    return ObjectRef(kind, world.namespace_of(binding) if kind == "Role" else "", str(role.get("name") or ""))


def role_place(binding: RoleBinding, world: World, scc: str) -> Located:
    """Where a binding names its role; where a ClusterServiceVersion implies the binding, the rule that reaches the SCC."""
    reached = reach(binding, world)
    role = world.find(reached.origin, binding) if reached is not None else None
    if reached is None or binding.field("roleRef", "name").present or not isinstance(role, Role):
        return _written(binding, "roleRef", "name")
    rule = role.rule(reached.rule_index)
    if rule is None:
        # Another role of that name is nearer to the binding than the one that counts.
        return binding.place
    names = _list(rule.data.get("resourceNames"))
    return rule.field("resourceNames", names.index(scc)) if scc in names else rule.field("verbs")


def reach(binding: RoleBinding, world: World) -> Reach | None:
    """What a binding reaches; None where that is no SCC of the cluster."""
    return world.memo(_reaches, lambda: _reaches(world)).get(role_of(binding, world))


def _reaches(world: World) -> dict[ObjectRef, Reach]:
    """What each bound role reaches. Bindings share roles, and there can be thousands."""
    if world.cluster.platform != "openshift":
        return {}
    granting = {bound.ref: bound for bound in world.cluster.bindings}
    every = tuple(sorted(world.cluster.sccs))
    found: dict[ObjectRef, Reach] = {}
    for binding in world.of(RoleBinding):
        bound, role = granting.get(reference(binding, world)), role_of(binding, world)
        if bound is None or role in found or world.find(bound.ref) is not binding:
            continue
        sccs = every if bound.uses.every else tuple(sorted(scc for scc in bound.uses.named if scc in world.cluster.sccs))
        use = bound.uses.every or next(filter(None, map(bound.uses.first, sccs)), None)
        if use is None:
            continue
        found[role] = Reach(role, sccs, not use.names, not use.names and _means_anything(world, use.role), use.role, use.index)
    return found


def reference(obj: ApiObject, world: World) -> ObjectRef:
    """How bindings and roles are referred to: without namespace where their kind has none."""
    return ObjectRef(obj.kind, "" if obj.kind.startswith("Cluster") else world.namespace_of(obj), obj.name)


def _means_anything(world: World, ref: ObjectRef) -> bool:
    role = world.find(ref)
    if not isinstance(role, Role):
        return ref.name == "cluster-admin"
    return any(all("*" in _list(rule.data.get(key)) for key in ("apiGroups", "resources")) for rule in role.rules)


def _holder(kind: str, name: str, at: Located) -> Holder:
    """The group or user of that name; a user may be a service account by its full name."""
    if kind == "user" and (account := User(name).service_account) is not None:
        return Holder("service account", *account, at, "/".join(account))
    return Holder(kind, "", name, at, name + who(name) if kind == "group" else name)


def _written(obj: ApiObject, *path: str | int) -> Located:
    """A field of the object, or the object where another one implies it and does not spell the field."""
    field = obj.field(*path)
    return field if field.present else obj.place


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
