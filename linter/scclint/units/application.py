"""Folders that Argo CD and Flux deploy by objects of the same tree, and which of their values and patches are not applied."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from scclint.finding import Path
from scclint.record import record
from scclint.units.helm.views import belongs_to_chart
from scclint.units.unit import ARGO, FLUX, FLUX_HELM, Kind
from scclint.untyped import as_list, as_mapping, as_text, value_at

_TOOLS: Mapping[object, Kind] = {"helm": "chart", "kustomize": "kustomize"}
_LITERAL = re.compile(r"[^$/*?\[{][^*?\[{:]*")
"""A values file that is no reference, no pattern, no URL and not relative to the repository."""
_OF_HELM = ("values", "valuesObject", "fileParameters", "kubeVersion", "apiVersions")
_OF_KUSTOMIZE = (
    *(
        "patches",
        "components",
        "images",
        "replicas",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "commonAnnotations",
    ),
    *("kubeVersion", "apiVersions"),
)
_OF_FLUX = (
    *(
        ("patches",),
        ("patchesStrategicMerge",),
        ("patchesJson6902",),
        ("components",),
        ("images",),
        ("namePrefix",),
        ("nameSuffix",),
    ),
    *(("commonMetadata",), ("postBuild", "substitute"), ("postBuild", "substituteFrom")),
)
_OF_RELEASE = (
    ("values",),
    ("valuesFrom",),
    ("postRenderers",),
    ("chart", "spec", "valuesFiles"),
    ("chart", "spec", "valuesFile"),
)


@record
class Deployment:
    """A folder that something deploys.

    `path` is relative to the root of the repository that `repository` (a URL) names; Flux names none. `by` is what messages call
    it. `recurse` is True where the folders below count as well. `values` and `settings` are those of a chart, `values` relative to
    `path`.
    """

    path: str
    by: str
    repository: str = ""
    namespace: str = ""
    release: str = ""
    recurse: bool = False
    values: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


def deployments(data: Mapping[str, Any]) -> Iterator[Deployment]:
    """The folders that one object deploys; none for other kinds. Paths that a generator fills in are left out."""
    group, kind = str(data.get("apiVersion")).partition("/")[0], data.get("kind")
    name = as_text(value_at(data, ("metadata", "name")))
    spec = as_mapping(data.get("spec"))
    if group == ARGO and kind == "Application":
        namespace = as_text(value_at(spec, ("destination", "namespace")))
        for source in (as_mapping(spec.get("source")), *map(as_mapping, as_list(spec.get("sources")))):
            helm = as_mapping(source.get("helm"))
            if path := _path(source.get("path")):
                yield Deployment(
                    path,
                    f"Application {name}",
                    as_text(source.get("repoURL")),
                    namespace,
                    as_text(helm.get("releaseName")) or name,
                    value_at(source, ("directory", "recurse")) is True,
                    tuple(filter(None, map(as_text, as_list(helm.get("valueFiles"))))),
                    tuple(_parameters(helm.get("parameters"))),
                )
    elif group == FLUX and kind == "Kustomization" and (path := _path(spec.get("path"))):
        yield Deployment(path, f"Kustomization {name}", "", as_text(spec.get("targetNamespace")), recurse=True)


@record
class Unapplied:
    """What an object sets for a folder that it deploys, and what is not applied where the folder is judged.

    `by` and `repository` are as in `Deployment`, `paths` are globs, and `fields` are paths in the object.
    """

    paths: tuple[str, ...]
    by: str
    repository: str
    fields: tuple[Path, ...]

    def concerns(self, path: str, kind: Kind) -> bool:
        """Whether the fields are for the unit of that kind at a path."""
        kinds = {_TOOLS[step] for field in self.fields for step in field if step in _TOOLS}
        return path in self.paths or (kind in (kinds or {kind}) and any(fnmatchcase(path, glob) for glob in self.paths))


def unapplied(data: Mapping[str, Any], is_applied: Callable[[str, str], bool]) -> Iterator[Unapplied]:
    """What is not applied of one object of Argo CD or Flux.

    `is_applied` says whether a values file that an Application names is applied, given the folder and the name.
    """
    group, kind = str(data.get("apiVersion")).partition("/")[0], data.get("kind")
    by = f"{kind} {as_text(value_at(data, ('metadata', 'name')))}"
    spec = as_mapping(data.get("spec"))
    if group == ARGO and kind in ("Application", "ApplicationSet"):
        at: Path = ("spec",) if kind == "Application" else ("spec", "template", "spec")
        spec = as_mapping(value_at(data, at))
        sources: list[tuple[Path, Any]] = [((*at, "source"), spec.get("source"))]
        sources += [((*at, "sources", number), source) for number, source in enumerate(as_list(spec.get("sources")))]
        for place, source in ((place, as_mapping(source)) for place, source in sources):
            path = _path(_filled(source.get("path")))
            paths = tuple(_paths_in(data["spec"].get("generators"))) if path == "*" else (path,)
            fields = _of_source(source, path, as_text(value_at(spec, ("destination", "namespace"))), is_applied)
            found = [(*place, *field) for field in fields]
            if kind == "ApplicationSet":
                # It is not expanded: a values file is applied only where it makes a view of the chart.
                files = (*place, "helm", "valueFiles")
                found = [
                    field for field in found if field[:-1] != files or not belongs_to_chart(_filled(value_at(data, field)))
                ]
                found += [
                    field for field in ((*place, "helm", "parameters"), ("spec", "templatePatch")) if value_at(data, field)
                ]
            yield Unapplied(paths, by, as_text(source.get("repoURL")), tuple(found))
    elif group == FLUX and kind == "Kustomization":
        yield Unapplied((_path(spec.get("path")),), by, "", _set_of(spec, _OF_FLUX))
    elif group == FLUX_HELM and value_at(spec, ("chart", "spec", "sourceRef", "kind")) == "GitRepository":
        yield Unapplied((_path(value_at(spec, ("chart", "spec", "chart"))),), by, "", _set_of(spec, _OF_RELEASE))


def _of_source(source: Mapping[str, Any], path: str, namespace: str, is_applied: Callable[[str, str], bool]) -> Iterator[Path]:
    """The fields of a source of an Application that are not applied."""
    helm, kustomize = as_mapping(source.get("helm")), as_mapping(source.get("kustomize"))
    yield from (("helm", key) for key in _OF_HELM if _is_set(helm.get(key)))
    if helm.get("namespace") not in (None, "", namespace):
        yield "helm", "namespace"
    for number, value in enumerate(map(as_text, as_list(helm.get("valueFiles")))):
        ignored = helm.get("ignoreMissingValueFiles") is True and _LITERAL.fullmatch(value)
        if value and not ignored and not is_applied(path, value):
            yield "helm", "valueFiles", number
    yield from (("kustomize", key) for key in _OF_KUSTOMIZE if _is_set(kustomize.get(key)))
    if _is_set(value_at(source, ("directory", "jsonnet"))):
        yield "directory", "jsonnet"
    if source.get("plugin") is not None:
        yield ("plugin",)


def _filled(value: Any) -> str:
    """A text with a `*` in place of each action of a template."""
    return re.sub(r"\{\{.*?\}\}", "*", as_text(value))


def _paths_in(generators: Any) -> Iterator[str]:
    """The texts in generators that may be the path of a folder, or of a file in it."""
    if isinstance(generators, str):
        yield from (generators, os.path.dirname(generators))
    elif isinstance(generators, dict | list):
        for value in generators.values() if isinstance(generators, dict) else generators:
            yield from _paths_in(value)


def _set_of(spec: Mapping[str, Any], fields: Iterable[tuple[str, ...]]) -> tuple[Path, ...]:
    return tuple(("spec", *field) for field in fields if _is_set(value_at(spec, field)))


def _is_set(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {})


def last_part(url: str) -> str:
    """The name of a repository: `shop` of `https://git.example/team/shop.git`."""
    return os.path.basename(url.rstrip("/")).removesuffix(".git")


def _path(value: Any) -> str:
    path = as_text(value)
    return "" if "{{" in path or os.path.isabs(path) else os.path.normpath(path) if path else ""


def _parameters(value: Any) -> Iterator[str]:
    for item in map(as_mapping, as_list(value)):
        if name := as_text(item.get("name")):
            yield f"{name}={item.get('value', '')}"
