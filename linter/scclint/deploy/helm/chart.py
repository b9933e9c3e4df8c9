"""Helm charts on disk: their folders, the values that they are rendered with, and the file that a `# Source:` line names.

The first element of such a path is the `name` in a Chart.yaml, whatever the chart's folder is called; below `charts/` is the
name or alias of a dependency. Its source can be there, elsewhere (`file://`), or in an archive.
"""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from scclint.deploy.helm import CHART_FILE, REQUIREMENTS, described_chart
from scclint.deploy.unit import DEFAULT, Deployment
from scclint.errors import LoadError, UsageError
from scclint.files import Reach, display, is_below, listed_by_git, read, walk
from scclint.finding import Notice
from scclint.limits import MAX_DEPENDENCY_FOLDERS
from scclint.objects.documents import data_of, data_of_file, load_text
from scclint.objects.documents.document import Document, first_root, text_at
from scclint.source import Span
from scclint.yaml.nodes import MappingNode, Node, SequenceNode
from scclint.yaml.split import Chunk

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
    charts = []
    tree = _Tree(Reach(folder))
    for file in sorted(_chart_files(folder), key=lambda name: (name.count("/"), name)):
        try:
            charts.append(tree.chart(os.path.dirname(os.path.join(folder, file)) or "."))
        except LoadError:
            # The user did not name this chart, so it is no error of the run.
            continue
    return charts


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
        _, called, subpath = parts
        dependency = self._dependencies(folder).get(called)
        for subchart in islice(dict.fromkeys(self._folders(folder, called, dependency)), MAX_DEPENDENCY_FOLDERS):
            if origin := self.find(subchart, subpath):
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
        subcharts: dict[str, list[str]] = {}
        try:
            names = sorted(os.listdir(below))
        except OSError:
            return subcharts
        for path in (os.path.join(below, name) for name in names):
            with suppress(LoadError):
                if os.path.isdir(path):
                    subcharts.setdefault(self.chart(path).name, []).append(path)
        return subcharts

    def _read_dependencies(self, folder: str) -> dict[str, MappingNode]:
        """The entries of the dependencies in their parent's file, by alias or else by name."""
        dependencies: dict[str, MappingNode] = {}
        for name in (CHART_FILE, REQUIREMENTS):
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
                    dependencies.setdefault(text_at(entry, key), entry)
        return dependencies

    def _root(self, file: str) -> Node | None:
        shown = display(file)
        if not self._reach.has(file):
            raise LoadError("is out of the tree", shown)
        return first_root(load_text(shown, read(file, shown), frozenset()))


_BESIDE = ("values[-._]*.yaml", "*[-._]values.yaml")
_CI = "ci"
_IN_CI = "*-values.yaml"
"""As chart-testing names them."""
_FOLDERS = ("", "ci", "env", "envs", "environments", "values")
"""Folders of a chart in which any file may hold values. Below the last four, each environment may have a folder with `values.yaml`."""
_STAGE = re.compile(r"\.Release\b(?!\.(?:Name|Namespace|Service)\b)|IsUpgrade|IsInstall")
"""What a template may ask of the release that is not the same for an installation and an upgrade."""
VALUES = "values.yaml"
_OWN_FOLDERS = ("templates", "crds", "charts")
_OWN_FILES = (
    CHART_FILE,
    "Chart.lock",
    REQUIREMENTS,
    "requirements.lock",
    VALUES,
    "values.schema.json",
    ".helmignore",
)
_LONGEST_RELEASE_NAME = 53


def views(chart: str, root: str, rendered_elsewhere: Set[str] = frozenset()) -> dict[str, Deployment]:
    """Return the views of the chart in a folder by name, the defaults first; none if the chart is not deployed by itself.

    The name of the defaults is empty. The others are named by the path of their values file from the chart, without suffix. A library
    chart, a chart below the `charts/` of another one, and a chart that a kustomization renders are not deployed by themselves.
    `rendered_elsewhere` are the folders of the latter, relative to the root and with `/`.
    """
    inside = os.path.relpath(os.path.realpath(chart), os.path.realpath(root)).replace(os.sep, "/")
    if inside in rendered_elsewhere or _is_dependency(chart, root) or described_chart(chart).type == "library":
        return {}
    chart_keys = keys_of_file(os.path.join(chart, VALUES)) - {"global"}
    nested = (at.rstrip("/") for name in _FOLDERS[2:] for at in sorted(glob.glob(f"{name}/*/", root_dir=chart)))
    named = [
        (folder, name)
        for patterns, folder in ((_BESIDE, ""), ((_IN_CI,), _CI))
        for name in _files(os.path.join(chart, folder), root, patterns)
    ]
    likely = (
        (folder, name)
        for folder in (*_FOLDERS, *nested)
        for name in _files(os.path.join(chart, folder), root, ("*.yaml", "*.yml") if folder in _FOLDERS else (VALUES,))
        if (folder or name not in _OWN_FILES) and not chart_keys.isdisjoint(keys_of_file(os.path.join(chart, folder, name)))
    )
    by_name = {"": DEFAULT}
    for folder, name in (*named, *(likely if chart_keys else ())):
        called = "/".join(filter(None, (folder, os.path.splitext(name)[0])))
        by_name.setdefault(called, Deployment(values=(os.path.join(chart, folder, name),)))
    return by_name


def differs_when_upgraded(chart: str) -> bool:
    """Whether the templates of the chart in a folder may render to something else in an upgrade than in an installation.

    Templates may also be in its values, for `tpl`, and in packed dependencies, which are not read.
    """
    for at, _, files in walk(chart):
        for name in files:
            if name.endswith(".tgz") and os.path.basename(at) == "charts":
                return True
            with suppress(LoadError):
                if _STAGE.search(read(os.path.join(at, name))):
                    return True
    return False


