"""Who may use the SCCs of a cluster: by the lists of the SCCs themselves, and by RBAC."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from scclint.admission import authorize, rbac
from scclint.admission.aggregate import Aggregation
from scclint.admission.constraints import Constraints
from scclint.admission.verdict import Grant, ObjectRef, SubjectType, User
from scclint.cluster.objects import Objects, ServiceAccounts
from scclint.cluster.sccs import OrderedSccs
from scclint.record import grouped
from scclint.yaml.untyped import Object

if TYPE_CHECKING:
    from scclint.admission.aggregate import Aggregation
    from scclint.cluster.rights import Rights

_RBAC_KINDS = ("ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")


class SccGrants:
    """`objects` are those of the cluster, `sccs` its SCCs, and `extends` the grants of the cluster that this one extends.

    `installed` are the grants of the cluster as installed, which no object of the input changed.
    """

    def __init__(self, objects: Objects, sccs: OrderedSccs, extends: "SccGrants | None" = None) -> None:
        self._objects = objects
        self._sccs = sccs
        self._extends = extends
        self._authorized: dict[tuple[str, str, User], tuple[Grant | None, ...]] = {}

    @property
    def installed(self) -> "SccGrants":
        return self._extends.installed if self._extends else self

    def authorize(self, account: str, user: User, namespace: str) -> tuple[Grant | None, ...]:
        """Return for each SCC, in the order of admission, how it may be used for a pod that `user` creates in `namespace`.

        `account` is the name of the pod's service account, which counts first; empty for none.
        """
        key = (namespace, account, user)
        grants = self._authorized.get(key)
        if grants is None:
            pod_user = authorize.service_account_user(namespace, account) if account else None
            cluster_wide, local = self._rights.within(""), self._rights.within(namespace)
            grants = authorize.authorize(self._sccs.ordered, pod_user, user, cluster_wide, local)
            self._authorized[key] = grants
        return grants

    def may_use(self, user: User, scc: str, namespace: str) -> Grant | None:
        """How `user` may use the SCC named `scc` for pods in `namespace`, or None. A service account is a user, too."""
        constraints = self._sccs.by_name.get(scc)
        if constraints is None:
            return None
        subject: SubjectType = "serviceaccount" if user.service_account else "user"
        return authorize.may_use(constraints, user, subject, self.bindings_of(user, namespace))

    def bindings_of(self, user: User, namespace: str) -> tuple[rbac.Binding, ...]:
        """The bindings that let a user use SCCs for pods in `namespace`: cluster-wide first, then by name."""
        return (*self._rights.within("").of(user), *self._rights.within(namespace).of(user))

    def binding_object(self, ref: ObjectRef) -> Object:
        """Return the RoleBinding or ClusterRoleBinding that `ref` names."""
        return self._objects.of(ref.kind)[ref.namespace, ref.name]

    def has_role(self, role: ObjectRef) -> bool:
        """Whether the cluster has a Role or ClusterRole."""
        return self._objects.get(role) is not None

    @property
    def bindings(self) -> tuple[rbac.Binding, ...]:
        """The bindings that let anyone use SCCs: cluster-wide first, then by namespace and name."""
        return self._rights.bindings

    def bindings_to(self, scc: str) -> tuple[rbac.Binding, ...]:
        """The bindings whose subjects may use the SCC named `scc`: cluster-wide first, then by namespace and name."""
        return tuple(binding for binding in self.bindings if binding.uses.first(scc) is not None)

    @cached_property
    def added_bindings(self) -> tuple[rbac.Binding, ...]:
        """The bindings that let anyone use SCCs and that the release itself does not bring, in the order of `bindings`."""
        brought = self.installed._rights
        return tuple(binding for binding in self.bindings if brought.get(binding.ref) != binding)

    def brings(self, grant: Grant, scc: str) -> bool:
        """Whether the release itself makes a grant of the SCC named `scc`, so that no object of the input does."""
        if grant.binding is None:
            return grant.via == "rbac" or self._is_installed(self._sccs.by_name[scc])
        return self.installed._rights.get(grant.binding) == self._rights.get(grant.binding)

    @cached_property
    def accounts(self) -> ServiceAccounts:
        """The service accounts that may use some SCC by their own name, not by a group.

        What a release grants to the service accounts of its own components does not count.
        """
        brought = {binding.ref: binding.users for binding in self.installed.bindings}
        users = [user for binding in self.bindings for user in binding.users - brought.get(binding.ref, frozenset())]
        sccs = [scc for scc in self._sccs.ordered if not self._is_installed(scc)]
        accounts = (User(user).service_account for user in (*users, *(user for scc in sccs for user in scc.users)))
        return ServiceAccounts(account for account in accounts if account is not None)

    def aggregated_into(self, role: Object) -> tuple[str, ...]:
        """Return the names of the release's own ClusterRoles that take the rules of a ClusterRole because of its labels."""
        return self.installed._own_aggregation.takers(role)

    def groups_with(self, role: str) -> tuple[str, ...]:
        """Return the groups to which the release itself binds a ClusterRole in the whole cluster, sorted."""
        return self.installed._groups_with.get(role, ())

    @cached_property
    def _groups_with(self) -> Mapping[str, tuple[str, ...]]:
        bound = grouped(
            (binding["roleRef"]["name"], subject["name"])
            for binding in self._objects.of("ClusterRoleBinding").values()
            for subject in binding["subjects"]
            if subject["kind"] == "Group"
        )
        return {role: tuple(sorted(groups)) for role, groups in bound.items()}

    @cached_property
    def rights(self) -> "Rights":
        """What each subject may do. Of the release's own roles, only the rules that bear on SCCs are known."""
        from scclint.cluster.rights import Rights

        base_rights = self._extends.rights if self._extends else None
        return Rights(self._bindings, self._roles, self._rights.aggregation, base_rights)

    def _is_installed(self, scc: Constraints) -> bool:
        return self.installed._sccs.by_name.get(scc.name) is scc

    @cached_property
    def _own_aggregation(self) -> "Aggregation":
        return Aggregation({role["metadata"]["name"]: role for role in self._objects.of("ClusterRole").values()})

    @cached_property
    def _rights(self) -> rbac.SccRights:
        """The rules of RBAC that bear on SCCs."""
        objects, before = self._objects, self._extends
        if before is not None and all(objects.of(kind) == before._objects.of(kind) for kind in _RBAC_KINDS):
            return before._rights
        return rbac.SccRights(self._roles, self._bindings, before._rights if before is not None else None)

    @property
    def _roles(self) -> dict[ObjectRef, Object]:
        return self._objects.by_reference("ClusterRole", "Role")

    @property
    def _bindings(self) -> dict[ObjectRef, Object]:
        return self._objects.by_reference("ClusterRoleBinding", "RoleBinding")
