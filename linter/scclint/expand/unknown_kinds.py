"""Objects of kinds that nobody knows, told by what they hold: containers, or settings of pods that some controller makes."""

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
    """Whether an object of (group, kind) holds a container: something with an image, where the name of a field says so.

    `containers`, `sidecarContainers`, Argo's `container` and `script`, the `steps` of what becomes Tekton tasks. A security
    context is as good, and so is a ConfigurationPolicy whose objects are the text of one template that names any of them.
    """
    return kind not in PODLESS and group not in NO_HOLDERS and _holds(data)


def _holds(data: Any) -> bool:
    if isinstance(data, dict):
        source = data.get("object-templates-raw")
        # Within a Policy, whose own templates come first, the text is one that is to be filled in.
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
