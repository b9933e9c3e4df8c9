"""What kustomize makes of files: which are patches, which namespace a folder's objects go to, and where built objects come from.

Nothing is built here. Facts are those of kustomize 5: a kustomization is found by the name of its file, its `namespace`
goes over that of the kustomizations it takes in, and `buildMetadata: [originAnnotations]` names the file of each object.
"""

import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from scclint.finding import Located, Related
from scclint.model.provenance import Origin
from scclint.model.view import View
from scclint.record import record
from scclint.yaml.locate import locate

if TYPE_CHECKING:
    from scclint.model.object import ApiObject

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
KINDS = ("Kustomization", "Component")
GROUP = "kustomize.config.k8s.io"
ORIGIN = "config.kubernetes.io/origin"
LONGEST = 4096
"""Bytes of the longest path that Linux opens."""

_UPWARD = re.compile(r"^(?:\.\./)+")
_MOST_NAMES = 1000
"""Names of one kind in a file among which the one is looked for that kustomize has added something to."""

Named = Mapping[str, Mapping[str, Sequence["ApiObject"]]]
"""Objects by kind and name."""


Use = Literal["resource", "component", "patch", "plugin", "values", "file"]
"""How kustomize uses a file: objects, a component, a patch, the configuration of a generator or transformer, Helm values, or other."""


@record
class Reference:
    """A file or folder that a kustomization names: in which field, as what, and the path as written."""

    field: str
    use: Use
    value: str


@record
class Kustomization:
    """A kustomization as written. `file` is the path as displayed; `resources` and `patches` are absolute paths of files and folders.

    `operates` is True if it changes objects in ways that are not followed: by inline patches, replacements, transformers, or
    charts that it renders. `references` are all files and folders it names, in the order kustomize documents the fields. `charts`
    are the folders in which kustomize looks for the charts it renders, as written. `plugins` are the inline configurations
    of generators, transformers and validators.
    """

    file: str
    namespace: str
    resources: tuple[str, ...]
    patches: tuple[str, ...]
    operates: bool = False
    component: bool = False
    references: tuple[Reference, ...] = ()
    charts: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


@record
class Layout:
    """What all kustomizations of a run say, by absolute path of a file: the kustomization that lists it as a patch, the one
    namespace that it goes to whichever way it is built, and which files (or folders) are taken in.
    """

    patches: Mapping[str, str]
    namespaces: Mapping[str, str]
    resources: Set[str]


def read_kustomization(file: str, data: Any) -> Kustomization | None:
    """The kustomization that a file of one of the `NAMES` holds; None if it holds something else."""
    if not isinstance(data, dict) or _get(data, "kind", KINDS[0]) not in KINDS:
        return None
    if str(_get(data, "apiVersion", GROUP)).partition("/")[0] != GROUP:
        return None
    folder = os.path.dirname(os.path.abspath(file))
    references = tuple(_references(data))

    def absolute(*uses: Use) -> tuple[str, ...]:
        return tuple(os.path.normpath(os.path.join(folder, r.value)) for r in references if r.use in uses)

    inline = [*_texts(_get(data, "patchesStrategicMerge")), *_texts(_get(data, "patches"))]
    return Kustomization(
        file,
        _text(_get(data, "namespace")),
        absolute("resource", "component"),
        absolute("patch"),
        any(_text(_get(patch, "patch")) for key in _PATCHES for patch in _dicts(_get(data, key)))
        or any("\n" in text for text in inline)
        or any(_get(data, key) for key in _CHANGING),
        _get(data, "kind") == "Component",
        references,
        tuple(_charts(data)),
        tuple(text for key in _PLUGINS for text in _texts(_get(data, key)) if "\n" in text),
    )


def plugin_references(data: Any) -> Iterator[Reference]:
    """The files that the configuration of one of kustomize's own generators or transformers names."""
    kind = _text(_get(data, "kind"))
    yield from _generator_files(kind, data)
    yield from _files(f"{kind}.path", "patch" if "Patch" in kind else "file", [_get(data, "path")])
    yield from _files(f"{kind}.paths", "patch", _get(data, "paths"))
    for replacement in _dicts(_get(data, "replacements")):
        yield from _files(f"{kind}.replacements", "file", [_get(replacement, "path")])


def folded(key: str) -> str:
    """The key as kustomize compares it: its decoder ignores the case of letters, as `encoding/json` of Go does."""
    return key.casefold()


def _get(data: Any, key: str, default: Any = None) -> Any:
    if not isinstance(data, dict):
        return default
    if key in data:
        return data[key]
    wanted = folded(key)
    return next((value for name, value in data.items() if len(name) <= len(wanted) and folded(name) == wanted), default)


_PATCHES = ("patches", "patchesJson6902")
_PLUGINS = ("generators", "transformers", "validators")
_CHANGING = ("replacements", "transformers", "helmCharts", "helmChartInflationGenerator", "vars")
"""Fields of a kustomization that change objects, or add some."""
_CHART_HOME = "charts"


