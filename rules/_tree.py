"""Walks over the nodes of a document, which show how keys and values were written."""

from collections.abc import Iterable, Iterator

from scclint.api import Entry, MappingNode, Node, ScalarNode, SequenceNode, to_data

Path = tuple[str | int, ...]


def mappings(root: Node | None) -> Iterator[tuple[Path, MappingNode]]:
    """Yield every mapping below `root` with its path, in the order of the file; a mapping with aliases comes once."""
    visited: set[int] = set()
    pending: list[tuple[Path, Node]] = [] if root is None or isinstance(root, ScalarNode) else [((), root)]
    while pending:
        path, node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        below: list[tuple[Path, Node]]
        if isinstance(node, MappingNode):
            yield path, node
            below = [((*path, str(e.key.value)), e.value) for e in node.entries if not isinstance(e.value, ScalarNode)]
        else:
            assert isinstance(node, SequenceNode)
            below = [((*path, index), item) for index, item in enumerate(node.items) if not isinstance(item, ScalarNode)]
        pending.extend(reversed(below))


def has_duplicates(node: Node | None) -> bool:
    """Return whether a mapping in a tree has the same key twice. Most have none, and this is faster than to walk with paths."""
    if type(node) is MappingNode:
        if node.duplicates:
            return True
        below: Iterable[Node] = [entry.value for entry in node.entries]
    elif type(node) is SequenceNode:
        below = node.items
    else:
        return False
    return any(type(child) is not ScalarNode and has_duplicates(child) for child in below)


def object_name(root: Node | None, path: Path) -> str:
    """Return the kind and name of the API object around `path`: `Deployment web`; empty if there is none."""
    named = ""
    node: Node | None = root
    for step in (*path, None):
        if isinstance(node, MappingNode) and isinstance(kind := node.get("kind"), ScalarNode) and "apiVersion" in node:
            metadata = node.get("metadata")
            name = metadata.get("name") if isinstance(metadata, MappingNode) else None
            named = f"{kind.text} {name.text}" if isinstance(name, ScalarNode) else kind.text
        if isinstance(node, MappingNode) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    return named


def scalars(root: Node | None) -> Iterator[ScalarNode]:
    """Yield every scalar below `root`, including keys and the entries that a later duplicate key overrides."""
    for _, mapping in mappings(root):
        for entry in (*mapping.entries, *mapping.duplicates):
            yield entry.key
            if isinstance(entry.value, ScalarNode):
                yield entry.value
            elif isinstance(entry.value, SequenceNode):
                yield from _items(entry.value)
    if isinstance(root, ScalarNode):
        yield root
    elif isinstance(root, SequenceNode):
        yield from _items(root)


def _items(sequence: SequenceNode) -> Iterator[ScalarNode]:
    for item in sequence.items:
        if isinstance(item, ScalarNode):
            yield item
        elif isinstance(item, SequenceNode):
            yield from _items(item)


def entry_at(root: Node, path: Path) -> Entry | ScalarNode | None:
    """Return the mapping entry or the scalar list item at `path`; None if there is neither."""
    node: Node | None = root
    entry: Entry | ScalarNode | None = None
    for step in path:
        entry = None
        if isinstance(step, str) and isinstance(node, MappingNode):
            entry = node.entry(step)
            node = entry.value if entry is not None else None
        elif isinstance(step, int) and isinstance(node, SequenceNode) and step < len(node.items):
            node = node.items[step]
            entry = node if isinstance(node, ScalarNode) else None
        else:
            return None
    return entry


__all__ = ["Entry", "MappingNode", "ScalarNode", "SequenceNode", "entry_at", "mappings", "scalars", "to_data"]
