"""The text of a document and its tree, as an edit sees them: offsets of nodes, and what forbids a change at a node."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from scclint.finding import Path
from scclint.source import Span
from scclint.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from scclint.yaml.operations import EditRefused

_PROPERTY = re.compile(r"([&!])([^\s,\[\]{}]*)(?:[ \t]+|(?=[\r\n])|\Z)")
_MERGE_KEY = re.compile(r"(?:^|[\n{,]|- )[ \t]*(?:<<|\"<<\"|'<<')[ \t]*:")


class Replacement(NamedTuple):
    """Text that takes the place of the characters from offset `start` to before `end`."""

    start: int
    end: int
    text: str


class Child(NamedTuple):
    """An entry of the mapping `holder`, or an item of the list. `value_start` differs from `start` for an entry only.

    `key` is None for an item. `end` is behind the value, or behind the alias.
    """

    holder: Node
    key: ScalarNode | None
    value: Node
    is_alias: bool
    start: int
    value_start: int
    end: int
    end_line: int


class NodePath(NamedTuple):
    """The path to a node: the children that lead to it, outermost first."""

    children: tuple[Child, ...]
    node: Node

    @property
    def holder(self) -> Node:
        """The mapping or list that the node is in."""
        return self.children[-1].holder


class Tree:
    """A document's text with its tree. Offsets are 0-based and count characters; lines count from 1."""

    def __init__(self, text: str, root: Node, *, is_json: bool) -> None:
        self.text = text
        self.root = root
        self.is_json = is_json
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def line_start(self, line: int) -> int:
        """The offset of a line; the end of the text for the line after the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def content_end(self, line: int) -> int:
        """The offset behind the last character of a line, before its line end."""
        end = self.line_start(line + 1)
        return end - len(self.text[self.line_start(line) : end]) + len(self.text[self.line_start(line) : end].rstrip("\r\n"))

    def start(self, node: Node) -> int:
        return self.offset(node.line, node.column)

    def end(self, node: Node) -> int:
        return self.offset(node.end_line, node.end_column)

    def properties(self, node: Node) -> str:
        """The anchor and tag in front of a node, as written."""
        at = self.start(node)
        begin = at
        while match := _PROPERTY.match(self.text, at):
            at = match.end()
        return self.text[begin:at]

    def is_flow(self, node: Node) -> bool:
        """Whether a mapping or list is written between braces or brackets."""
        at = self.start(node) + len(self.properties(node))
        return not isinstance(node, ScalarNode) and self.text[at : at + 1] in ("{", "[")

    def children(self, node: Node) -> list[Child]:
        """The entries or items of a node in the order of writing; of a mapping, those that are its own."""
        if isinstance(node, MappingNode):
            return self.entries(node)
        return [self._item(node, index) for index in range(len(node.items))] if isinstance(node, SequenceNode) else []

    def entries(self, node: Node, *, overridden: bool = False) -> list[Child]:
        """The entries that a mapping has itself, in the order of writing; on request with those that a later one overrides."""
        assert isinstance(node, MappingNode)
        entries_written = (*node.entries, *node.duplicates) if overridden else node.entries
        return sorted(
            (self._entry(node, entry) for entry in entries_written if not entry.merged), key=lambda child: child.start
        )

    def _entry(self, holder: MappingNode, entry: Entry) -> Child:
        return self._placed(holder, entry.key, entry.value, entry.alias)

    def _item(self, node: SequenceNode, index: int) -> Child:
        return self._placed(node, None, node.items[index], node.item_spans.get(index))

    def _placed(self, holder: Node, key: ScalarNode | None, value: Node, alias: Span | None) -> Child:
        place = alias or value.span
        value_start, end = self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)
        if key is None:
            return Child(holder, None, value, alias is not None, value_start, value_start, end, place.end_line)
        end, end_line = max(self.end(key), end), max(key.end_line, place.end_line)
        return Child(holder, key, value, alias is not None, self.start(key), value_start, end, end_line)

    def path_to(self, path: Path, *, whole: bool) -> tuple[NodePath, Path]:
        """Follow `path` as far as the document has it. Return also the steps that are missing.

        With `whole`, raises EditRefused if a step is missing. Raises EditRefused where a change would show elsewhere as well.
        """
        node = self.root
        children: list[Child] = []
        self._check_anchor(node)
        for step in path:
            child = self._child(node, step)
            if child is None:
                if whole:
                    raise EditRefused(f"the document has no {step}")
                break
            children.append(child)
            node = child.value
            self._check_anchor(node)
        return NodePath(tuple(children), node), path[len(children) :]

    def _child(self, node: Node, step: str | int) -> Child | None:
        if isinstance(node, MappingNode) and isinstance(step, str):
            entry = node.entry(step)
            if entry is None:
                return None
            if any(lost.key.value == step for lost in node.duplicates):
                raise EditRefused(f"the key {step} is written twice")
            if entry.merged:
                raise EditRefused(f"a merge key (<<) adds {step}, which counts in other places as well")
            child = self._entry(node, entry)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.items):
            child = self._item(node, step)
        else:
            return None
        if child.is_alias:
            raise EditRefused(f"an alias stands for the value of {step}, which counts in other places as well")
        return child

    def _check_anchor(self, node: Node) -> None:
        for sign, name in _PROPERTY.findall(self.properties(node)):
            if sign == "&" and re.search(rf"\*{re.escape(name)}(?=[\s,\]}}:]|\Z)", self.text):
                raise EditRefused(f"the aliases *{name} repeat the value, so that the edit would count there as well")

    def has_merge_key(self, node: Node) -> bool:
        """Whether a mapping has a merge key of its own, also one of which nothing is left in the tree."""
        if isinstance(node, MappingNode) and any(entry.merged for entry in node.entries):
            return True
        text = self.text[self.line_start(node.line) : self.end(node)]
        return _MERGE_KEY.search(text) is not None

    def check_duplicates(self, node: Node) -> None:
        if isinstance(node, MappingNode) and node.duplicates:
            raise EditRefused(f"the key {node.duplicates[0].key.value} is written twice")

    @cached_property
    def indentation(self) -> tuple[int, int]:
        """How far mappings, and how far lists are indented below their key in most places of the document."""
        mappings, lists = Counter[int](), Counter[int]()
        for entry in _own_entries(self.root):
            value = entry.value
            if value.line != entry.key.line and not isinstance(value, ScalarNode) and not self.is_flow(value):
                counts = lists if isinstance(value, SequenceNode) else mappings
                counts[value.column - entry.key.column] += 1
        return _most_common(mappings, 2), _most_common(lists, 0)


def _own_entries(node: Node) -> Iterator[Entry]:
    """The entries of all mappings of a tree, without those that an alias or a merge key repeats."""
    if isinstance(node, MappingNode):
        for entry in node.entries:
            if entry.alias is None and not entry.merged:
                yield entry
                yield from _own_entries(entry.value)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            if index not in node.item_spans:
                yield from _own_entries(item)


def _most_common(counts: Counter[int], default: int) -> int:
    return max(counts, key=lambda by: (counts[by], -by), default=default)
