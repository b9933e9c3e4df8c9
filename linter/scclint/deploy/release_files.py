"""Releases of Helm, and folders of manifests, that files of helmfile, Fleet and Skaffold deploy.

Sources: the configuration of helmfile, the `fleet.yaml` of Rancher's Fleet, and the schema of `skaffold.yaml`.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scclint.deploy.deployers import laid_over
from scclint.objects.documents import data_of, load_text
from scclint.record import record
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_list, as_mapping, as_text, mappings, texts, value_at

UNKNOWN = "${UNKNOWN}"
"""What replaces an action of a template in a text, which is then not known."""
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STATEMENT_LINE = re.compile(r"^[ \t]*(?:- )?\{\{[^\n]*\}\}[ \t]*$", re.M)
_OPEN = re.compile(r"\$\{ *\.|\$\{UNKNOWN\}|\{\{")
_LOCAL = re.compile(r"\.{0,2}/|\.$|[$]|\{\{")


@record
class NamedRelease:
    """A release of Helm that a file names at a line. `chart` and `values` are paths as written, relative to the file.

    `inline` are values in the file itself, `left_out` the names of those that a template fills in, and `settings` options of helm without
    dashes.
    """

    name: str
    chart: str
    namespace: str
    line: int
    values: tuple[str, ...] = ()
    inline: str = ""
    settings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the chart is a path, and not a name in a repository of charts."""
        return _LOCAL.match(self.chart) is not None


def releases(file: str, text: str) -> Iterator[NamedRelease]:
    """Yield the releases that a file of helmfile, Fleet or Skaffold names; none for another file."""
    of = next((function for pattern, function in _READERS.items() if re.search(pattern, file.replace(os.sep, "/"))), None)
    for data in _documents(file, text) if of else ():
        for release in of(data) if of else ():
            found = text.find(release.pop("at"))
            values, left_out = _known(release.pop("inline"))
            inline = json.dumps(values, default=str) if values else ""
            yield NamedRelease(line=text.count("\n", 0, max(found, 0)) + 1, inline=inline, left_out=tuple(left_out), **release)


def _documents(file: str, text: str) -> list[Mapping[str, Any]]:
    """The documents of a file. In a template, each action is a text of its own that is not known, and lines with nothing else are left out."""
    if "{{" not in text:
        return [as_mapping(to_data(document.root)) for document in load_text(file, text, frozenset()) if document.root]
    without = _ACTION.sub(UNKNOWN, _STATEMENT_LINE.sub("", text))
    return [as_mapping(data_of(part)) for part in re.split(r"^---.*$", without, flags=re.M)]


def _known(values: Any, at: str = "") -> tuple[Any, list[str]]:
    """Values without those that a template fills in, and the names of the latter."""
    if isinstance(values, Mapping):
        parts = {key: _known(value, f"{at}.{key}".lstrip(".")) for key, value in values.items()}
        known = {key: value for key, (value, left_out) in parts.items() if isinstance(value, Mapping) or not left_out}
        return known, [name for _, left_out in parts.values() for name in left_out]
    return values, [at] if _OPEN.search(json.dumps(values, default=str)) else []


def _of_helmfile(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for release in mappings(data.get("releases")):
        listed = as_list(release.get("values"))
        inline: dict[str, Any] = {}
        for value in (value for value in listed if isinstance(value, dict)):
            inline = laid_over(inline, value)
        settings = (f"set={setting.get('name')}={setting.get('value')}" for setting in mappings(release.get("set")))
        yield {
            "at": as_text(release.get("name")),
            "name": as_text(release.get("name")),
            "chart": as_text(release.get("chart")),
            "namespace": as_text(release.get("namespace")),
            "values": tuple(value for value in listed if isinstance(value, str)),
            "inline": inline,
            "settings": tuple(settings),
        }


def _of_fleet(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The release of the chart that a bundle has, and those of the clusters for which it is changed."""
    for target in ({}, *mappings(data.get("targetCustomizations"))):
        helm = laid_over(as_mapping(data.get("helm")), as_mapping(target.get("helm")))
        if target and not target.get("helm"):
            continue
        namespaces = (of.get(key) for key in ("namespace", "defaultNamespace") for of in (target, data))
        chart = as_text(helm.get("chart"))
        yield {
            "at": "helm:",
            "name": as_text(helm.get("releaseName")),
            "chart": "" if helm.get("repo") else chart or ".",
            "namespace": next(filter(None, map(as_text, namespaces)), ""),
            "values": tuple(texts(helm.get("valuesFiles"))),
            "inline": as_mapping(helm.get("values")),
        }


def _of_skaffold(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (data, *mappings(data.get("profiles"))):
        for at in ("deploy", "manifests"):
            for release in mappings(value_at(part, (at, "helm", "releases"))):
                values = as_mapping(release.get("setValues"))
                yield {
                    "at": as_text(release.get("name")),
                    "name": as_text(release.get("name")),
                    "chart": as_text(release.get("chartPath")),
                    "namespace": as_text(release.get("namespace")),
                    "values": tuple(texts(release.get("valuesFiles"))),
                    "inline": as_mapping(release.get("overrides")),
                    "settings": tuple(f"set={key}={value}" for key, value in _leaves(values)),
                }


def _leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, bool | int | float) else str(value)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]] = {
    r"(?:^|/)helmfile(?:\.d/[^/]+)?\.ya?ml(?:\.gotmpl)?$": _of_helmfile,
    r"(?:^|/)fleet\.ya?ml$": _of_fleet,
    r"(?:^|/)skaffold[^/]*\.ya?ml$": _of_skaffold,
}
"""What reads the releases in a file, by its path."""

RELEASE_FILE = "|".join(_READERS)
"""The paths of the files that name releases."""
