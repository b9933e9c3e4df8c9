"""The AppArmor profile of a container as a field and as the deprecated annotation, and how the API server keeps the two alike.

Source: `applyAppArmorVersionSkew` in `pkg/registry/core/pod/strategy.go` of Kubernetes 1.30 to 1.36. The API server does this when it
stores a pod: after SCC admission, and before validation and Pod Security. It leaves pod templates alone.
"""

from collections.abc import Mapping
from typing import Any

from scclint.platform.releases import APP_ARMOR_ANNOTATIONS_OF_FIELDS, APP_ARMOR_FIELDS
from scclint.platform.terms import APPARMOR_ANNOTATION_PREFIX, CONTAINER_LISTS

_LOCALHOST = "localhost/"
_ANNOTATIONS = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}
_TYPES = {annotation: type_ for type_, annotation in _ANNOTATIONS.items()}


def with_app_armor(pod: dict[str, Any], minor: int) -> dict[str, Any]:
    """Return a decoded pod with the AppArmor fields of its annotations, and in older minors the annotations of its fields.

    `pod` is not changed.
    """
    spec = pod.get("spec") or {}
    metadata = pod.get("metadata") or {}
    annotations = dict(metadata.get("annotations") or {})
    of_pod = (spec.get("securityContext") or {}).get("appArmorProfile")
    if not APP_ARMOR_FIELDS.holds(minor) or (spec.get("os") or {}).get("name") == "windows":
        return pod
    changes: dict[str, Any] = {}
    for field in CONTAINER_LISTS:
        if spec.get(field):
            changes[field] = [_with_field(container, annotations, of_pod) for container in spec[field]]
    containers = [container for field in CONTAINER_LISTS for container in spec.get(field) or ()]
    for container in containers if APP_ARMOR_ANNOTATIONS_OF_FIELDS.holds(minor) else ():
        profile = (container.get("securityContext") or {}).get("appArmorProfile") or of_pod
        if profile and (text := _annotation(profile)):
            annotations.setdefault(f"{APPARMOR_ANNOTATION_PREFIX}{container.get('name')}", text)
    if annotations != (metadata.get("annotations") or {}):
        pod = {**pod, "metadata": {**metadata, "annotations": annotations}}
    return pod if all(spec[field] == changed for field, changed in changes.items()) else {**pod, "spec": {**spec, **changes}}


def _with_field(container: Mapping[str, Any], annotations: Mapping[str, str], of_pod: object) -> Mapping[str, Any]:
    """Return a container with the profile of its annotation, unless it has a profile or the pod has the same."""
    context = container.get("securityContext") or {}
    annotation = annotations.get(f"{APPARMOR_ANNOTATION_PREFIX}{container.get('name')}") or ""
    profile = _field(annotation)
    if context.get("appArmorProfile") is not None or profile is None or profile == of_pod:
        return container
    return {**container, "securityContext": {**context, "appArmorProfile": profile}}


def _field(annotation: str) -> dict[str, str] | None:
    """Return an annotation as a field; None if it is no valid profile."""
    local = annotation.removeprefix(_LOCALHOST)
    if local == annotation:
        return {"type": _TYPES[annotation]} if annotation in _TYPES else None
    return {"type": "Localhost", "localhostProfile": local} if local.strip() == local != "" and len(local) <= 4095 else None


def _annotation(profile: Mapping[str, Any]) -> str:
    """Return a field as an annotation; empty for an unknown type and for Localhost without a path."""
    local = profile.get("localhostProfile")
    if profile.get("type") == "Localhost" and local is not None:
        return f"{_LOCALHOST}{local}"
    return _ANNOTATIONS.get(profile.get("type") or "", "")
