"""Seccomp profiles of containers: where the manifest sets them, in a field or an annotation, and what is wrong with their files."""

from collections.abc import Iterator
from typing import Any

from scclint.admission.seccomp import to_annotation, to_field
from scclint.api import (
    ContainerSeccomp,
    Field,
    Located,
    Location,
    Operation,
    Outcome,
    Place,
    Problem,
    ProfileSource,
    Set,
    Severity,
    Span,
    Workload,
    World,
    as_mapping,
    grouped,
)
from scclint.limits import MAX_PROFILE_USERS
from scclint.objects.types import SeccompProfileFile
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION

SENTENCES = {
    "flaw": "[{profile}: ][{where}: ]{flaw}",
    "fix": "{fix}",
    "user": "{workload} runs with it",
    "more-users": "{more} more containers run with it, the first is here",
}
SEVERITIES = {f"flaw/{severity.value}": severity for severity in Severity}
"""What `problems` says, in the words of the check of profiles, and how severe that is."""


def asked_at(workload: Workload, container: ContainerSeccomp) -> Field[Any]:
    """Return the field or annotation of the manifest that sets the container's profile.

    An annotation comes first if the effective profile came from an annotation: it overrides the field on OpenShift 4.13 and newer
    and sets it on older releases.
    """
    pod = workload.pod
    view = pod.container(container.name)
    own_annotation = pod.annotation(CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    pod_annotation = pod.annotation(POD_SECCOMP_ANNOTATION)
    if own_annotation.present and container.source in ("container annotation", "privileged"):
        return own_annotation
    if view is not None and view.seccomp_type.present:
        return view.seccomp_type
    if pod_annotation.present and container.source in ("pod annotation", "privileged"):
        return pod_annotation
    return pod.seccomp_type


def localhost_at(workload: Workload, container: ContainerSeccomp) -> Located:
    """Return the localhostProfile or annotation that names the container's file; the workload if its SCC names it."""
    pod = workload.pod
    source = container.requested.source if container.requested else container.source
    view = pod.container(container.name)
    if source == "container field" and view is not None:
        return view.localhost_profile
    if source == "pod field":
        return pod.localhost_profile
    if source == "container annotation":
        return pod.annotation(CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    return pod.annotation(POD_SECCOMP_ANNOTATION) if source == "pod annotation" else workload.place


def localhost_users(outcome: Outcome) -> dict[str, list[ContainerSeccomp]]:
    """Return the containers with a Localhost profile by its path, also those of a pod that no SCC admits."""
    localhost = (c for c in outcome.seccomp if c.type == "Localhost" and c.source != "CRI-O configuration")
    return grouped((c.localhost_profile, c) for c in localhost if c.localhost_profile is not None)


def by_place(workload: Workload, containers: list[ContainerSeccomp]) -> list[tuple[Located, list[str]]]:
    """Return each place that names a profile file once, with the names of the containers that it applies to."""
    places: dict[tuple[str | int, ...], tuple[Located, list[str]]] = {}
    for container in containers:
        at = localhost_at(workload, container)
        places.setdefault(at.path, (at, []))[1].append(container.name)
    return list(places.values())


def seccomp_keys(annotations: dict[str, Any]) -> Iterator[str]:
    """Return the keys of the Kubernetes seccomp annotations, in the order of the manifest."""
    return (k for k in annotations if k == POD_SECCOMP_ANNOTATION or k.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX))


def pod_profile_at(workload: Workload) -> Field[Any]:
    """Return the field that sets the profile of the whole pod, or the annotation if the field is unset."""
    annotation = workload.pod.annotation(POD_SECCOMP_ANNOTATION)
    return annotation if annotation and not workload.pod.seccomp_type else workload.pod.seccomp_type


def matching_field(workload: Workload, key: str) -> Field[Any] | None:
    """Return the `seccompProfile` field that the annotation stands for; None if it names no container of the pod."""
    if not key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX):
        return workload.pod.field("spec", "securityContext", "seccompProfile")
    container = workload.pod.container(key.removeprefix(CONTAINER_SECCOMP_ANNOTATION_PREFIX))
    return None if container is None else container.field("securityContext", "seccompProfile")


def container_of(annotation: Field[Any]) -> str:
    """The container that an annotation is for; empty if it is for the pod."""
    key = str(annotation.path[-1])
    return key.removeprefix(CONTAINER_SECCOMP_ANNOTATION_PREFIX) if key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX) else ""


def contradicts(value: str, field: Field[Any] | None) -> bool:
    """Whether an annotation with this value says something else than the `seccompProfile` field that it stands for."""
    in_field = to_annotation(as_mapping(field.value)) if field is not None else ""
    return bool(value) and in_field not in ("", {"docker/default": "runtime/default"}.get(value, value))


def flow_form(annotation: str) -> str:
    """Return the annotation value as a `seccompProfile` on one line: `{type: RuntimeDefault}`, also for an invalid value."""
    return f"{{{', '.join(f'{key}: {value}' for key, value in _field(annotation).items())}}}"


def set_profile(field: Field[Any], annotation: str) -> tuple[Operation, ...]:
    """Return the edits that set the profile of an annotation in the `seccompProfile` field."""
    return tuple(Set((*field.path, key), value) for key, value in _field(annotation).items())


def _field(annotation: str) -> dict[str, str]:
    return to_field(annotation) or {"type": "RuntimeDefault"}


def problems(source: ProfileSource, world: World, rule_id: str, *, users: bool = False) -> Iterator[Problem]:
    """Yield the problems of a rule. With `users`, each lists the workloads that run with the profile."""
    related: dict[tuple[str, Span], Location] = {}
    uses = world.profile_uses.of(source) if users else ()
    for number, use in enumerate(uses):
        workload = use.outcome.workload
        key = workload.named, workload.place.span
        if len(related) == MAX_PROFILE_USERS:
            related["more", key[1]] = Location("more-users", workload.place, {"more": str(len(uses) - number)})
            break
        related[key] = Location("user", workload.place, {"workload": workload})
    for flaw in world.profile_uses.flaws(source):
        if flaw.problem.rule == rule_id:
            yield Problem(
                f"flaw/{flaw.problem.severity.value}",
                at=Place(flaw.span) if flaw.span else source.field(*flaw.path),
                facts={
                    # The place of a finding in a profile file already names the profile.
                    "profile": "" if isinstance(source, SeccompProfileFile) else source.named,
                    "where": flaw.where,
                    "flaw": flaw.problem.message,
                    "fix": flaw.problem.help,
                },
                related=tuple(related.values()),
                help="fix",
            )
