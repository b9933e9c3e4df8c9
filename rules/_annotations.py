"""The seccomp annotations of a workload, and their values as `seccompProfile` fields."""

from collections.abc import Iterator
from typing import Any

from scclint.api import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, Field, Operation, Set, Workload, to_field


def seccomp_keys(annotations: dict[str, Any]) -> Iterator[str]:
    """Return the keys of the Kubernetes seccomp annotations, in the order of the manifest."""
    return (k for k in annotations if k == POD_SECCOMP_ANNOTATION or k.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX))


def pod_profile_at(workload: Workload) -> Field[Any]:
    """Return the field that sets the profile of the whole pod, or the annotation if the field is unset."""
    annotation = workload.pod.annotation(POD_SECCOMP_ANNOTATION)
    return annotation if annotation and not workload.pod.seccomp_type else workload.pod.seccomp_type


def flow_form(annotation: str) -> str:
    """Return the annotation value as a `seccompProfile` on one line: `{type: RuntimeDefault}`, also for an invalid value."""
    return f"{{{', '.join(f'{key}: {value}' for key, value in _field(annotation).items())}}}"


def set_profile(field: Field[Any], annotation: str) -> tuple[Operation, ...]:
    """Return the edits that set the profile of an annotation in the `seccompProfile` field."""
    return tuple(Set((*field.path, key), value) for key, value in _field(annotation).items())


def _field(annotation: str) -> dict[str, str]:
    return to_field(annotation) or {"type": "RuntimeDefault"}
