"""Which seccomp profile each container of a pod really runs with, and why.

The chain, in order: the API server's sync of the old annotations with the fields (Kubernetes up to 1.26), the kubelet's choice
(container field, pod field, `seccompDefault`), and CRI-O, which runs privileged containers unconfined whatever they ask for,
unless its configuration names a profile for them. The last two may differ between the node pools on which a pod can land.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from scclint.admission.pod import Container, containers
from scclint.admission.seccomp import to_field
from scclint.finding import Path
from scclint.model.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION
from scclint.record import record
from scclint.text import and_more

if TYPE_CHECKING:
    from scclint.admission.verdict import Verdict
    from scclint.cluster.cluster import Cluster
    from scclint.cluster.nodes import NodePool

Role = Literal["init", "container", "ephemeral"]
ProfileType = Literal["RuntimeDefault", "Unconfined", "Localhost"]
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
"""Pools and KubeletConfigs that are named together."""
_PROFILE_ROOT = "/var/lib/kubelet/seccomp/"

Object = Mapping[str, Any]


@record
class Request:
    """What asks for a container's profile.

    `path` leads to it within the pod that was submitted; `localhost_profile` is None unless a path is given.
    """

    source: Source
    type: str
    localhost_profile: str | None
    path: Path


@record
class ContainerSeccomp:
    """The profile in force for one container.

    `type` is None where there is none to speak of: on Windows, and where it depends on the node. `localhost_profile` is
    relative to the kubelet's profile directory, or absolute where CRI-O's configuration names a file elsewhere. `source`
    says what decided and `why` says it as a sentence. `requested` is what the manifest asks for, whether it counted or not
    (None: nothing). `proc_mode` is the `Seccomp:` line of `/proc/PID/status`, 0 or 2, and `crictl` the profile that
    `crictl inspect` shows, None where its `.info.runtimeSpec.linux.seccomp` is null; `proc_mode` is None for a container
    that does not run, or not on Linux. `unconfined_on` names the node pools that leave it unconfined where others do not.
    """

    name: str
    role: Role
    index: int
    type: ProfileType | None
    localhost_profile: str | None
    source: Source
    why: str
    requested: Request | None
    proc_mode: Literal[0, 2] | None
    crictl: str | None
    unconfined_on: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The way to the container within its pod."""
        return ("spec", _LISTS[self.role], self.index)

    @property
    def requested_type(self) -> str | None:
        """The type that the manifest asks for, None where it asks for nothing."""
        return self.requested.type if self.requested else None

    @property
    def profile(self) -> dict[str, str]:
        """The profile as a `seccompProfile` field would say it; empty where `type` is None."""
        field: dict[str, str] = {}
        if self.type is not None:
            field["type"] = self.type
        if self.localhost_profile is not None:
            field["localhostProfile"] = self.localhost_profile
        return field


def effective_seccomp(verdict: "Verdict", cluster: "Cluster") -> tuple[ContainerSeccomp, ...]:
    """The profile of each container of the verdict's pod, on the nodes of `cluster`: init, regular, then ephemeral containers.

    For a pod that is not admitted it is what each container asks for, with no `proc_mode`.
    """
    regime = _regime(verdict, cluster)
    spec: Object = verdict.submitted.get("spec") or {}
    annotations: Mapping[str, str] = (verdict.submitted.get("metadata") or {}).get("annotations") or {}
    pod_wide = _pod_request(spec, annotations, regime)
    pools = cluster.pools_of(verdict.submitted)
    nodes = _Nodes(pools, cluster.seccomp_default)
    results = []
    for list_field, index, item in containers(spec):
        container = Container(item, list_field, index, annotations)
        request = _own_request(container, regime) or pod_wide
        force = _force(verdict, nodes, container, request)
        results.append(
            ContainerSeccomp(
                name=container.name,
                role=_ROLES[list_field],
                index=index,
                type=force.type,
                localhost_profile=force.localhost_profile,
                source=force.source,
                why=force.why + nodes.replacement(force),
                requested=request,
                proc_mode=force.proc_mode,
                crictl=force.crictl,
                unconfined_on=force.unconfined_on,
            )
        )
    return tuple(results)


