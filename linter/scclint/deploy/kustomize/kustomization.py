"""What kustomizations say, everything that the build of one reads, found without building it, and whether building it is safe.

Facts are those of kustomize 5: a kustomization is found by the name of its file, and its `namespace` overrides that of the
kustomizations it includes. kustomize reads more than the tree it builds: it fetches URLs from any field that takes a file, follows links,
and builds folders anywhere on the disk. A closure is therefore built only if each of its values names a file or folder below the root.
"""

import os
import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Literal

from scclint.deploy.helm import CHART_FILE
from scclint.deploy.helm.precheck import chart_problem
from scclint.deploy.helm.schema import outward_schema
from scclint.deploy.kustomize import NAMES
from scclint.errors import LoadError
from scclint.files import RealPaths, is_below, is_text, read
from scclint.finding import Path, shortened
from scclint.limits import MAX_KUSTOMIZE_VISITS
from scclint.objects.documents import load_text
from scclint.objects.documents.document import Document, first_root
from scclint.record import EMPTY, Memo, record
from scclint.yaml.events import endless_alias
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data
from scclint.yaml.untyped import as_list, as_mapping, as_text, mappings, texts, value_at

KINDS = ("Kustomization", "Component")
GROUP = "kustomize.config.k8s.io"

Use = Literal["resource", "component", "patch", "plugin", "values", "file"]
"""How kustomize uses a file: objects, a component, a patch, the configuration of a generator or transformer, Helm values, or other."""


@record
class Reference:
    """A file or folder that a kustomization names: in which field, as what, and the path as written."""

    field: str
    use: Use
    value: str


@record
class PatchEntry:
    """One patch of a kustomization: the file that has it, or else its text, and which objects it applies to.

    `path` leads to the entry from the root of the kustomization, `text_path` to the text. An empty `target` means the objects
    that the patch itself names.
    """

    path: Path
    file: str = ""
    text: str = ""
    text_path: Path = ()
    target: Mapping[str, Any] = EMPTY


@record
class Kustomization:
    """A kustomization as written. `file` is the path as displayed; `resources` and `patches` are absolute paths of files and folders.

    `operates` is True if it changes objects in ways that are not followed: by inline patches, replacements, transformers, or
    charts that it renders. `references` are all files and folders it names, in the order kustomize documents the fields. `charts`
    are the folders in which kustomize looks for the charts it renders, as written. `plugins` are the inline configurations
    of generators, transformers and validators. `patch_entries` are the patches in the order in which kustomize applies them.

    `data` is the first document of the file. `error` says why kustomize cannot read the file, empty if it can. `ambiguous` is a key that
    one mapping has twice, in different case; empty if there is none.
    """

    file: str
    namespace: str
    resources: tuple[str, ...]
    patches: tuple[str, ...]
    operates: bool
    component: bool
    references: tuple[Reference, ...]
    charts: tuple[str, ...]
    plugins: tuple[str, ...]
    patch_entries: tuple[PatchEntry, ...]
    data: Mapping[str, Any]
    error: str
    ambiguous: str


Content = tuple[Any, str, str]
"""What a file of one of the `NAMES` holds, as JSON can express it: the `data`, `error` and `ambiguous` of the kustomization in it."""


@record
class Layout:
    """What all kustomizations of a run say, by absolute path of a file: the kustomization that lists it as a patch, the one
    namespace that it goes to whichever way it is built, and which files (or folders) are taken in.
    """

    patches: Mapping[str, str]
    namespaces: Mapping[str, str]
    resources: Set[str]


def content_of(documents: Iterable[Document]) -> Content:
    """Return what the documents of a file hold for kustomize, which reads the first of them."""
    documents = list(documents)
    error = next((document.error.message for document in documents if document.error is not None), "")
    root = first_root(documents)
    return to_data(root), error, _ambiguous(root)


