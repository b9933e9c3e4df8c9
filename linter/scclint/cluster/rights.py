"""What each subject of a cluster may do: the rules that its bindings give it, as Kubernetes' RBAC authorizer finds them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.admission import rbac
from scclint.admission.aggregate import Aggregation
from scclint.admission.verdict import ObjectRef, User
from scclint.record import record

Object = Mapping[str, Any]


@record
class Held:
    """A rule that a binding gives its subjects. `role` is the role that holds it, and `index` counts its rules from 0.

    The rule counts in the namespace of the binding, or in the whole cluster if the binding has none.
    """

    binding: ObjectRef
    role: ObjectRef
    index: int
    rule: Object


class Rights:
    """`bindings` are all bindings of the cluster, `roles` its Roles and ClusterRoles, and `aggregation` that of the latter."""

    def __init__(self, bindings: Iterable[Object], roles: Mapping[ObjectRef, Object], aggregation: Aggregation) -> None:
        self._roles = roles
        self._aggregation = aggregation
        self._rules: dict[ObjectRef, tuple[tuple[ObjectRef, int, Object], ...]] = {}
        self._by_user: dict[str, dict[ObjectRef, ObjectRef]] = {}
        self._by_group: dict[str, dict[ObjectRef, ObjectRef]] = {}
        for binding in bindings:
            ref = rbac.reference(binding)
            role = rbac.role_bound_by(binding, ref.namespace)
            for names, found in zip(rbac.subject_names(binding, ref.namespace), (self._by_user, self._by_group), strict=True):
                for name in names:
                    found.setdefault(name, {})[ref] = role

    def bindings_of(self, user: User) -> dict[ObjectRef, ObjectRef]:
        """Return the bindings that count for a user, by its name or a group, each with its role."""
        found = dict(self._by_user.get(user.name, {}))
        for group in user.groups:
            found |= self._by_group.get(group, {})
        return dict(sorted(found.items(), key=lambda item: (item[0].namespace, item[0].name)))

    def subjects(self) -> Iterator[tuple[str, str]]:
        """Yield the subjects of the bindings: `User` and the name of a user or service account, or `Group` and its name."""
        yield from (("User", name) for name in self._by_user)
        yield from (("Group", name) for name in self._by_group)

    def held(self, user: User) -> Iterator[Held]:
        """Yield the rules that a user holds: those of the whole cluster first, then by namespace and name of the binding."""
        for binding, role in self.bindings_of(user).items():
            for holder, index, rule in self.rules_of(role):
                yield Held(binding, holder, index, rule)

    def rules_of(self, role: ObjectRef) -> tuple[tuple[ObjectRef, int, Object], ...]:
        """Return the rules of a role, or of the roles that it aggregates, each with the role that holds it and its index there."""
        found = self._rules.get(role)
        if found is None:
            if role.kind == "ClusterRole":
                sources: Iterable[Object] = self._aggregation.sources(role.name)
            else:
                sources = filter(None, [self._roles.get(role)])
            found = self._rules[role] = tuple(
                (rbac.reference(source), index, rule)
                for source in sources
                for index, rule in enumerate(source.get("rules") or ())
            )
        return found

    def allows(self, user: User, verb: str, group: str, resource: str, *, namespace: str = "", name: str = "") -> Held | None:
        """Return the rule that lets a user send a request; None if no rule does. `resource` may name a subresource: `pods/exec`.

        `namespace` is empty for a request to the whole cluster, `name` for one that names no object.
        """
        for held in self.held(user):
            names = held.rule.get("resourceNames") or ()
            if (
                held.binding.namespace in ("", namespace)
                and (not names or name in names)
                and rbac.matched(held.rule, verb, group, resource)
            ):
                return held
        return None
