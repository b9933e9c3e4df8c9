"""What kustomizations say: the files and folders they name, which of them are patches, and the namespace their objects go to.

Nothing is built here. Facts are those of kustomize 5: a kustomization is found by the name of its file, and its `namespace`
overrides that of the kustomizations it includes.
"""

import os.path
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, Literal, NamedTuple

from scclint.finding import Path
from scclint.load.document import Document, first_root
from scclint.record import EMPTY, record
from scclint.untyped import as_list, as_mapping, as_text, mappings, texts
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data

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


class KustomizationData(NamedTuple):
    """The content of a file of one of the `NAMES`, as JSON can express it: the data of its first document.

    `error` says why kustomize cannot read the file, empty if it can. `ambiguous` is a key that one mapping has twice, in different
    case; empty if there is none.
    """

    data: Any
    error: str
    ambiguous: str


@record
class Layout:
    """What all kustomizations of a run say, by absolute path of a file: the kustomization that lists it as a patch, the one
    namespace that it goes to whichever way it is built, and which files (or folders) are taken in.
    """

    patches: Mapping[str, str]
    namespaces: Mapping[str, str]
    resources: Set[str]


def data_in(documents: Iterable[Document]) -> KustomizationData:
    """Return what the documents of a file hold for kustomize, which reads the first of them."""
    documents = list(documents)
    error = next((document.error.message for document in documents if document.error is not None), "")
    root = first_root(documents)
    return KustomizationData(to_data(root), error, _ambiguous(root))


def read_kustomization(file: str, data: Any) -> Kustomization | None:
    """The kustomization that a file of one of the `NAMES` holds; None if it holds something else."""
    if not isinstance(data, dict) or _get(data, "kind", KINDS[0]) not in KINDS:
        return None
    if str(_get(data, "apiVersion", GROUP)).partition("/")[0] != GROUP:
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
        patches,
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
                yield PatchEntry(path, text=patch, text_path=path) if "\n" in patch else PatchEntry(path, patch)
            elif isinstance(patch, dict):
                inline = key_of(patch, "patch")
                target = as_mapping(_get(patch, "target"))
                yield PatchEntry(path, as_text(_get(patch, "path")), as_text(patch.get(inline)), (*path, inline), target)


def _references(data: dict[str, Any], patches: Iterable[PatchEntry]) -> Iterator[Reference]:
    yield from _files("resources", "resource", _get(data, "resources"))
    yield from _files("bases", "resource", _get(data, "bases"))
    yield from _files("components", "component", _get(data, "components"))
    yield from (Reference(str(patch.path[0]), "patch", patch.file) for patch in patches if patch.file)
    for key in _PLUGINS:
        yield from _files(key, "plugin", [text for text in texts(_get(data, key)) if "\n" not in text])
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
        yield os.path.join(home, name)
        # kustomize unpacks a chart that it fetches into a folder with the version in its name.
        yield os.path.join(home, f"{name}-{version}", name)
    for chart in mappings(_get(data, "helmChartInflationGenerator")):
        yield os.path.join(as_text(_get(chart, "chartHome")) or _CHART_HOME, as_text(_get(chart, "chartName")))


def lay_out(kustomizations: Iterable[Kustomization]) -> Layout:
    """What the kustomizations say taken together. A file that one lists as a resource is no mere patch."""
    by_folder = {os.path.dirname(os.path.abspath(k.file)): k for k in kustomizations}
    resources = {name for k in by_folder.values() for name in k.resources}
    patches = {name: k.file for k in by_folder.values() for name in k.patches if name not in resources}
    claims: dict[str, set[str]] = {}
    seen: dict[str, set[str]] = {}
    pending = [(folder, "") for folder in by_folder if folder not in resources]
    while pending:
        folder, outer = pending.pop()
        namespace = outer or by_folder[folder].namespace
        reached = seen.setdefault(folder, set())
        # What goes to two namespaces goes to no one namespace, however many more there are.
        if namespace in reached or len(reached - {""}) > 1:
            continue
        reached.add(namespace)
        for name in by_folder[folder].resources:
            if name in by_folder:
                pending.append((name, namespace))
            else:
                claims.setdefault(name, set()).add(namespace)
    namespaces = {name: next(iter(found)) for name, found in claims.items() if len(found) == 1 and "" not in found}
    return Layout(patches, namespaces, resources)