def read_kustomization(file: str, data: Any, error: str = "", ambiguous: str = "") -> Kustomization | None:
    """Return the kustomization that a file of one of the `NAMES` holds; None if it holds something else. Raises LoadError."""
    is_kind = isinstance(data, dict) and _get(data, "kind", KINDS[0]) in KINDS
    if not is_kind or str(_get(data, "apiVersion", GROUP)).partition("/")[0] != GROUP:
        if error:
            raise LoadError(error, file)
        return None
    folder = os.path.dirname(os.path.abspath(file))
    patches = tuple(_patches(data))
    references = tuple(_references(data, patches))

    def absolute(*uses: Use) -> tuple[str, ...]:
        return tuple(os.path.normpath(os.path.join(folder, r.value)) for r in references if r.use in uses)

    return Kustomization(
        file,
        as_text(_get(data, "namespace")),
        absolute("resource", "component"),
        absolute("patch"),
        any(patch.text for patch in patches) or any(_get(data, key) for key in _CHANGING),
        _get(data, "kind") == "Component",
        references,
        tuple(_charts(data)),
        tuple(text for key in _PLUGINS for text in texts(_get(data, key)) if "\n" in text),
        *(patches, data, error, ambiguous),
    )


def plugin_references(data: Any) -> Iterator[Reference]:
    """The files that the configuration of one of kustomize's own generators or transformers names."""
    kind = as_text(_get(data, "kind"))
    yield from _generator_files(kind, data)
    yield from _files(f"{kind}.path", "patch" if "Patch" in kind else "file", [_get(data, "path")])
    yield from _files(f"{kind}.paths", "patch", _get(data, "paths"))
    for replacement in mappings(_get(data, "replacements")):
        yield from _files(f"{kind}.replacements", "file", [_get(replacement, "path")])


