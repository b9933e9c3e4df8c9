"""Helm charts on disk: where they lie, and which of their files a `# Source:` line speaks of.

The first element of such a path is the `name` in a Chart.yaml, whatever the chart's folder is called; below `charts/` stands the
name or alias of a dependency, of which the source may lie there, elsewhere (`file://`), or in an archive.
"""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.load import load_text
from scclint.load.discover import Reach, display
from scclint.load.document import text_at
from scclint.load.ignored import listed_by_git
from scclint.load.node import Entry, Mapping, Node, Sequence
from scclint.load.read import read
from scclint.load.walk import walk
from scclint.source import Span

CHART_FILE = "Chart.yaml"
_V1_DEPENDENCIES = "requirements.yaml"
_NEARBY = 3
"""Levels of folders searched for charts where git does not list what belongs to the project."""


class Origin(NamedTuple):
    """The file that a document was rendered from, as displayed.

    `raw` files are passed on by Helm as they are. `entry` is the dependency's place in its parent chart's file where the
    source is out of reach; the file is then the parent's.
    """

    file: str
    raw: bool = False
    entry: Span | None = None


class Chart(NamedTuple):
    """A chart's folder, the name in its Chart.yaml, and what of the disk it may speak of: links and `file://` lead no further."""

    folder: str
    name: str
    reach: Reach


def chart_at(folder: str, reach: Reach) -> Chart:
    """The chart in a folder. Raises LoadError where its Chart.yaml is missing, unreadable, out of reach or has no name."""
    file = os.path.join(folder, CHART_FILE)
    name = text_at(_root(file, reach), "name")
    if not name:
        raise LoadError("has no name", display(file))
    return Chart(folder, name, reach)


def charts_below(folder: str) -> list[Chart]:
    """The charts in a folder and below, as far as git lists them; those nearest to the folder first."""
    found = []
    reach = Reach(folder)
    for file in sorted(_chart_files(folder), key=lambda name: (name.count("/"), name)):
        try:
            found.append(chart_at(os.path.dirname(os.path.join(folder, file)) or ".", reach))
        except LoadError:
            # Not asked for by name, so no error of this run.
            continue
    return found


def _chart_files(folder: str) -> Iterator[str]:
    listed = listed_by_git(folder)
    if listed is not None:
        yield from (name for name in listed if os.path.basename(name) == CHART_FILE)
        return
    for at, folders, files in walk(folder):
        inside = os.path.relpath(at, folder)
        depth = 0 if inside == os.curdir else inside.count(os.sep) + 1
        if CHART_FILE in files:
            yield os.path.normpath(os.path.join(inside, CHART_FILE)).replace(os.sep, "/")
        folders[:] = [name for name in folders if not name.startswith(".")] if depth < _NEARBY else []


def find_origin(source: str, charts: Iterable[Chart]) -> Origin | None:
    """The file that `# Source: {source}` speaks of, in the first of the charts that has it; None where none does."""
    name, _, inside = source.partition("/")
    for chart in charts:
        if chart.name == name and inside and (origin := _inside(chart.folder, inside, chart.reach)):
            return origin
    return None


def _inside(folder: str, path: str, reach: Reach) -> Origin | None:
    parts = path.split("/")
    if os.pardir in parts:
        return None
    if len(parts) < 3 or parts[0] != "charts":
        file = os.path.join(folder, *parts)
        return Origin(display(file), raw=parts[0] == "crds") if os.path.isfile(file) and reach.has(file) else None
    dependency = _dependency(folder, parts[1], reach)
    rest = "/".join(parts[2:])
    for subchart in _folders(folder, parts[1], dependency, reach):
        if origin := _inside(subchart, rest, reach):
            return origin
    if dependency is None:
        return None
    span = _entry(dependency).span
    return Origin(span.file, entry=span)


def _folders(folder: str, called: str, dependency: Mapping | None, reach: Reach) -> Iterator[str]:
    """Where the source of a dependency may lie: below `charts/` under its alias or its own name, or where a `file://` leads."""
    name = text_at(dependency, "name") or called
    below = os.path.join(folder, "charts")
    yield from dict.fromkeys(os.path.join(below, at) for at in (called, name))
    repository = text_at(dependency, "repository")
    if repository.startswith("file://"):
        yield os.path.normpath(os.path.join(folder, repository.removeprefix("file://")))
    try:
        names = sorted(os.listdir(below))
    except OSError:
        return
    for other in names:
        try:
            if os.path.isdir(os.path.join(below, other)) and chart_at(os.path.join(below, other), reach).name == name:
                yield os.path.join(below, other)
        except LoadError:
            continue


def _dependency(folder: str, called: str, reach: Reach) -> Mapping | None:
    """The entry of a dependency in its parent's file, by alias or else by name."""
    for name in (CHART_FILE, _V1_DEPENDENCIES):
        try:
            root = _root(os.path.join(folder, name), reach)
        except LoadError:
            continue
        listed = root.get("dependencies") if isinstance(root, Mapping) else None
        entries = [item for item in listed.items if isinstance(item, Mapping)] if isinstance(listed, Sequence) else []
        for key in ("alias", "name"):
            for entry in entries:
                if text_at(entry, key) == called:
                    return entry
    return None


def _entry(dependency: Mapping) -> Entry:
    return dependency.entry("name") or dependency.entries[0]


def _root(file: str, reach: Reach) -> Node | None:
    shown = display(file)
    if not reach.has(file):
        raise LoadError("is out of the tree", shown)
    return next((d.root for d in load_text(shown, read(file, shown), frozenset()) if d.root is not None), None)
