"""The outcomes of the workloads of one unit, each computed once."""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from scclint.admission.access import used_by
from scclint.admission.admit import skip
from scclint.admission.app_armor import with_app_armor
from scclint.admission.authorize import controller_user
from scclint.admission.decoding import Decoded, decode_pod
from scclint.admission.verdict import Candidate, FieldError, ObjectRef, User, Verdict
from scclint.cluster import Cluster
from scclint.cluster.feature_gates import without_disabled_fields
from scclint.cluster.namespace_policy import BUILT_IN_ACCOUNTS, NamespacePolicy, namespace_policy
from scclint.cluster.objects import ServiceAccounts
from scclint.limits import CANDIDATES_KEPT
from scclint.objects.kinds import TEKTON_GROUP, TEMPLATES
from scclint.objects.types import Workload
from scclint.objects.unknown import Unknown, decisive_unknown, known, stands_for_a_name
from scclint.other_units import OtherUnits
from scclint.outcome.chain import (
    NoVerdict,
    Outcome,
    csi_volumes,
    git_repos,
    invalid_fields,
    pod_security,
    stored,
    template_answer,
)
from scclint.outcome.field_problems import FieldProblems
from scclint.outcome.index import ObjectIndex
from scclint.platform.pod_names import controller_of
from scclint.platform.terms import SERVICE_ACCOUNT_PREFIX
from scclint.podsecurity.admission import Answer
from scclint.record import Memo, replace
from scclint.seccomp.effective import effective_seccomp
from scclint.yaml.untyped import Object, as_mapping, mappings, value_at

if TYPE_CHECKING:
    from scclint.outcome.policies import PolicyAnswer


_INJECTS = r"\binject|Injector|^istio\.io/rev$|^dapr\.io/enabled$"
"""In the keys by which Istio, Linkerd, Consul, Vault, Kuma, Dapr and OpenTelemetry ask their webhooks to add containers to pods."""
_REFUSALS = ("", "disabled", "false", "no")


