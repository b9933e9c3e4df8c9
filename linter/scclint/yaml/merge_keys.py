"""The entries of a mapping that count: merge keys and duplicates resolved in the order the cluster's decoder takes them."""

from typing import Any

from scclint.errors import LoadError
from scclint.source import Span
from scclint.yaml.nodes import Entry, MappingNode, Node, ReferringEntry, Region, ScalarNode, SequenceNode

MAP_KEY_ERROR = "not valid in the cluster: a key must be a scalar (an unquoted {{ ... }} is a mapping in YAML)"
_MERGE_ERROR = "not valid in the cluster: `<<` takes a mapping or a list of mappings"


def effective_mapping(region: Region, children: list[Any], aliases: dict[int, Span]) -> MappingNode:
    """`children` are keys and values in turn; `aliases` gives the places of the values that are aliases, by position.

    Raises LoadError for a merge key whose value is no mapping.
    """
    index: dict[str, Entry] = {}
    duplicates: list[Entry] = []
    for position in range(1, len(children), 2):
        key: ScalarNode = children[position - 1]
        value: Node = children[position]
        name: Any = key.value
        alias = aliases.get(position) if aliases else None
        if name == "<<" and key.plain:
            for merged in _merged(key, value, alias):
                _put(index, ReferringEntry(merged.key, merged.value, merged.alias, True), duplicates)
            continue
        entry = Entry(key, value) if alias is None else ReferringEntry(key, value, alias, False)
        if name in index:
            _put(index, entry, duplicates)
        else:
            index[name] = entry
    return MappingNode(region, index, tuple(duplicates))


def _put(index: dict[str, Entry], entry: Entry, duplicates: list[Entry]) -> None:
    """Overrides, and moves the key to the place of the entry that wins. Overriding a merged entry is what merging is for."""
    name: Any = entry.key.value
    earlier = index.pop(name, None)
    if earlier is not None and not earlier.merged:
        duplicates.append(earlier)
    index[name] = entry


def _merged(key: ScalarNode, value: Node, alias: Span | None) -> list[Entry]:
    """The entries that a merge key sets, in the order of setting: of a list the first mapping wins, so it comes last."""
    if isinstance(value, MappingNode):
        return list(value.entries)
    if isinstance(value, SequenceNode) and alias is None:
        entries: list[Entry] = []
        for item in reversed(value.items):
            if not isinstance(item, MappingNode):
                raise LoadError(_MERGE_ERROR, key.file, key.line, key.column)
            entries += item.entries
        return entries
    raise LoadError(_MERGE_ERROR, key.file, key.line, key.column)