def _references(data: dict[str, Any]) -> Iterator[Reference]:
    yield from _files("resources", "resource", _get(data, "resources"))
    yield from _files("bases", "resource", _get(data, "bases"))
    yield from _files("components", "component", _get(data, "components"))
    # A strategic merge patch may also be written in place of the name of its file.
    for key in ("patchesStrategicMerge", "patches"):
        yield from _files(key, "patch", [text for text in _texts(_get(data, key)) if "\n" not in text])
    for key in _PATCHES:
        yield from _files(key, "patch", [_get(patch, "path") for patch in _dicts(_get(data, key))])
    for key in _PLUGINS:
        yield from _files(key, "plugin", [text for text in _texts(_get(data, key)) if "\n" not in text])
    for key in ("configMapGenerator", "secretGenerator"):
        for generator in _dicts(_get(data, key)):
            yield from _generator_files(key, generator)
    for key in ("configurations", "crds"):
        yield from _files(key, "file", _get(data, key))
    yield from _files("openapi", "file", [_get(_get(data, "openapi"), "path")])
    yield from _files("replacements", "file", [_get(item, "path") for item in _dicts(_get(data, "replacements"))])
    for chart in _dicts(_get(data, "helmCharts")):
        yield from _files("helmCharts", "values", [_get(chart, "valuesFile")])
        yield from _files("helmCharts", "values", _get(chart, "additionalValuesFiles"))
    for chart in _dicts(_get(data, "helmChartInflationGenerator")):
        yield from _files("helmChartInflationGenerator", "values", [_get(chart, "values")])


def _files(field: str, use: Use, values: Any) -> Iterator[Reference]:
    yield from (Reference(field, use, value) for value in _texts(values) if value)


def _generator_files(field: str, generator: Any) -> Iterator[Reference]:
    # `files` takes `KEY=PATH` as well as a path.
    yield from _files(f"{field}.files", "file", [text.split("=", 1)[-1] for text in _texts(_get(generator, "files"))])
    yield from _files(f"{field}.envs", "file", _get(generator, "envs"))
    yield from _files(f"{field}.env", "file", [_get(generator, "env")])


def _charts(data: dict[str, Any]) -> Iterator[str]:
    home = _text(_get(_get(data, "helmGlobals"), "chartHome")) or _CHART_HOME
    for chart in _dicts(_get(data, "helmCharts")):
        name, version = _text(_get(chart, "name")), _text(_get(chart, "version"))
        yield os.path.join(home, name)
        # kustomize unpacks a chart that it fetches into a folder with the version in its name.
        yield os.path.join(home, f"{name}-{version}", name)
    for chart in _dicts(_get(data, "helmChartInflationGenerator")):
        yield os.path.join(_text(_get(chart, "chartHome")) or _CHART_HOME, _text(_get(chart, "chartName")))


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


def find_origin(obj: "ApiObject", objects_of: Callable[[str], Named]) -> Origin | None:
    """Where the annotation of a built object says that it comes from; None without one.

    `objects_of` gives the objects of a file, none if it cannot be read. The annotation's path starts where kustomize ran,
    which may be any folder below: without its steps upward it then leads there from here.
    """
    annotated = _annotated(obj)
    path, repository = _text(annotated.get("path")), _text(annotated.get("repo"))
    if not path:
        return None
    if repository or os.path.isabs(path) or len(path) > LONGEST:
        return Origin(f"{repository}//{path}" if repository else path)
    for file in dict.fromkeys((path, _UPWARD.sub("", path))):
        named = objects_of(file).get(obj.kind, {})
        if exact := named.get(obj.name):
            return Origin(file, exact[0])
        # A prefix or suffix may have been added to the name.
        alike = [o for name, found in islice(named.items(), _MOST_NAMES) if name in obj.name for o in found]
        if len(alike) == 1:
            return Origin(file, alike[0])
    return Origin(path)


def by_name(objects: Iterable["ApiObject"]) -> Named:
    """The objects that have a name, by kind and name."""
    found: dict[str, dict[str, list[ApiObject]]] = {}
    for obj in objects:
        if obj.name:
            found.setdefault(obj.kind, {}).setdefault(obj.name, []).append(obj)
    return found


def before_kustomize(obj: "ApiObject", at: Located) -> Related | None:
    """The place in the origin's file that corresponds to one of the built object: the same field if it says the same there,
    else the object, since a patch or transformer may have set the value.
    """
    origin = obj.origin
    if origin is None or origin.source is None or locate(obj.root, at.path)[0] != at.span:
        return None
    source, path = origin.source, at.path[len(obj.path) :]
    if at.path[: len(obj.path)] == obj.path and path and at.path != obj.place.path and _same(obj, source, path):
        return Related("written here, before kustomize", View(source.root, None, (*source.path, *path)).span)
    return Related(f"{source.named} before kustomize", source.place.span)


def _same(built: View, source: View, path: tuple[str | int, ...]) -> bool:
    """Whether the field is the same in both: its value, and the name of each list item on the way to it."""
    for end, step in enumerate(path):
        if isinstance(step, int):
            name = (*path[: end + 1], "name")
            if built.field(*name).value != source.field(*name).value:
                return False
    mine, theirs = built.field(*path), source.field(*path)
    return mine.present == theirs.present and bool(mine.value == theirs.value)


def _annotated(obj: "ApiObject") -> dict[str, Any]:
    annotation = obj.field("metadata", "annotations", ORIGIN).value
    if not isinstance(annotation, str):
        return {}
    from scclint.load import load_text
    from scclint.yaml.nodes import to_data

    documents = load_text("", annotation, frozenset())
    data = to_data(documents[0].root) if documents else None
    return data if isinstance(data, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
