"""One pod under one SCC: what is filled in, and what is then wrong (sccmatching, `AssignSecurityContext`).

Only what is unset is filled in. The result is judged as a whole, so that a denial lists every field at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from scclint.admission import seccomp, strategies, sysctl, volumes
from scclint.admission.field import FieldError, Where, most_repeated
from scclint.admission.pod import AdmissionContainer, AdmissionPod
from scclint.admission.provider import Provider
from scclint.finding import Path
from scclint.platform.releases import SECCOMP_FIELDS_OF_ANNOTATIONS
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION
from scclint.yaml.untyped import Object

SECURITY: Path = ("spec", "securityContext")

Changes = Mapping[str, Any]


class Assignment(NamedTuple):
    """What an SCC makes of a pod: its `securityContext`, its annotations, and the `securityContext` of each container.

    A container that still has no `securityContext` has None.
    """

    security_context: Changes
    annotations: Mapping[str, str]
    containers: Sequence[Object | None]


def assign(provider: Provider, pod: AdmissionPod) -> Assignment:
    """Return `pod` with what it leaves unset filled in as `provider` says. `pod` stays as it is."""
    context, annotations = _default_pod(provider, pod)
    return Assignment(context, annotations, [_default_container(provider, context, container) for container in pod.containers])


def validate(provider: Provider, pod: AdmissionPod, made: Assignment) -> Iterator[FieldError]:
    """Yield the errors of the assignment `made` of `pod`, in the plugin's order; the SCC admits the pod if there is none."""
    yield from _validate_pod(provider, pod, made)
    most = most_repeated(len(pod.host_ports))
    for number, (container, context) in enumerate(zip(pod.containers, made.containers, strict=True)):
        yield from _validate_container(provider, pod, made, container, context or {}, ports=number < most)


class SccResult(NamedTuple):
    """The result of a pod under one SCC: what the SCC makes of the pod, or `errors`, which makes the reasons why it rejects the pod."""

    assignment: Assignment | None
    errors: Callable[[], tuple[FieldError, ...]]


class PodTrials:
    """Tries one pod under SCCs. Those that differ only in their names and in who may use them are tried once."""

    def __init__(self, pod: Object) -> None:
        self._pod = AdmissionPod(pod)
        self._made: dict[str, SccResult] = {}

    def under(self, provider: Provider) -> SccResult:
        """Return the result under the SCC of `provider`."""
        made = self._made.get(provider.content)
        if made is None:
            assignment = assign(provider, self._pod)
            admits = next(validate(provider, self._pod, assignment), None) is None
            made = SccResult(assignment if admits else None, partial(errors_of, provider, self._pod))
            self._made[provider.content] = made
        return made


def errors_of(provider: Provider, pod: AdmissionPod) -> tuple[FieldError, ...]:
    """Return why the SCC rejects `pod`, in the plugin's order; empty if it admits the pod."""
    return tuple(validate(provider, pod, assign(provider, pod)))


def _default_pod(provider: Provider, pod: AdmissionPod) -> tuple[dict[str, Any], Mapping[str, str]]:
    context = dict(pod.security_context)
    annotations = pod.annotations
    if context.get("supplementalGroups") is None and provider.supplemental_groups:
        context["supplementalGroups"] = [provider.supplemental_groups[0][0]]
    if context.get("fsGroup") is None and provider.fs_group:
        context["fsGroup"] = provider.fs_group[0][0]
    if context.get("seLinuxOptions") is None and provider.se_linux is not None:
        context["seLinuxOptions"] = dict(provider.se_linux)
    profile = seccomp.default(provider.scc, annotations, context.get("seccompProfile"))
    if profile:
        annotations = {**annotations, POD_SECCOMP_ANNOTATION: profile}
        # Up to 4.12 the plugin writes the annotation alone; the API server fills the field from it later.
        if SECCOMP_FIELDS_OF_ANNOTATIONS.holds(provider.minor):
            _set(context, "seccompProfile", seccomp.to_field(profile))
    return context, annotations


