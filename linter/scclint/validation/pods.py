"""Rules of the API server about pods that join several fields: annotations, host namespaces, Windows, ports, restart policies.

As pkg/apis/core/validation and pkg/apis/{apps,batch}/validation of Kubernetes 1.31 to 1.36 apply them to pods and pod templates on
creation, with their words. Values of a wrong type are left to the walk over the schema: here they count as absent.
"""

import re
from collections.abc import Iterator, Set
from typing import Any

from scclint.finding import Path
from scclint.objects.kinds import WORKLOADS
from scclint.objects.unknown import is_open
from scclint.platform.releases import (
    APP_ARMOR_FIELDS,
    HOST_PORTS_OF_TEMPLATES,
    HOST_USERS,
    HOST_USERS_BY_FIELD,
    NO_DEVICES_WITHOUT_HOST_USERS,
    OS_NAME_WITHOUT_REASON,
    RESOURCES_OF_WINDOWS_PODS,
    RESTART_RULES,
    SECCOMP_FIELDS_OF_ANNOTATIONS,
)
from scclint.platform.terms import (
    APPARMOR_ANNOTATION_PREFIX,
    CONTAINER_LISTS,
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    RUNTIME_DEFAULT,
)
from scclint.text import field_path
from scclint.validation.details import check_details
from scclint.validation.names import dns_errors, qualified_errors
from scclint.validation.problem import (
    Code,
    Problems,
    duplicate,
    forbidden,
    invalid,
    printed,
    required,
    size,
    too_long,
    unsupported,
)
from scclint.validation.security import PROFILE_TYPES, check_container_context, check_local_path, check_pod_context
from scclint.validation.volumes import check_mounts, check_volumes
from scclint.yaml.untyped import Object, as_list, as_mapping, as_mappings, as_text, value_at

LINUX_POD_FIELDS = (
    "appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsUser", "seLinuxChangePolicy", "seLinuxOptions",
    "seccompProfile", "supplementalGroups", "supplementalGroupsPolicy",
)  # fmt: skip
LINUX_CONTAINER_FIELDS = (
    "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount", "readOnlyRootFilesystem",
    "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile",
)  # fmt: skip

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_OF_SIDECARS = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_SERVERS, _SEARCHES, _SEARCH_LENGTH = 3, 32, 2048
_LONGEST_HOSTNAME = 64
_AFFINITY_TERMS: tuple[tuple[str, Path], ...] = (
    ("requiredDuringSchedulingIgnoredDuringExecution", ()),
    ("preferredDuringSchedulingIgnoredDuringExecution", ("podAffinityTerm",)),
)


def check_pod(
    root: Object, kind: str, kubernetes_minor: int, *, openshift: bool, whole: bool = True, gates: Set[str] = frozenset()
) -> Problems:
    """All of these checks of the pod or pod template within an object; none for a kind that has no pod.

    `whole` says that nothing will be added to it, and `gates` are the feature gates that are off.
    """
    if kind not in WORKLOADS:
        return
    where = WORKLOADS[kind].template or ()
    template = as_mapping(value_at(root, where))
    path = (*where, "spec")
    spec = as_mapping(template.get("spec"))
    yield from _check_annotations(template, spec, where, whole and not is_open(spec.get("containers")))
    if not (openshift and kind == "Pod" and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(kubernetes_minor)):
        yield from _check_seccomp_agrees(template, spec, path)
    if APP_ARMOR_FIELDS.holds(kubernetes_minor) and as_mapping(spec.get("os")).get("name") != "windows":
        yield from _check_app_armor_agrees(template, spec, path)
    yield from _check_restart_policies(spec, path, kind, kubernetes_minor)
    yield from _check_host_namespaces(spec, path, kubernetes_minor)
    yield from _check_host_ports(spec, path, kind == "Pod" or HOST_PORTS_OF_TEMPLATES.holds(kubernetes_minor))
    yield from _check_hostname(spec, path, kubernetes_minor)
    yield from _check_dns(spec, path, whole)
    if whole:
        yield from check_details(spec, path, kind, kubernetes_minor)
    yield from _check_affinity(spec, path)
    yield from _check_os(spec, path, kubernetes_minor)
    yield from _check_host_process(spec, path, whole)
    yield from check_volumes(spec, path, kubernetes_minor, is_pod=kind == "Pod")
    if spec.get("ephemeralContainers") and not as_mapping(root.get("metadata")).get("uid"):
        text = "cannot be set on create" if kind == "Pod" else "ephemeral containers not allowed in pod template"
        yield forbidden((*path, "ephemeralContainers"), text)
    yield from check_pod_context(spec, path, kubernetes_minor, gates)
    host_users = spec.get("hostUsers") in (None, True)
    for container, at in _containers(spec, path):
        context = as_mapping(container.get("securityContext"))
        yield from check_container_context(context, (*at, "securityContext"), kubernetes_minor, host_users=host_users)
        yield from check_mounts(container, at, whole=whole)


