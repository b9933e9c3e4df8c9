"""The objects of one unit on one release, indexed and read-only, with its cluster and the outcome of each workload, computed once.

A check receives the world of the release it judges. A rule asks the world for the outcome of a workload and never simulates it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from scclint.admission.verdict import ObjectRef, User
from scclint.cluster import Cluster
from scclint.limits import MAX_OWN_RANGES
from scclint.objects.types import ApiObject, SecurityContextConstraints, Workload
from scclint.objects.view import Field
from scclint.other_units import OtherUnits
from scclint.outcome.chain import Outcome
from scclint.outcome.field_problems import FieldProblems
from scclint.outcome.index import ObjectIndex
from scclint.outcome.outcomes import Outcomes
from scclint.outcome.steps import AccessSteps
from scclint.platform.pod_names import owns_pod
from scclint.record import Memo, grouped
from scclint.validation.problem import FieldProblem
from scclint.yaml.untyped import Object

if TYPE_CHECKING:
    from scclint.cluster.escalation import Escalation
    from scclint.cluster.observed import Observed, ObservedPod
    from scclint.cluster.who_can import SubjectKind
    from scclint.outcome.chain import Misfit
    from scclint.outcome.profile_uses import ProfileUses
    from scclint.profiles.sources import Profiles

CLUSTER_ADMIN = User("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))
"""The default creator of bare Pods, who may do everything, as when an administrator runs `oc apply`."""

PROJECT_USER = User("a-project-user", ("system:authenticated", "system:authenticated:oauth"))
"""A user with no grant of their own: what a bare Pod gets of its service account's rights alone."""

O = TypeVar("O", bound=ApiObject)
T = TypeVar("T")


