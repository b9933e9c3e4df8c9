"""Find the seccomp profile that each container of a pod runs with, and why.

Three steps decide, in this order. The API server copies the deprecated annotations to the fields (Kubernetes up to 1.26). The
kubelet chooses the container field, the pod field or `seccompDefault`. CRI-O runs privileged containers unconfined, unless its
configuration names a profile for them. The last two steps may differ between the node pools where a pod can run.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from scclint.admission.pod import AdmissionContainer, containers
from scclint.admission.seccomp import to_field
from scclint.finding import Path
from scclint.platform.releases import SECCOMP_ANNOTATIONS, SECCOMP_FIELDS_OF_ANNOTATIONS
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION
from scclint.record import grouped, record, replace
from scclint.text import and_more
from scclint.yaml.untyped import Object, as_mapping

if TYPE_CHECKING:
    from scclint.admission.verdict import Verdict
    from scclint.cluster.cluster import Cluster
    from scclint.cluster.nodes import NodePool

Role = Literal["init", "container", "ephemeral"]
ProfileType = Literal["RuntimeDefault", "Unconfined", "Localhost"]
_TYPES: tuple[ProfileType, ...] = get_args(ProfileType)
Source = Literal[
    "container field",
    "pod field",
    "container annotation",
    "pod annotation",
    "SCC default",
    "kubelet default",
    "privileged",
    "CRI-O configuration",
    "windows",
    "not admitted",
]

_LISTS = {"init": "initContainers", "container": "containers", "ephemeral": "ephemeralContainers"}
_ROLES: Mapping[str, Role] = {"initContainers": "init", "containers": "container", "ephemeralContainers": "ephemeral"}
_NAMED = 20
"""The most pools or KubeletConfigs that one sentence names."""
_PROFILE_ROOT = "/var/lib/kubelet/seccomp/"


@record
class Request:
    """The field or annotation that sets a container's profile.

    `path` is its place within the submitted pod. `localhost_profile` is None unless the profile has a path.
    """

    source: Source
    type: str
    localhost_profile: str | None
    path: Path


@record
class ContainerSeccomp:
    """The effective profile of one container.

    `type` is None on Windows and if the profile depends on the node. `localhost_profile` is relative to the kubelet's profile
    directory, or absolute if CRI-O's configuration names a file elsewhere. `source` is what decides, and `why` explains it in a
    sentence. `requested` is what the manifest sets, even if it has no effect; None if it sets nothing. `proc_mode` is the `Seccomp:`
    line of `/proc/PID/status`, 0 or 2; None for a container that does not run, or not on Linux. `crictl` is the profile that
    `crictl inspect` shows; None if its `.info.runtimeSpec.linux.seccomp` is null. `unconfined_on` names the node pools that leave
    the container unconfined if other pools do not. `role` and `index` lead to the container in its pod.
    """

    type: ProfileType | None
    source: Source
    why: str
    localhost_profile: str | None = None
    proc_mode: Literal[0, 2] | None = None
    crictl: str | None = None
    unconfined_on: tuple[str, ...] = ()
    requested: Request | None = None
    name: str = ""
    role: Role = "container"
    index: int = 0

    @property
    def path(self) -> Path:
        """The path of the container within its pod."""
        return ("spec", _LISTS[self.role], self.index)

    @property
    def is_unconfined(self) -> bool:
        """Whether the container runs unconfined, on one of the node pools at least."""
        return self.type == "Unconfined" or bool(self.unconfined_on)

    @property
    def is_unconfined_as_privileged(self) -> bool:
        """Whether the container runs unconfined because it is privileged, whatever profile is set."""
        return self.is_unconfined and self.source in ("privileged", "CRI-O configuration")

    @property
    def requested_type(self) -> str | None:
        """The type that the manifest sets; None if it sets none."""
        return self.requested.type if self.requested else None

    @property
    def profile(self) -> dict[str, str]:
        """The profile as the value of a `seccompProfile` field; empty if `type` is None."""
        values = {"type": self.type, "localhostProfile": self.localhost_profile}
        return {name: value for name, value in values.items() if value is not None}


def effective_seccomp(verdict: "Verdict", cluster: "Cluster") -> tuple[ContainerSeccomp, ...]:
    """Return the profile of each container of the verdict's pod, on the nodes of `cluster`.

    The order is init, regular, then ephemeral containers. If the pod is not admitted, the result has the profile that each
    container sets, without `proc_mode`.
    """
    regime = _regime(verdict, cluster)
    spec: Object = verdict.submitted.get("spec") or {}
    annotations: Mapping[str, str] = (verdict.submitted.get("metadata") or {}).get("annotations") or {}
    context, text = spec.get("securityContext"), annotations.get(POD_SECCOMP_ANNOTATION) or None
    pod_wide = _request(_OF_POD, context, ("spec", "securityContext"), POD_SECCOMP_ANNOTATION, text, regime)
    pools = cluster.pools_of(verdict.submitted)
    nodes = _Nodes(pools, cluster.seccomp_default, cluster.runtime_handler(verdict.submitted))
    results = []
    for list_field, index, item in containers(spec):
        container = AdmissionContainer(item, list_field, index, annotations)
        annotation = CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name
        context, text = container.security_context, container.profile_annotation
        request = _request(_OF_CONTAINER, context, container.security_path, annotation, text, regime) or pod_wide
        decided = _decide(verdict, nodes, container, request)
        why, role = decided.why + nodes.replacement(decided), _ROLES[list_field]
        results.append(replace(decided, why=why, requested=request, name=container.name, role=role, index=index))
    return tuple(results)


_OF_CONTAINER: tuple[Source, Source] = ("container annotation", "container field")
_OF_POD: tuple[Source, Source] = ("pod annotation", "pod field")

Regime = Literal["override", "fill", "ignore"]
"""What the deprecated annotations do: override the fields, fill unset fields, or nothing."""


def _regime(verdict: "Verdict", cluster: "Cluster") -> Regime:
    if (
        SECCOMP_FIELDS_OF_ANNOTATIONS.holds(cluster.kubernetes_minor)
        and cluster.platform != "kubernetes"
        and verdict.skipped is None
    ):
        return "override"
    return "fill" if SECCOMP_ANNOTATIONS.holds(cluster.kubernetes_minor) else "ignore"


def _request(
    sources: tuple[Source, Source], context: Object | None, at: Path, annotation: str, text: str | None, regime: Regime
) -> Request | None:
    """Return what sets the profile of a container or of the whole pod; None for nothing.

    `context` is its `securityContext` at the path `at`, and `text` the value of its annotation, None without one.
    """
    profile: Object | None = (context or {}).get("seccompProfile")
    source, path = sources[1], (*at, "seccompProfile", "type")
    if text is not None and (regime == "override" or (regime == "fill" and profile is None)):
        # An invalid value leaves the field unset.
        profile, source, path = to_field(text), sources[0], ("metadata", "annotations", annotation)
    if profile is None:
        return None
    kind = profile.get("type") or ""
    return Request(source, kind, profile.get("localhostProfile") if kind == "Localhost" else None, path)


class _Nodes:
    """The nodes where a pod can run, evaluated once for all its containers. `installed_default` is as for `_of_kubelet`.

    `handler` is the pod's runtime handler, as from `Cluster.runtime_handler`.
    """

    def __init__(self, pools: "tuple[NodePool, ...]", installed_default: bool, handler: str | None) -> None:
        self.privileged = cache(lambda: _by_pool(pools, _of_privileged))
        self.kubelet = cache(lambda no_default: _by_pool(pools, lambda pool: _of_kubelet(pool, installed_default, no_default)))
        self.replacement = cache(lambda decision: _replacement(decision, pools, handler))


def _decide(verdict: "Verdict", nodes: _Nodes, container: AdmissionContainer, request: Request | None) -> ContainerSeccomp:
    if on_windows(verdict.submitted.get("spec") or {}):
        return ContainerSeccomp(None, "windows", "Windows has no seccomp.")
    if not verdict.allowed:
        kind = next((profile_type for profile_type in _TYPES if request and profile_type == request.type), None)
        return ContainerSeccomp(kind, "not admitted", "No SCC admits the pod.", request.localhost_profile if request else None)
    if (container.security_context or {}).get("privileged"):
        return nodes.privileged()
    if request is not None:
        return _running(request.type, request.localhost_profile, request.source, f"The {request.source} sets it.")
    if (default := _scc_default(verdict)) is not None:
        why = f"SCC {verdict.scc} applies it to pods that set no profile."
        return _running(default["type"], default.get("localhostProfile"), "SCC default", why)
    no_default = f"SCC {verdict.scc} applies none" if verdict.scc else "no SCC applies one"
    return nodes.kubelet(no_default)


def on_windows(spec: Object) -> bool:
    """Return whether the pod runs on Windows, by `os.name` or by its node selector, which SCC admission ignores."""
    selected = as_mapping(spec.get("nodeSelector")).get("kubernetes.io/os")
    return (spec.get("os") or {}).get("name") == "windows" or selected == "windows"


def _by_pool(pools: "tuple[NodePool, ...]", decide: "Callable[[NodePool | None], ContainerSeccomp]") -> ContainerSeccomp:
    """Return what the node pools decide, which may differ by pool. Without pools, the nodes have the installed defaults."""
    decided = ((decide(pool), pool.name) for pool in pools)
    decisions = grouped(((decision.type, decision.crictl), (decision, name)) for decision, name in decided)
    if len(decisions) <= 1:
        return next(iter(decisions.values()))[0][0] if decisions else decide(None)
    words = (f"{_profile_name(group[0][0])} on {and_more([name for _, name in group], _NAMED)}" for group in decisions.values())
    source = next(iter(decisions.values()))[0][0].source
    unconfined = tuple(name for group in decisions.values() for decision, name in group if decision.type == "Unconfined")
    return ContainerSeccomp(None, source, f"It depends on the node pool: {', '.join(words)}.", unconfined_on=unconfined)


def _replacement(decision: ContainerSeccomp, pools: "tuple[NodePool, ...]", handler: str | None) -> str:
    """Return the profiles that replace RuntimeDefault in CRI-O's configuration, as a further sentence; empty if none does."""
    if decision.type != "RuntimeDefault":
        return ""
    replacements = [words for pool in pools if (words := _replacing(pool, handler))]
    return f" CRI-O's seccomp_profile replaces it with {and_more(replacements, _NAMED)}." if replacements else ""


