"""A cluster, put together from a release's own objects and those of the input, that admits pods."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from scclint.admission import admit as scc_admission
from scclint.admission import authorize, order, rbac
from scclint.admission.assign import errors_of
from scclint.admission.constraints import Constraints, default_volumes, from_object
from scclint.admission.decoding import decode_object, decode_pod
from scclint.admission.field import FieldError, aggregate
from scclint.admission.pod import AdmissionPod
from scclint.admission.provider import (
    MCS,
    SUPPLEMENTAL_GROUPS,
    UID_RANGE,
    Provider,
    ProviderError,
    make_provider,
    make_providers,
)
from scclint.admission.service_account import service_account_of, with_service_account
from scclint.admission.verdict import Candidate, Grant, ObjectRef, SubjectType, User, Verdict
from scclint.admission.wording import wording_of
from scclint.cluster import installed
from scclint.cluster.accounts import ServiceAccounts
from scclint.cluster.installed import TECH_PREVIEW, Installation
from scclint.cluster.namespaces import ASSUMED_ANNOTATIONS, annotations_of, why_skipped
from scclint.cluster.objects import Objects
from scclint.errors import UsageError
from scclint.model.releases import kubernetes_of, minor_of_kubernetes

if TYPE_CHECKING:
    from scclint.admission.aggregate import Aggregation
    from scclint.cluster.nodes import NodePool
    from scclint.cluster.rights import Rights
    from scclint.cluster.who_can import Holder
    from scclint.podsecurity.checks import Library
    from scclint.podsecurity.labels import Policy
    from scclint.podsecurity.levels import Level
    from scclint.podsecurity.standards import Result

Object = Mapping[str, Any]
T = TypeVar("T")
_RBAC_KINDS = ("ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")
_PRODUCTS = {"openshift": "OpenShift", "microshift": "MicroShift", "hypershift": "HyperShift", "roks": "ROKS"}


class Cluster:
    """A cluster's SCCs, RBAC, namespaces and service accounts; immutable, and quick for many pods.

    `platform` is one of `OPENSHIFT_PLATFORMS` or `kubernetes`; `release` is the OpenShift release (`4.20`), empty on plain
    Kubernetes, and `feature_set` one of `FEATURE_SETS`;
    `kubernetes_version` is `1.33`, and `kubernetes_minor` its 33. `sccs` are the SCCs in effect by name, defaulted; `own_sccs`
    are the names of the SCCs that the release and add-ons install. `namespaces` and `service_accounts` (by namespace and name) are the
    objects of the input. `node_pools` are the groups of nodes that differ, empty if all known nodes are equal;
    `seccomp_default` then says whether their kubelets give RuntimeDefault to containers that set no profile.
    """

    def __init__(
        self,
        platform: str,
        release: str,
        kubernetes_version: str,
        objects: Objects,
        *,
        own_sccs: Iterable[str],
        feature_set: str = "Default",
        seccomp_default: bool = False,
        node_pools: "Iterable[NodePool]" = (),
        extends: "Cluster | None" = None,
    ) -> None:
        self.platform = platform
        self.release = release
        self.feature_set = feature_set
        self.kubernetes_version = kubernetes_version
        self.kubernetes_minor = minor_of_kubernetes(kubernetes_version)
        self.own_sccs = frozenset(own_sccs)
        self.seccomp_default = seccomp_default
        self.node_pools = tuple(node_pools)
        self.namespaces = objects.named("Namespace")
        self.service_accounts = objects.of("ServiceAccount")
        self._objects = objects
        self._extends = extends
        self._keys: dict[str, order.Key] = {}
        self._ordered = tuple(sorted(self._read_sccs(), key=self._key))
        self.sccs = {scc.name: scc for scc in self._ordered}
        self._landings: dict[str, tuple[NodePool, ...]] = {}
        self._made: dict[tuple[str | None, ...], Provider] = {}
        self._providers: dict[str, tuple[tuple[Provider, ...], tuple[str, ...]]] = {}
        self._grants: dict[tuple[str, str, User], tuple[Grant | None, ...]] = {}
        self._memo: dict[Hashable, Any] = {}

    @classmethod
    def openshift(
        cls,
        release: str,
        objects: Iterable[Object] = (),
        *,
        platform: str = "openshift",
        feature_set: str = "Default",
        payload: bool = True,
        upgraded_from_4_10: bool = False,
        addons: Iterable[str] = (),
        among: Iterable[str] = (),
        cluster_admins: bool = False,
    ) -> "Cluster":
        """An OpenShift cluster of `release` (`4.20`) that also holds `objects`, which override the release's own by name.

        Objects of kinds that do not bear on admission are ignored, and the elements of a List are taken one by one.
        `platform` is one of `OPENSHIFT_PLATFORMS`, and `feature_set` one of `FEATURE_SETS`. `payload`: with the SCCs and grants
        of all components that a release consists of; without it only the SCCs of cluster-kube-apiserver-operator.
        `upgraded_from_4_10`: first installed at 4.10 or older, so that everyone may use `restricted`. `addons`: with the
        SCCs and grants of these products (see `scclint.cluster.addons`). `among`: of the release's
        SCCs only those with these names, because a capability or an administrator removed the others; empty for all. `cluster_admins`: the
        group `system:cluster-admins` may do everything, as on an installed cluster; without it only what SCCs and
        `objects` grant counts. Raises UsageError for an unknown release, platform, feature set or add-on,
        ModelError for an object that the API server could not decode.
        """
        asked = Installation(release, platform, feature_set, payload, upgraded_from_4_10, tuple(addons), frozenset(among))
        installed.check(asked)
        own = installed.own_sccs(asked)
        brought = Objects([*own.values(), *installed.own_rbac(asked, cluster_admins=cluster_admins)])
        as_installed = cls(platform, release, kubernetes_of(release), brought, own_sccs=own, feature_set=feature_set)
        return as_installed.with_objects(objects)

    @classmethod
    def kubernetes(
        cls,
        version: str,
        objects: Iterable[Object] = (),
        *,
        seccomp_default: bool = False,
        node_pools: "Iterable[NodePool]" = (),
    ) -> "Cluster":
        """A plain Kubernetes cluster of `version` (`1.33`), where no SCC admission runs.

        `seccomp_default`: the kubelets run with `seccompDefault: true`; `node_pools` say it for groups of nodes instead.
        Raises UsageError for an unknown version, ModelError for an object that the API server could not decode.
        """
        empty = cls("kubernetes", "", version, Objects(()), own_sccs=(), seccomp_default=seccomp_default, node_pools=node_pools)
        return empty.with_objects(objects)

    def with_objects(self, objects: Iterable[Object]) -> "Cluster":
        """Return this cluster with more objects, which override those of the same name: itself if none bears on admission.

        What the added objects do not change is not worked out again. Raises ModelError for an object that the API server could not decode.
        """
        more = Objects(decode_object(item, self.scc_fields).valid() for item in objects)
        if not more:
            return self
        held = self._objects.with_more(more)
        pools = self.node_pools if self.platform == "kubernetes" else _pools(held, self.kubernetes_minor)
        return Cluster(
            self.platform,
            self.release,
            self.kubernetes_version,
            held,
            own_sccs=self.own_sccs,
            feature_set=self.feature_set,
            seccomp_default=self.seccomp_default,
            node_pools=pools,
            extends=self,
        )

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returns, computed once for each key and kept as long as the cluster.

        The key's first part is the function that asks, so that no two share a key by accident.
        """
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    @property
    def platform_name(self) -> str:
        """`OpenShift 4.20`, `MicroShift 4.20`, `Kubernetes 1.33`: the name that people use."""
        return f"{_PRODUCTS[self.platform]} {self.release}" if self.release else f"Kubernetes {self.kubernetes_version}"

    @property
    def scc_fields(self) -> int:
        """The Kubernetes minor of the first release whose SCCs have the same fields as those of this cluster.

        `userNamespaceLevel` is in the CustomResourceDefinition from 4.20 (1.33), with TechPreviewNoUpgrade from 4.19 (1.32). The
        other kinds that a cluster consists of do not differ between these two.
        """
        return 33 if self.feature_set == TECH_PREVIEW and self.kubernetes_minor == 32 else self.kubernetes_minor

    def admit(self, pod: dict[str, Any], *, namespace: str, user: User | None = None) -> Verdict:
        """Return the verdict for `pod` (a v1 Pod) that `user` creates in `namespace`. `pod` is never changed.

        With `user` None a workload's controller creates it, and the ServiceAccount admission plugin comes first (see
        `with_service_account`). With a user given, the pod is taken as SCC admission gets it. Raises ModelError for a pod
        that the API server could not decode.
        """
        pod = decode_pod(pod, self.kubernetes_minor).valid()
        if user is None:
            pod = self._given_account(pod, namespace)
            user = authorize.controller_user()
        if skipped := self._skipped(pod, namespace):
            return scc_admission.skip(pod, skipped, namespace=namespace)
        annotations, assumed = self._annotations(namespace)
        providers, errors = self._make_providers(namespace, annotations)
        grants = self._authorize(pod, namespace, user)
        required = scc_admission.required_scc(pod)
        wording = wording_of(self.kubernetes_minor)

        def refuse(why: str) -> Verdict:
            return scc_admission.refuse(pod, partial(str, why), None, (), wording=wording, namespace=namespace, assumed=assumed)

        if required and self.reads_required_scc:
            scc = self.sccs.get(required)
            if scc is None:
                quoted = wording.quote(required)
                missing = f"securitycontextconstraints.security.openshift.io {quoted} not found"
                return refuse(f"failed to retrieve the required SCC {quoted}: {missing}")
            providers, errors = make_providers([scc], namespace, annotations, self.kubernetes_minor, self._provider)
            grants = (grants[self._ordered.index(scc)],)
        if errors:
            return refuse(aggregate(errors))
        return scc_admission.admit(pod, providers, grants, wording=wording, namespace=namespace, assumed=assumed)

    def explain(
        self, pod: dict[str, Any], *, namespace: str, user: User | None = None, among: Callable[[str], bool] = lambda name: True
    ) -> tuple[Candidate, ...]:
        """Return the result for the pod under every SCC, as if each were tried: `chosen` means that the SCC admits the pod.

        The SCCs for whose name `among` is True are judged in admission order, even if the pod requires another SCC by annotation. An SCC
        that cannot be built for the namespace is left out. Empty where SCC admission does not run. Raises ModelError as `admit` does.
        """
        pod = decode_pod(pod, self.kubernetes_minor).valid()
        if user is None:
            pod = self._given_account(pod, namespace)
            user = authorize.controller_user()
        if self._skipped(pod, namespace):
            return ()
        providers, _ = self._make_providers(namespace, self._annotations(namespace)[0])
        grants = dict(zip(self.sccs, self._authorize(pod, namespace, user), strict=True))
        view = AdmissionPod(pod)
        return tuple(
            scc_admission.judge(provider, grants[provider.name], view)[0] for provider in providers if among(provider.name)
        )

    def errors_under(self, scc: str, pod: dict[str, Any], *, namespace: str) -> tuple[FieldError, ...] | None:
        """Return why the SCC named `scc` rejects `pod`, without asking who may use it; None if it is missing or cannot be built."""
        found = self.sccs.get(scc)
        if found is None:
            return None
        try:
            provider = self._provider(found, namespace, self._annotations(namespace)[0], self.kubernetes_minor)
        except (ProviderError, KeyError):
            return None
        return errors_of(provider, AdmissionPod(decode_pod(pod, self.kubernetes_minor).valid()))

    def why_not_built(self, scc: Object) -> str | None:
        """Why the plugin cannot make a provider of an SCC object in an ordinary namespace, in its words; None if it can.

        One such SCC in a cluster makes admission reject every pod. Raises ModelError for an object of a wrong shape.
        """
        decoded = decode_object(scc, self.scc_fields).valid()
        try:
            make_provider(from_object(decoded, self.kubernetes_minor), "NAMESPACE", ASSUMED_ANNOTATIONS, self.kubernetes_minor)
        except ProviderError as problem:
            return str(problem)
        return None

    def constraints_of(self, scc: Object) -> Constraints:
        """Return an SCC object as admission would read it, without the fields that the API server could not decode."""
        undecoded = {error.path[0] for error in decode_object(scc, self.scc_fields).errors if error.path}
        readable = {name: value for name, value in scc.items() if name not in undecoded}
        return from_object(decode_object(readable, self.scc_fields).valid(), self.kubernetes_minor)

    def pod_security(self, pod: dict[str, Any], level: str = "restricted", version: str = "latest") -> "Result":
        """Return whether the cluster's Pod Security admission allows `pod` (a v1 Pod) at a level and policy version.

        `allowed` is the verdict, and `detail` the reasons as the API server prints them. `pod` is judged as it is: pass the pod
        that SCC admission returns to judge what a cluster would. Raises ModelError for a pod that the API server could not
        decode, UsageError for an unknown level or version.
        """
        from scclint.podsecurity.standards import evaluate

        return evaluate(decode_pod(pod, self.kubernetes_minor).valid(), level, version, self.pod_security_library)

    @cached_property
    def pod_security_library(self) -> "Library":
        """The version of the Pod Security library in the API server."""
        from scclint.podsecurity.defaults import library_of

        return library_of(self.kubernetes_minor, self.platform, tech_preview=self.tech_preview)

    @property
    def pod_security_defaults(self) -> "Policy":
        """The Pod Security levels of a namespace without labels."""
        from scclint.podsecurity.defaults import default_policy

        return default_policy(self.kubernetes_minor, self.platform, tech_preview=self.tech_preview)

    @property
    def reads_required_scc(self) -> bool:
        """Whether SCC admission reads the annotation `openshift.io/required-scc`: from OpenShift 4.14 (Kubernetes 1.27) on."""
        return self.platform != "kubernetes" and self.kubernetes_minor >= 27

    @property
    def tech_preview(self) -> bool:
        """Whether the cluster uses the feature set TechPreviewNoUpgrade."""
        return self.feature_set == TECH_PREVIEW

    def pod_security_level(self, scc: Object, namespace: str | None = None) -> "Level":
        """Return the Pod Security level that the label syncer reads from an SCC object in a namespace, or in an ordinary one.

        Raises ModelError for an SCC of a wrong shape, and where the syncer fails: for a type of volume or user strategy that it
        does not know, and for a range of user IDs that it cannot read.
        """
        from scclint.podsecurity.scc_level import level_of_scc

        scc = self._as_stored(decode_object(scc, self.scc_fields).valid())
        annotations = ASSUMED_ANNOTATIONS if namespace is None else self.annotations_of(namespace)
        return level_of_scc(scc, annotations.get(UID_RANGE) or "", self.kubernetes_minor)

    def stored_scc(self, name: str) -> Object:
        """Return the SCC object of that name as the API server stores it, with the volumes that it adds and removes."""
        return self._as_stored(self._objects.of("SecurityContextConstraints")["", name])

    def _as_stored(self, scc: Object) -> Object:
        volumes = default_volumes(scc.get("volumes"), bool(scc.get("allowHostDirVolumePlugin")), self.kubernetes_minor)
        return {**scc, "volumes": volumes}

    def by_restrictiveness(self) -> tuple[str, ...]:
        """Return the names of the SCCs by the plugin's points, the most restrictive first. Priority does not count."""
        return tuple(scc.name for scc in sorted(self._ordered, key=lambda scc: self._key(scc)[1:]))

    @property
    def csi_drivers(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of the CSIDriver objects of the cluster, by name."""
        return {
            name: (item.get("metadata") or {}).get("labels") or {} for name, item in self._objects.named("CSIDriver").items()
        }

    def with_service_account(self, pod: dict[str, Any], namespace: str) -> dict[str, Any]:
        """The pod as the ServiceAccount admission plugin leaves it, which every pod passes before SCC admission.

        An absent `serviceAccountName` becomes `default`, and the token volume is mounted unless the pod, or else the service
        account if it is among the cluster's objects, opts out. `pod` is not changed. Raises ModelError as `admit` does.
        """
        return self._given_account(decode_pod(pod, self.kubernetes_minor).valid(), namespace)

    def _given_account(self, pod: dict[str, Any], namespace: str) -> dict[str, Any]:
        name = service_account_of(pod) or "default"
        return with_service_account(pod, self.service_accounts.get((namespace, name)))

    def may_use(self, user: User, scc: str, namespace: str) -> Grant | None:
        """How `user` may use the SCC named `scc` for pods in `namespace`, or None. A service account is a user, too."""
        found = self.sccs.get(scc)
        if found is None:
            return None
        subject: SubjectType = "serviceaccount" if user.service_account else "user"
        return authorize.may_use(found, user, subject, self.bindings_of(user, namespace))

    def bindings_of(self, user: User, namespace: str) -> tuple[rbac.Binding, ...]:
        """The bindings that let a user use SCCs for pods in `namespace`: cluster-wide first, then by name."""
        return (*self._scc_rights.within("").of(user), *self._scc_rights.within(namespace).of(user))

    def binding_object(self, ref: ObjectRef) -> Object:
        """Return the RoleBinding or ClusterRoleBinding that `ref` names."""
        return self._objects.of(ref.kind)[ref.namespace, ref.name]

    @property
    def bindings(self) -> tuple[rbac.Binding, ...]:
        """The bindings that let anyone use SCCs: cluster-wide first, then by namespace and name."""
        return self._scc_rights.bindings

    def bindings_to(self, scc: str) -> tuple[rbac.Binding, ...]:
        """The bindings whose subjects may use the SCC named `scc`: cluster-wide first, then by namespace and name."""
        return tuple(binding for binding in self.bindings if binding.uses.first(scc) is not None)

    def who_can_use(self, scc: str, namespace: str | None = None) -> "tuple[Holder, ...]":
        """Return the subjects that may use the SCC named `scc`, each with every grant that lets it.

        With `namespace`, only grants that count for pods in it. Kubernetes gives group `system:masters` every right, so it is
        always among them. Raises UsageError for an SCC that the cluster does not have.
        """
        from scclint.cluster.who_can import holders

        found = self.sccs.get(scc)
        if found is None:
            from scclint.text import closest_match

            meant = closest_match(scc, self.sccs)
            hint = f"; did you mean {meant}?" if meant else ""
            raise UsageError(f"{self.platform_name} has no SCC {scc}{hint}")
        count = [b for b in self.bindings_to(scc) if namespace is None or b.ref.namespace in ("", namespace)]
        return holders(found, count)

    def brings(self, grant: Grant, scc: str) -> bool:
        """Whether the release itself makes a grant of the SCC named `scc`, so that no object of the input does."""
        brought = self.as_installed
        if grant.binding is None:
            return grant.via == "rbac" or brought.sccs.get(scc) is self.sccs[scc]
        return brought._scc_rights.get(grant.binding) == self._scc_rights.get(grant.binding)

    @cached_property
    def accounts(self) -> ServiceAccounts:
        """The service accounts that the cluster has as objects."""
        return ServiceAccounts(self.service_accounts)

    @cached_property
    def granted_accounts(self) -> ServiceAccounts:
        """The service accounts that may use some SCC by their own name, not by a group.

        What a release grants to the service accounts of its own components does not count.
        """
        brought = {binding.ref: binding.users for binding in self.as_installed.bindings}
        users = [user for binding in self.bindings for user in binding.users - brought.get(binding.ref, frozenset())]
        sccs = [scc for scc in self._ordered if self.as_installed.sccs.get(scc.name) is not scc]
        accounts = (User(user).service_account for user in (*users, *(user for scc in sccs for user in scc.users)))
        return ServiceAccounts(account for account in accounts if account is not None)

    @cached_property
    def added_bindings(self) -> tuple[rbac.Binding, ...]:
        """The bindings that let anyone use SCCs and that the release itself does not bring, in the order of `bindings`."""
        brought = self.as_installed._scc_rights
        return tuple(binding for binding in self.bindings if brought.get(binding.ref) != binding)

    @property
    def as_installed(self) -> "Cluster":
        """The cluster without the objects that were added to it."""
        return self._extends.as_installed if self._extends else self

    def aggregated_into(self, role: Object) -> tuple[str, ...]:
        """Return the names of the release's own ClusterRoles that take the rules of a ClusterRole because of its labels."""
        return self.as_installed._own_aggregation.takers(role)

    @cached_property
    def _own_aggregation(self) -> "Aggregation":
        from scclint.admission.aggregate import Aggregation

        return Aggregation({role["metadata"]["name"]: role for role in self._objects.of("ClusterRole").values()})

    @property
    def component_sccs(self) -> frozenset[str]:
        """The names of the SCCs that the release or an add-on installs for its own pods. They are not meant for other pods."""
        return self.own_sccs - installed.general_sccs()

    def pools_of(self, pod: Object) -> "tuple[NodePool, ...]":
        """The node pools on which a pod can land, as far as that is known; empty where `node_pools` is."""
        if not self.node_pools:
            return ()
        spec = pod.get("spec") or {}
        key = repr([spec.get(field) for field in ("nodeSelector", "affinity", "tolerations")])
        if key not in self._landings:
            from scclint.cluster.nodes import landing

            self._landings[key] = landing(pod, self.node_pools)
        return self._landings[key]

    def _skipped(self, pod: Object, namespace: str) -> str | None:
        """Return why SCC admission skips the pod; None if it does not.

        The reasons are `kubernetes`, `windows`, `namespace`, `disabled` (by a label) and `run-level`.
        """
        if self.platform == "kubernetes":
            return "kubernetes"
        if ((pod.get("spec") or {}).get("os") or {}).get("name") == "windows":
            return "windows"
        return why_skipped(namespace, self.namespaces.get(namespace, {}))

    def annotations_of(self, namespace: str) -> Mapping[str, str]:
        """The annotations of a namespace; likely ones if no ranges of IDs are known for it."""
        return self._annotations(namespace)[0]

    def _annotations(self, namespace: str) -> tuple[Mapping[str, str], bool]:
        """The namespace's annotations, and whether its ranges of IDs are assumed."""
        return annotations_of(self.namespaces.get(namespace, {}))

    def _make_providers(self, namespace: str, annotations: Mapping[str, str]) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
        made = self._providers.get(namespace)
        if made is None:
            asked = (self._ordered, namespace, annotations, self.kubernetes_minor)
            made = self._providers[namespace] = make_providers(*asked, self._provider)
        return made

    def _provider(self, scc: Constraints, namespace: str, annotations: Mapping[str, str], minor: int) -> Provider:
        """Return what `make_provider` does, made once for all namespaces with the same ranges. Raises ProviderError."""
        made = self._origin(scc)._made
        key = (scc.name, *map(annotations.get, (UID_RANGE, MCS, SUPPLEMENTAL_GROUPS)))
        if key not in made:
            made[key] = make_provider(scc, namespace, annotations, minor)
        return made[key]

    def _key(self, scc: Constraints) -> order.Key:
        """Return the place of an SCC in the order of admission, worked out once for all clusters that have it."""
        keys = self._origin(scc)._keys
        if scc.name not in keys:
            keys[scc.name] = order.key(scc)
        return keys[scc.name]

    def _origin(self, scc: Constraints) -> "Cluster":
        """The cluster that an SCC comes from: this one, or one that it extends and that has the same SCC."""
        before = self._extends
        return before._origin(scc) if before is not None and before.sccs.get(scc.name) is scc else self

    def _authorize(self, pod: Object, namespace: str, user: User) -> tuple[Grant | None, ...]:
        name = service_account_of(pod)
        key = (namespace, name, user)
        grants = self._grants.get(key)
        if grants is None:
            account = authorize.service_account_user(namespace, name) if name else None
            cluster_wide, local = self._scc_rights.within(""), self._scc_rights.within(namespace)
            grants = self._grants[key] = authorize.authorize(self._ordered, account, user, cluster_wide, local)
        return grants

    def _read_sccs(self) -> Iterator[Constraints]:
        kind = "SecurityContextConstraints"
        extended = self._extends._objects.of(kind) if self._extends else {}
        for key, scc in self._objects.of(kind).items():
            if self._extends and extended.get(key) is scc:
                yield self._extends.sccs[scc["metadata"]["name"]]
            else:
                yield from_object(scc, self.kubernetes_minor)

    @cached_property
    def _scc_rights(self) -> rbac.SccRights:
        held = self._objects
        if self._extends and all(held.of(kind) == self._extends._objects.of(kind) for kind in _RBAC_KINDS):
            return self._extends._scc_rights
        return rbac.SccRights(self._roles, self._bindings, self._extends._scc_rights if self._extends else None)

    @property
    def _roles(self) -> dict[ObjectRef, Object]:
        return self._objects.by_reference("ClusterRole", "Role")

    @property
    def _bindings(self) -> dict[ObjectRef, Object]:
        return self._objects.by_reference("ClusterRoleBinding", "RoleBinding")

    @cached_property
    def rights(self) -> "Rights":
        """What each subject may do. Of the release's own roles, only the rules that bear on SCCs are known."""
        from scclint.cluster.rights import Rights

        known = self._extends.rights if self._extends else None
        return Rights(self._bindings, self._roles, self._scc_rights.aggregation, known)


def _pools(held: Objects, minor: int) -> "tuple[NodePool, ...]":
    """Empty where no object says anything about nodes: then all are as installed."""
    if not (held.of("KubeletConfig") or held.of("MachineConfig")):
        return ()
    from scclint.cluster.nodes import pools_of_release

    kinds = ("KubeletConfig", "MachineConfig", "MachineConfigPool")
    return pools_of_release([item for kind in kinds for item in held.of(kind).values()], minor)
