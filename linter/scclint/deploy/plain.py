"""Plain files: those that define the same object are alternatives, and what is left is shared by all of them."""

from collections.abc import Callable, Iterable, Iterator, Set
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from scclint.deploy.applied import FRAGMENT
from scclint.deploy.facts import NO_FACTS, Identity, identity
from scclint.deploy.kustomize.surroundings import stands_alone
from scclint.deploy.unit import PLAIN, Unit
from scclint.objects.types import ApiObject
from scclint.text import shared_start

if TYPE_CHECKING:
    from scclint.deploy.split import Split


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
        for defined in identities(file):
            owners.setdefault(defined, []).append(path)
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


def units(split: "Split", defined: frozenset[Identity]) -> Iterator[Unit]:
    """The plain files that nothing else takes. `defined` is what kustomizations build."""
    outline = split.outline
    variants = {file for file in split.left if not defined.isdisjoint(outline.facts(file).identities)} if defined else set()
    groups = alternatives((file for file in split.left if file not in variants), lambda file: outline.facts(file).identities)
    shared: tuple[str, ...] = ()
    telling = {file for group in groups for file in group.files if outline.facts(file) != NO_FACTS}
    for group in groups:
        if not group.path:
            shared = tuple(file for file in group.files if file in telling)
            yield Unit(PLAIN, "plain", ".", group.files, "plain files that nothing else takes")
        else:
            reason = "it defines an object that files beside it define as well"
            context = tuple(file for file in group.shared if file in telling)
            yield Unit(outline.name(group.path), "plain", group.path, group.files, reason, context)
    # A patch that no kustomization applies can be applied by nobody.
    fragments = [file for file in sorted(variants) if not outline.tells_of_objects(file, "whole", whole)]
    split.undeployed |= dict.fromkeys(fragments, FRAGMENT)
    for file in sorted(variants.difference(fragments)):
        reason = "it defines an object that a kustomization builds as well"
        yield Unit(outline.name(file), "plain", file, (file,), reason, shared, gives=False)


def whole(objects: Iterable[ApiObject]) -> list[tuple[str, str]]:
    """Return the kinds and names of the objects that could be applied as they are."""
    return [(obj.kind, obj.name) for obj in objects if identity(obj) and stands_alone(obj)]
