"""Plain files: those that define the same object are alternatives, and what is left is shared by all of them."""

from collections.abc import Callable, Iterable, Iterator, Set
from itertools import pairwise
from typing import NamedTuple

from scclint.deploy.facts import Identity
from scclint.text import shared_start


class Group(NamedTuple):
    """Plain files that are judged together.

    `path` is the folder or file that sets them apart, empty for the files that all groups share. `shared` are the files of the
    groups around it, which this one has as context.
    """

    path: str
    files: tuple[str, ...]
    shared: tuple[str, ...] = ()


def alternatives(files: Iterable[str], identities: Callable[[str], frozenset[Identity]]) -> list[Group]:
    """The groups that plain files fall into.

    Two files that define the same object are never applied together: where their paths part, each side is an alternative. A file
    belongs to the innermost alternative that it lies in, and has as context the files of those around it. Without an object in
    common there is one group of all files.
    """
    paths = {file: tuple(file.split("/")) for file in files}
    owners: dict[Identity, list[tuple[str, ...]]] = {}
    for file, path in paths.items():
        for identity in identities(file):
            owners.setdefault(identity, []).append(path)
    apart: set[tuple[str, ...]] = set()
    for alike in owners.values():
        # In this order the sides of each fork stand next to each other.
        for one, other in pairwise(sorted(alike)):
            common = shared_start(one, other)
            apart |= {one[: common + 1], other[: common + 1]}
    groups: dict[tuple[str, ...], list[str]] = {}
    for file, path in sorted(paths.items(), key=lambda item: item[1]):
        groups.setdefault(next(_around(path, apart), ()), []).append(file)
    result = []
    for path, inside in groups.items():
        outer = _around(path[:-1], apart | {()}) if path else ()
        result.append(Group("/".join(path), tuple(inside), tuple(file for at in outer for file in groups.get(at, ()))))
    return result


def _around(path: tuple[str, ...], apart: Set[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The alternatives that a path is or lies in, the innermost first."""
    return (path[:end] for end in range(len(path), -1, -1) if path[:end] in apart)
