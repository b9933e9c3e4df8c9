"""A cluster, put together from a release's own objects and those of the input, that admits pods."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from scclint.admission.constraints import Constraints, default_volumes, from_object
from scclint.admission.decoding import decode_object, decode_pod
from scclint.admission.provider import ProviderError, make_provider
from scclint.admission.rbac import reference
from scclint.admission.verdict import ObjectRef, User, Verdict, given_user
from scclint.cluster import installed
from scclint.cluster.feature_gates import disabled_gates
from scclint.cluster.grants import SccGrants
from scclint.cluster.installed import TECH_PREVIEW, Installation
from scclint.cluster.namespaces import ASSUMED_ANNOTATIONS, with_storage_policies
from scclint.cluster.objects import Objects, ServiceAccounts, unroll
from scclint.cluster.scc_admission import SccAdmission
from scclint.cluster.sccs import OrderedSccs
from scclint.cluster.volumes import claimed_volume
from scclint.errors import ModelError, UsageError
from scclint.objects.kinds import INSTALLATIONS, KINDS, NO_KIND
from scclint.platform.labels import labels_of
from scclint.platform.releases import (
    ADMISSION_POLICIES,
    RUNTIMES,
    USER_NAMESPACE_LEVEL,
    installed_runtime,
    kubernetes_of,
    minor_of_kubernetes,
    release_of,
    shown_release,
)
from scclint.platform.terms import UID_RANGE, generated_name
from scclint.podsecurity.defaults import default_policy, library_of
from scclint.podsecurity.scc_level import level_of_scc
from scclint.podsecurity.standards import evaluate
from scclint.record import EMPTY, Memo
from scclint.text import and_more, closest_match
from scclint.yaml.untyped import Object, as_mapping, several

if TYPE_CHECKING:
    from scclint.cluster.nodes import NodePool
    from scclint.cluster.volumes import ClaimedVolume
    from scclint.cluster.who_can import Holder
    from scclint.podsecurity.checks import Library
    from scclint.podsecurity.levels import Level, Policy
    from scclint.podsecurity.standards import Result

_PRODUCTS = {"openshift": "OpenShift", "microshift": "MicroShift", "hypershift": "HyperShift", "roks": "ROKS"}


class Cluster:
    """A cluster's SCCs, RBAC, namespaces and service accounts; immutable, and quick for many pods.

    `platform` is one of `OPENSHIFT_PLATFORMS` or `kubernetes`; `release` is the OpenShift release (`4.20`), empty on plain
    Kubernetes, and `feature_set` one of `FEATURE_SETS`;
    `kubernetes_version` is `1.33`, and `kubernetes_minor` its 33. `sccs` are the SCCs in effect by name, defaulted; `own_sccs`
    are the names of the SCCs that the release and add-ons install. `namespaces` are the Namespace objects of the input and the release by name.
    `node_pools` are the groups of nodes that differ, empty if all known nodes are equal; `seccomp_default` then says whether their
    kubelets give RuntimeDefault to containers that set no profile. `scc_order` is their order,
    `grants` knows who may use them, `admission` judges pods,
    and `memo` keeps what is worked out for the cluster.
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
        self._objects = objects
        self._extends = extends
        minor, sccs = self.kubernetes_minor, objects.of("SecurityContextConstraints")
        self.scc_order: OrderedSccs = OrderedSccs(sccs, minor, extends.scc_order if extends else None)
        self.sccs = self.scc_order.by_name
        self.grants: SccGrants = SccGrants(objects, self.scc_order, extends.grants if extends else None)
        accounts, runs = objects.of("ServiceAccount"), platform != "kubernetes"
        self.admission = SccAdmission(minor, self.scc_order, self.grants, self.namespaces, accounts, runs=runs)
        self.memo = Memo()

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
        cluster_admins: bool = True,
        patch: int | None = None,
    ) -> Self:
        """An OpenShift cluster of `release` (`4.20`) that also holds `objects`, which override the release's own by name.

        Objects of kinds that do not bear on admission are ignored, and the elements of a List are taken one by one.
        `platform` is one of `OPENSHIFT_PLATFORMS`, and `feature_set` one of `FEATURE_SETS`. `payload`: with the SCCs and grants
        of all components that a release consists of; without it only the SCCs of cluster-kube-apiserver-operator.
        `upgraded_from_4_10`: first installed at 4.10 or older, so that everyone may use `restricted`. `addons`: with the
        SCCs and grants of these products (see `scclint.cluster.addons`). `among`: of the release's
        SCCs only those with these names, because a capability or an administrator removed the others; empty for all. An API server
        without one of the standard SCCs rejects every pod. `cluster_admins`: the group `system:cluster-admins` may do everything, as on
        an installed cluster; if False, only what SCCs and `objects` grant counts. `patch`: the number of the patch release, as far as
        it is known what that lacks (see `installed.patch_changes`). Raises UsageError for an unknown release, platform, feature set
        or add-on, ModelError for an object that the API server could not decode.
        """
        installation = Installation(
            release, platform, feature_set, payload, upgraded_from_4_10, several(addons), frozenset(several(among)), patch
        )
        as_installed = cls._as_installed(installation, cluster_admins)
        return as_installed._with(as_installed._decoded(several(objects)), merge=False)

    @classmethod
    def _as_installed(cls, installation: Installation, cluster_admins: bool) -> Self:
        """Return an OpenShift cluster without objects of the input."""
        installed.check(installation)
        sccs = installed.own_sccs(installation)
        rbac = installed.own_rbac(installation, cluster_admins=cluster_admins)
        brought = Objects([*sccs.values(), *rbac, *installed.own_namespaces(installation)])
        platform, release, feature_set = installation.platform, installation.release, installation.feature_set
        return cls(platform, release, kubernetes_of(release), brought, own_sccs=sccs, feature_set=feature_set)

    @classmethod
    def kubernetes(
        cls,
        version: str,
        objects: Iterable[Object] = (),
        *,
        seccomp_default: bool = False,
        node_pools: "Iterable[NodePool]" = (),
    ) -> Self:
        """A plain Kubernetes cluster of `version` (`1.33`), where no SCC admission runs.

        `seccomp_default`: the kubelets run with `seccompDefault: true`; `node_pools` say it for groups of nodes instead.
        Raises UsageError for an unknown version, ModelError for an object that the API server could not decode.
        """
        empty = cls("kubernetes", "", version, Objects(()), own_sccs=(), seccomp_default=seccomp_default, node_pools=node_pools)
        return empty._with(empty._decoded(several(objects)), merge=False)

    def with_objects(self, objects: Iterable[Object]) -> Self:
        """Return this cluster after `oc apply` of some objects: itself if none bears on admission.

        An object is merged into the one of the same name, as `scclint.cluster.apply` says. What the added objects do not change is
        not worked out again. Raises ModelError for an object that the API server could not decode.
        """
        return self._with(self._decoded(several(objects)), merge=True)

    def with_decodable(
        self, objects: Iterable[Object], last: Mapping[ObjectRef, Object] = EMPTY, *, merge: bool = True
    ) -> Self:
        """As `with_objects`, without the objects that the API server could not decode.

        `last` are the manifests that were applied before, by reference. Without `merge`, the objects are what the cluster has, and
        replace those of the same name.
        """
        return self._with(self._decoded(objects, strict=False), last, merge=merge)

    def _decoded(self, objects: Iterable[Object], *, strict: bool = True) -> Iterator[tuple[Object, Object]]:
        """Yield the objects, elements of lists one by one, as they are written and as the API server decodes and names them."""
        numbers: dict[ObjectRef, Iterator[int]] = {}
        for item in objects:
            if not isinstance(item, Mapping):
                raise ModelError(f"expected an object as a dict, found {type(item).__name__}: {item!r:.80}", ())
            decoded = decode_object(item, self.scc_fields)
            if strict or not decoded.errors:
                for pair in zip(unroll((item,)), unroll((decoded.valid(),)), strict=True):
                    yield self._with_generated_name(pair[1], numbers) or pair

    def _with_generated_name(self, item: Object, numbers: dict[ObjectRef, Iterator[int]]) -> tuple[Object, Object] | None:
        """Return an object twice with a name that the cluster does not have; None if it states its name.

        `numbers` are those that are left for the objects with the same prefix.
        """
        metadata = as_mapping(item.get("metadata"))
        if metadata.get("name") or not metadata.get("generateName"):
            return None
        ref = reference(item)._replace(name=generated_name(metadata))
        refs = (ref._replace(name=generated_name(metadata, number)) for number in numbers.setdefault(ref, count()))
        free = next(ref for ref in refs if self._objects.get(ref) is None)
        named = {**item, "metadata": {**metadata, "name": free.name}}
        return named, named

    def applied(self, item: Object, last: Mapping[ObjectRef, Object] = EMPTY) -> Object | None:
        """Return an object that the cluster has as it is after a manifest of it is applied; None if the cluster does not have it."""
        ref = reference(item)
        live = self._objects.get(ref)
        if live is None:
            return None
        from scclint.cluster.apply import applied

        return applied(live, item, last.get(ref))

    def _with(self, decoded: Iterable[tuple[Object, Object]], last: Mapping[ObjectRef, Object] = EMPTY, *, merge: bool) -> Self:
        def stored(written: Object, value: Object) -> Object:
            # A dump has all fields of its objects. A Namespace of the settings has some.
            merged = self.applied(written, last) if merge or written["kind"] == "Namespace" else None
            return value if merged is None else decode_object(merged, self.scc_fields).value

        more = Objects(stored(*pair) for pair in decoded)
        if not more:
            return self
        all_objects = self._objects.with_more(more)
        pools = self.node_pools if self.platform == "kubernetes" else _pools(all_objects, self.kubernetes_minor)
        return type(self)(
            self.platform,
            self.release,
            self.kubernetes_version,
            all_objects,
            own_sccs=self.own_sccs,
            feature_set=self.feature_set,
            seccomp_default=self.seccomp_default,
            node_pools=pools,
            extends=self,
        )

    @property
    def platform_name(self) -> str:
        """`OpenShift 4.20`, `MicroShift 4.20`, `Kubernetes 1.33`: the name that people use."""
        return (
            f"{_PRODUCTS[self.platform]} {shown_release(self.release)}"
            if self.release
            else f"Kubernetes {self.kubernetes_version}"
        )

    @property
    def scc_fields(self) -> int:
        """The Kubernetes minor of the first release whose SCCs have the same fields as those of this cluster.

        `userNamespaceLevel` is in the CustomResourceDefinition from 4.20 (1.33), with TechPreviewNoUpgrade from 4.19 (1.32). The
        other kinds that a cluster consists of do not differ between these two.
        """
        has_level = USER_NAMESPACE_LEVEL.holds(self.kubernetes_minor, tech_preview=self.tech_preview)
        return max(self.kubernetes_minor, USER_NAMESPACE_LEVEL.since) if has_level else self.kubernetes_minor

    def admit(self, pod: dict[str, Any], *, namespace: str, user: User | None = None) -> Verdict:
        """Return the verdict for `pod` (a v1 Pod) that `user` creates in `namespace`. `pod` is never changed.

        With `user` None a workload's controller creates it, whose account may use what everyone may, and the ServiceAccount admission
        plugin comes first (see `SccAdmission.with_service_account`). With a user given, the pod is taken as SCC admission gets it.
        Raises ModelError for a pod that the API server could not decode, and for an object of another kind. A pod template, which
        has no kind, is taken as a Pod.
        """
        return self.admission.admit(self._pod(pod), namespace, given_user(user))

    def _pod(self, pod: Any) -> Any:
        """Return a pod as the API server decodes it. Raises ModelError for anything else."""
        decoded = decode_pod(pod, self.kubernetes_minor).valid()
        kind, version = pod.get("kind"), pod.get("apiVersion")
        # A mapping without a kind whose fields are not those of a pod is another object, or a part of one.
        stray = not kind and decoded != pod and "containers" not in as_mapping(decoded.get("spec"))
        if stray or kind not in (None, "Pod") or version not in (None, "v1"):
            key = str(version or "").rpartition("/")[0], str(kind)
            template = "".join(f"[{step!r}]" for step in KINDS.get(key, NO_KIND).template or ())
            description = f"{kind} of {version}" if kind and version else kind or "an object without a kind"
            instead = f"pass its pod template, object{template}" if template else "`scclint.lint_text` judges whole manifests"
            raise ModelError(f"expected a Pod of v1, found {description}: {instead}", ("kind",))
        return decoded

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
        that SCC admission returns to judge what a cluster would. Raises ModelError as `admit` does, UsageError for an unknown
        level or version.
        """
        return evaluate(self._pod(pod), level, version, self.pod_security_library)

    @cached_property
    def pod_security_library(self) -> "Library":
        """The version of the Pod Security library in the API server."""
        return library_of(self.kubernetes_minor, self.platform, tech_preview=self.tech_preview)

    @property
    def pod_security_defaults(self) -> "Policy":
        """The Pod Security levels of a namespace without labels."""
        return default_policy(self.kubernetes_minor, self.platform, tech_preview=self.tech_preview)

    @property
    def tech_preview(self) -> bool:
        """Whether the cluster uses the feature set TechPreviewNoUpgrade."""
        return self.feature_set == TECH_PREVIEW

    @cached_property
    def disabled_gates(self) -> frozenset[str]:
        """The feature gates of fields of pods that are off: the API server drops the fields, or rejects some of their values."""
        announced = release_of(self.release).announced if self.release else ()
        return disabled_gates(self.kubernetes_minor, self.platform, tech_preview=self.tech_preview).difference(announced)

    def pod_security_level(self, scc: Object, namespace: str | None = None) -> "Level":
        """Return the Pod Security level that the label syncer reads from an SCC object in a namespace, or in an ordinary one.

        Raises ModelError for an SCC of a wrong shape, and where the syncer fails: for a type of volume or user strategy that it
        does not know, and for a range of user IDs that it cannot read.
        """
        scc = self._as_stored(decode_object(scc, self.scc_fields).valid())
        annotations = ASSUMED_ANNOTATIONS if namespace is None else self.admission.annotations_of(namespace)
        return level_of_scc(scc, annotations.get(UID_RANGE) or "", self.kubernetes_minor)

    def stored_scc(self, name: str) -> Object:
        """Return the SCC object of that name as the API server stores it, with the volumes that it adds and removes."""
        return self._as_stored(self._objects.of("SecurityContextConstraints")["", name])

    def _as_stored(self, scc: Object) -> Object:
        volumes = default_volumes(scc.get("volumes"), bool(scc.get("allowHostDirVolumePlugin")), self.kubernetes_minor)
        return {**scc, "volumes": volumes}

    @property
    def csi_drivers(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of the CSIDriver objects of the cluster, by name."""
        return {name: labels_of(item) for name, item in self._objects.named("CSIDriver").items()}

    def claimed_volume(self, namespace: str, claim: str, template: Object = EMPTY) -> "ClaimedVolume":
        """Return what is known about the volume of a claim. `template` is the spec of the claim if no object has it."""
        return claimed_volume(self._objects, namespace, claim, template)

    def installs_operator(self, namespace: str) -> bool:
        """Return whether a Subscription or an OperatorGroup lets OLM install an operator in a namespace."""
        return any(home == namespace for kind in INSTALLATIONS for home, _ in self._objects.of(kind))

    @property
    def policies(self) -> Mapping[str, Object]:
        """The ValidatingAdmissionPolicy objects of the cluster by name; none before Kubernetes 1.30, which does not serve them."""
        return self._objects.named("ValidatingAdmissionPolicy") if ADMISSION_POLICIES.holds(self.kubernetes_minor) else EMPTY

    @property
    def policy_bindings(self) -> Mapping[str, Object]:
        """The ValidatingAdmissionPolicyBinding objects of the cluster by name."""
        return self._objects.named("ValidatingAdmissionPolicyBinding")

    def who_can_use(self, scc: str, namespace: str | None = None) -> "tuple[Holder, ...]":
        """Return the subjects that may use the SCC named `scc`, each with every grant that lets it.

        With `namespace`, only grants that count for pods in it. Kubernetes gives group `system:masters` every right, so it is
        always among them. Raises UsageError for an SCC that the cluster does not have.
        """
        if scc not in self.sccs:
            meant = closest_match(scc, self.sccs)
            hint = f"did you mean {meant}?" if meant else f"it has {and_more(sorted(self.sccs), 10)}"
            raise UsageError(f"{self.platform_name} has no SCC {scc}; {hint}")
        from scclint.cluster.who_can import holders

        bindings = self.grants.bindings_to(scc)
        return holders(self.sccs[scc], (b for b in bindings if namespace is None or b.ref.namespace in ("", namespace)))

    @cached_property
    def accounts(self) -> ServiceAccounts:
        """The service accounts that the cluster has as objects."""
        return ServiceAccounts(self._objects.of("ServiceAccount"))

    @property
    def as_installed(self) -> "Cluster":
        """The cluster without the objects that were added to it."""
        return self._extends.as_installed if self._extends else self

    @property
    def component_sccs(self) -> frozenset[str]:
        """The names of the SCCs that the release or an add-on installs for its own pods. They are not meant for other pods."""
        return self.own_sccs - installed.general_sccs()

    def pools_of(self, pod: Object) -> "tuple[NodePool, ...]":
        """The node pools on which a pod can run, as far as that is known; empty where `node_pools` is."""
        if not self.node_pools:
            return ()
        from scclint.cluster.nodes import possible_pools

        spec = pod.get("spec") or {}
        key = repr([spec.get(field) for field in ("nodeSelector", "affinity", "tolerations")])
        return self.memo((possible_pools, key), lambda: possible_pools(pod, self.node_pools))

    def runtime_handler(self, pod: Object) -> str | None:
        """Return CRI-O's runtime handler for a pod: empty without a RuntimeClass, None if the RuntimeClass is not known."""
        name = (pod.get("spec") or {}).get("runtimeClassName")
        if not name or not isinstance(name, str):
            return ""
        runtime_class = self._objects.named("RuntimeClass").get(name)
        return None if runtime_class is None else str(runtime_class.get("handler") or "")

    def with_storage_policies(self, pod: dict[str, Any], namespace: str) -> dict[str, Any]:
        """Return a pod with the storage policies that the labels of its namespace give it (see `namespaces.with_storage_policies`)."""
        if "StoragePerformantSecurityPolicy" in self.disabled_gates:
            return pod
        return with_storage_policies(pod, labels_of(self.namespaces.get(namespace, {})))

    def runtimes(self, pod: Object) -> tuple[str, ...]:
        """Return the container runtimes that may start a pod, `crun` or `runc`; none for other handlers, such as Kata's."""
        installed = installed_runtime(self.kubernetes_minor, self.platform)
        default = {pool.default_handler or installed for pool in self.pools_of(pod)} or {installed}
        handler = self.runtime_handler(pod)
        return tuple(runtime for runtime in RUNTIMES if runtime in ({handler} if handler else default))


def _pools(objects: Objects, minor: int) -> "tuple[NodePool, ...]":
    """Empty where no object says anything about nodes: then all are as installed."""
    if not (objects.of("KubeletConfig") or objects.of("MachineConfig") or objects.of("ContainerRuntimeConfig")):
        return ()
    from scclint.cluster.nodes import pools_of_release

    kinds = ("KubeletConfig", "ContainerRuntimeConfig", "MachineConfig", "MachineConfigPool")
    return pools_of_release([item for kind in kinds for item in objects.of(kind).values()], minor)