def _check_annotations(template: Object, spec: Object, where: Path, whole: bool) -> Problems:
    """`ValidatePodSpecificAnnotations`: annotations with profiles of seccomp and AppArmor, and with the deletion cost.

    It names the annotations of templates without their `metadata`.
    """
    prefix = f"{field_path(where)}.annotations" if where else "metadata.annotations"
    names = [container.get("name") for container, _ in _containers(spec, ())]
    for key, value in _annotations(template).items():
        path = (*where, "metadata", "annotations", key)
        if not isinstance(value, str):
            continue
        if key == POD_SECCOMP_ANNOTATION or key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX):
            named = f"{prefix}.{key}"
            local = value.removeprefix("localhost/")
            if local != value:
                yield from check_local_path(local, path, named)
            elif value not in (*RUNTIME_DEFAULT, "unconfined"):
                yield invalid(path, value, "must be a valid seccomp profile", named=named, secures=True)
        elif key.startswith(APPARMOR_ANNOTATION_PREFIX):
            name, named = key.removeprefix(APPARMOR_ANNOTATION_PREFIX), f"{prefix}[{key}]"
            if whole and name not in names and not any(map(is_open, (key, *names))):
                yield invalid(path, name, "container not found", named=named, secures=True)
            if value not in ("", "runtime/default", "unconfined") and not value.startswith("localhost/"):
                yield invalid(path, value, f"invalid AppArmor profile name: {printed(value)}", named=named, secures=True)
        elif key == _DELETION_COST and not re.fullmatch(r"0|-?[1-9][0-9]*", value):
            yield invalid(path, value, "must be a 32bit integer", named=f"{prefix}[{key}]")


def _check_seccomp_agrees(template: Object, spec: Object, path: Path) -> Problems:
    """`validateSeccompAnnotationsAndFields`: where both are set, the field and the annotation of the same level agree."""
    annotations = _annotations(template)
    pod = as_mapping(as_mapping(spec.get("securityContext")).get("seccompProfile"))
    at = (*path, "securityContext", "seccompProfile")
    yield from _check_agrees(annotations.get(POD_SECCOMP_ANNOTATION), pod, at, "seccomp", RUNTIME_DEFAULT)
    for container, where in _containers(spec, path):
        profile = as_mapping(as_mapping(container.get("securityContext")).get("seccompProfile"))
        annotation = annotations.get(f"{CONTAINER_SECCOMP_ANNOTATION_PREFIX}{as_text(container.get('name'))}")
        yield from _check_agrees(annotation, profile, (*where, "securityContext", "seccompProfile"), "seccomp", RUNTIME_DEFAULT)


