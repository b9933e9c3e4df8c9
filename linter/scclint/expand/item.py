"""What a model object is made of, before it is one."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.model.kinds import Key
from scclint.model.object import WRITTEN, ApiObject, Provenance
from scclint.model.terms import EACH
from scclint.record import record
from scclint.untyped import as_list, value_at
from scclint.yaml.nodes import Node


@record
class Item:
    """An API object as plain data, at `path` below the root of a document.

    `model` is the class of its model object, None while the object can still expand to others. `template` leads from `data` to the
    pod of a workload. `manifest` is the object that the cluster gets, if it is not `data`.
    """

    root: Node
    path: Path
    data: dict[str, Any]
    provenance: Provenance = WRITTEN
    model: type[ApiObject] | None = None
    template: Path | None = None
    manifest: dict[str, Any] | None = None

    @property
    def key(self) -> Key:
        """The API group and kind, if `data` has an `apiVersion` and a `kind` that are strings."""
        return self.data["apiVersion"].rpartition("/")[0], self.data["kind"]

    @property
    def name(self) -> str:
        """The name, or the prefix of a generated name; empty if the object has neither."""
        return str(value_at(self.data, ("metadata", "name")) or value_at(self.data, ("metadata", "generateName")) or "")


def each(data: Any, path: Path, where: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each value that `path` leads to, with the path to it, where `*` means each item of a list. Missing values are left out."""
    for index, step in enumerate(path):
        if step == EACH:
            for number, item in enumerate(as_list(data)):
                yield from each(item, path[index + 1 :], (*where, *path[:index], number))
            return
        data = data.get(step) if isinstance(data, dict) else None
    if data is not None:
        yield (*where, *path), data