def _default_container(provider: Provider, pod_context: Object, container: AdmissionContainer) -> dict[str, Any] | None:
    scc = provider.scc
    context = dict(container.security_context or {})
    if (uid := _effective(context, pod_context, "runAsUser")) is None:
        uid = strategies.default_user(provider)
        if uid is not None:
            context["runAsUser"] = uid
    if _effective(context, pod_context, "runAsNonRoot") is None and (
        scc.run_as_user == "MustRunAsNonRoot" if uid is None else uid > 0
    ):
        context["runAsNonRoot"] = True
    requested = context.get("capabilities")
    granted = strategies.default_capabilities(scc, requested)
    if granted is not requested:
        context["capabilities"] = granted
    if scc.read_only_root_filesystem and context.get("readOnlyRootFilesystem") is None:
        context["readOnlyRootFilesystem"] = True
    if container.profile_annotation is not None and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(provider.minor):
        _set(context, "seccompProfile", seccomp.to_field(container.profile_annotation))
    if context.get("allowPrivilegeEscalation") is None:
        needs_escalation = context.get("privileged") or "CAP_SYS_ADMIN" in ((granted or {}).get("add") or ())
        if scc.default_allow_privilege_escalation is not None and not needs_escalation:
            context["allowPrivilegeEscalation"] = scc.default_allow_privilege_escalation
        elif not scc.allow_privilege_escalation:
            context["allowPrivilegeEscalation"] = False
    return context if context or container.security_context is not None else None


def _validate_pod(provider: Provider, pod: AdmissionPod, made: Assignment) -> list[FieldError]:
    scc, context = provider.scc, made.security_context
    where = Where(provider.wording, ".spec.securityContext", SECURITY, names_scc=True)
    fs_group = context.get("fsGroup")
    errors = strategies.validate_groups(
        provider.fs_group, "fsGroup", () if fs_group is None else (fs_group,), where, ((*SECURITY, "fsGroup"),)
    )
    groups = context.get("supplementalGroups") or ()
    at: Path = (*SECURITY, "supplementalGroups")
    paths = [(*at, index) for index in range(len(groups))] or [at]
    errors += strategies.validate_groups(provider.supplemental_groups, "supplementalGroups", groups, where, paths)
    profile = made.annotations.get(POD_SECCOMP_ANNOTATION) or ""
    field = context.get("seccompProfile")
    if not profile and field is not None:
        profile = seccomp.to_annotation(field)
    if error := seccomp.validate(provider, POD_SECCOMP_ANNOTATION, profile, pod.profile_path):
        errors.append(error)
    errors += strategies.validate_se_linux(
        provider.se_linux, context.get("seLinuxOptions"), where, (*SECURITY, "seLinuxOptions")
    )
    host = Where(provider.wording, provider.wording.host_fields, ("spec",), names_scc=True)
    errors += _validate_namespaces(provider, pod, host)
    if scc.user_namespace_level == "RequirePodLevel" and pod.host_users is not False:
        detail = "Host Users must be set to false"
        errors.append(host.invalid("hostUsers", pod.host_users, detail, "false"))
    if sysctls := context.get("sysctls"):
        errors += sysctl.validate(provider, sysctls, (*SECURITY, "sysctls"))
    if pod.volumes:
        errors += volumes.validate(provider, pod.volumes)
    return errors