def _check_app_armor_agrees(template: Object, spec: Object, path: Path) -> Problems:
    """`validateAppArmorAnnotationsAndFieldsMatchOnCreate`: a container without a profile has that of the pod."""
    annotations = _annotations(template)
    pod = as_mapping(spec.get("securityContext")).get("appArmorProfile")
    for container, where in _containers(spec, path):
        profile = as_mapping(as_mapping(container.get("securityContext")).get("appArmorProfile") or pod)
        annotation = annotations.get(f"{APPARMOR_ANNOTATION_PREFIX}{as_text(container.get('name'))}")
        at = (*where, "securityContext", "appArmorProfile")
        yield from _check_agrees(annotation, profile, at, "apparmor", ("runtime/default",))


def _check_agrees(annotation: Any, profile: Object, path: Path, what: str, default: tuple[str, ...]) -> Problems:
    """The type and the path in an annotation and a profile are the same.

    `default` are the annotation's spellings of RuntimeDefault.
    """
    type_, local = profile.get("type"), profile.get("localhostProfile")
    if not isinstance(annotation, str) or type_ not in PROFILE_TYPES:
        return
    # A rule of its own reports seccomp annotations.
    code: Code = "annotation-differs" if what == "seccomp" else "forbidden"
    if type_ == "Localhost" and annotation.startswith("localhost/"):
        if (local is None or isinstance(local, str)) and annotation != f"localhost/{local}":
            text = f"{what} profile in annotation and field must match"
            yield forbidden((*path, "localhostProfile"), text, code=code)
    elif annotation not in {"Unconfined": ("unconfined",), "RuntimeDefault": default}.get(type_, ()):
        yield forbidden((*path, "type"), f"{what} type in annotation and field must match", code=code)


def _check_restart_policies(spec: Object, path: Path, kind: str, minor: int) -> Problems:
    """The restart policy is one that the kind allows, and init containers that end have no probes and no lifecycle."""
    policy, at = spec.get("restartPolicy"), (*path, "restartPolicy")
    if kind in ("Job", "CronJob"):
        if spec and policy in (None, "", "Always"):
            yield required(at, 'valid values: "OnFailure", "Never"')
        elif isinstance(policy, str) and policy not in ("OnFailure", "Never"):
            yield unsupported(at, policy, ("OnFailure", "Never"))
    elif kind not in ("Pod", "PodTemplate") and isinstance(policy, str) and policy not in ("Always", ""):
        yield unsupported(at, policy, ("Always",))
    for container, where in _containers(spec, path):
        of_container = container.get("restartPolicy")
        if where[-2] == "initContainers":
            if not RESTART_RULES.holds(minor) and isinstance(of_container, str) and of_container != "Always":
                yield unsupported((*where, "restartPolicy"), of_container, ("Always",))
            for field in _OF_SIDECARS if of_container is None else ():
                if container.get(field) is not None:
                    detail = "may not be set for init containers without restartPolicy=Always"
                    yield forbidden((*where, field), detail)
        elif where[-2] == "containers" and not RESTART_RULES.holds(minor) and isinstance(of_container, str):
            yield forbidden((*where, "restartPolicy"), "may not be set for non-init containers")


def _check_host_namespaces(spec: Object, path: Path, minor: int) -> Problems:
    """`validateHostUsers` and more: namespaces of the host exclude each other, or the pod's own user namespace (1.25 and later)."""
    field_name = "`hostUsers`" if HOST_USERS_BY_FIELD.holds(minor) else "`pod.Spec.HostUsers`"
    if spec.get("hostUsers") is False and HOST_USERS.holds(minor):
        for field, printed_as in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
            if spec.get(field) is True:
                yield forbidden((*path, field), f"when {field_name} is false", named=field_path((*path, printed_as)))
        for container, where in _containers(spec, path) if NO_DEVICES_WITHOUT_HOST_USERS.holds(minor) else ():
            if container.get("volumeDevices"):
                yield forbidden((*where, "volumeDevices"), f"when {field_name} is false")
    if spec.get("shareProcessNamespace") is True and spec.get("hostPID") is True:
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        named = field_path((*path, "securityContext", "shareProcessNamespace"))
        yield invalid((*path, "shareProcessNamespace"), True, detail, named=named)


