"""What is let go and made again when somebody asks: a tree takes thirty times the memory of its text, its data ten times.

Of a document a run needs its data while it is judged, and positions where there is something to report. All that stays
throughout is the document's text and data, packed, and a few facts about it; by a `Cache` these outlive the run.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from scclint.record import record
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from scclint.load.cache import Cache

PAYS_FROM = 1 << 16
"""Characters to parse from which on all this is worth the while; a run over a few files never gets there."""

MOST_OPEN = 1 << 26
"""Bytes that what is unfolded may take at one time, more or less."""

TREE, DATA = 256, 96
"""Bytes that a tree, and data as Python has it, take for each `,`, `:` and line: a text has about as many nodes."""


@record
class Facts:
    """What is known of a document without its tree.

    `region` are the root's four positions (`scclint.source.Span`), lines counted from the document's own first line, which is 0.
    `faithful` says that the data tells all that was written (see `is_faithful`).
    """

    region: tuple[int, int, int, int]
    kind: str
    api_version: str
    has_items: bool
    faithful: bool


class Foldable(Protocol):
    """What takes less memory when it is folded, and unfolds by itself when it is used."""

    def fold(self) -> None: ...


class Tree(MappingNode):
    """The root of a document, a mapping like any other to its readers, and its text.

    `has_items` and `faithful` are facts about it (see `Facts`). Its entries, where they are not there, are parsed when they are
    asked for, its data is then had from JSON; text and JSON are packed when both have not been used for a while.
    """

    __slots__ = ("_first_line", "_json", "_nodes", "_packed", "_text", "_trees", "faithful", "has_items")

    def __init__(self, file: str, line: int, facts: Facts, json: str, text: str, trees: "Trees") -> None:
        self.file = file
        self.line = facts.region[0] + line
        self.column = facts.region[1]
        self.end_line = facts.region[2] + line
        self.end_column = facts.region[3]
        self.has_items = facts.has_items
        self.faithful = facts.faithful
        self._first_line = line
        self._nodes = text.count(",") + text.count(":") + text.count("\n")
        self._json = json
        self._text = text
        self._packed = b""
        self._trees = trees

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not there: the two slots of a mapping without its entries.
        if name not in ("_index", "duplicates"):
            raise AttributeError(name)
        from scclint.load import root_of

        text = self.text
        # First, for to make room may fold what was used before, and that can be this very tree.
        self._trees.latest.add(self, TREE * self._nodes)
        self.unfold(root_of(self.file, text, self._first_line))
        return getattr(self, name)

    @property
    def region(self) -> tuple[int, int, int, int]:
        """As in `Facts`."""
        first = self._first_line
        return self.line - first, self.column, self.end_line - first, self.end_column

    @property
    def text(self) -> str:
        """What the document was read from."""
        return self._unpacked()[1]

    def unfold(self, root: MappingNode) -> None:
        """Take the entries of `root`, which is made of the same text."""
        self._index, self.duplicates = root._index, root.duplicates

    def fold(self) -> None:
        """Let the entries go, and pack the rest."""
        from zlib import compress

        if not self._packed:
            self._packed = compress(f"{self.json()}\n{self._text}".encode("utf-8", "surrogatepass"), 1)
        self._json = self._text = ""
        with suppress(AttributeError):
            del self._index, self.duplicates

    def lend(self, made: Foldable) -> None:
        """Have something folded in its turn that was made of the data, and can be made of it again."""
        self._trees.latest.add(made, DATA * self._nodes)

    def json(self) -> str:
        """The data as JSON text, in one line."""
        from json import dumps

        return self._unpacked()[0] or dumps(super().data(), separators=(",", ":"))

    def data(self) -> dict[str, Any]:
        from json import loads

        json = self._unpacked()[0]
        try:
            made: Any = loads(json) if json else None
        except (ValueError, RecursionError):
            made = None
        # What came from a disk may have rotted there.
        return made if isinstance(made, dict) else super().data()

    def _unpacked(self) -> tuple[str, str]:
        """The JSON, empty where only the entries have the data yet, and the text."""
        if self._text:
            return self._json, self._text
        from zlib import decompress

        json, _, text = decompress(self._packed).decode("utf-8", "surrogatepass").partition("\n")
        return json, text


class Latest:
    """What was unfolded, of which only the latest stays so: as much as takes `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[tuple[Foldable, int]] = deque()
        self._size = 0

    def add(self, item: Foldable, size: int) -> None:
        """Take note of something unfolded that takes so many bytes. It may fold whenever the next one is added."""
        self._items.append((item, size))
        self._size += size
        while self._size > self._most and len(self._items) > 1:
            oldest, its_size = self._items.popleft()
            oldest.fold()
            self._size -= its_size


@record
class Found:
    """What an earlier run knew of a text."""

    tree: Tree
    facts: Facts


class Trees:
    """The trees of one run, the latest of which are unfolded, and the cache of earlier runs if there is one.

    `find_cache` is called when enough has been parsed for a cache to be worth looking at; None for no cache.
    """

    def __init__(
        self, find_cache: "Callable[[], Cache | None] | None" = None, most_open: int = MOST_OPEN, pays_from: int = PAYS_FROM
    ) -> None:
        self.latest = Latest(most_open)
        self._find_cache = find_cache
        self._cache: Cache | None = None
        self._pays_from = pays_from
        self._parsed = 0

    def find(self, text: str, file: str, line: int) -> Found | None:
        """The tree of a text that an earlier run has parsed, of a document that begins in line `line`, without its entries."""
        self._parsed += len(text)
        if self._parsed < self._pays_from:
            return None
        if self._find_cache is not None:
            self._cache = self._find_cache()
            self._find_cache = None
        known = None if self._cache is None else self._cache.get(text)
        if known is None:
            return None
        facts, json = known
        tree = Tree(file, line, facts, json, text, self)
        self.latest.add(tree, 2 * len(text))
        return Found(tree, facts)

    def keep(self, root: Node, text: str, line: int) -> Tree | None:
        """The root of a text as one that can be folded, where that is worth the while."""
        if not isinstance(root, MappingNode) or self._parsed < self._pays_from:
            return None
        facts = facts_of(root, line)
        tree = Tree(root.file, line, facts, "", text, self)
        tree.unfold(root)
        if self._cache is not None:
            self._cache.put(text, facts, tree.json())
        self.latest.add(tree, TREE * tree._nodes)
        return tree

    def adopt(self, facts: Facts, json: str, text: str, file: str, line: int) -> Tree:
        """The tree of a text that another process has parsed, without its entries."""
        tree = Tree(file, line, facts, json, text, self)
        self.latest.add(tree, 2 * len(text))
        return tree

    def save(self) -> None:
        """Keep what was found out for later runs."""
        if self._cache is not None:
            self._cache.save()


def facts_of(root: MappingNode, line: int) -> Facts:
    """What is to be known of a root in a document that begins in line `line`."""
    region = (root.line - line, root.column, root.end_line - line, root.end_column)
    return Facts(region, _string(root.get("kind")), _string(root.get("apiVersion")), "items" in root, is_faithful(root))


def is_faithful(root: Node) -> bool:
    """Whether no key is given twice, and each bare number or boolean is written as in JSON: what rules look for in a tree."""
    seen: set[int] = set()
    pending: list[Any] = [root]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is ScalarNode:
            value = node.value
            if value is not node.text and node.plain and type(value) is not str and not _as_in_json(value, node.text):
                return False
        elif id(node) not in seen:
            seen.add(id(node))
            if kind is SequenceNode:
                pending.extend(node.items)
            elif node.duplicates:
                return False
            else:
                pending.extend([entry.value for entry in node._index.values()])
    return True


def _as_in_json(value: object, text: str) -> bool:
    if value is None:
        return True
    return text == str(value) if type(value) is int else text in ("true", "false")


def _string(node: Node | None) -> str:
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""
