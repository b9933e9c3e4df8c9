"""Trees that are let go and made again when somebody asks: a tree takes thirty times the memory of its text.

What most of a run needs of a document are its data, and a few facts about it; these are kept, and by a `Cache` beyond the run.
Positions are asked for where there is something to report, and then the text is parsed once more.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scclint.load.node import Mapping, Node, Scalar, Sequence
from scclint.record import record

if TYPE_CHECKING:
    from scclint.load.cache import Cache

PAYS_FROM = 1 << 16
"""Characters to parse from which on keeping facts is worth the while; a run over a few files never gets there."""

MOST_OPEN = 1 << 22
"""Characters of text whose trees may be there at one time: some hundred megabytes of memory."""


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


class Tree(Mapping):
    """The root of a document, a mapping like any other to its readers.

    `facts` say what can be said of it at once. While it is folded the data is there as JSON text; the entries are parsed when
    they are asked for.
    """

    __slots__ = ("_json", "_open", "facts")

    def __init__(self, file: str, line: int, facts: Facts, json: str, open_: Callable[["Tree"], Mapping]) -> None:
        self.file = file
        self.line = facts.region[0] + line
        self.column = facts.region[1]
        self.end_line = facts.region[2] + line
        self.end_column = facts.region[3]
        self.facts = facts
        self._json = json
        self._open = open_

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not there: the two slots of a mapping while it is folded.
        if name not in ("_index", "duplicates"):
            raise AttributeError(name)
        self.unfold(self._open(self))
        return getattr(self, name)

    def unfold(self, root: Mapping) -> None:
        """Take the entries of `root`, which is made of the same text."""
        self._index, self.duplicates = root._index, root.duplicates

    def fold(self) -> None:
        """Let the entries go."""
        self._json = self.json()
        del self._index, self.duplicates

    def json(self) -> str:
        """The data as JSON text."""
        from json import dumps

        return self._json or dumps(super().data(), separators=(",", ":"))

    def data(self) -> dict[str, Any]:
        from json import loads

        try:
            made: Any = loads(self._json) if self._json else None
        except (ValueError, RecursionError):
            made = None
        # What came from a disk may have rotted there.
        return made if isinstance(made, dict) else super().data()


class Trees:
    """The trees of one run, of which it has the latest open, and the cache of earlier runs if there is one.

    `find_cache` is called when enough has been parsed for a cache to be worth looking at; None for no cache.
    """

    def __init__(
        self, find_cache: "Callable[[], Cache | None] | None" = None, most_open: int = MOST_OPEN, pays_from: int = PAYS_FROM
    ) -> None:
        self._find_cache = find_cache
        self._cache: Cache | None = None
        self._most_open = most_open
        self._pays_from = pays_from
        self._parsed = 0
        self._open: deque[tuple[Tree, int]] = deque()
        self._open_size = 0

    def find(self, text: str, file: str, line: int, parse: Callable[[], Mapping]) -> Tree | None:
        """The tree of a text that an earlier run has parsed, folded. `parse` makes the root of the same text."""
        self._parsed += len(text)
        if self._parsed < self._pays_from:
            return None
        if self._find_cache is not None:
            self._cache = self._find_cache()
            self._find_cache = None
        known = None if self._cache is None else self._cache.get(text)
        return None if known is None else Tree(file, line, *known, self._opening(parse, len(text)))

    def keep(self, root: Node, text: str, line: int, parse: Callable[[], Mapping]) -> Node:
        """The root as one that can be let go, where that is worth the while. `parse` makes the root of the same text."""
        if not isinstance(root, Mapping) or self._parsed < self._pays_from:
            return root
        tree = Tree(root.file, line, facts_of(root, line), "", self._opening(parse, len(text)))
        tree.unfold(root)
        if self._cache is not None:
            self._cache.put(text, tree.facts, tree.json())
        self._opened(tree, len(text))
        return tree

    def adopt(self, facts: Facts, json: str, text: str, file: str, line: int, parse: Callable[[], Mapping]) -> Tree:
        """The tree of a text that another process has parsed, folded."""
        if self._cache is not None:
            self._cache.put(text, facts, json)
        return Tree(file, line, facts, json, self._opening(parse, len(text)))

    def save(self) -> None:
        """Keep what was found out for later runs."""
        if self._cache is not None:
            self._cache.save()

    def _opening(self, parse: Callable[[], Mapping], size: int) -> Callable[[Tree], Mapping]:
        def open_(tree: Tree) -> Mapping:
            self._opened(tree, size)
            return parse()

        return open_

    def _opened(self, tree: Tree, size: int) -> None:
        self._open.append((tree, size))
        self._open_size += size
        while self._open_size > self._most_open and len(self._open) > 1:
            oldest, its_size = self._open.popleft()
            oldest.fold()
            self._open_size -= its_size


def facts_of(root: Mapping, line: int) -> Facts:
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
        if kind is Scalar:
            value = node.value
            if value is not node.text and node.plain and type(value) is not str and not _as_in_json(value, node.text):
                return False
        elif id(node) not in seen:
            seen.add(id(node))
            if kind is Sequence:
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
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
