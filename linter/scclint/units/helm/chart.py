"""Helm charts on disk: their folders, and the file that a `# Source:` line names.

The first element of such a path is the `name` in a Chart.yaml, whatever the chart's folder is called; below `charts/` is the
name or alias of a dependency. Its source can be there, elsewhere (`file://`), or in an archive.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.files.discover import Reach, display
from scclint.files.ignored import listed_by_git
from scclint.files.read import read
from scclint.files.walk import walk
from scclint.limits import MAX_DEPENDENCY_FOLDERS
from scclint.load import load_text
from scclint.load.document import first_root, text_at
from scclint.source import Span
from scclint.units.helm import CHART_FILE
from scclint.yaml.nodes import MappingNode, Node, SequenceNode

_V1_DEPENDENCIES = "requirements.yaml"
_NEARBY = 3
"""Levels of folders searched for charts where git does not list what belongs to the project."""
_DEEPEST = 20
"""Levels of dependencies of dependencies."""


class TemplateOrigin(NamedTuple):
    """The file that a document was rendered from, as displayed.

    `raw` files are passed on by Helm as they are. `entry` is the dependency's place in its parent chart's file where the
    source is out of reach; the file is then the parent's.
    """

    file: str
    raw: bool = False
    entry: Span | None = None


class Chart(NamedTuple):
    """A chart's folder, the name in its Chart.yaml, and the tree that it lies in."""

    folder: str
    name: str
    tree: "_Tree"


def chart_at(folder: str, reach: Reach) -> Chart:
    """The chart in a folder. Raises LoadError where its Chart.yaml is missing, unreadable, out of reach or has no name."""
    return _Tree(reach).chart(folder)


def charts_below(folder: str) -> list[Chart]:
    """The charts in a folder and below, as far as git lists them; those nearest to the folder first."""
    found = []
    tree = _Tree(Reach(folder))
    for file in sorted(_chart_files(folder), key=lambda name: (name.count("/"), name)):
        try:
            found.append(tree.chart(os.path.dirname(os.path.join(folder, file)) or "."))
        except LoadError:
            # The user did not name this chart, so it is no error of the run.
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


def find_origin(source: str, charts: Iterable[Chart]) -> TemplateOrigin | None:
    """The file that `# Source: {source}` names, in the first of the charts that has it; None if none has."""
    name, _, inside = source.partition("/")
    parts = inside.split("/")
    # Helm does not write this path, so the line means something else.
    if os.pardir in parts or "" in parts or parts.count("charts") > _DEEPEST:
        return None
    for chart in charts:
        if chart.name == name and (origin := chart.tree.find(chart.folder, inside)):
            return origin
    return None


class _Tree:
    """The charts within what `reach` has, where links and `file://` lead no further. Each of their files is read once."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._found: dict[tuple[str, str], TemplateOrigin | None] = {}
        # Of functions of `self`, so that what they keep goes with it.
        self._dependencies = cache(self._read_dependencies)
        self._subcharts = cache(self._read_subcharts)

    def chart(self, folder: str) -> Chart:
        """Raises LoadError; see `chart_at`."""
        file = os.path.join(folder, CHART_FILE)
        name = text_at(self._root(file), "name")
        if not name:
            raise LoadError("has no name", display(file))
        return Chart(folder, name, self)

    def find(self, folder: str, path: str) -> TemplateOrigin | None:
        """The file at `path` of the chart in `folder`, or of the dependency that it leads to."""
        # By the real path of the folder, because links can lead to one folder in many ways.
        key = os.path.realpath(folder), path
        if key not in self._found:
            self._found[key] = self._find(folder, path)
        return self._found[key]

    def _find(self, folder: str, path: str) -> TemplateOrigin | None:
        parts = path.split("/", 2)
        if len(parts) < 3 or parts[0] != "charts":
            file = os.path.join(folder, path)
            return (
                TemplateOrigin(display(file), raw=parts[0] == "crds")
                if os.path.isfile(file) and self._reach.has(file)
                else None
            )
        _, called, rest = parts
        dependency = self._dependencies(folder).get(called)
        for subchart in islice(dict.fromkeys(self._folders(folder, called, dependency)), MAX_DEPENDENCY_FOLDERS):
            if origin := self.find(subchart, rest):
                return origin
        if dependency is None:
            return None
        # It has one of them, by which it was found.
        entry = dependency.entry("name") or dependency.entry("alias")
        return TemplateOrigin(entry.span.file, entry=entry.span) if entry else None

    def _folders(self, folder: str, called: str, dependency: MappingNode | None) -> Iterator[str]:
        """Where the source of a dependency may lie: below `charts/` under its alias or its own name, or where a `file://` leads."""
        name = text_at(dependency, "name") or called
        yield from (os.path.join(folder, "charts", at) for at in (called, name))
        repository = text_at(dependency, "repository")
        if repository.startswith("file://"):
            yield os.path.normpath(os.path.join(folder, repository.removeprefix("file://")))
        yield from self._subcharts(folder).get(name, ())

    def _read_subcharts(self, folder: str) -> dict[str, list[str]]:
        """The folders below `charts/` by the names in their Chart.yaml."""
        below = os.path.join(folder, "charts")
        found: dict[str, list[str]] = {}
        try:
            names = sorted(os.listdir(below))
        except OSError:
            return found
        for path in (os.path.join(below, name) for name in names):
            with suppress(LoadError):
                if os.path.isdir(path):
                    found.setdefault(self.chart(path).name, []).append(path)
        return found

    def _read_dependencies(self, folder: str) -> dict[str, MappingNode]:
        """The entries of the dependencies in their parent's file, by alias or else by name."""
        found: dict[str, MappingNode] = {}
        for name in (CHART_FILE, _V1_DEPENDENCIES):
            try:
                root = self._root(os.path.join(folder, name))
            except LoadError:
                continue
            listed = root.get("dependencies") if isinstance(root, MappingNode) else None
            entries = (
                [item for item in listed.items if isinstance(item, MappingNode)] if isinstance(listed, SequenceNode) else []
            )
            for key in ("alias", "name"):
                for entry in entries:
                    found.setdefault(text_at(entry, key), entry)
        return found

    def _root(self, file: str) -> Node | None:
        shown = display(file)
        if not self._reach.has(file):
            raise LoadError("is out of the tree", shown)
        return first_root(load_text(shown, read(file, shown), frozenset()))