class World:
    """`objects` are all model objects of the input, with those that are not reported on.

    `outcomes` has the outcomes of their workloads, `steps` the chains of objects that lead to an SCC, and `memo` keeps what is
    worked out for the world.
    `profile_dirs` are folders with seccomp profiles, laid out as on nodes. `others` are the worlds of all releases asked for, by
    name, this one among them; none where one release is asked for. `observed` is what a dump of the cluster shows; None without one.
    `problems` validates the objects: those that it rejects are in `objects` and nowhere else.
    `why_there` says, as a clause, why objects that name no namespace are in `namespace`; empty if nothing does.
    `described` are those of `objects` that describe the cluster, and that no unit applies. `params` are objects of any kind from which
    admission policies may take values.
    """

    def __init__(
        self,
        objects: Sequence[ApiObject],
        cluster: Cluster,
        *,
        namespace: str = "",
        why_there: str = "",
        creator: User | None = None,
        profile_dirs: Sequence[str] = (),
        others: "Mapping[str, World] | None" = None,
        unfollowed: tuple[str, ...] = (),
        other_units: OtherUnits | None = None,
        observed: "Observed | None" = None,
        problems: FieldProblems | None = None,
        described: Sequence[ApiObject] = (),
        params: Sequence[Object] = (),
    ) -> None:
        self._problems = problems or FieldProblems(cluster)
        self.objects = tuple(objects)
        self._index = ObjectIndex([self.merged(obj) for obj in self.objects if not self.rejects(obj)], namespace)
        self.cluster = cluster
        self.unfollowed = unfollowed
        self.namespace_asked = namespace
        self.why_there = why_there
        self.creator_given = creator is not None
        self.creator = creator or CLUSTER_ADMIN
        self.others: Mapping[str, World] = others if others is not None else {}
        self.other_units = other_units or OtherUnits()
        self.observed = observed
        self.described = described
        self.memo = Memo()
        self.outcomes = Outcomes(self._index, cluster, self.creator, self.other_units, self._problems, params)
        self.steps = AccessSteps(self._index)
        self._profile_dirs = profile_dirs
        self._params = params
        self._other_ranges: dict[tuple[str, tuple[str, ...]], Cluster] = {}

    def with_objects(self, replaced: Mapping[int, ApiObject], others: "Mapping[str, World] | None" = None) -> "World":
        """Return a world that has other objects in place of some, which are named by their `id`.

        The cluster must be the same: only workloads may differ in their values. The outcomes of the other workloads are kept.
        `others` are the worlds of all releases, as for a new world. What a dump shows is about the objects as they were, and is left out.
        """
        world = self._copy([replaced.get(id(obj), obj) for obj in self.objects], self.cluster, others)
        world.outcomes.keep_from(self.outcomes, replaced)
        return world

    def with_own_ranges(self, workload: Workload) -> "World | None":
        """Return the world in which the IDs and the level of a workload are in the ranges of its namespace, if the input gives none.

        None if the verdict of SCC admission is the same there: it does not depend on the assumed ranges then.
        """
        from scclint.outcome.own_ranges import own_ranges

        outcome = self.outcome(workload)
        ranges = own_ranges(outcome)
        verdict = outcome.verdict
        if verdict is None or not ranges:
            return None
        key = outcome.namespace, tuple(ranges.values())
        if key not in self._other_ranges:
            if len(self._other_ranges) == MAX_OWN_RANGES:
                return None
            metadata = {"name": outcome.namespace, "annotations": ranges}
            self._other_ranges[key] = self.cluster.with_decodable(
                [{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}]
            )
        cluster = self._other_ranges[key]
        other = cluster.admission.admit(verdict.submitted, outcome.namespace, outcome.creator)
        if (other.allowed, other.scc) == (verdict.allowed, verdict.scc):
            return None
        return self.memo((World.with_own_ranges, key), lambda: self._copy(self.objects, cluster, self.others))

    def _copy(self, objects: Sequence[ApiObject], cluster: Cluster, others: "Mapping[str, World] | None") -> "World":
        return World(
            objects,
            cluster,
            namespace=self.namespace_asked,
            why_there=self.why_there,
            creator=self.creator if self.creator_given else None,
            profile_dirs=self._profile_dirs,
            others=others,
            unfollowed=self.unfollowed,
            other_units=self.other_units,
            problems=self._problems,
            described=self.described,
            params=self._params,
        )

    def of(self, kind: type[O]) -> Iterator[O]:
        """The objects of a model class, in the order of the input."""
        return self._index.of(kind)

    def workloads_in(self, namespace: str) -> Sequence[Workload]:
        """The workloads that go to a namespace, in the order of the input."""
        by_namespace = self.memo(
            (World.workloads_in,), lambda: grouped((self.namespace_of(workload), workload) for workload in self.of(Workload))
        )
        return by_namespace.get(namespace, ())

    def namespace_of(self, obj: ApiObject) -> str:
        """The namespace the object goes to: the one it names, the one asked for, the one it is at home in."""
        return self._index.namespace_of(obj)

    def namespace_known(self, obj: ApiObject) -> str:
        """Return the name of the namespace the object goes to; empty if it depends on how the object is applied or installed."""
        # What an object is at home in may be described, as the namespace that an operator is installed in.
        home = obj.provenance.home if obj.provenance.home.replace("-", "").isalnum() else ""
        return obj.namespace or self.namespace_asked or home

    def field_problems(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        """The fields of an object that the API server of the release refuses, does not know or misses."""
        return self._problems.of(obj)

    def request_problems(self, obj: ApiObject) -> tuple[FieldProblem, ...]:
        """The field problems for which the API server rejects the object itself, and not only its pods."""
        return self._problems.of_request(obj)

    def rejects(self, obj: ApiObject) -> bool:
        """Whether the API server rejects an object that is no workload, so that the cluster stays without it."""
        return self._problems.rejects(obj)

    def merged(self, obj: T) -> T:
        """Return what rules look at: an SCC that the cluster has as it is once the manifest is applied, else the object itself."""
        return self._problems.merged(obj)

    def find(self, ref: ObjectRef, near: ApiObject | None = None) -> ApiObject | None:
        """The object of the input that a reference means; None where the release brings it or it is not there.

        Of several of that name it is the one that counts for verdicts. For pointing a reader to it, `near` prefers one that says
        the same in the file of that object, or else in its folder.
        """
        return self._index.find(ref, near)

    def namespace_label(self, namespace: str, label: str) -> Field[str] | None:
        """Return the label of a Namespace where the input sets it last; None if the input does not set it."""
        by_name = self.memo(
            (World.namespace_label,),
            lambda: grouped((o.name, o) for o in reversed(self.objects) if o.kind == "Namespace" and not o.partial),
        )
        written = (o.field("metadata", "labels", label) for o in by_name.get(namespace, ()))
        return next((field for field in written if field.present), None)

    def observed_pods(self, workload: Workload) -> "tuple[ObservedPod, ...]":
        """The pods of a workload in a dump of the cluster, by name; none if the dump is of another release."""
        observed = self.observed
        if observed is None or observed.release not in ("", self.cluster.release):
            return ()

        here = observed.by_namespace.get(self.namespace_of(workload), ())
        return tuple(pod for pod in here if owns_pod(workload.kind, workload.name, pod.name, pod.owner))

    def knows_grants_in(self, namespace: str) -> bool:
        """Whether the input has the grants of a whole cluster, those in the namespace included, as a dump with RBAC has them."""
        of_cluster = self.find(ObjectRef("ClusterRoleBinding", "", "cluster-admin")) is not None
        return of_cluster and namespace in self.memo(
            (World.knows_grants_in,),
            lambda: {self.namespace_of(o) for o in self.of(ApiObject) if o.kind == "RoleBinding"},
        )

    def scc(self, name: str, near: ApiObject | None = None) -> SecurityContextConstraints | None:
        """The SCC object of that name in the input (see `find`); None for the release's own."""
        scc = self.find(ObjectRef("SecurityContextConstraints", "", name), near)
        return scc if isinstance(scc, SecurityContextConstraints) else None

    def outcome(self, workload: Workload, creator: User | None = None) -> Outcome:
        """Return the outcome of a workload. For a bare Pod, `creator` creates it, or the default creator."""
        return self.outcomes.of(workload, creator)

    def misfits(self, workload: Workload) -> "list[Misfit]":
        """Return what the containers of a workload lack that their images need; nothing if no image is known."""
        return self.misfits_of(self.outcome(workload))

    def misfits_of(self, outcome: Outcome) -> "list[Misfit]":
        """Return what the containers of an outcome lack that their images need; nothing if no image is known."""
        if outcome.verdict is None or not any(map(outcome.image, outcome.seccomp)):
            return []
        from scclint.outcome.images import misfits

        return misfits(outcome, crio=self.cluster.platform != "kubernetes")

    @cached_property
    def profiles(self) -> "Profiles":
        """The seccomp profiles of the input."""
        from scclint.profiles.sources import Profiles

        return Profiles(self.objects, self._profile_dirs)

    @cached_property
    def profile_uses(self) -> "ProfileUses":
        """Which containers run with the profiles of the input."""
        from scclint.outcome.profile_uses import ProfileUses

        return ProfileUses(self.profiles, map(self.outcome, self.of(Workload)), self.cluster)

    def escalations(self, kind: "SubjectKind", namespace: str, name: str, *, scc: str = "") -> "tuple[Escalation, ...]":
        """The ways of a subject to an SCC that no grant lets it use; without `scc`, to one that takes the node.

        `namespace` is that of a service account, else empty.
        """
        from scclint.cluster.escalation import Escalations, takes_node
        from scclint.cluster.who_can import acting_as

        wanted = (lambda name: name == scc) if scc else takes_node(self.cluster)
        # What a world remembers must not refer to it: the cycle would keep all worlds of a run in memory.
        outcomes = self.outcomes
        ways = self.memo((Escalations, scc), lambda: Escalations(self.cluster, wanted, lambda: outcomes.running(scc)))
        return ways.of(acting_as(kind, namespace, name))
