"""Every manifest of one run, indexed and read-only, with its cluster and each workload's outcome, computed once.

A check receives the world of the release it judges. A rule asks the world for the outcome of a workload and never simulates it.
"""

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import proxy

from scclint.admission.access import used_by
from scclint.admission.admit import skip
from scclint.admission.decoding import decode_object, decode_pod
from scclint.admission.pod import containers
from scclint.admission.verdict import Candidate, FieldError, Grant, ObjectRef, User, Verdict
from scclint.cluster import Cluster
from scclint.cluster.namespace_policy import BUILT_IN_ACCOUNTS, NamespacePolicy, namespace_policy
from scclint.finding import Related
from scclint.limits import CANDIDATES_KEPT, MAX_DENIAL
from scclint.model.kinds import CLUSTER_SCOPED
from scclint.model.node_config import ProfileSource, SeccompProfileFile
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.model.terms import LONGEST_NAME, UNSPECIFIED_NAMESPACE
from scclint.model.unknown import decisive_unknown, first_unknown, in_plain_words, is_open, known
from scclint.model.workload import Workload
from scclint.other_units import NowhereElse, OtherUnits
from scclint.outcome import (
    LocalhostUse,
    NoVerdict,
    Outcome,
    csi_volumes,
    invalid_fields,
    pod_security,
    stored,
)
from scclint.podsecurity.admission import Answer
from scclint.record import replace
from scclint.seccomp.effective import effective_seccomp
from scclint.text import listed
from scclint.validation.problem import FieldProblem
from scclint.validation.validate import validate

if TYPE_CHECKING:
    from scclint.cluster.escalation import Escalation
    from scclint.cluster.observed import Observed, ObservedPod
    from scclint.cluster.who_can import SubjectKind
    from scclint.profiles.sources import Flaw, Profiles