class Outcomes:
    """`index` has the objects, and `creator` creates bare Pods. `other_units` answers for other units, and `problems` for fields.

    `params` are the objects that admission policies may take values from.
    """

    def __init__(
        self,
        index: ObjectIndex,
        cluster: Cluster,
        creator: User,
        other_units: OtherUnits,
        problems: FieldProblems,
        params: Sequence[Object],
    ) -> None:
        self._index = index
        self._cluster = cluster
        self._creator = creator
        self._other_units = other_units
        self._problems = problems
        self._params = params
        self._outcomes: dict[tuple[int, User | None], Outcome] = {}
        self._rejections: tuple[Verdict, list[tuple[str, tuple[FieldError, ...]]]] | None = None
        self._kept = 0
        self._valid_changes: set[str] = set()
        self._memo = Memo()

    def keep_from(self, before: "Outcomes", replaced: Container[int]) -> None:
        """Take over the outcomes of the workloads whose `id` is not in `replaced`."""
        self._outcomes = {key: outcome for key, outcome in before._outcomes.items() if key[0] not in replaced}
        self._kept = sum(map(_weight, self._outcomes.values()))

    def of(self, workload: Workload, creator: User | None = None) -> Outcome:
        """Return the outcome of a workload. For a bare Pod, `creator` creates it, or the default creator."""
        # A controller creates the pods of its workload, whatever `creator` is.
        key = (id(workload), None if workload.controlled else creator or self._creator)
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = self._outcomes[key] = self._judge(workload, key[1] or self._controller(workload))
            self._kept += _weight(outcome)
            while self._kept > CANDIDATES_KEPT and len(self._outcomes) > 1:
                self._kept -= _weight(self._outcomes.pop(next(iter(self._outcomes))))
        return outcome

    def rejections(self, verdict: Verdict) -> list[tuple[str, tuple[FieldError, ...]]]:
        """Return the SCCs that the pod may use and that reject it, with their errors, in admission order.

        Of SCCs that differ only in their names and in who may use them, only the first is there. The result for one verdict is
        kept: several rules ask for it in turn, and there may be many errors.
        """
        if self._rejections is None or self._rejections[0] is not verdict:
            first: dict[Callable[[], tuple[FieldError, ...]], str] = {}
            for candidate in verdict.candidates:
                if candidate.outcome == "too restrictive":
                    first.setdefault(candidate.errors, candidate.scc)
            self._rejections = verdict, [(scc, errors()) for errors, scc in first.items()]
        return self._rejections[1]

    def _judge(self, workload: Workload, who: User) -> Outcome:
        namespace = self._index.namespace_of(workload)
        decoded = self._decoded(workload)
        why = self._memo((Outcomes.why_unknown, id(workload)), lambda: self._why_unknown(workload, decoded))
        if why is not None:
            return Outcome(workload, namespace, who, unknown=why.text, unknown_at=why.at)
        pod = self._cluster.admission.with_service_account(decoded.value, namespace)
        return self._outcome(workload, pod, namespace, who)

    def _decoded(self, workload: Workload) -> Decoded:
        """The pod of a workload as the API server decodes it, with the text of each unknown value in its place.

        In a template, a value whose text has another type than its field is left out.
        """
        manifest = workload.pod.manifest
        if not workload.provenance.unfilled:
            return self._stored(workload, self._decode(manifest))
        pod = known(manifest)
        decoded = self._stored(workload, self._decode(pod))
        of_template = decoded.errors if workload.provenance.template else ()
        if open_paths := [error.path for error in of_template if isinstance(value_at(manifest, error.path), Unknown)]:
            for path in open_paths:
                value_at(pod, path[:-1])[path[-1]] = None
            decoded = self._stored(workload, self._decode(pod))
        return decoded

    def as_decoded(self, workload: Workload) -> dict[str, Any]:
        """Return the pod of a workload as plain data, with the text of each unknown value in its place."""
        pod: dict[str, Any] = self._decoded(workload).value
        return pod

    def _decode(self, pod: dict[str, Any]) -> Decoded:
        return decode_pod(pod, self._cluster.kubernetes_minor)

    def _stored(self, workload: Workload, decoded: Decoded) -> Decoded:
        """Return a decoded pod as it is created: what a controller makes it of is stored without the fields of gates that are off."""
        made = workload.controlled and (workload.group, workload.kind) in TEMPLATES and not decoded.errors
        return decoded._replace(value=self._without_disabled(decoded.value)) if made else decoded

    def _without_disabled(self, pod: dict[str, Any]) -> dict[str, Any]:
        spec = pod.get("spec") or {}
        enabled_spec = without_disabled_fields(spec, self._cluster.disabled_gates)
        return pod if enabled_spec is spec else {**pod, "spec": enabled_spec}

    def with_pod(self, outcome: Outcome, pod: dict[str, Any]) -> Outcome:
        """Return the outcome that the workload would have with a changed `pod`, for the same namespace and creator."""
        decoded = self._stored(outcome.workload, self._cluster.admission.decoded(pod)).valid()
        return self._outcome(outcome.workload, decoded, outcome.namespace, outcome.creator)

    def _outcome(self, workload: Workload, pod: dict[str, Any], namespace: str, who: User) -> Outcome:
        if workload.provenance.static:
            verdict = skip(pod, "static", namespace=namespace)
            seccomp = effective_seccomp(verdict, self._cluster)
            return Outcome(workload, namespace, who, verdict, seccomp, image_of=self._other_units.image)
        verdict = self._cluster.admission.admit(pod, namespace, who)
        if verdict.allowed:
            pod = self._cluster.with_storage_policies(self._without_disabled(verdict.pod), namespace)
            verdict = replace(verdict, pod=with_app_armor(pod, self._cluster.kubernetes_minor))
        policy, wider = self.namespace_policies(namespace)
        template = Answer if policy.unknown else partial(template_answer, workload, self._cluster, wider or policy)
        seccomp = effective_seccomp(verdict, self._cluster)
        images = self._other_units.image
        outcome = Outcome(workload, namespace, who, verdict, seccomp, template_answer=template, image_of=images)
        if outcome.has_judged_template and not policy.unknown:
            outcome = replace(outcome, csi=csi_volumes(workload.pod.template, self._cluster, wider or policy))
        if verdict.allowed:
            outcome = replace(
                self._after_scc(outcome, verdict), git_repos=git_repos(verdict.pod, self._cluster.kubernetes_minor)
            )
        return replace(outcome, policies=self._policy_answers(outcome)) if self._cluster.policies else outcome

    def _policy_answers(self, outcome: Outcome) -> "tuple[PolicyAnswer, ...]":
        """Return what ValidatingAdmissionPolicies answer to the workload, and to the pod unless an earlier step rejects it."""
        from scclint.outcome.policies import Policies, PolicyAnswer, requests

        policies = self._memo((Policies,), lambda: Policies(self._cluster, self._params))
        workload, verdict = outcome.workload, outcome.verdict
        pod = stored(verdict, self._cluster) if verdict is not None and outcome.rejected_by is None else None
        answers = [
            replace(answer, of_template=request.resource != "pods")
            for request in requests(workload, pod, outcome.namespace, self._cluster, (self._creator, outcome.creator))
            for answer in policies.answers(request)
        ]
        if answers and workload.provenance.unfilled:
            why = f"ValidatingAdmissionPolicy '{answers[0].policy}' cannot be evaluated: the template has values that are not known"
            return (PolicyAnswer(answers[0].policy, denies=True, unknown=why),)
        return tuple(answers)

    def _after_scc(self, outcome: Outcome, verdict: Verdict) -> Outcome:
        """Return the outcome with the steps of admission after SCC, up to the first that rejects the pod."""
        workload = outcome.workload
        # The names in a bare Pod to which kustomize may add fields are not validated as written.
        valid = (workload.kind != "Pod" or workload.provenance.whole) and self._problems.is_valid(workload)
        invalid, by_scc = invalid_fields(verdict, self._cluster, workload.pod.manifest if valid else None, self._valid_changes)
        if invalid:
            return replace(outcome, invalid=invalid, invalid_by_scc=by_scc)
        pod = stored(verdict, self._cluster)
        policy, wider = self.namespace_policies(outcome.namespace)
        answers = [
            pod_security(pod, self._cluster, each, outcome.creator)
            for each in ((policy,) if wider is None else (policy, wider))
        ]
        # The wider policy is the less strict one: what it rejects or warns about holds in any case.
        answer = replace(answers[0], answer=answers[-1].answer)
        # A pod that meets the strictest level is admitted whatever the level is.
        unknown = policy.unknown if policy.unknown and answer.meets != "restricted" else ""
        if wider is not None and answers[0].answer.denial != answer.answer.denial:
            account = f"service account {outcome.namespace}/{wider.account}"
            unknown = f"{account}, which may use SCC {wider.scc}, is not in the input"
        if unknown or policy.unknown:
            answer = replace(answer, answer=Answer(), unknown=unknown)
        if outcome.has_judged_template or policy.unknown:
            return replace(outcome, pod_security=answer)
        return replace(outcome, pod_security=answer, csi=csi_volumes(pod, self._cluster, wider or policy))

    def injection(self, workload: Workload) -> str:
        """Return the label or annotation by which a webhook adds containers to the pods, as a phrase; empty if there is none.

        A pod that refuses is left alone although its namespace asks for it.
        """
        namespace = self._cluster.namespaces.get(self._index.namespace_of(workload), {})
        for item, whose in ((workload.pod.manifest, ""), (namespace, " of the namespace")):
            asked = {
                f"{field.removesuffix('s')} {key}{whose}": str(value)
                for field in ("annotations", "labels")
                for key, value in as_mapping(value_at(item, ("metadata", field))).items()
                if isinstance(key, str) and re.search(_INJECTS, key)
            }
            if asked:
                return next((words for words, value in asked.items() if value.lower() not in _REFUSALS), "")
        return ""

    def namespace_policies(self, namespace: str) -> tuple[NamespacePolicy, NamespacePolicy | None]:
        """Return the Pod Security policy of a namespace, and the one that it has if service accounts exist that only grants name.

        The second is None if such accounts make no difference.
        """
        return self._memo((Outcomes.namespace_policies, namespace), lambda: self._namespace_policies(namespace))

    def _namespace_policies(self, namespace: str) -> tuple[NamespacePolicy, NamespacePolicy | None]:
        used = self._memo((Outcomes._namespace_policies,), self._accounts_in_use).names_in(namespace)
        granted = (
            self._cluster.grants.accounts.names_in(namespace)
            - self._cluster.accounts.names_in(namespace)
            - used
            - {*BUILT_IN_ACCOUNTS}
        )
        elsewhere = {name for name in granted if self._other_units.uses_account(namespace, name)}
        policy = namespace_policy(self._cluster, namespace, used | elsewhere)
        if granted == elsewhere:
            return policy, None
        wider = namespace_policy(self._cluster, namespace, used | granted)
        return policy, None if wider.labels == policy.labels else wider

    def _accounts_in_use(self) -> ServiceAccounts:
        """Return the service accounts of the workloads."""
        workloads = self._index.of(Workload)
        return ServiceAccounts((self._index.namespace_of(workload), workload.pod.service_account) for workload in workloads)

    def chosen_in(self, workload: Workload, namespace: str) -> Candidate | None:
        """Return the candidate that would admit the workload's pods in another namespace; None if none would or no SCC runs there."""
        who = self._controller(workload) if workload.controlled else self._creator
        pod = self._cluster.admission.with_service_account(self._decoded(workload).valid(), namespace)
        verdict = self._cluster.admission.admit(pod, namespace, who)
        return next((candidate for candidate in verdict.candidates if candidate.outcome == "chosen"), None)

    def _controller(self, workload: Workload) -> User:
        """Return who creates the pods of a workload that has a controller."""
        if workload.group == TEKTON_GROUP:
            from scclint.cluster.pipelines import CONTROLLER

            return CONTROLLER
        if workload.is_hook:
            return controller_user(self._index.namespace_of(workload), "deployer")
        owners = mappings(value_at(workload.manifest, ("metadata", "ownerReferences"))) if workload.kind == "Pod" else []
        kind = next((str(owner.get("kind")) for owner in owners if owner.get("controller") is True), workload.kind)
        return controller_user(name=controller_of(kind if (workload.group, workload.kind) in TEMPLATES else ""))

    def why_unknown(self, workload: Workload) -> NoVerdict | None:
        """Why there cannot be a verdict on the workload's pods; None where there is one. Nothing is simulated for it."""
        return self._memo((Outcomes.why_unknown, id(workload)), lambda: self._why_unknown(workload, self._decoded(workload)))

    def _why_unknown(self, workload: Workload, decoded: Decoded) -> NoVerdict | None:
        pod = workload.pod
        if workload.partial:
            return NoVerdict(workload.partial, workload.place)
        if workload.provenance.elsewhere:
            return NoVerdict(workload.provenance.elsewhere, workload.place)
        # An expression for the account is that of a binding with the same expression.
        named = workload.provenance.template and self._cluster.grants.accounts.namespaces_of(pod.service_account)
        apart = "serviceAccountName" if named else ""
        if workload.provenance.unfilled and (path := decisive_unknown(pod.manifest, apart)) is not None:
            at = pod.field(*path)
            return NoVerdict(f"{at.value} has no value", at)
        if decoded.errors:
            return NoVerdict(decoded.errors[0].message, pod.field(*decoded.errors[0].path))
        return self._why_grants_unknown(workload)

    def _why_grants_unknown(self, workload: Workload) -> NoVerdict | None:
        """Whether a namespace still to be filled in keeps apart what may be one service account: the pod's and a granted one."""
        namespace, account = self._index.namespace_of(workload), workload.pod.service_account
        granted = self._cluster.grants.accounts.namespaces_of(account) if stands_for_a_name(namespace) else frozenset()
        if not granted or (namespace in granted and not self._is_granted_by_others(namespace, account)):
            return None
        text = f"namespace {namespace} is not filled in, and service account {min(granted)}/{account} may use SCCs"
        return NoVerdict(text, workload.field("metadata", "namespace"))

    def _is_granted_by_others(self, namespace: str, account: str) -> bool:
        """Whether a binding of another unit grants an account an SCC. Two units with one placeholder can be for two namespaces."""
        user = f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{account}"
        others = {(taken.obj.kind, taken.obj.namespace, taken.obj.name) for taken in self._other_units.borrowed}
        return any(user in binding.users and binding.ref in others for binding in self._cluster.grants.bindings)

    def explain(self, workload: Workload, among: Callable[[str], bool] = lambda scc: True) -> tuple[Candidate, ...]:
        """Return the result under each SCC, as if each were tried, in the order of admission. `among` says by name which to try."""
        outcome = self.of(workload)
        if outcome.verdict is None or outcome.verdict.skipped:
            return ()
        pod = self._cluster.admission.with_service_account(self._decoded(workload).valid(), outcome.namespace)
        return self._cluster.admission.explain(pod, namespace=outcome.namespace, user=outcome.creator, among=among)

    def running(self, scc: str) -> Iterator[tuple[ObjectRef, str]]:
        """The workloads that the SCC admits, or whose pods take the node if it is empty, each with its SCC."""
        for workload in self._index.of(Workload):
            verdict = self.of(workload).verdict
            if verdict is None or not verdict.scc or scc not in ("", verdict.scc):
                continue
            if scc or any(access.takes for access in used_by(verdict.pod, self._cluster.kubernetes_minor)):
                yield ObjectRef(workload.kind, self._index.namespace_of(workload), workload.name), verdict.scc


def _weight(outcome: Outcome) -> int:
    return 1 + len(outcome.verdict.candidates) if outcome.verdict else 1
