"""The API objects of a document: its root, or the items of a list."""

from collections.abc import Iterator

from scclint.expand.item import Item
from scclint.finding import Path
from scclint.load.document import Document
from scclint.model.object import ApiObject, Provenance
from scclint.record import replace
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data


def items_of(document: Document) -> Iterator[Item]:
    """Yield the API objects of a document: the root, or the items of a list, lists within lists included.

    kubectl treats every object with an array `items` at its root as a list. If its kind does not end in `List`, the object
    itself is also returned, because other clients treat it as an object. An item whose kind and version are both absent, empty or
    null gets those of the list (a `PodList` has Pods), or else those of the object, as in kubectl. kubectl rejects an item that then
    lacks one of the two. Such an item is returned as a plain object, on which only rules about manifests report.
    """
    root = document.root
    if document.status == "parsed" and isinstance(root, MappingNode):
        items = _unrolled(root, root, (), "", "")
        if document.is_template:
            from scclint.expand.expressions import with_unknowns

            items = map(with_unknowns, items)
        yield from (
            (replace(item, provenance=Provenance(command=document.command)) for item in items) if document.command else items
        )


def _unrolled(root: Node, node: MappingNode, path: Path, kind: str, api_version: str) -> Iterator[Item]:
    # kubectl reads null as an empty text, so that `apiVersion: null` of a Pod is v1.
    data = to_data(node)
    data |= {key: "" for key in ("apiVersion", "kind") if data.get(key) is None}
    is_of_list = bool(api_version)
    if all(data.get(key) in (None, "") for key in ("kind", "apiVersion")):
        data.update(kind=kind, apiVersion=api_version)
    kind, api_version = (value if isinstance(value := data.get(key), str) else "" for key in ("kind", "apiVersion"))
    items = node.get("items")
    if is_of_list and not (kind and api_version):
        yield Item(root, path, data | {"kind": kind, "apiVersion": api_version}, model=ApiObject)
    elif not isinstance(items, SequenceNode) or not kind.endswith("List"):
        yield Item(root, path, data)
    for index, item in enumerate(items.items if isinstance(items, SequenceNode) else ()):
        if isinstance(item, MappingNode):
            yield from _unrolled(root, item, (*path, "items", index), kind.removesuffix("List"), api_version)