CLUSTER_ADMIN = User("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))
"""The default creator of bare Pods, who may do everything, as when an administrator runs `oc apply`."""

PROJECT_USER = User("a-project-user", ("system:authenticated", "system:authenticated:oauth"))
"""A user with no grant of their own: what a bare Pod gets of its service account's rights alone."""

O = TypeVar("O", bound=ApiObject)
T = TypeVar("T")


class World:
    """`objects` are all model objects of the input, those that only inform verdicts included.

    `profile_dirs` are folders with seccomp profiles, laid out as on nodes. `others` are the worlds of all releases asked for, by
    name, this one among them; none where one release is asked for. `observed` is what a dump of the cluster shows; None without one.
    """

    def __init__(
        self,
        objects: Sequence[ApiObject],
        cluster: Cluster,
        *,
        namespace: str = "",
        creator: User | None = None,
        profile_dirs: Sequence[str] = (),
        others: "Mapping[str, World] | None" = None,
        unfollowed: tuple[str, ...] = (),
        elsewhere: "OtherUnits | None" = None,
        observed: "Observed | None" = None,
    ) -> None:
        self.objects = tuple(objects)
        self.cluster = cluster
        self.unfollowed = unfollowed
        self.namespace_asked = namespace
        self.creator_given = creator is not None
        self.creator = creator or CLUSTER_ADMIN
        self.others: Mapping[str, World] = others if others is not None else {}
        self.elsewhere: OtherUnits = elsewhere or NowhereElse()
        self.observed = observed
        self._profile_dirs = profile_dirs
        self._profiles: Profiles | None = None
        self._flaws: dict[int, tuple[Flaw, ...]] = {}
        self._uses: dict[int | str, list[LocalhostUse]] | None = None
        self._validated: tuple[ApiObject, list[FieldProblem]] | None = None
        self._outcomes: dict[tuple[int, User | None], Outcome] = {}
        self._rejections: tuple[Verdict, list[tuple[str, tuple[FieldError, ...]]]] | None = None
        self._kept = 0
        self._memo: dict[Hashable, Any] = {}
        self._index = {self._key(o): o for o in self.objects}
        self._nearby: dict[tuple[tuple[str, str, str], str], ApiObject] | None = None

    def with_objects(self, replaced: Mapping[int, ApiObject], others: "Mapping[str, World] | None" = None) -> "World":
        """Return a world that has other objects in place of some, which are named by their `id`.

        The cluster must be the same: only workloads may differ in their values. The outcomes of the other workloads are kept.
        `others` are the worlds of all releases, as for a new world.
        """
        world = World(
            [replaced.get(id(obj), obj) for obj in self.objects],
            self.cluster,
            namespace=self.namespace_asked,
            creator=self.creator if self.creator_given else None,
            profile_dirs=self._profile_dirs,
            others=others,
            unfollowed=self.unfollowed,
            elsewhere=self.elsewhere,
        )
        world._outcomes = {key: outcome for key, outcome in self._outcomes.items() if key[0] not in replaced}
        world._kept = sum(map(_weight, world._outcomes.values()))
        return world

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returns, computed once for each key and kept as long as the world.

        The key's first part is the function that asks, so that no two share a key by accident.
        """
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    def of(self, kind: type[O]) -> Iterator[O]:
        """The objects of a model class, in the order of the input."""
        return (o for o in self.objects if isinstance(o, kind))

    def namespace_of(self, obj: ApiObject) -> str:
        """The namespace the object goes to: the one it names, the one asked for, the one it is at home in."""
        return namespace_of(obj, self.namespace_asked)

    def namespace_known(self, obj: ApiObject) -> str:
        """Return the name of the namespace the object goes to; empty if it depends on how the object is applied or installed."""
        # What an object is at home in may be described, as the namespace that an operator is installed in.
        home = obj.provenance.home if obj.provenance.home.replace("-", "").isalnum() else ""
        return obj.namespace or self.namespace_asked or home

    def field_problems(self, obj: ApiObject) -> list[FieldProblem]:
        """The fields of an object that the API server of the release refuses, does not know or misses."""
        cluster = self.cluster
        # Several rules ask in a row, each for its share of the problems.
        if self._validated is None or self._validated[0] is not obj:
            openshift = cluster.platform != "kubernetes"
            minor, whole = self._fields_of(obj), obj.provenance.whole and not obj.partial
            self._validated = obj, validate(obj.manifest, obj.api_version, obj.kind, minor, openshift=openshift, whole=whole)
        return self._validated[1]

    def malformed(self, obj: ApiObject) -> bool:
        """Whether the API server could not decode the object, so that the cluster does without it."""
        return bool(decode_object(obj.manifest, self._fields_of(obj)).errors)

    def _fields_of(self, obj: ApiObject) -> int:
        """The Kubernetes minor whose fields the cluster has for an object's kind."""
        cluster = self.cluster
        return cluster.scc_fields if isinstance(obj, SecurityContextConstraints) else cluster.kubernetes_minor

    def find(self, ref: ObjectRef, near: ApiObject | None = None) -> ApiObject | None:
        """The object of the input that a reference means; None where the release brings it or it is not there.

        Of several of that name it is the one that counts for verdicts. For pointing a reader to it, `near` prefers one that says
        the same in the file of that object, or else in its folder.
        """
        counts = self._index.get(ref)
        if near is not None and counts is not None:
            for place in (near.file, os.path.dirname(near.file)):
                twin = self._by_place.get((ref, place))
                if twin is not None and twin.same_content(counts):
                    return twin
        return counts

    def observed_pods(self, workload: Workload) -> "tuple[ObservedPod, ...]":
        """The pods of a workload in a dump of the cluster, by name; none if the dump is of another release."""
        seen = self.observed
        if seen is None or seen.release not in ("", self.cluster.release):
            return ()
        from scclint.model.pod_names import owns_pod

        here = seen.by_namespace.get(self.namespace_of(workload), ())
        return tuple(pod for pod in here if owns_pod(workload.kind, workload.name, pod.name, pod.owner))

    def knows_grants_in(self, namespace: str) -> bool:
        """Whether the input has the grants of a whole cluster, those in the namespace included, as a dump with RBAC has them."""
        of_cluster = self.find(ObjectRef("ClusterRoleBinding", "", "cluster-admin")) is not None
        return of_cluster and any(o.kind == "RoleBinding" and self.namespace_of(o) == namespace for o in self.objects)

    @property
    def _by_place(self) -> "dict[tuple[tuple[str, str, str], str], ApiObject]":
        """The first object of each name in each file, and in each folder."""
        if self._nearby is None:
            self._nearby = {}
            for obj in self.objects:
                if not isinstance(obj, Workload):
                    ref = self._key(obj)
                    self._nearby.setdefault((ref, obj.file), obj)
                    self._nearby.setdefault((ref, os.path.dirname(obj.file)), obj)
        return self._nearby

    def scc(self, name: str, near: ApiObject | None = None) -> SecurityContextConstraints | None:
        """The SCC object of that name in the input (see `find`); None for the release's own."""
        found = self.find(ObjectRef("SecurityContextConstraints", "", name), near)
        return found if isinstance(found, SecurityContextConstraints) else None

    def outcome(self, workload: Workload, creator: User | None = None) -> Outcome:
        """Return the outcome of a workload. For a bare Pod, `creator` creates it, or the default creator."""
        who = self._controller(workload) if workload.controlled else creator or self.creator
        key = (id(workload), who)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._judge(workload, who)
            self._kept += _weight(found)
            while self._kept > CANDIDATES_KEPT and len(self._outcomes) > 1:
                self._kept -= _weight(self._outcomes.pop(next(iter(self._outcomes))))
        return found

    def rejections(self, verdict: Verdict) -> list[tuple[str, tuple[FieldError, ...]]]:
        """Return the SCCs that the pod may use and that reject it, with their errors, in admission order.

        Those of one verdict are kept: several rules ask for them in turn, and there may be many.
        """
        if self._rejections is None or self._rejections[0] is not verdict:
            found = [(one.scc, one.reasons) for one in verdict.candidates if one.outcome == "too restrictive"]
            self._rejections = verdict, found
        return self._rejections[1]

    def _controller(self, workload: Workload) -> User | None:
        """Who creates the pods of a workload that has a controller; None for a controller of the cluster itself."""
        if workload.group != "tekton.dev":
            return None
        from scclint.cluster.pipelines import CONTROLLER

        return CONTROLLER

    def _judge(self, workload: Workload, who: User | None) -> Outcome:
        namespace = self.namespace_of(workload)
        why = self.why_unknown(workload)
        if why is not None:
            return Outcome(workload, namespace, who, unknown=why.text, unknown_at=why.at)
        return self._outcome(workload, self._arriving(_pod_of(workload), namespace, who), namespace, who)

    def outcome_with(self, outcome: Outcome, pod: dict[str, Any]) -> Outcome:
        """Return the outcome that the workload would have with a changed `pod`, for the same namespace and creator."""
        return self._outcome(outcome.workload, pod, outcome.namespace, outcome.creator)

    def _outcome(self, workload: Workload, pod: dict[str, Any], namespace: str, who: User | None) -> Outcome:
        if workload.provenance.static:
            verdict = skip(decode_pod(pod, self.cluster.kubernetes_minor).value, "static", namespace=namespace)
            return Outcome(workload, namespace, who, verdict, effective_seccomp(verdict, self.cluster))
        verdict = self.cluster.admit(pod, namespace=namespace, user=who)
        outcome = Outcome(workload, namespace, who, verdict, effective_seccomp(verdict, self.cluster))
        return self._after_scc(outcome, verdict) if verdict.allowed else outcome

    def _after_scc(self, outcome: Outcome, verdict: Verdict) -> Outcome:
        """Return the outcome with the steps of admission after SCC, up to the first that rejects the pod."""
        invalid, by_scc = invalid_fields(verdict, self.cluster)
        if invalid:
            return replace(outcome, invalid=invalid, invalid_by_scc=by_scc)
        pod = stored(verdict, self.cluster)
        policy, wider = self.namespace_policies(outcome.namespace)
        answers = [
            pod_security(outcome.workload, pod, self.cluster, each, namespace=outcome.namespace, creator=outcome.creator)
            for each in ((policy,) if wider is None else (policy, wider))
        ]
        # The wider policy is the less strict one: what it rejects or warns about holds in any case.
        answer = replace(answers[0], answer=answers[-1].answer, template_answer=answers[-1].template_answer)
        # A pod that meets the strictest level is admitted whatever the level is.
        unknown = policy.unknown if policy.unknown and answer.meets != "restricted" else ""
        if wider is not None and answers[0].answer.denial != answer.answer.denial:
            account = f"service account {outcome.namespace}/{wider.account}"
            unknown = f"{account}, which may use SCC {wider.scc}, is not in the input"
        if unknown or policy.unknown:
            answer = replace(answer, answer=Answer(), template_answer=Answer, unknown=unknown)
        csi = () if policy.unknown else csi_volumes(pod, self.cluster, wider or policy)
        return replace(outcome, pod_security=answer, csi=csi)

    def namespace_policies(self, namespace: str) -> tuple[NamespacePolicy, NamespacePolicy | None]:
        """Return the Pod Security policy of a namespace, and the one that it has if service accounts exist that only grants name.

        The second is None if such accounts make no difference.
        """
        return self.memo((World.namespace_policies, namespace), lambda: self._namespace_policies(namespace))

    def _namespace_policies(self, namespace: str) -> tuple[NamespacePolicy, NamespacePolicy | None]:
        used = self.memo((World._namespace_policies,), self._accounts_in_use).get(namespace, frozenset())
        granted = (
            self.cluster.grants.accounts.names_in(namespace)
            - self.cluster.accounts.names_in(namespace)
            - used
            - {*BUILT_IN_ACCOUNTS}
        )
        elsewhere = {name for name in granted if self.elsewhere.uses_account(namespace, name)}
        policy = namespace_policy(self.cluster, namespace, used | elsewhere)
        if granted == elsewhere:
            return policy, None
        wider = namespace_policy(self.cluster, namespace, used | granted)
        return policy, None if wider.labels == policy.labels else wider

    def _accounts_in_use(self) -> dict[str, frozenset[str]]:
        """Return the service accounts of the workloads in each namespace."""
        found: dict[str, set[str]] = {}
        for workload in self.of(Workload):
            found.setdefault(self.namespace_of(workload), set()).add(workload.pod.service_account)
        return {namespace: frozenset(names) for namespace, names in found.items()}

    def chosen_in(self, workload: Workload, namespace: str) -> Candidate | None:
        """Return the candidate that would admit the workload's pods in another namespace; None if none would or no SCC runs there."""
        who = self._controller(workload) if workload.controlled else self.creator
        pod = self._arriving(_pod_of(workload), namespace, who)
        verdict = self.cluster.admit(pod, namespace=namespace, user=who)
        return next((candidate for candidate in verdict.candidates if candidate.outcome == "chosen"), None)

    def why_unknown(self, workload: Workload) -> NoVerdict | None:
        """Why there cannot be a verdict on the workload's pods; None where there is one. Nothing is simulated for it."""
        return self.memo((World.why_unknown, id(workload)), lambda: self._why_unknown(workload))

    def _why_unknown(self, workload: Workload) -> NoVerdict | None:
        pod = workload.pod
        if workload.partial:
            return NoVerdict(workload.partial, workload.place)
        if workload.provenance.elsewhere:
            return NoVerdict(workload.provenance.elsewhere, workload.place)
        if workload.provenance.substitutions and (path := decisive_unknown(pod.manifest)) is not None:
            at = pod.field(*path)
            return NoVerdict(f"{at.value} has no value", at)
        decoded = decode_pod(_pod_of(workload), self.cluster.kubernetes_minor)
        if decoded.errors:
            return NoVerdict(decoded.errors[0].message, pod.field(*decoded.errors[0].path))
        if _printed(decoded.value) > MAX_DENIAL:
            text = (
                f"an SCC that rejects its pods could list more than {MAX_DENIAL:,} ports or groups, which is too much to print"
            )
            return NoVerdict(text, workload.place)
        return self._why_grants_unknown(workload)

    def _why_grants_unknown(self, workload: Workload) -> NoVerdict | None:
        """Whether a namespace still to be filled in keeps apart what may be one service account: the pod's and a granted one."""
        namespace, account = self.namespace_of(workload), workload.pod.service_account
        granted = (
            self.cluster.grants.accounts.namespaces_of(account)
            if is_open(namespace) or in_plain_words(namespace)
            else frozenset()
        )
        if not granted or namespace in granted:
            return None
        text = f"namespace {namespace} is not filled in, and service account {min(granted)}/{account} may use SCCs"
        return NoVerdict(text, workload.field("metadata", "namespace"))

    @property
    def profiles(self) -> "Profiles":
        """The seccomp profiles of the input."""
        if self._profiles is None:
            from scclint.profiles.sources import Profiles

            self._profiles = Profiles(self.objects, self._profile_dirs)
        return self._profiles

    def uses_of(self, source: ProfileSource) -> tuple[LocalhostUse, ...]:
        """The containers of admitted pods that run with a profile which the object holds."""
        from scclint.profiles.sources import key_of

        if self._uses is None:
            self._uses = {}
            for use in self._localhost_uses():
                for key in self.profiles.provided(use.container.localhost_profile or ""):
                    self._uses.setdefault(key, []).append(use)
        return tuple(self._uses.get(key_of(source), ()))

    def _localhost_uses(self) -> "Iterator[LocalhostUse]":
        for workload in self.of(Workload):
            outcome = self.outcome(workload)
            for container in outcome.seccomp if outcome.admitted else ():
                if container.type == "Localhost" and container.localhost_profile:
                    yield LocalhostUse(outcome, container)

    def profile_flaws(self, source: ProfileSource) -> "tuple[Flaw, ...]":
        """What is wrong with the seccomp profiles that an object holds, judged by the containers that use them."""
        if id(source) not in self._flaws:
            from scclint.profiles.target import target_of

            uses = self.uses_of(source)
            target = target_of(self.cluster, [use.manifests for use in uses])
            self._flaws[id(source)] = tuple(self.profiles.flaws(source, target, used=bool(uses)))
        return self._flaws[id(source)]

    def explain(self, workload: Workload, among: Callable[[str], bool] = lambda scc: True) -> tuple[Candidate, ...]:
        """The outcome that each candidate would have, in order, also those that are not reached; of the SCCs `among` whose names it is."""
        outcome = self.outcome(workload)
        if outcome.verdict is None or outcome.verdict.skipped:
            return ()
        pod = self._arriving(_pod_of(workload), outcome.namespace, outcome.creator)
        return self.cluster.admission.explain(pod, namespace=outcome.namespace, user=outcome.creator, among=among)

    def _arriving(self, manifest: dict[str, Any], namespace: str, who: User | None) -> dict[str, Any]:
        """The pod as it reaches SCC admission. What a controller creates is made ready by the cluster itself."""
        return manifest if who is None else self.cluster.admission.with_service_account(manifest, namespace)

    def grant_steps(self, grant: Grant | None, scc: str, near: ApiObject | None = None) -> tuple[Related, ...]:
        """The chain that lets a subject use an SCC, as far as it is written in the input: binding, role, SCC.

        `near` is the object that the reader comes from (see `find`).
        """
        steps = []
        if grant is not None and grant.binding is not None:
            binding = self.find(grant.binding, near)
            if isinstance(binding, RoleBinding):
                steps.append(Related(f"{binding.named} binds the role", binding.place.span))
        if grant is not None and grant.role is not None:
            role = self.find(grant.role, near)
            # Where two have one name, the nearer one need not be the one that counts.
            if isinstance(role, Role) and (rule := role.place if grant.rule_index is None else role.rule(grant.rule_index)):
                steps.append(Related(f"{role.named} allows use of {scc}", rule.span))
        written = self.scc(scc, near)
        if written is not None:
            steps.append(Related(f"SCC {scc} is defined here", written.place.span))
        return tuple(steps)

    def escalations(self, kind: "SubjectKind", namespace: str, name: str, *, scc: str = "") -> "tuple[Escalation, ...]":
        """The ways of a subject to an SCC that no grant lets it use; without `scc`, to one that takes the node.

        `namespace` is that of a service account, else empty.
        """
        from scclint.cluster.escalation import Escalations, takes_node
        from scclint.cluster.who_can import acting_as

        wanted = (lambda name: name == scc) if scc else takes_node(self.cluster)
        # What a world remembers must not refer to it: the cycle would keep all worlds of a run in memory.
        this = proxy(self)
        found = self.memo((Escalations, scc), lambda: Escalations(self.cluster, wanted, lambda: this._running(scc)))
        return found.of(acting_as(kind, namespace, name))

    def _running(self, scc: str) -> Iterator[tuple[ObjectRef, str]]:
        """The workloads that the SCC admits, or whose pods take the node if it is empty, each with its SCC."""
        for workload in self.of(Workload):
            verdict = self.outcome(workload).verdict
            if verdict is None or not verdict.scc or scc not in ("", verdict.scc):
                continue
            if scc or any(access.takes for access in used_by(verdict.pod, self.cluster.kubernetes_minor)):
                yield ObjectRef(workload.kind, self.namespace_of(workload), workload.name), verdict.scc

    def escalation_steps(self, escalation: "Escalation", near: ApiObject | None = None) -> tuple[Related, ...]:
        """The steps by which a subject gets an SCC that it may not use, as far as they are written in the input (see `grant_steps`)."""
        steps: list[Related] = []
        for held in escalation.rules:
            binding, role = self.find(held.binding, near), self.find(held.role, near)
            if isinstance(binding, RoleBinding):
                steps.append(Related(f"{binding.named} binds the role", binding.place.span))
            if isinstance(role, Role) and (rule := role.rule(held.index)):
                what = (
                    f"{listed(map(str, rule.data.get('verbs') or ()))} of {listed(map(str, rule.data.get('resources') or ()))}"
                )
                steps.append(Related(f"{role.named} allows {what}", rule.span))
        if escalation.pod is not None and (pod := self.find(escalation.pod, near)) is not None:
            steps.append(Related(f"{pod.named} runs under SCC {escalation.scc}", pod.place.span))
        if escalation.account is not None and escalation.grant is not None:
            steps += self.grant_steps(escalation.grant, escalation.scc, near)
        if escalation.onward is not None:
            steps += self.escalation_steps(escalation.onward, near)
        return tuple(dict.fromkeys(steps))

    def _key(self, obj: ApiObject) -> tuple[str, str, str]:
        return obj.kind, "" if obj.kind in CLUSTER_SCOPED else self.namespace_of(obj), obj.name


def _weight(outcome: Outcome) -> int:
    return 1 + len(outcome.verdict.candidates) if outcome.verdict else 1


def _printed(pod: Mapping[str, Any]) -> int:
    """Return how many values one SCC's denial of a decoded pod may list: for each container all host ports, for each group all groups."""
    spec = pod.get("spec") or {}
    ports = [len(container.get("ports") or ()) for _, _, container in containers(spec)]
    return len(ports) * sum(ports) + len((spec.get("securityContext") or {}).get("supplementalGroups") or ()) ** 2


def namespace_of(obj: ApiObject, asked: str) -> str:
    """The namespace an object goes to when `asked` is the one for objects that name none (empty: none was asked for)."""
    return obj.namespace or asked or obj.provenance.home or UNSPECIFIED_NAMESPACE


def _pod_of(workload: Workload) -> dict[str, Any]:
    """The workload's pod with what is unknown standing for itself; only a Template's parameters leave anything unknown."""
    manifest = workload.pod.manifest
    return known(manifest) if workload.provenance.substitutions else manifest


def _is_open(scc: dict[str, Any]) -> bool:
    named = ("metadata", "users", "groups")
    return first_unknown({key: value for key, value in scc.items() if key not in named}) is not None


def manifests(objects: Iterable[ApiObject], asked: str) -> Iterator[dict[str, Any]]:
    """What the cluster would be given of each object: plain values, with the namespace filled in where none is written.

    An unknown value is kept as its text, so two fields with one parameter are equal. An SCC with unknown values other than
    names is left out, and one whose name is longer than any may be: no cluster has it.
    """
    for obj in objects:
        if isinstance(obj, Workload | SeccompProfileFile):
            continue
        if isinstance(obj, SecurityContextConstraints) and (_is_open(obj.manifest) or len(obj.name) > LONGEST_NAME):
            continue
        manifest = known(obj.manifest) if obj.provenance.substitutions else obj.manifest
        namespace = namespace_of(obj, asked)
        if obj.kind not in CLUSTER_SCOPED and not obj.namespace:
            metadata = manifest.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            yield {**manifest, "metadata": {**metadata, "namespace": namespace}}
        elif (
            obj.provenance.home and obj.kind == "ClusterRoleBinding" and isinstance(subjects := manifest.get("subjects"), list)
        ):
            yield {**manifest, "subjects": [{"namespace": namespace, **s} if isinstance(s, dict) else s for s in subjects]}
        else:
            yield manifest
