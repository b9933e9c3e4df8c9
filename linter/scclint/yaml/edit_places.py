"""The text of a document and its tree, as an edit sees them: offsets of nodes, and what forbids a change at a node."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scclint.finding import Path
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
    """An entry of a mapping or an item of a list. `value_start` differs from `start` for an entry only.

    `key` is None for an item. `end` is behind the value, or behind the alias.
    """

    key: ScalarNode | None
    value: Node
    is_alias: bool
    start: int
    value_start: int
    end: int
    end_line: int


class Way(NamedTuple):
    """The way to a node: the child taken in each holder, outermost first."""

    holders: tuple[Node, ...]
    children: tuple[Child, ...]
    node: Node


class Tree:
    """A document's text with its tree. Offsets are 0-based and count characters; lines count from 1."""

    def __init__(self, text: str, root: Node, *, is_json: bool) -> None:
        self.text = text
        self.root = root
        self.is_json = is_json
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._step: int | None = None
        self._dash: int | None = None

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
        return sorted((self._entry(entry) for entry in entries_written if not entry.merged), key=lambda child: child.start)

    def _entry(self, entry: Entry) -> Child:
        start = self.start(entry.key)
        if entry.alias is not None:
            at, end = self.offset(*entry.alias[1:3]), self.offset(*entry.alias[3:5])
            return Child(entry.key, entry.value, True, start, at, end, entry.alias.end_line)
        value = entry.value
        end_line = max(entry.key.end_line, value.end_line)
        return Child(entry.key, value, False, start, self.start(value), max(self.end(entry.key), self.end(value)), end_line)

    def _item(self, node: SequenceNode, index: int) -> Child:
        item, alias = node.items[index], node.item_spans.get(index)
        if alias is not None:
            at, end = self.offset(*alias[1:3]), self.offset(*alias[3:5])
            return Child(None, item, True, at, at, end, alias.end_line)
        start = self.start(item)
        return Child(None, item, False, start, start, self.end(item), item.end_line)

    def way(self, path: Path, *, whole: bool) -> tuple[Way, Path]:
        """The way along `path` as far as the document has it, and the steps that are missing.

        With `whole`, raises EditRefused if a step is missing. Raises EditRefused where a change would show elsewhere as well.
        """
        node = self.root
        holders: list[Node] = []
        taken: list[Child] = []
        self._check_anchor(node)
        for depth, step in enumerate(path):
            child = self._child(node, step)
            if child is None:
                if whole:
                    raise EditRefused(f"the document has no {step}")
                return Way(tuple(holders), tuple(taken), node), path[depth:]
            holders.append(node)
            taken.append(child)
            node = child.value
            self._check_anchor(node)
        return Way(tuple(holders), tuple(taken), node), ()

    def _child(self, node: Node, step: str | int) -> Child | None:
        if isinstance(node, MappingNode) and isinstance(step, str):
            entry = node.entry(step)
            if entry is None:
                return None
            if any(lost.key.value == step for lost in node.duplicates):
                raise EditRefused(f"the key {step} is written twice")
            if entry.merged:
                raise EditRefused(f"a merge key (<<) adds {step}, which counts in other places as well")
            child = self._entry(entry)
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

    @property
    def step(self) -> int:
        """How far mappings are indented below their key in most places of the document."""
        if self._step is None:
            self._measure()
        return self._step or 2

    @property
    def dash(self) -> int:
        """How far lists are indented below their key in most places of the document."""
        if self._dash is None:
            self._measure()
        return self._dash or 0

    def _measure(self) -> None:
        steps: dict[int, int] = {}
        dashes: dict[int, int] = {}
        for node in _nodes(self.root):
            if not isinstance(node, MappingNode) or self.is_flow(node):
                continue
            for entry in node.entries:
                value = entry.value
                if entry.alias or entry.merged or value.line == entry.key.line or self.is_flow(value):
                    continue
                counts = dashes if isinstance(value, SequenceNode) else steps if isinstance(value, MappingNode) else None
                if counts is not None:
                    by = value.column - entry.key.column
                    counts[by] = counts.get(by, 0) + 1
        self._step = max(steps, key=lambda by: (steps[by], -by), default=2)
        self._dash = max(dashes, key=lambda by: (dashes[by], -by), default=0)


def _nodes(root: Node) -> Iterator[Node]:
    """The collections of a tree. What an alias repeats is met once for each use, of which the loader limits the number."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, MappingNode):
            pending += [entry.value for entry in node.entries if entry.alias is None and not entry.merged]
        elif isinstance(node, SequenceNode):
            pending += [item for index, item in enumerate(node.items) if index not in node.item_spans]
