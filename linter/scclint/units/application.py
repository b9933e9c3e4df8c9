"""Folders that an Argo CD Application or a Flux Kustomization of the same tree deploys."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.record import record
from scclint.units.unit import ARGO, FLUX
from scclint.untyped import as_list, as_mapping, as_text, value_at


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
                    file,
                    as_text(source.get("repoURL")),
                    namespace,
                    as_text(helm.get("releaseName")) or name,
                    value_at(source, ("directory", "recurse")) is True,
                    tuple(filter(None, map(as_text, as_list(helm.get("valueFiles"))))),
                    tuple(_parameters(helm.get("parameters"))),
                )
    elif group == FLUX and kind == "Kustomization" and (path := _path(spec.get("path"))):
        yield Deployment(path, f"Kustomization {name}", file, "", as_text(spec.get("targetNamespace")), recurse=True)


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
