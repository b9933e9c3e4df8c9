"""Objects of unknown kinds that contain containers, or settings of pods that a controller creates."""

from typing import Any

from scclint.load.sniff import PODLESS, names_containers
from scclint.model.unknown import Unknown

NO_HOLDERS = frozenset(("admission.k8s.io", "kubevirt.io", "kyverno.io", "policies.kyverno.io"))
"""API groups whose objects describe the pods of others, or mean the image of a virtual machine by a container."""


SECURITY = frozenset((
    "allowPrivilegeEscalation", "capabilities", "fsGroup", "privileged", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions",
    "seccompProfile", "supplementalGroups",
))  # fmt: skip
"""Fields by which the security context of a pod or a container is known."""


def holds_containers(group: str, kind: str, data: Any) -> bool:
    """Return whether an object of (group, kind) contains a container: a value with an image, under a field with a known name.

    The names are `containers`, `sidecarContainers`, `container` and `script` of Argo, and `steps` of Tekton. A security context also
    counts, and so does a ConfigurationPolicy with a text template that contains one of these names.
    """
    return kind not in PODLESS and group not in NO_HOLDERS and _holds(data)


def _holds(data: Any) -> bool:
    if isinstance(data, dict):
        source = data.get("object-templates-raw")
        # In a Policy, the text is Unknown, because the templates of the Policy are filled in first.
        if isinstance(source, str | Unknown) and names_containers(str(source)):
            return True
        return any(_is_telling(key, value) or _holds(value) for key, value in data.items())
    return isinstance(data, list) and any(map(_holds, data))


def _is_telling(key: str, value: Any) -> bool:
    if key.endswith(("securityContext", "SecurityContext")):
        return isinstance(value, dict) and not SECURITY.isdisjoint(value)
    return _names_containers(key) and _is_container(value)


def _names_containers(key: str) -> bool:
    return key.endswith(("container", "containers", "Container", "Containers")) or key in ("steps", "sidecars", "script")


def _is_container(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) and _is_container(item) for item in value)
    return isinstance(value, dict) and isinstance(value.get("image"), str | Unknown)
