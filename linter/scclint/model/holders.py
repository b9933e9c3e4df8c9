"""Objects of kinds that nobody knows, told by what they hold: containers, from which some controller makes pods."""

from typing import Any

from scclint.load.quick import PODLESS, names_containers
from scclint.model.unknown import Unknown

NO_HOLDERS = frozenset(("admission.k8s.io", "kubevirt.io", "kyverno.io", "policies.kyverno.io"))
"""API groups whose objects describe the pods of others, or mean the image of a virtual machine by a container."""


def holds_containers(group: str, kind: str, data: Any) -> bool:
    """Whether an object of (group, kind) holds a container: something with an image, where the name of a field says so.

    `containers`, `sidecarContainers`, Argo's `container` and `script`, the `steps` of what becomes Tekton tasks; as well as a
    ConfigurationPolicy whose objects are the text of one template, if it names any of them.
    """
    return kind not in PODLESS and group not in NO_HOLDERS and _holds(data)


def _holds(data: Any) -> bool:
    if isinstance(data, dict):
        source = data.get("object-templates-raw")
        if isinstance(source, str) and names_containers(source):
            return True
        return any((_names_containers(key) and _is_container(value)) or _holds(value) for key, value in data.items())
    return isinstance(data, list) and any(map(_holds, data))


def _names_containers(key: str) -> bool:
    return key.endswith(("container", "containers", "Container", "Containers")) or key in ("steps", "sidecars", "script")


def _is_container(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) and _is_container(item) for item in value)
    return isinstance(value, dict) and isinstance(value.get("image"), str | Unknown)
