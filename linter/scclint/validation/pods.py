"""Rules of the API server about pods that join several fields: seccomp, security contexts, Windows, restart policies.

As pkg/apis/core/validation and pkg/apis/{apps,batch}/validation apply them to pods and pod templates on creation, with their
words. Values of a wrong type are left to the walk over the schema: here they count as absent.
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.model.kinds import WORKLOADS
from scclint.model.terms import CONTAINER_LISTS, CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION
from scclint.text import field_path
from scclint.untyped import Object, as_mapping, as_mappings, value_at
from scclint.validation.problem import FieldProblem, Problems, forbidden, invalid, required, unsupported

SECCOMP_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")

LINUX_POD_FIELDS = (
    "appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile",
    "supplementalGroups", "supplementalGroupsPolicy", "sysctls",
)  # fmt: skip
LINUX_CONTAINER_FIELDS = (
    "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount", "readOnlyRootFilesystem",
    "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile",
)  # fmt: skip

FIELD_FOLLOWS_ANNOTATION = 26
"""The minor from which OpenShift's SCC admission sets a pod's seccomp fields from its annotations, before validation (4.13)."""


def check_pod(root: Object, kind: str, kubernetes_minor: int, *, openshift: bool) -> Problems:
    """The problems of the pod or pod template within an object of that kind; none for a kind that has no pod."""
    if kind not in WORKLOADS:
        return
    where = WORKLOADS[kind].template
    template = as_mapping(value_at(root, where))
    spec_path = (*where, "spec")
    spec = as_mapping(template.get("spec"))
    yield from _check_annotations(template, where, kind)
    if not (openshift and kind == "Pod" and kubernetes_minor >= FIELD_FOLLOWS_ANNOTATION):
        yield from _check_annotations_agree(template, where)
    yield from _check_restart_policy(spec, spec_path, kind)
    yield from _check_namespaces(spec, spec_path, kubernetes_minor)
    yield from _check_os(spec, spec_path)
    yield from _check_volumes(spec, spec_path)
    if spec.get("ephemeralContainers") and not as_mapping(root.get("metadata")).get("uid"):
        text = "cannot be set on create" if kind == "Pod" else "ephemeral containers not allowed in pod template"
        yield forbidden((*spec_path, "ephemeralContainers"), text)
    yield from _check_seccomp_profile(as_mapping(spec.get("securityContext")), (*spec_path, "securityContext"))
    user_namespace = spec.get("hostUsers") in (None, True)
    for container, path in _containers(spec, spec_path):
        yield from _check_security_context(
            as_mapping(container.get("securityContext")), (*path, "securityContext"), user_namespace
        )
        yield from _check_mount_propagation(container, path)


def _check_seccomp_profile(security_context: Object, path: Path) -> Problems:
    """`validateSeccompProfileField`: the type is required and one of three, and only Localhost goes with a path."""
    profile = security_context.get("seccompProfile")
    if not isinstance(profile, dict):
        return
    path = (*path, "seccompProfile")
    type_ = profile.get("type")
    local = profile.get("localhostProfile")
    if type_ is None or type_ == "":
        yield required((*path, "type"), "type is required when seccompProfile is set")
    elif isinstance(type_, str) and type_ not in SECCOMP_TYPES:
        yield unsupported((*path, "type"), type_, SECCOMP_TYPES)
    local_path = (*path, "localhostProfile")
    if type_ == "Localhost":
        if local is None:
            yield required(local_path, "must be set when seccomp type is Localhost")
        elif isinstance(local, str):
            yield from _check_localhost(local, local_path)
    elif local is not None and (type_ is None or isinstance(type_, str)):
        yield invalid(local_path, profile, "can only be set when seccomp type is Localhost")


def _check_localhost(local: str, path: Path, named: str = "") -> Problems:
    """`validateLocalDescendingPath`. `named` is the path as the API server prints it, if it differs."""
    if local.startswith("/"):
        yield invalid(path, local, "must be a relative path", named=named, secures=True)
    if ".." in local.split("/"):
        yield invalid(path, local, "must not contain '..'", named=named, secures=True)


def _check_security_context(context: Object, path: Path, user_namespace: bool) -> Problems:
    yield from _check_seccomp_profile(context, path)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged") is True:
            yield _contradiction(context, path, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        added = as_mapping(context.get("capabilities")).get("add")
        if isinstance(added, list) and "CAP_SYS_ADMIN" in added:
            yield _contradiction(
                context, path, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            )
    if user_namespace and context.get("procMount") == "Unmasked":
        yield invalid((*path, "procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`")


def _check_mount_propagation(container: Object, path: Path) -> Problems:
    """`validateMountPropagation`, which names the field without the index of the mount."""
    if as_mapping(container.get("securityContext")).get("privileged") is True:
        return
    for index, mount in enumerate(as_mappings(container.get("volumeMounts"))):
        if mount.get("mountPropagation") == "Bidirectional":
            text = "Bidirectional mount propagation is available only to privileged containers"
            at = (*path, "volumeMounts", index, "mountPropagation")
            yield forbidden(at, text, named=field_path((*path, "volumeMounts", "mountPropagation")))


def _contradiction(context: Object, path: Path, detail: str) -> FieldProblem:
    """The API server names the whole security context; the place to look at is the field that denies what the others ask."""
    return invalid((*path, "allowPrivilegeEscalation"), context, detail, named=field_path(path))


def _check_annotations(template: Object, where: Path, kind: str) -> Problems:
    """`ValidateSeccompPodAnnotations`: it names templates' annotations without their `metadata`."""
    prefix = "metadata.annotations" if kind == "Pod" else f"{field_path(where)}.annotations"
    for key, value in _annotations(template).items():
        about_seccomp = key == POD_SECCOMP_ANNOTATION or key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX)
        if not about_seccomp or not isinstance(value, str):
            continue
        path = (*where, "metadata", "annotations", key)
        named = f"{prefix}.{key}"
        local = value.removeprefix("localhost/")
        if local != value:
            yield from _check_localhost(local, path, named)
        elif value not in ("runtime/default", "docker/default", "unconfined"):
            yield invalid(path, value, "must be a valid seccomp profile", named=named, secures=True)


