"""The load stage in several processes, for inputs so large that starting these pays."""

import os
import pickle
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.files.discover import SourceFile
from scclint.files.read import read
from scclint.files.store import digest
from scclint.load import load_file
from scclint.load.document import Document
from scclint.load.folding import Facts, Tree, Trees
from scclint.record import replace
from scclint.yaml.nodes import Node

PAYS_FROM = 16 << 20
"""Bytes of input below which the processes would cost more time than they save."""

_AT_ONCE = 32
"""How many files a process is given at a time."""


class Loaded(NamedTuple):
    """What became of a file: its documents and how many more of which kind, why it cannot be read, the bug it brought out.

    What is nested too deep to be sent from one process to another is `left` to be loaded in this one.
    """

    item: SourceFile
    documents: Sequence[Document] = ()
    passed: Sequence[tuple[str, int]] = ()
    digest: str = ""
    error: LoadError | None = None
    crash: Exception | None = None
    left: bool = False


class _Folded(Node):
    """A root on its way from one process to another."""

    __slots__ = ("facts", "json")

    def __init__(self, facts: Facts, json: str) -> None:
        self.facts = facts
        self.json = json


def is_large(items: Sequence[SourceFile]) -> bool:
    """Whether the files hold so much that more processes pay."""
    total = 0
    for item in items:
        try:
            total += os.stat(item.path).st_size
        except OSError:
            continue
        if total >= PAYS_FROM:
            return True
    return False


def load_spread(
    items: Sequence[SourceFile], subject_kinds: Set[str], jobs: int, trees: Trees, is_settled: Callable[[Document], bool]
) -> Iterator[Loaded]:
    """Read and load files in `jobs` processes; the results come in the order of the files.

    `is_settled`, a function of a module, says which documents need not be sent here, and are counted. `trees` get the roots.
    """
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        load = partial(_load, subject_kinds=subject_kinds, is_settled=is_settled)
        for loaded in pool.map(load, items, chunksize=_AT_ONCE):
            yield loaded._replace(documents=[_unpack(document, trees) for document in loaded.documents])


def _load(item: SourceFile, subject_kinds: Set[str], is_settled: Callable[[Document], bool]) -> Loaded:
    documents: list[Document] = []
    passed: dict[str, int] = {}
    try:
        text = read(item.path, item.display)
        for document in load_file(item.display, text, subject_kinds, Trees(pays_from=0)):
            if is_settled(document):
                passed[document.kind] = passed.get(document.kind, 0) + 1
            else:
                documents.append(_pack(document))
    except LoadError as error:
        return Loaded(item, error=error)
    except Exception as error:  # a bug that one file brings out must not take the others with it
        return Loaded(item, documents, tuple(passed.items()), crash=error)
    try:
        # What is folded is one text, however deep it is.
        pickle.dumps([document.root for document in documents if not isinstance(document.root, _Folded)])
    except RecursionError:
        return Loaded(item, left=True)
    return Loaded(item, documents, tuple(passed.items()), digest(text))


def _pack(document: Document) -> Document:
    root = document.root
    if not isinstance(root, Tree):
        return document
    facts = Facts(root.region, document.kind, document.api_version, root.has_items, root.faithful)
    return replace(document, written=document.text, root=_Folded(facts, root.json()))


def _unpack(document: Document, trees: Trees) -> Document:
    root = document.root
    if not isinstance(root, _Folded):
        return document
    tree = trees.adopt(root.facts, root.json, document.text, document.file, document.line)
    return replace(document, written=tree, root=tree)
