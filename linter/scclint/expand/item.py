"""What a model object is made of, before it is one."""

from typing import Any

from scclint.finding import Path
from scclint.model.object import WRITTEN, ApiObject, Provenance
from scclint.record import record
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


def value_at(data: Any, path: Path) -> Any:
    """Return the value that `path` leads to through mappings; None if there is none."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data
