"""Objects of unknown kinds that contain containers, or settings of pods that a controller creates."""

from collections.abc import Iterator
from typing import Any

from scclint.expand.item import Item, each
from scclint.load.sniff import PODLESS, names_containers
from scclint.model.kinds import NODE_ACCESS
from scclint.model.object import UnknownKind
from scclint.model.unknown import Unknown
from scclint.record import replace
from scclint.untyped import mappings

NO_HOLDERS = frozenset(("admission.k8s.io", "kubevirt.io", "kyverno.io", "policies.kyverno.io"))
"""API groups whose objects describe the pods of others, or mean the image of a virtual machine by a container."""


SECURITY = frozenset((
    "allowPrivilegeEscalation", "capabilities", "fsGroup", "privileged", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions",
    "seccompProfile", "supplementalGroups",
))  # fmt: skip
"""Fields by which the security context of a pod or a container is known."""


def of_unknown_kind(item: Item) -> Iterator[Item]:
    """Yield an object of no known kind if it holds containers, otherwise nothing."""
    if holds_containers(*item.key, item.data):
        yield _named_only(item)


def with_node_access(item: Item) -> Iterator[Item]:
    """Yield an object that gives its pods access to the node and contains no container, otherwise nothing."""
    field, what = NODE_ACCESS[item.key]
    if any(value for _, value in each(item.data, field)):
        yield replace(_named_only(item), provenance=replace(item.provenance, partial=what))


def _named_only(item: Item) -> Item:
    """Return the object with nothing but what names it."""
    named = {name: value for name, value in item.data.items() if name in ("apiVersion", "kind", "metadata")}
    return replace(item, model=UnknownKind, data=named)


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
    is_holder = key.endswith(("container", "containers", "Container", "Containers")) or key in ("steps", "sidecars", "script")
    return is_holder and _is_container(value)


def _is_container(value: Any) -> bool:
    return any(isinstance(item.get("image"), str | Unknown) for item in mappings(value if isinstance(value, list) else [value]))
