"""A pod as the checks of the Pod Security Standards read it."""

from typing import NamedTuple

from scclint.finding import Path
from scclint.model.terms import CONTAINER_LISTS
from scclint.untyped import Object


class PodPart(NamedTuple):
    """The pod's spec or one of its containers. `name` is None for the pod itself, `path` leads to the part."""

    name: str | None
    fields: Object
    path: Path

    @property
    def security(self) -> Object:
        """The part's `securityContext`, empty if it has none."""
        return self.fields.get("securityContext") or {}

    def at(self, *names: str) -> Path:
        """Return the path of a field of the part's `securityContext`."""
        return (*self.path, "securityContext", *names)


class CheckedPod:
    """The fields of a Pod or a pod template, null taken as absent as the API server does.

    `itself` is the spec, and `containers` are the init, regular and ephemeral containers in this order. `path` leads to the pod
    within the object that holds it.
    """

    __slots__ = ("annotations", "containers", "itself", "path", "spec")

    def __init__(self, pod: Object, path: Path = ()) -> None:
        metadata = pod.get("metadata") or {}
        self.path = path
        self.spec: Object = pod.get("spec") or {}
        self.annotations: dict[str, str] = {key: value or "" for key, value in (metadata.get("annotations") or {}).items()}
        self.itself = PodPart(None, self.spec, (*path, "spec"))
        self.containers = [
            PodPart((container or {}).get("name") or "", container or {}, (*path, "spec", field, index))
            for field in CONTAINER_LISTS
            for index, container in enumerate(self.spec.get(field) or ())
        ]

    @property
    def parts(self) -> list[PodPart]:
        """The pod itself, then its containers."""
        return [self.itself, *self.containers]

    @property
    def runs_on_windows(self) -> bool:
        return (self.spec.get("os") or {}).get("name") == "windows"

    @property
    def has_user_namespace(self) -> bool:
        return self.spec.get("hostUsers") is False