Regime = Literal["override", "fill", "ignore"]
"""What the old annotations do: replace the fields, stand in for absent ones, or nothing."""


def _regime(verdict: "Verdict", cluster: "Cluster") -> Regime:
    if cluster.kubernetes_minor >= 26 and cluster.platform == "openshift" and verdict.skipped is None:
        # The plugin turns annotations into fields since 4.13.
        return "override"
    return "fill" if cluster.kubernetes_minor <= 26 else "ignore"


def _own_request(container: Container, regime: Regime) -> Request | None:
    field = (container.security_context or {}).get("seccompProfile")
    text = container.profile_annotation
    path: Path = ("metadata", "annotations", CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    if text is not None and (regime == "override" or (regime == "fill" and field is None)):
        return _of_annotation("container annotation", text, path)
    return None if field is None else _of_field("container field", field, (*container.security_path, "seccompProfile"))


def _pod_request(spec: Object, annotations: Mapping[str, str], regime: Regime) -> Request | None:
    field = (spec.get("securityContext") or {}).get("seccompProfile")
    text = annotations.get(POD_SECCOMP_ANNOTATION)
    if text and (regime == "override" or (regime == "fill" and field is None)):
        return _of_annotation("pod annotation", text, ("metadata", "annotations", POD_SECCOMP_ANNOTATION))
    return None if field is None else _of_field("pod field", field, ("spec", "securityContext", "seccompProfile"))


def _of_annotation(source: Source, text: str, path: Path) -> Request | None:
    """An annotation with an unknown text asks for nothing: it leaves the field empty."""
    field = to_field(text)
    return None if field is None else Request(source, field["type"], field.get("localhostProfile"), path)


def _of_field(source: Source, field: Object, path: Path) -> Request:
    kind = field.get("type") or ""
    return Request(source, kind, field.get("localhostProfile") if kind == "Localhost" else None, (*path, "type"))


@record
class _Force:
    """What is in force: the part of `ContainerSeccomp` that the nodes decide."""

    type: ProfileType | None
    source: Source
    why: str
    localhost_profile: str | None = None
    proc_mode: Literal[0, 2] | None = None
    crictl: str | None = None
    unconfined_on: tuple[str, ...] = ()


class _Nodes:
    """The nodes that a pod can land on, asked once for all its containers. `otherwise` is as for `_of_kubelet`."""

    def __init__(self, pools: "tuple[NodePool, ...]", otherwise: bool) -> None:
        self.privileged = cache(lambda: _across(pools, _of_privileged))
        self.kubelet = cache(lambda nobody: _across(pools, lambda pool: _of_kubelet(pool, otherwise, nobody)))
        self.replacement = cache(lambda force: _replacement(force, pools))


def _force(verdict: "Verdict", nodes: _Nodes, container: Container, request: Request | None) -> _Force:
    if _on_windows(verdict.submitted.get("spec") or {}):
        return _Force(None, "windows", "Windows has no seccomp.")
    if not verdict.allowed:
        kind = _known(request.type) if request else None
        return _Force(kind, "not admitted", "No SCC admits the pod.", request.localhost_profile if request else None)
    if (container.security_context or {}).get("privileged"):
        return nodes.privileged()
    if request is not None:
        return _running(request.type, request.localhost_profile, request.source, f"The {request.source} asks for it.")
    if (default := _scc_default(verdict)) is not None:
        why = f"SCC {verdict.scc} gives it to pods that ask for nothing."
        return _running(default["type"], default.get("localhostProfile"), "SCC default", why)
    nobody = f"nor does SCC {verdict.scc} give one" if verdict.scc else "no SCC gives one"
    return nodes.kubelet(nobody)


def _on_windows(spec: Object) -> bool:
    """By what the pod says it is, or by the nodes it asks for, which SCC admission does not look at."""
    selector = spec.get("nodeSelector")
    asked = selector.get("kubernetes.io/os") if isinstance(selector, dict) else None
    return (spec.get("os") or {}).get("name") == "windows" or asked == "windows"


def _across(pools: "tuple[NodePool, ...]", decide: "Callable[[NodePool | None], _Force]") -> _Force:
    """What the nodes decide: one thing, or several, by pool. Without pools, as the nodes were installed."""
    fates: dict[tuple[ProfileType | None, str | None], list[tuple[_Force, str]]] = {}
    for pool in pools:
        force = decide(pool)
        fates.setdefault((force.type, force.crictl), []).append((force, pool.name))
    if len(fates) <= 1:
        return next(iter(fates.values()))[0][0] if fates else decide(None)
    words = (f"{_words(found[0][0])} on {and_more([name for _, name in found], _NAMED)}" for found in fates.values())
    source = next(iter(fates.values()))[0][0].source
    unconfined = tuple(name for found in fates.values() for force, name in found if force.type == "Unconfined")
    return _Force(None, source, f"It depends on the node pool: {', '.join(words)}.", unconfined_on=unconfined)


def _replacement(force: _Force, pools: "tuple[NodePool, ...]") -> str:
    """What RuntimeDefault is where CRI-O's configuration replaces it, as a further sentence."""
    if force.type != "RuntimeDefault":
        return ""
    found = [f"{pool.seccomp_profile} on {pool.name}" for pool in pools if pool.seccomp_profile]
    return f" CRI-O's seccomp_profile makes that {and_more(found, _NAMED)}." if found else ""


def _words(force: _Force) -> str:
    return "unconfined" if force.type == "Unconfined" else force.crictl or "unknown"


def _of_privileged(pool: "NodePool | None") -> _Force:
    path = pool.privileged_seccomp_profile if pool else ""
    if not path:
        return _Force("Unconfined", "privileged", "CRI-O runs privileged containers without seccomp.", proc_mode=0)
    why = "CRI-O's privileged_seccomp_profile names it for privileged containers."
    return _Force("Localhost", "CRI-O configuration", why, path.removeprefix(_PROFILE_ROOT), 2, path)


def _of_kubelet(pool: "NodePool | None", otherwise: bool, nobody: str) -> _Force:
    """`otherwise` is the `seccompDefault` of nodes that are in no pool."""
    default = pool.seccomp_default if pool else otherwise
    if pool is not None and default is None:
        why = f"Nothing asks for a profile, and KubeletConfigs of {pool.name} disagree ({', '.join(pool.decided_by[:_NAMED])})."
        return _Force(None, "kubelet default", why)
    if default:
        by = f", by KubeletConfig {and_more(pool.decided_by, _NAMED)}" if pool and pool.decided_by else ""
        return _running("RuntimeDefault", None, "kubelet default", f"The kubelet runs with seccompDefault{by}.")
    return _running("Unconfined", None, "kubelet default", f"Nothing asks for a profile, {nobody}.")


def _scc_default(verdict: "Verdict") -> Mapping[str, str] | None:
    """The profile that the SCC gave to the pod, which asked for none: a field, or up to 4.12 an annotation."""
    if verdict.scc is None:
        return None
    field: Mapping[str, str] | None = (verdict.pod["spec"].get("securityContext") or {}).get("seccompProfile")
    return field if field is not None else to_field(verdict.pod["metadata"]["annotations"].get(POD_SECCOMP_ANNOTATION) or "")


def _running(kind: str, localhost: str | None, source: Source, why: str) -> _Force:
    match kind:
        case "RuntimeDefault":
            return _Force("RuntimeDefault", source, why, proc_mode=2, crictl="RuntimeDefault")
        case "Unconfined":
            return _Force("Unconfined", source, why, proc_mode=0)
        case "Localhost" if localhost:
            return _Force("Localhost", source, why, localhost, 2, _PROFILE_ROOT + localhost)
        case "Localhost":
            return _Force("Localhost", source, f"{why} It names no file, so the container is never started.", localhost)
        case _:
            return _Force(None, source, f"{why} The API server refuses the type {kind!r}.")


def _known(kind: str) -> ProfileType | None:
    match kind:
        case "RuntimeDefault" | "Unconfined" | "Localhost":
            return kind
        case _:
            return None
