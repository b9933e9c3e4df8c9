"""Which objects of an input the controls are about: all of them, or in a dump of a cluster those that the platform does not bring."""

from collections.abc import Iterator
from typing import TypeVar

from scclint.admission import rbac
from scclint.admission.decoding import decode_object
from scclint.admission.verdict import User
from scclint.objects.types import ApiObject, Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.manifests import manifests
from scclint.outcome.world import World
from scclint.record import record
from scclint.run.judge import OpenUnit
from scclint.yaml.untyped import Object

O = TypeVar("O", bound=ApiObject)

_DECODED = (Role, RoleBinding, SecurityContextConstraints)

PERMITTED = frozenset(
    (
        *("system:cluster-admins", "system:nodes", "system:masters", "system:admin"),
        "system:serviceaccount:openshift-infra:build-controller",
        "system:serviceaccount:openshift-infra:pv-recycler-controller",
        "system:serviceaccount:openshift-machine-api:machine-api-termination-handler",
    )
)
"""The users and groups that V-257557 permits in the lists of an SCC that opens what `restricted` does not."""

_MARKS = ("kubernetes.io/bootstrapping", "rbac.authorization.kubernetes.io/autoupdate", "include.release.openshift.io/")
"""The labels and annotations of the roles that Kubernetes, openshift-apiserver and the payload of a release bring; the last is a
prefix."""


@record
class Scope:
    """A world of a unit, and whether it is that of a dump. In a dump, what the platform brings does not count."""

    unit: OpenUnit
    world: World
    dump: bool = False

    def decoded(self, obj: ApiObject) -> Object | None:
        """Return an object as the API server has it; None if the server could not decode it, so that the cluster does without it."""

        def decode() -> Object | None:
            obj_manifests = manifests((obj,), self.world.namespace_asked)
            objects = [decode_object(manifest, self.world.cluster.scc_fields) for manifest in obj_manifests]
            return objects[0].value if objects and not objects[0].errors else None

        return self.world.memo((Scope.decoded, id(obj)), decode)

    def all(self, kind: type[O]) -> Iterator[O]:
        """Yield the objects of a kind that the cluster has, whether they count or not."""
        return (obj for obj in self.world.of(kind) if not isinstance(obj, _DECODED) or self.decoded(obj) is not None)

    def of(self, kind: type[O]) -> Iterator[O]:
        """Yield the objects of a kind that count."""
        return (obj for obj in self.all(kind) if not (self.dump and self._of_platform(obj)))

    def subjects_of(self, binding: RoleBinding) -> tuple[str, ...]:
        """Return the names of the users and groups that a binding binds."""
        home = self.world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
        users, groups = rbac.subject_names(self.decoded(binding) or {}, home)
        return (*users, *groups)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcomes of the workloads that count."""
        return map(self.world.outcome, self.of(Workload))

    @property
    def namespaces_of_pods(self) -> frozenset[str]:
        """The namespaces of the workloads that count."""
        return self.world.memo((Scope.namespaces_of_pods,), lambda: frozenset(map(self.world.namespace_of, self.of(Workload))))

    def platform_objects(self) -> Iterator[tuple[str, str, str]]:
        """Yield the kind, namespace and name of each object that does not count."""
        for obj in self.all(ApiObject) if self.dump else ():
            if self._of_platform(obj):
                yield obj.kind, self.world.namespace_known(obj), obj.name

    def _of_platform(self, obj: ApiObject) -> bool:
        if is_platform_namespace(self.world.namespace_known(obj)):
            return True
        cluster = self.world.cluster
        if isinstance(obj, RoleBinding):
            return all(is_platform_account(name) or name in PERMITTED for name in self.subjects_of(obj))
        if isinstance(obj, SecurityContextConstraints):
            return cluster.as_installed.sccs.get(obj.name) == cluster.sccs.get(obj.name)
        if isinstance(obj, Role):
            metadata = (self.decoded(obj) or {}).get("metadata") or {}
            marks = (*(metadata.get("labels") or ()), *(metadata.get("annotations") or ()))
            return obj.name.startswith("system:") or any(mark.startswith(_MARKS) for mark in marks)
        return False


def is_platform_namespace(namespace: str) -> bool:
    """Whether the name of a namespace is one of those that OpenShift keeps for itself."""
    return namespace == "openshift" or namespace.startswith(("openshift-", "kube-"))


def is_platform_account(name: str) -> bool:
    """Whether a user is a service account of a namespace of the platform."""
    account = User(name).service_account
    return account is not None and is_platform_namespace(account[0])
