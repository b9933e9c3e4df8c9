"""From a path within an object to the region a finding about it points at."""

from collections.abc import Iterator

from scclint.source import Span
from scclint.yaml.nodes import Entry, MappingNode, Node, SequenceNode

Path = tuple[str | int, ...]


def locate(root: Node, path: Path) -> tuple[Span, bool]:
    """The region for the field that `path` leads to, and whether that field is written.

    The region of a missing field is the key of the mapping in which it is missing. An array item has no key, so its region is
    its `name` entry, else its `kind` or its first entry. The region of the root is its `kind`, else its first entry.
    """
    node = root
    span = _represent(root, "kind")
    for step in path:
        if isinstance(step, str):
            entry = node.entry(step) if isinstance(node, MappingNode) else None
            if entry is None:
                return span, False
            node, span = entry.value, entry.span
        else:
            if not isinstance(node, SequenceNode) or not 0 <= step < len(node.items):
                return span, False
            use = node.item_spans.get(step)
            node = node.items[step]
            span = use if use is not None else _represent(node, "name", "kind")
    return span, True


def _represent(node: Node, *keys: str) -> Span:
    if not isinstance(node, MappingNode) or not node.entries:
        return node.span
    entry = next((entry for key in keys if (entry := node.entry(key))), node.entries[0])
    return entry.span


def node_at(root: Node, path: Path) -> Node:
    """The node that `path` leads to, or the deepest one on the way."""
    node = root
    for step in path:
        below: Node | None = None
        if isinstance(node, MappingNode) and isinstance(step, str):
            below = node.get(step)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.items):
            below = node.items[step]
        if below is None:
            return node
        node = below
    return node


def overridden(node: Node, path: Path = ()) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries below a node that a later key of the same name overrides, each with its path. `path` is that of the node."""
    if isinstance(node, MappingNode):
        yield from (((*path, str(entry.key.value)), entry) for entry in node.duplicates)
        for entry in node.entries:
            yield from overridden(entry.value, (*path, str(entry.key.value)))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from overridden(item, (*path, index))
