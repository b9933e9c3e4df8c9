"""What an Argo CD Application deploys from the repository."""

import glob
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.errors import LoadError
from scclint.files.discover import is_below
from scclint.files.read import read
from scclint.finding import Path
from scclint.units.deploying import Deployed, Deploying, Unfollowed, parsed, patched
from scclint.units.helm import CHART_FILE
from scclint.units.kustomize import NAMES
from scclint.units.unit import Deployment
from scclint.untyped import as_list, as_mapping, as_text, mappings, texts, value_at

_OVERRIDES = (".argocd-source.yaml", ".argocd-source-{}.yaml")
"""Files in the folder of a source that are laid over it. Argo CD's image updater writes the second."""
_KEPT = ("repoURL", "path", "chart", "targetRevision")
_GLOB = re.compile(r"[*?[]")
_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_[A-Z_]+)\}?")
_COMMA = re.compile(r"(?<!\\),")
_IMAGE = re.compile(r"(?:([^=]*)=)?([^:@]*(?::\d+/[^:@]*)?)(?::([^@]*))?(?:@(.*))?")
"""An image as `kustomize edit set image` takes it: `NAME=NEW:TAG`, `NAME:TAG`, `NAME@DIGEST`."""
_OUTSIDE = "it lies in another repository"


def of_application(one: Deploying, application: Mapping[str, Any], at: Path) -> Deployed:
    """What an Application deploys. `at` is the path of its `spec` in the object that has it, an ApplicationSet or the Application."""
    spec = as_mapping(application.get("spec"))
    name = as_text(value_at(application, ("metadata", "name")))
    # Part of a name may be known only to the cluster.
    name = one.name if "{{" in name else name
    namespace = as_text(value_at(spec, ("destination", "namespace")))
    sources = dict(_sources(spec, at))
    references = {f"${source.get('ref')}": source for source in sources.values() if source.get("ref")}
    for place, source in sources.items():
        if source.get("chart") or not one.repository.is_ours(source.get("repoURL")):
            if source.get("chart") or as_text(source.get("path")):
                yield one.unfollowed((*place, "chart" if source.get("chart") else "repoURL"), _OUTSIDE)
        else:
            folder = one.repository.inside(as_text(source.get("path"))) if as_text(source.get("path")) else ""
            if os.path.isdir(folder):
                yield from _Source(one, name, namespace, place, source, folder, references).deployed()