def _check_host_ports(spec: Object, path: Path, defaulted: bool) -> Problems:
    """`validatePodHostNetworkDeps` and `checkHostPortConflicts`: host ports on the host network, and host ports that two ports have.

    If `defaulted`, each port of a pod on the host network is a host port, too. An init container shares its ports with no other.
    """
    on_host = spec.get("hostNetwork") is True
    shared: set[str] = set()
    for container, at in _containers(spec, path):
        taken = shared if at[-2] == "containers" else set()
        for index, port in enumerate(as_mappings(container.get("ports"))):
            inside, outside = port.get("containerPort"), port.get("hostPort")
            where = (*at, "ports", index, "hostPort")
            if on_host and at[-2] == "containers" and outside and isinstance(outside, int) and outside != inside:
                yield invalid(where, outside, "must match `containerPort` when `hostNetwork` is true")
            outside = outside or (inside if on_host and defaulted else None)
            used = f"{as_text(port.get('protocol')) or 'TCP'}/{as_text(port.get('hostIP'))}/{outside}"
            if not outside or is_open(outside) or at[-2] == "ephemeralContainers":
                continue
            if used in taken:
                first = at if at[-2] == "containers" else (*path, "initContainers", 0)
                yield duplicate(where, used, named=field_path((*first, "ports", index, "hostPort")))
            taken.add(used)


def _check_hostname(spec: Object, path: Path, minor: int) -> Problems:
    """`validatePodHostName`: the form and length of `hostnameOverride`, which a pod on the host network cannot have."""
    name, at = spec.get("hostnameOverride"), (*path, "hostnameOverride")
    if not isinstance(name, str):
        return
    for field in ("setHostnameAsFQDN", "hostNetwork"):
        if spec.get(field) is True:
            yield forbidden(at, f"may not be specified when {field} is true")
    if size(name) > _LONGEST_HOSTNAME:
        yield too_long(at, _LONGEST_HOSTNAME, minor)
    for error in dns_errors("subdomain", name):
        yield invalid(at, name, error)


