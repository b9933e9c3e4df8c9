"""The seccomp annotations of a workload, and their values as `seccompProfile` fields."""

from collections.abc import Iterator
from typing import Any

from scclint.api import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, Field, Operation, Set, Workload

_FORMS = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}


def seccomp_keys(annotations: dict[str, Any]) -> Iterator[str]:
    """Return the keys of the Kubernetes seccomp annotations, in the order of the manifest."""
    return (k for k in annotations if k == POD_SECCOMP_ANNOTATION or k.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX))


def pod_profile_at(workload: Workload) -> Field[Any]:
    """Return the field that sets the profile of the whole pod, or the annotation if the field is unset."""
    annotation = workload.pod.annotation(POD_SECCOMP_ANNOTATION)
    return annotation if annotation and not workload.pod.seccomp_type else workload.pod.seccomp_type


def annotation_form(profile: Any) -> str:
    """Return the annotation value of a `seccompProfile`; empty if the profile is invalid."""
    if not isinstance(profile, dict):
        return ""
    kind, path = profile.get("type"), profile.get("localhostProfile")
    if kind == "Localhost":
        return f"localhost/{path}" if path else ""
    return _FORMS.get(str(kind), "")


def field_form(annotation: str) -> str:
    """Return the annotation value as a field would have it: `RuntimeDefault`, `Localhost a.json`; empty if it is invalid."""
    if annotation in ("runtime/default", "docker/default"):
        return "RuntimeDefault"
    if annotation == "unconfined":
        return "Unconfined"
    path = annotation.removeprefix("localhost/")
    return f"Localhost {path}" if path and path != annotation else ""


def flow_form(annotation: str) -> str:
    """Return the annotation value as a `seccompProfile` on one line: `{type: RuntimeDefault}`, also for an invalid value."""
    kind, _, path = field_form(annotation).partition(" ")
    return f"{{type: {kind}, localhostProfile: {path}}}" if path else f"{{type: {kind or 'RuntimeDefault'}}}"


def set_profile(field: Field[Any], annotation: str) -> tuple[Operation, ...]:
    """Return the edits that set the profile of an annotation in the `seccompProfile` field."""
    kind, _, path = field_form(annotation).partition(" ")
    local = (Set((*field.path, "localhostProfile"), path),) if path else ()
    return Set((*field.path, "type"), kind or "RuntimeDefault"), *local
