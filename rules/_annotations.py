"""The seccomp annotations of a workload, and what they say."""

from collections.abc import Iterator
from typing import Any

from scclint.api import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, Field, Workload

_FORMS = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}


def seccomp_keys(annotations: dict[str, Any]) -> Iterator[str]:
    """The keys that are seccomp annotations of Kubernetes, in order of writing."""
    return (k for k in annotations if k == POD_SECCOMP_ANNOTATION or k.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX))


def pod_profile_at(workload: Workload) -> Field[Any]:
    """What gives the pod as a whole a profile: its annotation, which beats the field, or the field."""
    annotation = workload.pod.annotation(POD_SECCOMP_ANNOTATION)
    return annotation if annotation and not workload.pod.seccomp_type else workload.pod.seccomp_type


def annotation_form(profile: Any) -> str:
    """A `seccompProfile` as the annotation would say it; empty where it says nothing valid."""
    if not isinstance(profile, dict):
        return ""
    kind, path = profile.get("type"), profile.get("localhostProfile")
    if kind == "Localhost":
        return f"localhost/{path}" if path else ""
    return _FORMS.get(str(kind), "")


def field_form(annotation: str) -> str:
    """What an annotation's value makes of the field: `RuntimeDefault`, `Localhost a.json`; empty for one that is not valid."""
    if annotation in ("runtime/default", "docker/default"):
        return "RuntimeDefault"
    if annotation == "unconfined":
        return "Unconfined"
    path = annotation.removeprefix("localhost/")
    return f"Localhost {path}" if path and path != annotation else ""