def _check_annotations_agree(template: Object, where: Path) -> Problems:
    """`validateSeccompAnnotationsAndFields`: where both are set, the field and the annotation of the same level agree."""
    annotations = _annotations(template)
    spec_path = (*where, "spec")
    spec = as_mapping(template.get("spec"))
    yield from _check_agree(
        annotations.get(POD_SECCOMP_ANNOTATION), as_mapping(spec.get("securityContext")), (*spec_path, "securityContext")
    )
    for container, path in _containers(spec, spec_path):
        name = container.get("name")
        annotation = annotations.get(CONTAINER_SECCOMP_ANNOTATION_PREFIX + name) if isinstance(name, str) else None
        yield from _check_agree(annotation, as_mapping(container.get("securityContext")), (*path, "securityContext"))


def _check_agree(annotation: Any, security_context: Object, path: Path) -> Problems:
    profile = as_mapping(security_context.get("seccompProfile"))
    type_ = profile.get("type")
    if not isinstance(annotation, str) or type_ not in SECCOMP_TYPES:
        return
    path = (*path, "seccompProfile")
    if type_ == "Localhost":
        type_agrees = annotation.startswith("localhost/")
        local = profile.get("localhostProfile")
        if type_agrees and (local is None or isinstance(local, str)) and annotation != f"localhost/{local}":
            text = "seccomp profile in annotation and field must match"
            yield forbidden((*path, "localhostProfile"), text, code="annotation-differs")
    elif type_ == "Unconfined":
        type_agrees = annotation == "unconfined"
    else:
        type_agrees = annotation in ("runtime/default", "docker/default")
    if not type_agrees:
        yield forbidden((*path, "type"), "seccomp type in annotation and field must match", code="annotation-differs")


def _check_restart_policy(spec: Object, path: Path, kind: str) -> Problems:
    policy = spec.get("restartPolicy")
    path = (*path, "restartPolicy")
    if kind in ("Job", "CronJob"):
        if spec and policy is None:
            yield required(path, 'valid values: "OnFailure", "Never"')
        elif policy == "Always":
            yield unsupported(path, policy, ("OnFailure", "Never"))
    elif kind not in ("Pod", "PodTemplate") and policy in ("OnFailure", "Never"):
        yield unsupported(path, policy, ("Always",))


def _check_namespaces(spec: Object, path: Path, kubernetes_minor: int) -> Problems:
    """The namespaces of the host that exclude each other, or the pod's own user namespace (a field of 1.25 and later)."""
    if spec.get("hostUsers") is False and kubernetes_minor >= 25:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field) is True:
                yield forbidden((*path, field), "when `hostUsers` is false")
    if spec.get("shareProcessNamespace") is True and spec.get("hostPID") is True:
        yield invalid((*path, "shareProcessNamespace"), True, "ShareProcessNamespace and HostPID cannot both be enabled")


def _check_os(spec: Object, path: Path) -> Problems:
    """Check as `validateWindows` and `validateLinux`: a pod that sets its operating system has no field of the other one."""
    name = as_mapping(spec.get("os")).get("name")
    contexts = [(as_mapping(spec.get("securityContext")), (*path, "securityContext"), LINUX_POD_FIELDS)]
    contexts += [
        (as_mapping(container.get("securityContext")), (*container_path, "securityContext"), LINUX_CONTAINER_FIELDS)
        for container, container_path in _containers(spec, path)
    ]
    if name == "windows":
        for field in ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"):
            if spec.get(field) is not None and (spec[field] or field in ("hostUsers", "shareProcessNamespace")):
                yield forbidden((*path, field), "cannot be set for a windows pod", code="not-on-windows")
        for context, context_path, fields in contexts:
            for field in fields:
                if context.get(field) is not None:
                    yield forbidden((*context_path, field), "cannot be set for a windows pod", code="not-on-windows")
    elif name == "linux":
        for context, context_path, _ in contexts:
            if context.get("windowsOptions") is not None:
                yield forbidden((*context_path, "windowsOptions"), "windows options cannot be set for a linux pod")


def _check_volumes(spec: Object, path: Path) -> Problems:
    """A volume has one source. Which of two the API server names depends on its own order; here it is the later one."""
    for index, volume in enumerate(as_mappings(spec.get("volumes"))):
        sources = [key for key, value in volume.items() if isinstance(value, dict)]
        for extra in sources[1:]:
            yield forbidden((*path, "volumes", index, extra), "may not specify more than 1 volume type")


def _containers(spec: Object, path: Path) -> Iterator[tuple[Object, Path]]:
    for list_name in CONTAINER_LISTS:
        for index, container in enumerate(as_mappings(spec.get(list_name))):
            yield container, (*path, list_name, index)


def _annotations(template: Object) -> Object:
    return as_mapping(as_mapping(template.get("metadata")).get("annotations"))
