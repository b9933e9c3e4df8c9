"""Folders that an Argo CD Application or a Flux Kustomization of the same tree deploys."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.record import record
from scclint.units.unit import ARGO, FLUX


@record
class Deployment:
    """A folder that something deploys.

    `path` is relative to the root of the repository that `repository` (a URL) names; Flux names none. `by` is what messages call
    it. `recurse` is True where the folders below count as well. `values` and `settings` are those of a chart, `values` relative to
    `path`.
    """

    path: str
    by: str
    file: str
    repository: str = ""
    namespace: str = ""
    release: str = ""
    recurse: bool = False
    values: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


def deployments(file: str, data: Mapping[str, Any]) -> Iterator[Deployment]:
    """The folders that one object deploys; none for other kinds. Paths that a generator fills in are left out."""
    group, kind = str(data.get("apiVersion")).partition("/")[0], data.get("kind")
    name = _text(_at(data, "metadata", "name"))
    spec = _mapping(data.get("spec"))
    if group == ARGO and kind == "Application":
        namespace = _text(_at(spec, "destination", "namespace"))
        for source in (_mapping(spec.get("source")), *map(_mapping, _items(spec.get("sources")))):
            helm = _mapping(source.get("helm"))
            if path := _path(source.get("path")):
                yield Deployment(
                    path,
                    f"Application {name}",
                    file,
                    _text(source.get("repoURL")),
                    namespace,
                    _text(helm.get("releaseName")) or name,
                    _at(source, "directory", "recurse") is True,
                    tuple(filter(None, map(_text, _items(helm.get("valueFiles"))))),
                    tuple(_parameters(helm.get("parameters"))),
                )
    elif group == FLUX and kind == "Kustomization" and (path := _path(spec.get("path"))):
        yield Deployment(path, f"Kustomization {name}", file, "", _text(spec.get("targetNamespace")), recurse=True)


def last_part(url: str) -> str:
    """The name of a repository: `shop` of `https://git.example/team/shop.git`."""
    return os.path.basename(url.rstrip("/")).removesuffix(".git")


def _path(value: Any) -> str:
    path = _text(value)
    return "" if "{{" in path or os.path.isabs(path) else os.path.normpath(path) if path else ""


def _parameters(value: Any) -> Iterator[str]:
    for item in map(_mapping, _items(value)):
        if name := _text(item.get("name")):
            yield f"{name}={item.get('value', '')}"


def _at(data: Any, *path: str) -> Any:
    for step in path:
        data = _mapping(data).get(step)
    return data


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
