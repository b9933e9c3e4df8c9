"""The load stage in several processes, for inputs so large that starting these pays."""

import os
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.load import load_file, root_of
from scclint.load.discover import SourceFile
from scclint.load.document import Document
from scclint.load.node import Node
from scclint.load.read import read
from scclint.load.trees import Facts, Tree, Trees
from scclint.record import replace

PAYS_FROM = 16 << 20
"""Bytes of input below which the processes would cost more time than they save."""

_AT_ONCE = 32
"""How many files a process is given at a time."""


class Loaded(NamedTuple):
    """What became of a file: its documents, or why it cannot be read, or the bug that it brought out."""

    item: SourceFile
    documents: Sequence[Document] = ()
    error: LoadError | None = None
    crash: Exception | None = None


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
    items: Sequence[SourceFile], subject_kinds: Set[str], jobs: int, trees: Trees, each: Callable[[Document], Document]
) -> Iterator[Loaded]:
    """Read and load files in `jobs` processes; the results come in the order of the files.

    `each`, a function of a module, is applied to every document before it is sent here. `trees` get the roots.
    """
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        for loaded in pool.map(partial(_load, subject_kinds=subject_kinds, each=each), items, chunksize=_AT_ONCE):
            yield loaded._replace(documents=[_unpack(document, trees) for document in loaded.documents])


def _load(item: SourceFile, subject_kinds: Set[str], each: Callable[[Document], Document]) -> Loaded:
    try:
        documents = load_file(item.display, read(item.path, item.display), subject_kinds, Trees(pays_from=0))
        return Loaded(item, [each(_pack(document)) for document in documents])
    except LoadError as error:
        return Loaded(item, error=error)
    except Exception as error:  # a bug that one file brings out must not take the others with it
        return Loaded(item, crash=error)


def _pack(document: Document) -> Document:
    root = document.root
    return replace(document, root=_Folded(root.facts, root.json())) if isinstance(root, Tree) else document


def _unpack(document: Document, trees: Trees) -> Document:
    root = document.root
    if not isinstance(root, _Folded):
        return document
    parse = partial(root_of, document.file, document.text, document.line)
    return replace(document, root=trees.adopt(root.facts, root.json, document.text, document.file, document.line, parse))