def belongs_to_chart(path: str) -> bool:
    """Whether a path relative to a chart's folder, with `/`, is part of the chart: templates, CRDs, dependencies, values.

    Whatever else lies below the folder, as rendered examples do, is not.
    """
    first, _, subpath = path.partition("/")
    if subpath:
        return first in _OWN_FOLDERS or (first == _CI and "/" not in subpath and fnmatchcase(subpath, _IN_CI))
    return first in _OWN_FILES or any(fnmatchcase(first, pattern) for pattern in _BESIDE)


def release_name(chart: str) -> str:
    """Return the name of the chart in a folder as a release name that helm takes, or that of the folder if the chart has none.

    The name of a folder would change the objects of a chart that is a whole repository with each clone.
    """
    name = (described_chart(chart).name or os.path.basename(os.path.abspath(chart))).lower()
    return re.sub(r"[^a-z0-9]+", "-", name)[:_LONGEST_RELEASE_NAME].strip("-") or "release"


def _is_dependency(chart: str, root: str) -> bool:
    """Whether the folder lies below the `charts/` of another chart within the root."""
    top = os.path.realpath(root)
    folder = os.path.realpath(chart)
    while folder != top and is_below(folder, top):
        folder, name = os.path.split(folder)
        if name == "charts" and os.path.isfile(os.path.join(folder, CHART_FILE)):
            return True
    return False


def keys_of_text(text: str) -> list[str]:
    """The keys of a text of values, as `keys_of_file` returns them, sorted. Most manifests need not be parsed for that."""
    return [] if re.search(r"^kind:", text, re.M) else sorted(_keys(data_of(text)))


def keys_of_file(file: str) -> set[str]:
    """The top-level keys of a file of values; none of a manifest, or of what is no mapping."""
    return _keys(data_of_file(file))


def _keys(data: Any) -> set[str]:
    return set() if not isinstance(data, dict) or {"apiVersion", "kind"} <= data.keys() else set(data)


def _files(folder: str, root: str, patterns: tuple[str, ...]) -> list[str]:
    """The names of the files in a folder that match one of the patterns and lie below the root, sorted."""
    names = sorted(glob.glob("*", root_dir=folder, include_hidden=True))
    matching = (name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))
    paths, top = {name: os.path.realpath(os.path.join(folder, name)) for name in matching}, os.path.realpath(root)
    return [name for name, path in paths.items() if os.path.isfile(path) and is_below(path, top)]


_CRDS = "/crds/"

Origins = Mapping[tuple[str, str], "TemplateOrigin"]
"""The template that a `# Source:` line names, by the file that was read and the path in that line."""


def find_origins(
    documents: Iterable[Document], chart: str, below: Callable[[], Sequence["Chart"]]
) -> tuple[Origins, list[Notice]]:
    """The templates on disk of the documents that say what Helm rendered them from.

    `chart` is the folder of the chart that was rendered, empty if it is not known. `below` returns the charts below the working
    directory, in one of which any other rendered document can be fixed. Raises UsageError if `chart` contains no chart.
    """

    named_charts = _given(chart)
    sources = dict.fromkeys((d.file, d.source) for d in documents if has_source(d))
    origins: dict[tuple[str, str], TemplateOrigin] = {}
    ambiguous: dict[str, list[Chart]] = {}
    for file, source in sources:
        charts = named_charts
        name = source.partition("/")[0]
        if not any(candidate.name == name for candidate in named_charts):
            charts = _nearest(file, [candidate for candidate in below() if candidate.name == name])
            if len(charts) > 1:
                ambiguous[name] = charts
                continue
        if origin := find_origin(source, charts):
            origins[file, source] = origin
    return origins, [*_unused(named_charts, sources), *_ambiguous(ambiguous)]


def _given(chart: str) -> "list[Chart]":
    if not chart:
        return []

    here = Reach(os.curdir)
    try:
        return [chart_at(chart, here if here.has(chart) else Reach(chart))]
    except LoadError as error:
        raise UsageError(f"{chart} is no Helm chart: {error}") from None


def has_source(document: Document) -> bool:
    """Whether Helm rendered it. Of CRDs only the first of a file says so; what else says nothing may have been put behind."""
    return bool(document.source) and (_CRDS in document.source or not document.text or bool(Chunk(document.text, 1).source))


def _nearest(file: str, charts: "Sequence[Chart]") -> "list[Chart]":
    """The chart that the file lies in, or else those least deep; a chart within another is a copy of it."""
    around = [chart for chart in charts if is_below(os.path.abspath(file), os.path.abspath(chart.folder))]
    if around:
        return [max(around, key=lambda chart: len(os.path.abspath(chart.folder)))]
    depths = [os.path.normpath(chart.folder).count(os.sep) for chart in charts]
    return [chart for chart, depth in zip(charts, depths, strict=True) if depth == min(depths)]


def _unused(charts: "Sequence[Chart]", sources: Iterable[tuple[str, str]]) -> Iterator[Notice]:
    for chart in charts:
        if not any(source.startswith(chart.name + "/") for _, source in sources):
            text = f"no document of the input says that it was rendered from the chart {chart.name}"
            yield Notice("warning", text, display(os.path.join(chart.folder, "Chart.yaml")))


def _ambiguous(charts_by_name: "Mapping[str, Sequence[Chart]]") -> Iterator[Notice]:
    for name, charts in charts_by_name.items():
        folders = " and ".join(display(chart.folder) for chart in charts[:2])
        text = f"findings stay at rendered lines: the charts {folders} are both called {name}; --helm-chart says which it was"
        yield Notice("note", text)
