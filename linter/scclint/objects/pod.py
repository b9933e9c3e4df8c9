"""One normalised pod for all kinds that contain a pod template."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scclint.finding import Path
from scclint.objects.view import Field, View
from scclint.platform.terms import CONTAINER_LISTS
from scclint.record import EMPTY, set_fields
from scclint.yaml.nodes import Node
from scclint.yaml.untyped import as_list, as_mapping, as_text, children_of, value_at


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


class AddedFields(NamedTuple):
    """What a controller adds to the pods that it makes of a template: volumes with their places, and fields of the pod's `spec`."""

    claims: Mapping[str, tuple[dict[str, Any], Field[Any]]] = EMPTY
    identity: Mapping[str, Any] = EMPTY


class Pod(View):
    """A pod or pod template: `metadata` and `spec` below `path`.

    `manifest` is the v1 Pod that would reach the API server, as plain JSON-like values; paths into it (as admission
    gives them) are paths into this view. `template` is what is written, before the API server stores it and a controller adds to it.
    """

    __slots__ = ("_by_name", "_volumes", "containers", "manifest", "template")

    manifest: dict[str, Any]
    template: dict[str, Any]
    containers: tuple[Container, ...]
    _by_name: dict[str, Container]
    _volumes: tuple[Field[Any], ...]

    def __init__(self, root: Node, data: Any, path: Path, name: str, added: AddedFields | None = None) -> None:
        """`added` is what a controller adds that makes the pod from what the API server stores; None if none makes it."""
        super().__init__(root, data if isinstance(data, dict) else {}, path)
        containers = tuple(self._containers())
        by_name = {container.name: container for container in reversed(containers)}
        template = _manifest(self.data, name)
        spec = template["spec"] if added is None else _without_empty_lists(template["spec"])
        claims, identity = added or AddedFields()
        volumes = [*claims.values(), *self._own_volumes(claims)] if claims else []
        if claims or identity:
            spec = {**spec, **identity, **({"volumes": [volume for volume, _ in volumes]} if claims else {})}
        manifest = template if spec is template["spec"] else {**template, "spec": spec}
        places = tuple(place for _, place in volumes)
        set_fields(self, manifest=manifest, template=template, containers=containers, _by_name=by_name, _volumes=places)

    def _own_volumes(self, claims: Mapping[str, object]) -> Iterator[tuple[Any, Field[Any]]]:
        """Yield the volumes of the template that no claim replaces, with their places."""
        volumes = super().field("spec", "volumes")
        for index, volume in enumerate(as_list(volumes.value)):
            if as_text(as_mapping(volume).get("name")) not in claims:
                yield volume, volumes.below(index)

    def field(self, *path: str | int) -> Field[Any]:
        if self._volumes and path[:2] == ("spec", "volumes") and len(path) > 2:
            return self._volumes[int(path[2])].below(*path[3:])
        return super().field(*path)

    def path_in_manifest(self, path: Path) -> Path | None:
        """Return the path in `manifest` of a path in the document; None outside of the pod."""
        for index, place in enumerate(self._volumes):
            if path[: len(place.path)] == place.path:
                return "spec", "volumes", index, *path[len(place.path) :]
        return path[len(self.path) :] if path[: len(self.path)] == self.path else None

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


def _without_empty_lists(data: Any) -> Any:
    """Return part of a pod as the API server stores it: an empty list is an absent field."""
    if not _has_empty_list(data):
        return data
    if isinstance(data, list):
        return [_without_empty_lists(item) for item in data]
    return {key: _without_empty_lists(value) for key, value in data.items() if value != []}


def _has_empty_list(data: Any) -> bool:
    values = children_of(data)
    return any(isinstance(value, dict | list) and (value == [] or _has_empty_list(value)) for value in values)


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