def _sources(spec: Mapping[str, Any], at: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield (*at, "source"), as_mapping(spec.get("source"))
    yield (*at, "sourceHydrator", "drySource"), as_mapping(value_at(spec, ("sourceHydrator", "drySource")))
    yield from (((*at, "sources", number), as_mapping(source)) for number, source in enumerate(as_list(spec.get("sources"))))


class _Source:
    """A source of an Application that is a folder of the repository."""

    def __init__(
        self,
        one: Deploying,
        name: str,
        namespace: str,
        place: Path,
        source: Mapping[str, Any],
        folder: str,
        references: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._one = one
        self._name = name
        self._namespace = namespace
        self._place = place
        self._folder = folder
        self._references = references
        self._files: list[str] = []
        self._source = self._with_overrides(source)
        self._helm = as_mapping(self._source.get("helm"))
        self._variables = {
            "ARGOCD_APP_NAME": name,
            "ARGOCD_APP_NAMESPACE": namespace,
            "ARGOCD_APP_SOURCE_PATH": as_text(source.get("path")),
            "ARGOCD_APP_SOURCE_REPO_URL": as_text(source.get("repoURL")),
            "ARGOCD_APP_SOURCE_TARGET_REVISION": as_text(source.get("targetRevision")),
        }

    def deployed(self) -> Deployed:
        helm, directory = self._helm, as_mapping(self._source.get("directory"))
        values: list[str] = []
        unfollowed: list[Unfollowed] = []
        for found in self._value_files():
            (values if isinstance(found, str) else unfollowed).append(found)  # type: ignore[arg-type]  # each goes to the list of its type
        settings = [*self._parameters()]
        for number, parameter in enumerate(mappings(helm.get("fileParameters"))):
            path = self._path(as_text(parameter.get("path")))
            if path and os.path.isfile(path):
                settings.append(f"--set-file={parameter.get('name')}={_escaped(path)}")
                self._files.append(path)
            else:
                unfollowed.append(self._unfollowed(("helm", "fileParameters", number), "there is no such file"))
        if helm.get("skipCrds") is True:
            settings.append("--skip-crds")
        inline = helm.get("valuesObject")
        fields, spans = self._kustomization()
        yield Deployment(
            f"Application {self._name}",
            as_text(helm.get("namespace")) or self._namespace,
            self._folder,
            tuple(self._files),
            as_text(helm.get("releaseName")) or self._name,
            tuple(values),
            json.dumps(inline) if inline else as_text(helm.get("values")),
            tuple(settings),
            kustomization=json.dumps(fields) if fields else "",
            patch_spans=spans,
            recurse=directory.get("recurse") is True,
            include=as_text(directory.get("include")),
            exclude=as_text(directory.get("exclude")),
        )
        yield from unfollowed
        if self._source.get("plugin") is not None:
            yield self._unfollowed(("plugin",), "scclint runs no plugins")
        tools = (CHART_FILE, *NAMES)
        plain = not any(os.path.isfile(os.path.join(self._folder, name)) for name in tools)
        if plain and (directory.get("jsonnet") or glob.glob("*.jsonnet", root_dir=self._folder)):
            yield self._unfollowed(("directory", "jsonnet"), "scclint does not run jsonnet")

    def _unfollowed(self, field: Path, why: str) -> Unfollowed:
        return self._one.unfollowed((*self._place, *field), why, self._folder)

    def _filled(self, text: str) -> str:
        """A text with the variables of Argo CD's build environment filled in, as far as they are known."""
        return _VARIABLE.sub(lambda match: self._variables.get(match[1], match[0]), text)

    def _with_overrides(self, source: Mapping[str, Any]) -> Mapping[str, Any]:
        """The source with the files laid over it that lie in its folder for that purpose."""
        merged = dict(source)
        for name in _OVERRIDES:
            path = os.path.join(self._folder, name.format(self._name))
            if os.path.isfile(path):
                try:
                    data = parsed(read(path))
                except LoadError:
                    continue
                self._files.append(path)
                merged = patched(merged, data) if isinstance(data, dict) else merged
        return {**merged, **{key: source[key] for key in _KEPT if key in source}}

    def _path(self, value: str) -> str:
        """The path that a values file is named by: from the folder, from the root of the repository, or from another source's root.

        Empty if it is remote, or lies in another repository.
        """
        reference, _, rest = value.partition("/")
        if reference in self._references:
            ours = self._one.repository.is_ours(self._references[reference].get("repoURL"))
            return self._inside(self._one.repository.tree, self._filled(rest)) if ours else ""
        value = self._filled(value)
        if "://" in value:
            return ""
        return self._inside(self._one.repository.tree if value.startswith("/") else self._folder, value.lstrip("/"))

    def _inside(self, folder: str, value: str) -> str:
        path = os.path.normpath(os.path.join(folder, value))
        return path if is_below(path, self._one.repository.tree) else ""

    def _value_files(self) -> Iterator[str | Unfollowed]:
        """The paths of the values files in the order in which helm takes them: a file that is named is no match of a pattern."""
        named = texts(self._helm.get("valueFiles"))
        paths = [self._path(value) for value in named]
        taken = {path for path in paths if not _GLOB.search(path)}
        given: set[str] = set()
        for number, path in enumerate(paths):
            found = [path]
            if path and _GLOB.search(path) and not os.path.isfile(path):
                tree = self._one.repository.tree
                matches = sorted(glob.glob(path, recursive=True, include_hidden=True))
                found = [match for match in matches if match not in taken and is_below(os.path.realpath(match), tree)]
            files = [file for file in found if os.path.isfile(file)]
            if not files and not (path and self._helm.get("ignoreMissingValueFiles") is True):
                why = "there is no such file" if path else "it lies in another repository"
                yield self._unfollowed(("helm", "valueFiles", number), why)
            yield from (file for file in files if file not in given)
            given.update(files)

    def _parameters(self) -> Iterator[str]:
        """The options of helm for single values."""
        for item in mappings(self._helm.get("parameters")):
            option = "--set-string" if item.get("forceString") is True else "--set"
            if item.get("name"):
                yield f"{option}={item['name']}={_escaped(self._filled(str(item.get('value', ''))))}"

    def _kustomization(self) -> tuple[dict[str, Any], Any]:
        """The fields that are laid over the kustomization, and the places of its patches."""
        given = as_mapping(self._source.get("kustomize"))
        keys = ("namePrefix", "nameSuffix", "namespace", "patches", "components", "replicas", "commonAnnotations")
        fields = {key: given[key] for key in keys if given.get(key)}
        if given.get("images"):
            fields["images"] = [_image(self._filled(image)) for image in texts(given["images"])]
        if labels := given.get("commonLabels"):
            templates = given.get("labelIncludeTemplates") is True
            only = {"labels": [{"pairs": labels, "includeSelectors": False, "includeTemplates": templates}]}
            fields |= only if given.get("labelWithoutSelector") is True else {"commonLabels": labels}
        if given.get("ignoreMissingComponents") is True:
            here = self._folder
            fields["components"] = [one for one in texts(given.get("components")) if os.path.isdir(os.path.join(here, one))]
        at = (*self._place, "kustomize", "patches")
        return fields, tuple(self._one.span((*at, number)) for number in range(len(as_list(given.get("patches")))))


def _escaped(value: str) -> str:
    """A value as helm's options take it: a comma would end it, but in a list."""
    return value if value.startswith("{") and value.endswith("}") else _COMMA.sub(r"\,", value)


def _image(text: str) -> dict[str, str]:
    """An image as a kustomization has it."""
    match = _IMAGE.fullmatch(text)
    name, new, tag, digest = match.groups() if match is not None else (None, text, None, None)
    found = {"name": name or new, "newName": new if name is not None else None, "newTag": tag, "digest": digest}
    return {key: value for key, value in found.items() if value}
