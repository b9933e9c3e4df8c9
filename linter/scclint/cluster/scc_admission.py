"""SCC admission as the API server of one cluster runs it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from scclint.admission import admit as plugin
from scclint.admission import authorize
from scclint.admission.assign import PodTrials, errors_of
from scclint.admission.decoding import Decoded, decode_pod
from scclint.admission.field import FieldError, aggregate
from scclint.admission.pod import AdmissionPod
from scclint.admission.provider import Provider, ProviderError, make_providers
from scclint.admission.service_account import service_account_of, with_service_account
from scclint.admission.verdict import Candidate, Grant, User, Verdict
from scclint.admission.wording import wording_of
from scclint.cluster.grants import SccGrants
from scclint.cluster.namespaces import annotations_of, why_skipped
from scclint.cluster.objects import Key
from scclint.cluster.sccs import OrderedSccs
from scclint.platform.id_ranges import BlockError, parse_block
from scclint.platform.releases import REQUIRED_SCC_ANNOTATION, TEMPLATES_AS_ADMITTED
from scclint.platform.terms import UID_RANGE
from scclint.yaml.untyped import Object


class SccAdmission:
    """Judges pods as `decode_pod` returns them. `runs` is False on plain Kubernetes, and `minor` is the Kubernetes minor of the cluster.

    `sccs` and `grants` are those of the cluster, `namespaces` its Namespace objects by name, and `service_accounts` its
    ServiceAccount objects by namespace and name.
    """

    def __init__(
        self,
        minor: int,
        sccs: OrderedSccs,
        grants: SccGrants,
        namespaces: Mapping[str, Object],
        service_accounts: Mapping[Key, Object],
        *,
        runs: bool,
    ) -> None:
        self.reads_required_scc = runs and REQUIRED_SCC_ANNOTATION.holds(minor)
        """Whether the plugin reads the annotation `openshift.io/required-scc`: from OpenShift 4.14 (Kubernetes 1.27) on."""
        self._minor = minor
        self._sccs = sccs
        self._grants = grants
        self._namespaces = namespaces
        self._service_accounts = service_accounts
        self._runs = runs
        self._last_decoded: tuple[dict[str, Any], Decoded] | None = None

    def admit(self, pod: dict[str, Any], namespace: str, user: User | None) -> Verdict:
        """Return what `Cluster.admit` does, for a decoded pod."""
        pod, user = self._submitted(pod, namespace, user)
        if skipped := self._why_skipped(pod, namespace):
            return plugin.skip(pod, skipped, namespace=namespace)
        return self._verdict(pod, namespace, user)

    def changed_template(self, pod: dict[str, Any], namespace: str) -> dict[str, Any]:
        """Return a decoded pod template as Pod Security admission judges it, which only warns about a template.

        From OpenShift 4.13 (Kubernetes 1.26) that is the template as SCC admission changes it for the service account of the pod, in
        all namespaces; as written if no SCC admits it. Source: `patch_podspecextractor.go` of openshift/kubernetes.
        """
        if not self._runs or not TEMPLATES_AS_ADMITTED.holds(self._minor) or _is_windows(pod):
            return pod
        spec = {**(pod.get("spec") or {}), "serviceAccountName": service_account_of(pod) or "default"}
        user = authorize.controller_user(namespace, spec["serviceAccountName"])
        verdict = self._verdict({**pod, "spec": spec}, namespace, user)
        return {**pod, "spec": verdict.pod["spec"]} if verdict.allowed else pod

    def _verdict(self, pod: dict[str, Any], namespace: str, user: User) -> Verdict:
        annotations, assumed = annotations_of(self._namespaces.get(namespace, {}))
        providers, errors = self._sccs.providers(namespace, annotations)
        grants = self._grants.authorize(service_account_of(pod), user, namespace)
        required = plugin.required_scc(pod)
        wording = wording_of(self._minor)

        def refuse(why: str) -> Verdict:
            return plugin.refuse(pod, partial(str, why), None, (), wording=wording, namespace=namespace, assumed=assumed)

        if self._sccs.missing:
            return refuse(f"securitycontextconstraints.security.openshift.io cache is missing {', '.join(self._sccs.missing)}")
        if required and self.reads_required_scc:
            scc = self._sccs.by_name.get(required)
            if scc is None:
                quoted = wording.quote(required)
                missing = f"securitycontextconstraints.security.openshift.io {quoted} not found"
                return refuse(f"failed to retrieve the required SCC {quoted}: {missing}")
            providers, errors = make_providers([scc], namespace, annotations, self._minor, self._sccs.provider)
            grants = (grants[self._sccs.ordered.index(scc)],)
        if errors:
            return refuse(aggregate(errors))
        return plugin.admit(pod, providers, grants, wording=wording, namespace=namespace, assumed=assumed)

    def explain(
        self, pod: dict[str, Any], *, namespace: str, user: User | None = None, among: Callable[[str], bool] = lambda name: True
    ) -> tuple[Candidate, ...]:
        """Return the result for the pod under every SCC, as if each were tried: `chosen` means that the SCC admits the pod.

        The SCCs for whose name `among` is True are judged in admission order, even if the pod requires another SCC by annotation. An SCC
        that cannot be built for the namespace is left out. Empty where SCC admission does not run.
        """
        pod, user = self._submitted(pod, namespace, user)
        if self._why_skipped(pod, namespace):
            return ()
        providers, _ = self._sccs.providers(namespace, self.annotations_of(namespace))
        grants = dict(zip(self._sccs.by_name, self._grants.authorize(service_account_of(pod), user, namespace), strict=True))
        trials = PodTrials(pod)
        return tuple(plugin.judge(provider, grants[provider.name], trials)[0] for provider in providers if among(provider.name))

    def decoded(self, pod: dict[str, Any]) -> Decoded:
        """Decode a pod that is not changed afterwards: several questions about one pod come in turn."""
        if self._last_decoded is None or self._last_decoded[0] is not pod:
            self._last_decoded = pod, decode_pod(pod, self._minor)
        return self._last_decoded[1]

    def errors_under(self, scc: str, pod: dict[str, Any], *, namespace: str) -> tuple[FieldError, ...] | None:
        """Return why the SCC named `scc` rejects `pod`, without asking who may use it; None if it is missing or cannot be built."""
        provider = self._provider(scc, namespace)
        return None if provider is None else errors_of(provider, AdmissionPod(self.decoded(pod).valid()))

    def verdict_under(self, scc: str, pod: dict[str, Any], *, namespace: str) -> Verdict | None:
        """Return the verdict on `pod` if the SCC named `scc` is the only one and may be used; None if it is missing or cannot be built."""
        provider = self._provider(scc, namespace)
        if provider is None:
            return None
        grant = Grant("serviceaccount", "rbac")
        assumed = annotations_of(self._namespaces.get(namespace, {}))[1]
        decoded = self.decoded(pod).valid()
        return plugin.admit(decoded, [provider], [grant], wording=provider.wording, namespace=namespace, assumed=assumed)

    def is_in_range(self, uid: int, namespace: str) -> bool:
        """Whether the namespace's own range of user IDs has the ID."""
        try:
            low, high = parse_block(self.annotations_of(namespace).get(UID_RANGE) or "")
        except BlockError:
            return False
        return low <= uid <= high

    def _provider(self, scc: str, namespace: str) -> Provider | None:
        """The SCC of that name made ready for a namespace; None if it is missing or cannot be built."""
        constraints = self._sccs.by_name.get(scc)
        if constraints is None:
            return None
        try:
            return self._sccs.provider(constraints, namespace, self.annotations_of(namespace), self._minor)
        except (ProviderError, KeyError):
            return None

    def with_service_account(self, pod: dict[str, Any], namespace: str) -> dict[str, Any]:
        """The pod as the ServiceAccount admission plugin leaves it, which every pod passes before SCC admission.

        An absent `serviceAccountName` becomes `default`, and the token volume is mounted unless the pod, or else the service
        account if it is among the cluster's objects, opts out. `pod` is not changed.
        """
        name = service_account_of(pod) or "default"
        return with_service_account(pod, self._service_accounts.get((namespace, name)))

    def annotations_of(self, namespace: str) -> Mapping[str, str]:
        """The annotations of a namespace; likely ones if no ranges of IDs are known for it."""
        return annotations_of(self._namespaces.get(namespace, {}))[0]

    def _submitted(self, pod: dict[str, Any], namespace: str, user: User | None) -> tuple[dict[str, Any], User]:
        """The pod as SCC admission gets it, and its creator: a workload's controller if no user is given."""
        return (pod, user) if user is not None else (self.with_service_account(pod, namespace), authorize.controller_user())

    def _why_skipped(self, pod: Object, namespace: str) -> str | None:
        """Return why SCC admission skips the pod; None if it does not.

        The reasons are `kubernetes`, `windows`, `namespace`, `disabled` (by a label) and `run-level`.
        """
        if not self._runs:
            return "kubernetes"
        if _is_windows(pod):
            return "windows"
        return why_skipped(namespace, self._namespaces.get(namespace, {}))


def _is_windows(pod: Object) -> bool:
    return ((pod.get("spec") or {}).get("os") or {}).get("name") == "windows"