def _replacing(pool: "NodePool", handler: str | None) -> str:
    """Return the file that replaces RuntimeDefault on a pool; empty without one. That of the runtime handler comes first."""
    if handler is None and pool.handler_profiles:
        handlers = and_more([name for name, _ in pool.handler_profiles], _NAMED)
        return f"a file on {pool.name} if the handler of the pod's RuntimeClass is {handlers}"
    used = handler or pool.default_handler or "crun"
    if profile := dict(pool.handler_profiles).get(used):
        return f"{profile} on {pool.name} for runtime handler {used}"
    return f"{pool.seccomp_profile} on {pool.name}" if pool.seccomp_profile else ""


def _profile_name(decision: ContainerSeccomp) -> str:
    return "unconfined" if decision.type == "Unconfined" else decision.crictl or "unknown"


def _of_privileged(pool: "NodePool | None") -> ContainerSeccomp:
    path = pool.privileged_seccomp_profile if pool else ""
    if not path:
        return ContainerSeccomp("Unconfined", "privileged", "CRI-O runs privileged containers without seccomp.", proc_mode=0)
    why = "CRI-O's privileged_seccomp_profile applies it to privileged containers."
    return ContainerSeccomp("Localhost", "CRI-O configuration", why, path.removeprefix(_PROFILE_ROOT), 2, path)


