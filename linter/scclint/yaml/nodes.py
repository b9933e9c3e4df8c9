"""The tree every later stage reads: values as the cluster has them, and where each was written.

Positions are kept as ints, in the terms of `scclint.source.Span`; a `Span` is made only on request. A collection
ends where its last scalar ends, never at the blank lines and comments that follow it.

A node that an alias points to is one object, shared by all its uses: nothing here may be changed after loading.
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.source import Span

JsonValue = str | int | float | bool | None
Region = tuple[str, int, int, int, int]
"""What a `Span` holds."""


class Node:
    """What all nodes have: the file and the region from the first character to the one after the last."""

    __slots__ = ("column", "end_column", "end_line", "file", "line")

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def span(self) -> Span:
        return Span(self.file, self.line, self.column, self.end_line, self.end_column)


class ScalarNode(Node):
    """A leaf. `value` is what the cluster reads, `text` what was written (unquoted, unfolded), `plain` whether it was bare.

    An anchor or a tag in front belongs to the region. A block scalar ends at its last line with text; an empty one has an
    empty region, as has a value that was left out.
    """

    __slots__ = ("plain", "text", "value")

    def __init__(self, region: Region, value: JsonValue, text: str, plain: bool) -> None:
        self.file, self.line, self.column, self.end_line, self.end_column = region
        self.value = value
        self.text = text
        self.plain = plain


class Entry:
    """One key and its value. `key.value` is the JSON key, always a str: `on: x` has the key `"true"`.

    `alias` is the place of the alias if the value is one, else None; the place of the value is then its anchor. `merged` is
    True if a merge key (`<<`) added the entry. Key and value are then in the merged mapping.
    """

    __slots__ = ("key", "value")

    alias: Span | None = None
    merged: bool = False

    def __init__(self, key: ScalarNode, value: Node) -> None:
        self.key = key
        self.value = value

    @property
    def span(self) -> Span:
        """The region that a finding about this field points at, always on one line where the key is.

        From the key to the end of a scalar value (or alias) that ends on the key's line; the key alone for everything else.
        """
        key = self.key
        end: Span | Node = self.alias if self.alias is not None else self.value
        inline = self.alias is not None or isinstance(self.value, ScalarNode)
        if inline and end.end_line == key.line and end.end_column > key.end_column:
            written = end.line == key.line and end.column < end.end_column
            if written:
                return Span(key.file, key.line, key.column, end.end_line, end.end_column)
        return key.span


class ReferringEntry(Entry):
    """An entry whose value is an alias, or that a merge key added. Few are, so that the others need no room for this."""

    __slots__ = ("alias", "merged")

    def __init__(self, key: ScalarNode, value: Node, alias: Span | None, merged: bool) -> None:
        super().__init__(key, value)
        self.alias = alias
        self.merged = merged


class MappingNode(Node):
    """An object. `entries` are the ones that count, in the order of writing, merge keys and duplicates resolved.

    In the cluster's decoder, the last of several equal keys wins. A merge key sets the keys of its mapping at its own position,
    so it overrides the keys before it. `duplicates` are the entries of this mapping that were overridden.
    """

    __slots__ = ("_index", "duplicates")

    def __init__(self, region: Region, index: dict[str, Entry], duplicates: tuple[Entry, ...] = ()) -> None:
        self.file, self.line, self.column, self.end_line, self.end_column = region
        self._index = index
        self.duplicates = duplicates

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._index.values())

    def entry(self, key: str) -> Entry | None:
        return self._index.get(key)

    def get(self, key: str) -> Node | None:
        entry = self._index.get(key)
        return None if entry is None else entry.value

    def __contains__(self, key: str) -> bool:
        return key in self._index

    def __len__(self) -> int:
        return len(self._index)


class SequenceNode(Node):
    """An array. `item_spans` gives, for the items that are aliases, the place of the alias (by 0-based index)."""

    __slots__ = ("item_spans", "items")

    def __init__(self, region: Region, items: tuple[Node, ...], item_spans: dict[int, Span]) -> None:
        self.file, self.line, self.column, self.end_line, self.end_column = region
        self.items = items
        self.item_spans = item_spans

    def __len__(self) -> int:
        return len(self.items)


def to_data(node: Node | None) -> Any:
    """The plain JSON data (dict, list, str, int, float, bool, None) that the cluster makes of the node.

    Every call returns fresh containers, which the caller may change. None, the root of an empty document, gives None.
    The loader's limit on nesting keeps the recursion shallow.
    """
    if type(node) is ScalarNode:
        return node.value
    if type(node) is MappingNode:
        return {
            key: value.value if type(value := entry.value) is ScalarNode else to_data(value)
            for key, entry in node._index.items()
        }
    if type(node) is SequenceNode:
        return [item.value if type(item) is ScalarNode else to_data(item) for item in node.items]
    return None


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


def is_key(root: Node, path: Path, span: Span) -> bool:
    """Whether a region is the key of the field that `path` leads to, or of an entry that this field overrides."""
    holder = node_at(root, path[:-1]) if path else root
    entry = holder.entry(str(path[-1])) if path and isinstance(holder, MappingNode) else None
    if entry is None or not isinstance(holder, MappingNode):
        return False
    return any(one.key.span == span for one in (entry, *holder.duplicates) if one.key.value == entry.key.value)


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


def overridden(node: Node) -> Iterator[tuple[Path, Entry]]:
    """Return the entries below a node that a later key of the same name overrides, each with its path."""
    return _overridden(node, ()) if _has_duplicates(node) else iter(())


def _overridden(node: Node, path: Path) -> Iterator[tuple[Path, Entry]]:
    if isinstance(node, MappingNode):
        yield from (((*path, str(entry.key.value)), entry) for entry in node.duplicates)
        for entry in node.entries:
            yield from _overridden(entry.value, (*path, str(entry.key.value)))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from _overridden(item, (*path, index))


def _has_duplicates(node: Node) -> bool:
    """Whether a later key overrides an entry below a node, as in few documents."""
    left = [node]
    while left:
        node = left.pop()
        if type(node) is MappingNode:
            if node.duplicates:
                return True
            left += [entry.value for entry in node._index.values() if type(entry.value) is not ScalarNode]
        elif type(node) is SequenceNode:
            left += [item for item in node.items if type(item) is not ScalarNode]
    return False


def made_node(data: Any, region: Region) -> Node:
    """Return the tree of some plain data, all of it at one place."""
    if isinstance(data, dict):
        return MappingNode(
            region, {key: Entry(ScalarNode(region, key, key, True), made_node(value, region)) for key, value in data.items()}
        )
    if isinstance(data, list):
        return SequenceNode(region, tuple(made_node(item, region) for item in data), {})
    return ScalarNode(region, data, str(data), plain=False)
