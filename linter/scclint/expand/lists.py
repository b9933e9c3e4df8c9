"""The API objects of a document: its root, or the items of a list."""

from collections.abc import Iterator

from scclint.expand.item import Item
from scclint.finding import Path
from scclint.load.document import Document, text_at
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data


def items_of(document: Document) -> Iterator[Item]:
    """Yield the API objects of a document: the root, or the items of a list, lists within lists included.

    kubectl treats as a list whatever has an array `items` at its root. A kind that does not end in `List` is given as an object as
    well, since other clients treat it as one. An item without kind and version has those of the list (`PodList` has Pods), or else
    of the object, as in kubectl.
    """
    root = document.root
    if document.status == "parsed" and isinstance(root, MappingNode):
        yield from _unrolled(root, root, (), "", "")


def _unrolled(root: Node, node: MappingNode, path: Path, kind: str, api_version: str) -> Iterator[Item]:
    own = text_at(node, "kind"), text_at(node, "apiVersion")
    if any(own):
        kind, api_version = own
    items = node.get("items")
    if not isinstance(items, SequenceNode) or not kind.endswith("List"):
        yield Item(root, path, {"apiVersion": api_version, "kind": kind, **to_data(node)})
    for index, item in enumerate(items.items if isinstance(items, SequenceNode) else ()):
        if isinstance(item, MappingNode):
            yield from _unrolled(root, item, (*path, "items", index), kind.removesuffix("List"), api_version)
