"""What each subject of a cluster may do: the rules that its bindings give it, as Kubernetes' RBAC authorizer finds them."""

from collections.abc import Iterator, Mapping

from scclint.admission import rbac
from scclint.admission.aggregate import Aggregation, selectors_of
from scclint.admission.verdict import ObjectRef, User
from scclint.record import record
from scclint.yaml.untyped import Object

RoleRule = tuple[ObjectRef, int, Object]
"""A rule with the role that holds it and its 0-based index there."""


@record
class BoundRule:
    """A rule that a binding gives its subjects. `role` is the role that holds it, and `index` counts its rules from 0.

    The rule counts in the namespace of the binding, or in the whole cluster if the binding has none.
    """

    binding: ObjectRef
    role: ObjectRef
    index: int
    rule: Object


class Rights:
    """`bindings` are all bindings of the cluster, `roles` its Roles and ClusterRoles, and `aggregation` knows those that aggregate others.

    `base_rights` are the rights of the cluster that this one extends. What stays the same is not read again.
    """

    def __init__(
        self,
        bindings: Mapping[ObjectRef, Object],
        roles: Mapping[ObjectRef, Object],
        aggregation: Aggregation,
        base_rights: "Rights | None" = None,
    ) -> None:
        self._roles = roles
        self._aggregation = aggregation
        self._known = base_rights
        self._bindings = bindings
        self._rules: dict[ObjectRef, tuple[RoleRule, ...]] = {}
        self._bound: dict[tuple[str, str], dict[ObjectRef, ObjectRef]] = {}
        for ref, binding in bindings.items():
            if base_rights is None or base_rights._bindings.get(ref) is not binding:
                role = rbac.role_bound_by(binding, ref.namespace)
                for kind, names in zip(("User", "Group"), rbac.subject_names(binding, ref.namespace), strict=True):
                    for name in names:
                        self._bound.setdefault((kind, name), {})[ref] = role

    def bindings_of(self, user: User) -> dict[ObjectRef, ObjectRef]:
        """Return the bindings that count for a user, by its name or a group, each with its role.

        Those of the whole cluster are first, then those of namespaces, by name.
        """
        bindings: dict[ObjectRef, ObjectRef] = {}
        for subject in (("User", user.name), *(("Group", group) for group in user.groups)):
            bindings |= self._of(subject)
        return dict(sorted(bindings.items(), key=lambda item: (item[0].namespace, item[0].name)))

    def subjects(self) -> Iterator[tuple[str, str]]:
        """Return the subjects of the bindings: `User` and the name of a user or service account, or `Group` and its name."""
        base_subjects = self._known.subjects() if self._known else ()
        return filter(self._of, dict.fromkeys((*base_subjects, *self._bound)))

    def _of(self, subject: tuple[str, str]) -> dict[ObjectRef, ObjectRef]:
        """The bindings that name a subject, each with its role."""
        base_rights = self._known
        if base_rights is None:
            return self._bound.get(subject, {})
        same = {
            ref: role for ref, role in base_rights._of(subject).items() if self._bindings[ref] is base_rights._bindings[ref]
        }
        return same | self._bound.get(subject, {})

    def rules_of(self, role: ObjectRef) -> tuple[RoleRule, ...]:
        """Return the rules of a role, or of the roles that it aggregates."""
        rules = self._rules.get(role)
        if rules is None:
            written, base_rights = self._roles.get(role), self._known
            aggregates = written is not None and role.kind == "ClusterRole" and bool(selectors_of(written))
            same = base_rights is not None and written is not None and base_rights._roles.get(role) is written
            if base_rights is not None and same and (not aggregates or base_rights._aggregation is self._aggregation):
                return base_rights.rules_of(role)
            sources = self._aggregation.sources(role.name) if aggregates else filter(None, [written])
            rules = self._rules[role] = tuple(
                (rbac.reference(source), index, rule)
                for source in sources
                for index, rule in enumerate(source.get("rules") or ())
            )
        return rules