def _check_dns(spec: Object, path: Path, whole: bool) -> Problems:
    """`validatePodDNSConfig`: what `dnsPolicy: None` needs, and how many servers and search paths there may be."""
    config, at = spec.get("dnsConfig"), (*path, "dnsConfig")
    servers, searches = (as_list(as_mapping(config).get(field)) for field in ("nameservers", "searches"))
    if spec.get("dnsPolicy") == "None" and whole:
        if config is None:
            yield required(at, "must provide `dnsConfig` when `dnsPolicy` is None")
        elif isinstance(config, dict) and as_mapping(config).get("nameservers") in (None, []):
            yield required((*at, "nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
    if len(servers) > _SERVERS:
        yield invalid((*at, "nameservers"), servers, f"must not have more than {_SERVERS} nameservers")
    if len(searches) > _SEARCHES:
        yield invalid((*at, "searches"), searches, f"must not have more than {_SEARCHES} search paths")
    if size(" ".join(map(as_text, searches))) > _SEARCH_LENGTH:
        detail = f"must not have more than {_SEARCH_LENGTH} characters (including spaces) in the search list"
        yield invalid((*at, "searches"), searches, detail)
    for index, option in enumerate(as_mappings(as_mapping(config).get("options"))):
        if not option.get("name"):
            yield required((*at, "options", index), "must not be empty")


def _check_affinity(spec: Object, path: Path) -> Problems:
    """A topology key must not be empty; that of an affinity is checked as the name of a label as well."""
    for index, constraint in enumerate(as_mappings(spec.get("topologySpreadConstraints"))):
        if not constraint.get("topologyKey"):
            yield required((*path, "topologySpreadConstraints", index, "topologyKey"), "can not be empty")
    for kind in ("podAffinity", "podAntiAffinity"):
        rules, at = as_mapping(as_mapping(spec.get("affinity")).get(kind)), (*path, "affinity", kind)
        for list_name, inner in _AFFINITY_TERMS:
            for index, item in enumerate(as_mappings(rules.get(list_name))):
                key = as_text(as_mapping(value_at(item, inner)).get("topologyKey"))
                where = (*at, list_name, index, *inner, "topologyKey")
                if not key:
                    yield required(where, "can not be empty")
                yield from (invalid(where, key, error) for error in qualified_errors(key))


def _check_os(spec: Object, path: Path, minor: int) -> Problems:
    """Check as `validateOS`, `validateWindows` and `validateLinux`: a pod has no field of another operating system than its own."""
    os = spec.get("os")
    name = as_mapping(os).get("name")
    if isinstance(os, dict) and not name:
        yield required((*path, "os", "name"), "" if OS_NAME_WITHOUT_REASON.holds(minor) else "cannot be empty")
    elif isinstance(name, str) and name not in ("linux", "windows"):
        yield unsupported((*path, "os", "name"), name, ("linux", "windows"), named=field_path((*path, "os")))
    contexts = [(as_mapping(spec.get("securityContext")), (*path, "securityContext"), LINUX_POD_FIELDS)]
    contexts += [
        (as_mapping(container.get("securityContext")), (*at, "securityContext"), LINUX_CONTAINER_FIELDS)
        for container, at in _containers(spec, path)
    ]
    if name == "windows":
        paths = [(*path, field) for field in ("hostPID", "hostIPC") if spec.get(field) is True]
        paths += [(*path, field) for field in ("hostUsers", "shareProcessNamespace") if spec.get(field) is not None]
        paths += [(*path, "securityContext", "sysctls")] if as_mapping(spec.get("securityContext")).get("sysctls") else []
        paths += [(*at, field) for context, at, fields in contexts for field in fields if context.get(field) is not None]
        for where in paths:
            yield forbidden(where, "cannot be set for a windows pod", code="not-on-windows")
        if spec.get("resources") is not None and RESOURCES_OF_WINDOWS_PODS.holds(minor):
            yield forbidden((*path, "resources"), "may not be set for a windows pod", code="not-on-windows")
    elif name == "linux":
        for context, at, _ in contexts:
            if context.get("windowsOptions") is not None:
                yield forbidden((*at, "windowsOptions"), "windows options cannot be set for a linux pod")


def _check_host_process(spec: Object, path: Path, whole: bool) -> Problems:
    """`validateWindowsHostProcessPod`: either all containers are host processes or none, and they need the host network."""
    of_pod = _host_process(spec)
    values = [(_host_process(container), at) for container, at in _containers(spec, path)]
    for value, at in values:
        if of_pod is not None and value is not None and value != of_pod:
            detail = f"pod hostProcess value must be identical if both are specified, was {printed(of_pod)}"
            yield invalid((*at, "securityContext", "windowsOptions", "hostProcess"), value, detail)
    chosen = [of_pod if value is None else value for value, _ in values]
    if whole and True in chosen:
        if not all(chosen):
            detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
            yield invalid(path, "", detail)
        if spec.get("hostNetwork") in (None, False):
            yield invalid((*path, "hostNetwork"), False, "hostNetwork must be true if pod contains any hostProcess containers")


def _host_process(part: Object) -> bool | None:
    value = as_mapping(as_mapping(part.get("securityContext")).get("windowsOptions")).get("hostProcess")
    return value if isinstance(value, bool) else None


def _containers(spec: Object, path: Path) -> Iterator[tuple[Object, Path]]:
    for list_name in CONTAINER_LISTS:
        for index, container in enumerate(as_mappings(spec.get(list_name))):
            yield container, (*path, list_name, index)


def _annotations(template: Object) -> Object:
    return as_mapping(as_mapping(template.get("metadata")).get("annotations"))