def _validate_namespaces(provider: Provider, pod: AdmissionPod, where: Where, ports: bool = False) -> list[FieldError]:
    """The pod's host namespaces, and with `ports` its host ports: the plugin looks at both again for every container."""
    scc = provider.scc
    errors = []
    if pod.host_network and not scc.allow_host_network:
        detail = "Host network is not allowed to be used"
        errors.append(where.invalid("hostNetwork", True, detail, "false", at=("spec", "hostNetwork")))
    if ports and pod.host_ports and not scc.allow_host_ports:
        detail = "Host ports are not allowed to be used"
        for opened in pod.host_ports:
            place = Where(provider.wording, where.shown + opened.shown, opened.path, names_scc=True)
            errors.append(place.invalid("hostPort", opened.port, detail, "no host port", at=opened.path))
    if pod.host_pid and not scc.allow_host_pid:
        errors.append(where.invalid("hostPID", True, "Host PID is not allowed to be used", "false", at=("spec", "hostPID")))
    if pod.host_ipc and not scc.allow_host_ipc:
        errors.append(where.invalid("hostIPC", True, "Host IPC is not allowed to be used", "false", at=("spec", "hostIPC")))
    return errors


def _validate_container(
    provider: Provider, pod: AdmissionPod, made: Assignment, container: AdmissionContainer, context: Object, ports: bool
) -> list[FieldError]:
    scc, pod_context = provider.scc, made.security_context
    security_path = container.security_path
    where = Where(provider.wording, container.shown, security_path, names_scc=True)
    errors = []
    uid, uid_at = _effective_at(context, pod_context, security_path, "runAsUser")
    non_root, non_root_at = _effective_at(context, pod_context, security_path, "runAsNonRoot")
    if error := strategies.validate_user(provider, where, (non_root, non_root_at), (uid, uid_at)):
        errors.append(error)
    options, options_at = _effective_at(context, pod_context, security_path, "seLinuxOptions")
    errors += strategies.validate_se_linux(provider.se_linux, options, where, options_at)
    profile, profile_at = _effective_profile(pod, made, container, context)
    key = CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name
    if error := seccomp.validate(provider, key, profile, profile_at):
        errors.append(error)
    if context.get("privileged") and not scc.allow_privileged_container:
        errors.append(where.invalid("privileged", True, "Privileged containers are not allowed", "false"))
    errors += strategies.validate_capabilities(scc, context.get("capabilities"), where, (*security_path, "capabilities"))
    errors += _validate_namespaces(provider, pod, where, ports)
    if scc.read_only_root_filesystem and context.get("readOnlyRootFilesystem") is not True:
        detail = "ReadOnlyRootFilesystem must be set to true"
        errors.append(where.invalid("readOnlyRootFilesystem", False, detail, "true"))
    if not scc.allow_privilege_escalation and context.get("allowPrivilegeEscalation") is not False:
        detail = "Allowing privilege escalation for containers is not allowed"
        errors.append(where.invalid("allowPrivilegeEscalation", True, detail, "false"))
    return errors


def _effective_profile(pod: AdmissionPod, made: Assignment, container: AdmissionContainer, context: Object) -> tuple[str, Path]:
    """The container's profile as annotation text, and the path to what asks for it."""
    annotation_at: Path = ("metadata", "annotations", CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    if (field := context.get("seccompProfile")) is not None:
        # From 4.13 on the annotation has replaced the field by now.
        written = (container.security_context or {}).get("seccompProfile") is field
        at = (*container.security_path, "seccompProfile", "type") if written else annotation_at
        return seccomp.to_annotation(field), at
    if container.profile_annotation is not None:
        return container.profile_annotation, annotation_at
    if (field := made.security_context.get("seccompProfile")) is not None:
        return seccomp.to_annotation(field), pod.profile_path
    return made.annotations.get(POD_SECCOMP_ANNOTATION) or "", pod.profile_path


def _effective(context: Object, pod_context: Object, name: str) -> Any:
    value = context.get(name)
    return pod_context.get(name) if value is None else value


def _effective_at(context: Object, pod_context: Object, security_path: Path, name: str) -> tuple[Any, Path]:
    """A field's effective value and the path to it; the container's own path where neither sets it."""
    value = context.get(name)
    if value is None and (inherited := pod_context.get(name)) is not None:
        return inherited, (*SECURITY, name)
    return value, (*security_path, name)


def _set(context: dict[str, Any], name: str, value: object) -> None:
    if value is None:
        context.pop(name, None)
    else:
        context[name] = value
