"""The fields of an object that a verdict depends on."""

from collections.abc import Iterator
from typing import Any

from scclint.admission.verdict import ObjectRef
from scclint.objects.types import (
    ApiObject,
    KubeletConfig,
    Namespace,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    ServiceAccount,
    Workload,
)
from scclint.objects.view import Field, View
from scclint.outcome.world import World
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, REQUIRED_SCC, SCC_ROLE_PREFIX

Path = tuple[str | int, ...]

_POD = (
    "automountServiceAccountToken",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "os",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
)
_POD_ANNOTATIONS = (POD_SECCOMP_ANNOTATION, REQUIRED_SCC)
_NAMESPACE_LABELS = ("openshift.io/run-level", "security.openshift.io/disable-securitycontextconstraints")
_RANGES = "openshift.io/sa.scc."
_SCC_RESOURCES = frozenset(("securitycontextconstraints", "*"))


def decisive_fields(obj: ApiObject, world: World) -> Iterator[Field[Any]]:
    """Yield the leaf fields of `obj` that are set and that a verdict depends on, in a fixed order."""
    for part, path in _paths(obj, world):
        field = part.field(*path)
        if field.present:
            yield from _leaves(part, path, field.value)


def _leaves(part: View, path: Path, value: Any) -> Iterator[Field[Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(part, (*path, key), below)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _leaves(part, (*path, index), below)
    else:
        yield part.field(*path)


def _paths(obj: ApiObject, world: World) -> Iterator[tuple[View, Path]]:
    match obj:
        case Workload():
            yield obj, ("metadata", "namespace")
            yield from _pod_paths(obj)
        case SecurityContextConstraints():
            yield obj, ("metadata", "name")
            yield from ((obj, (key,)) for key in obj.data if key not in ("apiVersion", "kind", "metadata"))
        case Namespace():
            yield obj, ("metadata", "name")
            yield from ((obj, ("metadata", "labels", key)) for key in _NAMESPACE_LABELS)
            yield from ((obj, ("metadata", "annotations", key)) for key in _keys(obj, "annotations") if key.startswith(_RANGES))
        case ServiceAccount():
            yield from ((obj, ("metadata", key)) for key in ("name", "namespace"))
            yield obj, ("automountServiceAccountToken",)
        case RoleBinding() if _may_reach_an_scc(obj, world):
            yield from ((obj, path) for path in (("metadata", "namespace"), ("roleRef",), ("subjects",)))
        case Role() if _has_rule_about_sccs(obj):
            yield from ((obj, ("metadata", key)) for key in ("name", "namespace"))
            yield from ((role_rule, (key,)) for role_rule in obj.rules if _is_about_sccs(role_rule) for key in role_rule.data)
        case KubeletConfig():
            yield obj, ("spec", "kubeletConfig", "seccompDefault")


def _pod_paths(workload: Workload) -> Iterator[tuple[View, Path]]:
    pod = workload.pod
    for key in pod.annotations:
        if key in _POD_ANNOTATIONS or key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX):
            yield pod, ("metadata", "annotations", key)
    yield from ((pod, ("spec", key)) for key in _POD)
    for container in pod.containers:
        yield container, ("securityContext",)
        ports = container.field("ports").value
        yield from ((container, ("ports", i, "hostPort")) for i in range(len(ports) if isinstance(ports, list) else 0))


def _keys(obj: ApiObject, under: str) -> list[str]:
    mapping = obj.field("metadata", under).value
    return list(mapping) if isinstance(mapping, dict) else []


def _is_about_sccs(role_rule: View) -> bool:
    """Whether an RBAC rule could allow the use of SCCs."""
    resources = role_rule.data.get("resources")
    return isinstance(resources, list) and any(r in _SCC_RESOURCES for r in resources if isinstance(r, str))


def _may_reach_an_scc(binding: RoleBinding, world: World) -> bool:
    """Whether the bound role could allow the use of SCCs. An unknown role grants nothing."""
    name, kind = binding.field("roleRef", "name").value, binding.role[0]
    if not isinstance(name, str):
        return True
    if name.startswith(SCC_ROLE_PREFIX) or name in ("cluster-admin", "system:master"):
        return True
    namespace = "" if kind == "ClusterRole" else world.namespace_of(binding)
    role = world.find(ObjectRef(kind, namespace, name))
    return isinstance(role, Role) and world.memo((_has_rule_about_sccs, id(role)), lambda: _has_rule_about_sccs(role))


def _has_rule_about_sccs(role: Role) -> bool:
    return any(_is_about_sccs(role_rule) for role_rule in role.rules)