def _ambiguous(root: Node | None) -> str:
    """Return a key that occurs twice in one mapping in different case; empty if there is none."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, SequenceNode):
            pending += node.items
        elif isinstance(node, MappingNode):
            keys: dict[str, str] = {}
            for entry in node.entries:
                key = str(entry.key.value)
                if keys.setdefault(key.casefold(), key) != key:
                    return key
                pending.append(entry.value)
    return ""


def _get(data: Any, key: str, default: Any = None) -> Any:
    return data.get(key_of(data, key), default) if isinstance(data, dict) else default


def key_of(data: Mapping[str, Any], key: str) -> str:
    """The key of a mapping that kustomize takes for `key`; `key` itself if there is none.

    Its decoder ignores the case of letters, as `encoding/json` of Go does.
    """
    # Kustomizations have few fields, and each is asked for many.
    if key in data or len(key) not in map(len, data):
        return key
    return next((name for name in data if len(name) == len(key) and name.casefold() == key.casefold()), key)


_PATCHES = ("patchesStrategicMerge", "patches", "patchesJson6902")
"""Fields with patches, in the order in which kustomize applies them."""
_PLUGINS = ("generators", "transformers", "validators")
_CHANGING = ("replacements", "transformers", "helmCharts", "helmChartInflationGenerator", "vars")
"""Fields of a kustomization that change objects, or add some."""
_CHART_HOME = "charts"


def _patches(data: dict[str, Any]) -> Iterator[PatchEntry]:
    for wanted in _PATCHES:
        key = key_of(data, wanted)
        for index, patch in enumerate(as_list(data.get(key))):
            path = (key, index)
            if isinstance(patch, str):
                # The entry can be a strategic merge patch instead of the name of its file.
                yield PatchEntry(path, text=patch, text_path=path) if _is_inline(patch) else PatchEntry(path, patch)
            elif isinstance(patch, dict):
                inline = key_of(patch, "patch")
                target = as_mapping(_get(patch, "target"))
                yield PatchEntry(path, as_text(_get(patch, "path")), as_text(patch.get(inline)), (*path, inline), target)


def _is_inline(text: str) -> bool:
    """Whether the text of a patch or a plugin stands in place of the name of its file."""
    return "\n" in text or text.lstrip().startswith("{")


def _references(data: dict[str, Any], patches: Iterable[PatchEntry]) -> Iterator[Reference]:
    yield from _files("resources", "resource", _get(data, "resources"))
    yield from _files("bases", "resource", _get(data, "bases"))
    yield from _files("components", "component", _get(data, "components"))
    yield from (Reference(str(patch.path[0]), "patch", patch.file) for patch in patches if patch.file)
    for key in _PLUGINS:
        yield from _files(key, "plugin", [text for text in texts(_get(data, key)) if not _is_inline(text)])
    for key in ("configMapGenerator", "secretGenerator"):
        for generator in mappings(_get(data, key)):
            yield from _generator_files(key, generator)
    for key in ("configurations", "crds"):
        yield from _files(key, "file", _get(data, key))
    yield from _files("openapi", "file", [_get(_get(data, "openapi"), "path")])
    yield from _files("replacements", "file", [_get(item, "path") for item in mappings(_get(data, "replacements"))])
    for chart in mappings(_get(data, "helmCharts")):
        yield from _files("helmCharts", "values", [_get(chart, "valuesFile")])
        yield from _files("helmCharts", "values", _get(chart, "additionalValuesFiles"))
    for chart in mappings(_get(data, "helmChartInflationGenerator")):
        yield from _files("helmChartInflationGenerator", "values", [_get(chart, "values")])


def _files(field: str, use: Use, values: Any) -> Iterator[Reference]:
    yield from (Reference(field, use, value) for value in texts(values) if value)


def _generator_files(field: str, generator: Any) -> Iterator[Reference]:
    # `files` takes `KEY=PATH` as well as a path.
    yield from _files(f"{field}.files", "file", [text.split("=", 1)[-1] for text in texts(_get(generator, "files"))])
    yield from _files(f"{field}.envs", "file", _get(generator, "envs"))
    yield from _files(f"{field}.env", "file", [_get(generator, "env")])


def _charts(data: dict[str, Any]) -> Iterator[str]:
    home = as_text(_get(_get(data, "helmGlobals"), "chartHome")) or _CHART_HOME
    for chart in mappings(_get(data, "helmCharts")):
        name, version = as_text(_get(chart, "name")), as_text(_get(chart, "version"))
        # kustomize unpacks a chart that it fetches into a folder with the version in its name.
        yield os.path.join(home, f"{name}-{version}" if version and _get(chart, "repo") else "", name)
    for chart in mappings(_get(data, "helmChartInflationGenerator")):
        yield os.path.join(as_text(_get(chart, "chartHome")) or _CHART_HOME, as_text(_get(chart, "chartName")))


def lay_out(kustomizations: Iterable[Kustomization]) -> Layout:
    """What the kustomizations say taken together. A file that one lists as a resource is no mere patch."""
    by_folder = {os.path.dirname(os.path.abspath(k.file)): k for k in kustomizations}
    resources = {name for k in by_folder.values() for name in k.resources}
    patches = {name: k.file for k in by_folder.values() for name in k.patches if name not in resources}
    claims: dict[str, set[str]] = {}
    reached_by_folder: dict[str, set[str]] = {}
    pending = [(folder, "") for folder in by_folder if folder not in resources]
    while pending:
        folder, outer = pending.pop()
        namespace = outer or by_folder[folder].namespace
        reached = reached_by_folder.setdefault(folder, set())
        # What goes to two namespaces goes to no one namespace, however many more there are.
        if namespace in reached or len(reached - {""}) > 1:
            continue
        reached.add(namespace)
        for name in by_folder[folder].resources:
            if name in by_folder:
                pending.append((name, namespace))
            else:
                claims.setdefault(name, set()).add(namespace)
    namespaces = {name: next(iter(claimed)) for name, claimed in claims.items() if len(claimed) == 1 and "" not in claimed}
    return Layout(patches, namespaces, resources)


_REMOTE = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]*:|github\.com/|[a-z][a-z0-9-]*@)|.*(?:://|\?(?:ref|version)=)", re.IGNORECASE | re.DOTALL
)
"""Values that kustomize fetches: URLs, and what its `NewRepoSpecFromURL` takes for a git repository."""
_FUNCTIONS = ("config.kubernetes.io/function", "config.k8s.io/function")
_LONGEST_VALUE = 200


@record
class Closure:
    """What the build of a kustomization reads. All paths are relative to the root, with `/`.

    `folders` are the kustomization folders, the built one first; `components` those of them that are components. `files` are
    all files read, sorted; `kustomizations`, `resources` and `patches` name those of each sort. `charts` are the folders of the
    charts that it renders. `changes_objects` is True if a kustomization has patches or other fields that change objects.
    `remote` are the resources and components that must be left out, each as the kustomization, the field and the value.
    `refused` is the reason why it must not be built, empty if it may.
    """

    folder: str
    folders: tuple[str, ...]
    components: tuple[str, ...]
    kustomizations: tuple[str, ...]
    files: tuple[str, ...]
    resources: tuple[str, ...]
    patches: tuple[str, ...]
    charts: tuple[str, ...]
    changes_objects: bool
    refused: str
    remote: tuple[tuple[str, str, str], ...] = ()

    @property
    def left_out(self) -> str:
        """What is left out of the build, in words; empty if there is nothing."""
        return "; ".join(f"{file}: {field} names {_quoted(value)}, which is remote" for file, field, value in self.remote)

    @property
    def problem(self) -> str:
        """Why it must not be built as it is; empty if it may."""
        return self.refused or self.left_out

    @property
    def entry(self) -> str:
        """The file of the kustomization that is built. Only a closure that is not `refused` certainly has one."""
        return next(file for file in self.kustomizations if (os.path.dirname(file) or os.curdir) == self.folder)


def closure(folder: str, root: str) -> Closure:
    """Return what the build of the kustomization in `folder` reads; `root` is the folder that it must not leave."""
    return Kustomizations(root).closure(folder)


Load = Callable[[str, str], Kustomization | None]
"""Returns what `read_kustomization` does for a file, given its path and its name below the root. Raises LoadError."""


def _load(path: str, shown: str) -> Kustomization | None:
    return read_kustomization(path, *content_of(load_text(shown, read(path, shown), frozenset())))


class Kustomizations:
    """The kustomizations below a root. Each file is read once, whichever closures it belongs to.

    `overrides` are kustomizations that hold in place of those on the disk, by the real path of their folder.
    """

    def __init__(
        self, root: str, load: Load = _load, paths: RealPaths | None = None, overrides: Mapping[str, Kustomization] = EMPTY
    ) -> None:
        self.root = os.path.realpath(root)
        self._load = load
        self._given = overrides
        self.paths = paths or RealPaths()
        # A cached method of `self` would refer to it, and the cycle outlives a run without the garbage collector.
        self._memo = Memo()

    def closure(self, folder: str) -> Closure:
        """Return what the build of the kustomization in `folder` reads; see the function of this name."""
        return _ClosureWalk(self).walk(self.paths.of(folder))

    def has(self, path: str) -> bool:
        """Whether the path leads, through whatever links, to something below the root."""
        return is_below(self.paths.of(path), self.root)

    def name(self, path: str) -> str:
        """The path relative to the root."""
        inside = os.path.join(self.root, "")
        plain = path.startswith(inside) and os.path.normpath(path) == path
        return (path[len(inside) :] if plain else os.path.relpath(path, self.root)).replace(os.sep, "/")

    def read(self, folder: str) -> tuple[Kustomization | None, str]:
        """The kustomization of a folder, None if it has none, and the first reason not to build it, empty if there is none."""
        return self._memo((Kustomizations.read, folder), lambda: self._read_folder(folder))

    def plugins(self, path: str) -> "_Plugins":
        """What a configuration of generators or transformers names, and the first reason not to run it."""
        return self._memo((Kustomizations.plugins, path), lambda: self._read_plugins(path))

    def _read_folder(self, folder: str) -> tuple[Kustomization | None, str]:
        if folder in self._given:
            return self._given[folder], ""
        files = [path for name in NAMES if os.path.isfile(path := os.path.join(folder, name))]
        if len(files) != 1:
            problem = "has more than one kustomization file" if files else "has no kustomization file"
            return None, f"{self.name(folder)} {problem}"
        shown = self.name(files[0])
        if not self.has(files[0]):
            return None, f"{shown} leads out of the root"
        try:
            kustomization = self._load(files[0], shown)
        except LoadError as error:
            return None, f"{shown} {error.message}"
        if kustomization is None or kustomization.error:
            return None, f"{shown} {kustomization.error if kustomization is not None else 'holds no kustomization'}"
        key = kustomization.ambiguous
        return kustomization, f"{shown} has two keys that differ only in case: {_quoted(key)}" if key else ""

    def _read_plugins(self, path: str) -> "_Plugins":
        shown = self.name(path)
        try:
            return _plugins_in(shown, read(path, shown))
        except LoadError as error:
            return (), f"{shown} {error.message}"


_Plugins = tuple[Sequence[Reference], str]
"""What configurations of generators and transformers name, and the first reason not to run them; empty if there is none."""


@record
class _Visit:
    """A folder to visit: whether its objects configure plugins, and the visit that leads to it."""

    folder: str
    plugin: bool = False
    parent: "_Visit | None" = None

    def inside_itself(self) -> bool:
        at = self.parent
        while at is not None:
            if at.folder == self.folder:
                return True
            at = at.parent
        return False


class _ClosureWalk:
    """One walk over a closure, in which each folder is visited as often as kustomize builds it."""

    def __init__(self, tree: Kustomizations) -> None:
        self._tree = tree
        self._folders: dict[str, Kustomization | None] = {}
        self._files: dict[str, set[str]] = {}
        self._charts: set[str] = set()
        self._remote: dict[tuple[str, str, str], None] = {}
        self._refused = ""

    def walk(self, entry: str) -> Closure:
        pending = [_Visit(entry)]
        visits = 0
        while pending:
            visit = pending.pop()
            visits += 1
            if visit.inside_itself():
                self._refuse(f"{self._tree.name(visit.folder)} includes itself")
            elif visits + len(pending) <= MAX_KUSTOMIZE_VISITS or visit.folder not in self._folders:
                pending += reversed(list(self._visit(visit)))
            else:
                self._refuse(f"its folders include one another more than {MAX_KUSTOMIZE_VISITS:,} times")
        return self._closure(entry)

    def _visit(self, visit: _Visit) -> Iterator[_Visit]:
        if not self._tree.has(visit.folder):
            self._refuse(f"{self._tree.name(visit.folder)} is outside the root")
            return
        kustomization, problem = self._tree.read(visit.folder)
        self._refuse(problem)
        self._folders[visit.folder] = kustomization
        if kustomization is None:
            return
        shown = self._take(kustomization.file, "kustomization")
        for chart in kustomization.charts:
            self._take_chart(os.path.join(visit.folder, chart))
        if visit.plugin and (kustomization.operates or any(r.use != "resource" for r in kustomization.references)):
            self._refuse(f"{shown} generates or changes configurations of plugins")
        for text in kustomization.plugins:
            self._take_plugins(shown, visit, _plugins_in(shown, text))
        for patch in kustomization.patch_entries:
            self._refuse(endless_alias(f"a patch in {shown}", patch.text))
        for reference in kustomization.references:
            path = self._resolve(shown, visit.folder, reference)
            if not path:
                continue
            if os.path.isdir(path):
                yield from self._enter(shown, reference, _Visit(self._tree.paths.of(path), visit.plugin, visit))
            elif reference.use == "plugin" or (visit.plugin and reference.use == "resource"):
                self._take_plugins(shown, visit, self._tree.plugins(path))
                self._take(path, "plugin")
            else:
                self._take(path, reference.use)

    def _enter(self, shown: str, reference: Reference, visit: _Visit) -> Iterator[_Visit]:
        if reference.use == "plugin":
            yield _Visit(visit.folder, True, visit.parent)
        elif reference.use in ("resource", "component"):
            yield visit
        else:
            self._refuse(f"{shown}: {reference.field} names a folder, {_quoted(reference.value)}")

    def _take_plugins(self, shown: str, visit: _Visit, plugins: _Plugins) -> None:
        references, problem = plugins
        self._refuse(problem)
        for reference in references:
            path = self._resolve(shown, visit.folder, reference)
            if path and os.path.isfile(path):
                self._take(path, reference.use)

    def _take_chart(self, folder: str) -> None:
        from scclint.deploy.copies import files_below

        if not is_text(folder) or not os.path.isfile(os.path.join(folder, CHART_FILE)):
            # Without the name of the file, so that one notice names all units of a repository with this problem.
            self._refuse(
                "a kustomization fetches Helm charts: lint it with `kustomize build --enable-helm FOLDER | scclint check -`"
            )
        elif problem := chart_problem(folder, self._tree.root):
            self._refuse(problem)
        elif schema := outward_schema(folder):
            # kustomize has no option with which helm leaves the schema out.
            self._refuse(f"{schema} of a chart may name other files, which helm would read")
        else:
            self._charts.add(folder)
            try:
                for file in files_below(folder):
                    self._take(file, "chart")
            except OSError as error:
                self._refuse(str(error))

    def _resolve(self, shown: str, folder: str, reference: Reference) -> str:
        """The path of what is named; empty if kustomize must not or cannot read it."""
        value = reference.value
        if _REMOTE.match(value) and reference.use in ("resource", "component"):
            self._remote[shown, reference.field, value] = None
            return ""
        if _REMOTE.match(value):
            problem = "which is remote"
        elif not is_text(value):
            problem = "which is no path"
        elif os.path.isabs(value):
            problem = "an absolute path"
        elif not self._tree.has(path := os.path.join(folder, value)):
            problem = "which is outside the root"
        elif not os.path.isfile(path) and not os.path.isdir(path):
            problem = "which does not exist"
        else:
            # Of the folder the real path, because `link/..` is not the folder that contains the link. The file keeps its own name.
            above, name = os.path.split(path.rstrip(os.sep))
            return os.path.join(self._tree.paths.of(above), name)
        self._refuse(f"{shown}: {reference.field} names {_quoted(value)}, {problem}")
        return ""

    def _take(self, path: str, use: str) -> str:
        name = self._tree.name(path)
        self._files.setdefault(name, set()).add(use)
        return name

    def _refuse(self, reason: str) -> None:
        self._refused = self._refused or reason

    def _closure(self, entry: str) -> Closure:
        def used(use: str) -> tuple[str, ...]:
            return tuple(sorted(name for name, uses in self._files.items() if use in uses))

        name = self._tree.name
        kustomizations = [kustomization for kustomization in self._folders.values() if kustomization is not None]
        return Closure(
            name(entry),
            tuple(map(name, self._folders)),
            tuple(name(folder) for folder, member in self._folders.items() if member is not None and member.component),
            used("kustomization"),
            # One that was generated lies in no file.
            tuple(sorted(file for file in self._files if os.path.isfile(os.path.join(self._tree.root, file)))),
            used("resource"),
            used("patch"),
            tuple(sorted(map(name, self._charts))),
            any(member.operates or member.patch_entries for member in kustomizations),
            self._refused,
            tuple(self._remote),
        )


def _plugins_in(shown: str, text: str) -> _Plugins:
    """What the configurations of a text name. Raises nothing; a text that is not YAML is a problem."""
    references: list[Reference] = []
    for document in load_text(shown, text, frozenset()):
        if document.root is None and document.error is not None:
            return (), f"{shown} {document.error.message}"
        data = to_data(document.root)
        if data is None:
            continue
        if problem := _plugin_problem(data):
            return (), f"{shown} {problem}"
        references += plugin_references(data)
    return references, ""


def _plugin_problem(data: Any) -> str:
    """Why kustomize would start a program for the configuration; empty if one of its own generators or transformers takes it."""
    if not isinstance(data, dict):
        return "is no configuration of a plugin"
    annotations = as_mapping(value_at(data, ("metadata", "annotations")))
    kind = data.get("kind")
    if data.get("apiVersion") != "builtin" or any(map(annotations.get, _FUNCTIONS)):
        return f"runs the plugin {_quoted(str(kind))}"
    return "renders a Helm chart" if kind == "HelmChartInflationGenerator" else ""


def _quoted(value: str) -> str:
    return f'"{shortened(value, _LONGEST_VALUE)}"'