def _of_kubelet(pool: "NodePool | None", installed_default: bool, no_default: str) -> ContainerSeccomp:
    """Return the kubelet's decision.

    `installed_default` is the `seccompDefault` of nodes without a pool. `no_default` is a clause about the SCC, which applies no profile.
    """
    default = pool.seccomp_default if pool else installed_default
    if pool is not None and default is None:
        configs = ", ".join(pool.decided_by[:_NAMED])
        why = f"No profile is set, and the KubeletConfigs of node pool {pool.name} disagree on seccompDefault ({configs})."
        return ContainerSeccomp(None, "kubelet default", why)
    if default:
        by = f", set by KubeletConfig {and_more(pool.decided_by, _NAMED)}" if pool and pool.decided_by else ""
        return _running("RuntimeDefault", None, "kubelet default", f"The kubelet runs with seccompDefault{by}.")
    return _running("Unconfined", None, "kubelet default", f"The manifest sets no profile, and {no_default}.")


def _scc_default(verdict: "Verdict") -> Mapping[str, str] | None:
    """Return the profile that the SCC applied to a pod without one: a field, or up to OpenShift 4.12 an annotation."""
    if verdict.scc is None:
        return None
    field: Mapping[str, str] | None = (verdict.pod["spec"].get("securityContext") or {}).get("seccompProfile")
    return field if field is not None else to_field(verdict.pod["metadata"]["annotations"].get(POD_SECCOMP_ANNOTATION) or "")


def _running(kind: str, localhost: str | None, source: Source, why: str) -> ContainerSeccomp:
    match kind:
        case "RuntimeDefault":
            return ContainerSeccomp("RuntimeDefault", source, why, proc_mode=2, crictl="RuntimeDefault")
        case "Unconfined":
            return ContainerSeccomp("Unconfined", source, why, proc_mode=0)
        case "Localhost" if localhost:
            return ContainerSeccomp("Localhost", source, why, localhost, 2, _PROFILE_ROOT + localhost)
        case "Localhost":
            return ContainerSeccomp("Localhost", source, f"{why} It names no file, so the container never starts.", localhost)
        case _:
            return ContainerSeccomp(None, source, f"{why} The API server rejects the type {kind!r}.")
