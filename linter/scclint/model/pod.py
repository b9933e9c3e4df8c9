"""One normalised pod for all kinds that contain a pod template."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.model.terms import CONTAINER_LISTS
from scclint.model.view import Field, View
from scclint.record import set_fields
from scclint.untyped import as_list, as_mapping, value_at
from scclint.yaml.nodes import Node


class Container(View):
    """A container of any sort. `list` is its field in the pod spec, and `index` its position in that list."""

    __slots__ = ("index", "list", "name")

    list: str
    index: int
    name: str

    def __init__(self, root: Node, data: Any, path: Path, list: str, index: int) -> None:
        super().__init__(root, data, path)
        set_fields(self, list=list, index=index, name=str(as_mapping(data).get("name") or ""))

    @property
    def privileged(self) -> Field[bool]:
        return self.field("securityContext", "privileged")

    @property
    def seccomp_type(self) -> Field[str]:
        return self.field("securityContext", "seccompProfile", "type")

    @property
    def localhost_profile(self) -> Field[str]:
        return self.field("securityContext", "seccompProfile", "localhostProfile")


class Pod(View):
    """A pod or pod template: `metadata` and `spec` below `path`.

    `manifest` is the v1 Pod that would reach the API server, as plain JSON-like values; paths into it (as admission
    gives them) are paths into this view.
    """

    __slots__ = ("_by_name", "containers", "manifest")

    manifest: dict[str, Any]
    containers: tuple[Container, ...]
    _by_name: dict[str, Container]

    def __init__(self, root: Node, data: Any, path: Path, name: str) -> None:
        super().__init__(root, data if isinstance(data, dict) else {}, path)
        containers = tuple(self._containers())
        by_name = {container.name: container for container in reversed(containers)}
        set_fields(self, manifest=_manifest(self.data, name), containers=containers, _by_name=by_name)

    def _containers(self) -> Iterator[Container]:
        spec = as_mapping(self.data.get("spec"))
        for key in CONTAINER_LISTS:
            for index, item in enumerate(as_list(spec.get(key))):
                yield Container(self.root, item, (*self.path, "spec", key, index), key, index)

    def container(self, name: str) -> Container | None:
        """The container called `name`, of any sort; the first of several."""
        return self._by_name.get(name)

    @property
    def annotations(self) -> dict[str, Any]:
        annotations = value_at(self.data, ("metadata", "annotations"))
        return annotations if isinstance(annotations, dict) else {}

    def annotation(self, key: str) -> Field[str]:
        return self.field("metadata", "annotations", key)

    @property
    def service_account_name(self) -> Field[str]:
        """Return `serviceAccountName`, or its deprecated alias if only that is set."""
        name = self.field("spec", "serviceAccountName")
        alias = self.field("spec", "serviceAccount")
        return alias if alias and not name else name

    @property
    def service_account(self) -> str:
        """The service account the pod runs as: `default` where none is named."""
        return str(self.service_account_name.value or "default")

    @property
    def seccomp_type(self) -> Field[str]:
        return self.field("spec", "securityContext", "seccompProfile", "type")

    @property
    def localhost_profile(self) -> Field[str]:
        return self.field("spec", "securityContext", "seccompProfile", "localhostProfile")


def _manifest(data: dict[str, Any], name: str) -> dict[str, Any]:
    spec = dict(as_mapping(data.get("spec")))
    if not spec.get("serviceAccountName") and spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**as_mapping(data.get("metadata")), "name": name},
        "spec": spec,
    }
