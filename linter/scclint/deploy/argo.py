"""What an Argo CD Application deploys from the repository, and the Applications that an ApplicationSet makes of lists and of this repository.

Sources: `applicationset/generators` and `applicationset/utils` of argoproj/argo-cd.
"""

import glob
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, NamedTuple

from scclint.admission.rbac import service_account_name
from scclint.deploy.deployers import NO_FOLDER, Deployer, Deployments, Repository, UnfollowedField, laid_over, patched, scalar
from scclint.deploy.helm import CHART_FILE, NAMESPACE_MARKER
from scclint.deploy.kustomize import NAMES
from scclint.deploy.unit import Deployment
from scclint.files import is_below
from scclint.finding import Path
from scclint.limits import MAX_APPLICATIONS
from scclint.objects.documents import data_of, data_of_file
from scclint.objects.unknown import is_open
from scclint.text import whole_number
from scclint.yaml.untyped import as_list, as_mapping, as_mappings, as_text, mappings, texts, value_at

_OVERRIDES = (".argocd-source.yaml", ".argocd-source-{}.yaml")
"""Files in the folder of a source that are laid over it. Argo CD's image updater writes the second."""
_KEPT = ("repoURL", "path", "chart", "targetRevision")
_GLOB = re.compile(r"[*?[{]")
_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_[A-Z_]+)\}?")
_COMMA = re.compile(r"(?<!\\),")
_IMAGE = re.compile(r"(?:([^=]*)=)?([^:@]*(?::\d+/[^:@]*)?)(?::([^@]*))?(?:@(.*))?")
"""An image as `kustomize edit set image` takes it: `NAME=NEW:TAG`, `NAME:TAG`, `NAME@DIGEST`."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*+(?<=[a-z0-9]))?")
"""A name that the API server accepts."""
_OWN_CLUSTER = "https://kubernetes.default.svc"
"""The address of the cluster in which Argo CD runs, which it calls `in-cluster`."""
_NOT_FILLED_IN = "it has a parameter without a value"
_OUTSIDE = "it lies in another repository"
_TOOLS = {"helm": "chart", "kustomize": "kustomize"}
"""The kinds of unit that fields of a source ask for, unless they are empty. So does `directory`, if it is more than a filter."""


def of_application(deployer: Deployer, application: Mapping[str, Any] | None = None, at: Path = ("spec",)) -> Deployments:
    """What an Application deploys. `at` is the path of its `spec` in the object that has it, an ApplicationSet or the Application."""
    application = deployer.data if application is None else application
    spec = as_mapping(application.get("spec"))
    name = as_text(value_at(application, ("metadata", "name")))
    # Part of a name may be known only to the cluster.
    name = deployer.name if "{{" in name else name
    if not (_NAME.fullmatch(name) or is_open(name)):
        yield deployer.unfollowed((*at[:-1], "metadata", "name"), f"{name} is not a valid name")
        return
    destination = as_mapping(spec.get("destination"))
    sources = dict(_sources(spec, at))
    references = {f"${source.get('ref')}": source for source in sources.values() if source.get("ref")}
    of = _Application(deployer, name, as_text(destination.get("namespace")), _cluster(destination), references)
    for place, source in sources.items():
        if source.get("chart") or not deployer.repository.is_ours(source.get("repoURL"), source.get("path")):
            if source.get("chart") or as_text(source.get("path")):
                why = _NOT_FILLED_IN if is_open(source.get("repoURL")) else _OUTSIDE
                yield deployer.unfollowed((*place, "chart" if source.get("chart") else "repoURL"), why)
        else:
            folder = deployer.repository.inside(as_text(source.get("path"))) if as_text(source.get("path")) else ""
            if os.path.isdir(folder):
                yield from _Source(of, place, source, folder).deployed()
            elif source.get("path"):
                yield deployer.unfollowed((*place, "path"), _NOT_FILLED_IN if is_open(source["path"]) else NO_FOLDER)


def _controller(namespace: str) -> str:
    """The user as whom the Argo CD in a namespace deploys, by what its operator and its own manifests call the account of the controller."""
    if not namespace or NAMESPACE_MARKER in namespace:
        namespace = "openshift-gitops"
    instance = "" if namespace == "argocd" else f"{namespace}-"
    return service_account_name(namespace, f"{instance}argocd-application-controller")


def _cluster(destination: Mapping[str, Any]) -> str:
    """The cluster that a destination names, by its name or its address; empty if it names none that is known."""
    name, server = (as_text(destination.get(key)) for key in ("name", "server"))
    if is_open(name) or is_open(server):
        return ""
    return "in-cluster" if server == _OWN_CLUSTER else name or server


def _sources(spec: Mapping[str, Any], at: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield (*at, "source"), as_mapping(spec.get("source"))
    yield (*at, "sourceHydrator", "drySource"), as_mapping(value_at(spec, ("sourceHydrator", "drySource")))
    yield from (((*at, "sources", number), as_mapping(source)) for number, source in enumerate(as_list(spec.get("sources"))))


class _Application(NamedTuple):
    """An Application: its name, where it deploys to, and the sources that others refer to, by their references."""

    deployer: Deployer
    name: str
    namespace: str
    cluster: str
    references: Mapping[str, Mapping[str, Any]]


class _Source:
    """A source of an Application that is a folder of the repository."""

    def __init__(self, of: _Application, place: Path, source: Mapping[str, Any], folder: str) -> None:
        self._of = of
        self._deployer = of.deployer
        self._place = place
        self._folder = folder
        self._files: list[str] = []
        self._source = self._with_overrides(source)
        self._helm = as_mapping(self._source.get("helm"))
        self._variables = {
            "ARGOCD_APP_NAME": of.name,
            "ARGOCD_APP_NAMESPACE": self._of.namespace,
            "ARGOCD_APP_SOURCE_PATH": as_text(source.get("path")),
            "ARGOCD_APP_SOURCE_REPO_URL": as_text(source.get("repoURL")),
            "ARGOCD_APP_SOURCE_TARGET_REVISION": as_text(source.get("targetRevision")),
        }

    def deployed(self) -> Deployments:
        helm, directory = self._helm, as_mapping(self._source.get("directory"))
        recurse, jsonnet = directory.get("recurse") is True, directory.get("jsonnet")
        as_directory = "directory" if recurse or jsonnet else ""
        values = [*self._value_files()]
        unfollowed = [value for value in values if not isinstance(value, str)]
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
        settings += [f"--api-versions={version}" for version in texts(helm.get("apiVersions"))]
        if version := as_text(helm.get("kubeVersion")):
            settings.append(f"--kube-version={version}")
        inline = helm.get("valuesObject")
        fields, spans = self._kustomization()
        yield Deployment(
            "Application",
            self._of.name,
            as_text(helm.get("namespace")) or self._of.namespace,
            self._folder,
            tuple(self._files),
            as_text(helm.get("releaseName")) or self._of.name,
            tuple(dict.fromkeys(value for value in values if isinstance(value, str))),
            json.dumps(inline) if inline else as_text(helm.get("values")),
            tuple(settings),
            kustomization=json.dumps(fields) if fields else "",
            patch_spans=spans,
            recurse=recurse,
            include=as_text(directory.get("include")),
            exclude=as_text(directory.get("exclude")),
            cluster=self._of.cluster,
            user=_controller(self._deployer.namespace),
            tool=next((tool for field, tool in _TOOLS.items() if self._source.get(field)), as_directory),
        )
        yield from unfollowed
        if self._source.get("plugin") is not None:
            yield self._unfollowed(("plugin",), "scclint runs no plugins")
        tools = (CHART_FILE, *NAMES)
        plain = not any(os.path.isfile(os.path.join(self._folder, name)) for name in tools)
        if plain and (jsonnet or glob.glob("*.jsonnet", root_dir=self._folder)):
            yield self._unfollowed(("directory", "jsonnet"), "scclint does not run jsonnet")

    def _unfollowed(self, field: Path, why: str) -> UnfollowedField:
        return self._deployer.unfollowed((*self._place, *field), why, self._folder)

    def _filled(self, text: str) -> str:
        """A text with the variables of Argo CD's build environment filled in, as far as they are known."""
        return _VARIABLE.sub(lambda match: self._variables.get(match[1], match[0]), text)

    def _with_overrides(self, source: Mapping[str, Any]) -> Mapping[str, Any]:
        """The source with the files laid over it that lie in its folder for that purpose."""
        merged = dict(source)
        for name in _OVERRIDES:
            path = os.path.join(self._folder, name.format(self._of.name))
            if isinstance(data := data_of_file(path), dict):
                self._files.append(path)
                merged = patched(merged, data)
        return {**merged, **{key: source[key] for key in _KEPT if key in source}}

    def _path(self, value: str) -> str:
        """The path that a values file is named by: from the folder, from the root of the repository, or from another source's root.

        Empty if it is remote, or lies in another repository.
        """
        reference, _, subpath = value.partition("/")
        if reference in self._of.references:
            ours = self._deployer.repository.is_ours(self._of.references[reference].get("repoURL"), subpath)
            return self._inside(self._deployer.repository.tree, self._filled(subpath)) if ours else ""
        value = self._filled(value)
        if "://" in value:
            return ""
        return self._inside(self._deployer.repository.tree if value.startswith("/") else self._folder, value.lstrip("/"))

    def _inside(self, folder: str, value: str) -> str:
        path = os.path.normpath(os.path.join(folder, value))
        return path if is_below(path, self._deployer.repository.tree) else ""

    def _value_files(self) -> Iterator[str | UnfollowedField]:
        """The paths of the values files in the order in which helm takes them: a file that is named is no match of a pattern."""
        paths = [self._path(value) for value in texts(self._helm.get("valueFiles"))]
        named = {path for path in paths if not _GLOB.search(path)}
        for number, path in enumerate(paths):
            found = [] if os.path.isfile(path) or not path else self._deployer.repository.matching(path)
            files = [file for file in (path, *found) if os.path.isfile(file) and (file == path or file not in named)]
            if not files and not (path and self._helm.get("ignoreMissingValueFiles") is True):
                yield self._unfollowed(("helm", "valueFiles", number), "there is no such file" if path else _OUTSIDE)
            yield from files

    def _parameters(self) -> Iterator[str]:
        """The options of helm for single values."""
        for item in mappings(self._helm.get("parameters")):
            option = "--set-string" if item.get("forceString") is True else "--set"
            if item.get("name"):
                yield f"{option}={item['name']}={_escaped(self._filled(str(item.get('value', ''))))}"

    def _kustomization(self) -> tuple[dict[str, Any], Any]:
        """The fields that are laid over the kustomization, and the places of its patches."""
        kustomize = as_mapping(self._source.get("kustomize"))
        keys = ("namePrefix", "nameSuffix", "namespace", "patches", "components", "replicas", "commonAnnotations")
        fields = {key: kustomize[key] for key in keys if kustomize.get(key)}
        if kustomize.get("images"):
            fields["images"] = [_image(self._filled(image)) for image in texts(kustomize["images"])]
        if labels := kustomize.get("commonLabels"):
            templates = kustomize.get("labelIncludeTemplates") is True
            only = {"labels": [{"pairs": labels, "includeSelectors": False, "includeTemplates": templates}]}
            fields |= only if kustomize.get("labelWithoutSelector") is True else {"commonLabels": labels}
        if kustomize.get("ignoreMissingComponents") is True:
            here = self._folder
            fields["components"] = [
                component for component in texts(kustomize.get("components")) if os.path.isdir(os.path.join(here, component))
            ]
        at = (*self._place, "kustomize", "patches")
        return fields, tuple(self._deployer.span((*at, number)) for number in range(len(as_list(kustomize.get("patches")))))


def _escaped(value: str) -> str:
    """A value as helm's options take it: a comma would end it, but in a list."""
    return value if value.startswith("{") and value.endswith("}") else _COMMA.sub(r"\,", value)


def _image(text: str) -> dict[str, str]:
    """An image as a kustomization has it."""
    match = _IMAGE.fullmatch(text)
    name, new, tag, digest = match.groups() if match is not None else (None, text, None, None)
    image = {"name": name or new, "newName": new if name is not None else None, "newTag": tag, "digest": digest}
    return {key: value for key, value in image.items() if value}


_AT = ("spec", "template", "spec")
_ACTION = re.compile(r"\{\{-?\s*([^{}]*?)\s*-?\}\}")
_TOKEN = re.compile(r'"[^"]*"|\||[^\s|"]+')
_FIELD = re.compile(r"\.[A-Za-z_][\w.]*")
_SPECIAL = re.compile(r"[^a-z0-9.-]+")
_DECISIVE = ("helm", "kustomize", "directory")
"""The fields of a source whose templates decide what is deployed."""
_NOT_RUN = "scclint does not run its template"
_NOT_EXPANDED = "scclint expands only the generators list, git, matrix and merge"
_OPEN_VALUE = "scclint-open-value"
"""What replaces an action in a text of values, so that the text is YAML."""

Parameters = dict[str, Any]


class _NotExpandedError(Exception):
    """What a generator makes cannot be read from the repository. `field` is its path in the ApplicationSet."""

    def __init__(self, field: Path, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.why = why


def of_set(deployer: Deployer) -> Deployments:
    """What the Applications of an ApplicationSet deploy."""
    spec = as_mapping(deployer.data.get("spec"))
    made = _ParameterSets(deployer.repository, go=spec.get("goTemplate") is True)
    for number, generator in enumerate(as_mappings(spec.get("generators"))):
        # The template of a generator is laid over that of the set.
        own = next((as_mapping(value["template"]) for value in generator.values() if as_mapping(value).get("template")), {})
        template = laid_over(as_mapping(spec.get("template")), own)
        try:
            parameter_sets = made.parameters(generator, {}, ("spec", "generators", number))
        except _NotExpandedError as error:
            yield deployer.unfollowed(error.field, error.why)
            continue
        if len(parameter_sets) > MAX_APPLICATIONS:
            yield deployer.unfollowed(("spec", "generators", number), f"it makes more than {MAX_APPLICATIONS:,} Applications")
            continue
        for parameters in parameter_sets:
            application = made.filled(template, parameters)
            if patch := as_text(spec.get("templatePatch")):
                application = patched(application, as_mapping(data_of(made.filled(patch, parameters))))
            open_fields = _open(application)
            if not open_fields:
                yield from of_application(deployer, application, _AT)
                continue
            folder = _open_folder(deployer.repository, application)
            named = open_fields if folder else open_fields[:1]
            yield from (deployer.unfollowed(("spec", *field), _NOT_RUN, folder) for field in named)
            if folder:
                yield from of_application(deployer, _without_actions(application), _AT)


def _open(application: Mapping[str, Any]) -> list[Path]:
    """The paths in the set's `spec` of the fields that still have the action of a template and decide what is deployed."""
    spec = as_mapping(application.get("spec"))
    paths: list[Path] = []
    for at, source in _sources(spec, ()):
        paths.append((*at, "path"))
        paths += ((*at, tool, str(key)) for tool in _DECISIVE for key in as_mapping(source.get(tool)))
    return [("template", "spec", *path) for path in (*paths, ("destination", "namespace")) if _has_action(value_at(spec, path))]


def _has_action(value: Any) -> bool:
    text = json.dumps(value)
    return "{{" in text or _OPEN_VALUE in text


def _open_folder(repository: Repository, application: Mapping[str, Any]) -> str:
    """The folder of the first source of an Application if the paths of all sources are known; empty if one is not."""
    sources = [source for _, source in _sources(as_mapping(application.get("spec")), ())]
    paths = [path for source in sources if (path := as_text(source.get("path")))]
    return "" if any(map(_has_action, paths)) or not paths else repository.inside(paths[0])


def _without_actions(data: Any) -> Any:
    """Data without the values that have actions of templates. A text of YAML in `values` lacks only the keys with such a value."""
    if isinstance(data, list):
        return [_without_actions(item) for item in data if not _has_action(item)]
    if not isinstance(data, Mapping):
        return data
    known = {}
    for key, value in data.items():
        if key == "values" and isinstance(value, str) and _has_action(value):
            values = data_of(_ACTION.sub(_OPEN_VALUE, value))
            known[key] = json.dumps(_without_actions(values)) if isinstance(values, dict) else ""
        elif key == "metadata" or not isinstance(value, str) or not _has_action(value):
            known[key] = value if key == "metadata" else _without_actions(value)
    return known


class _ParameterSets:
    """What generators yield. `go` is True if the templates are those of Go, whose parameters are nested; otherwise each has a flat name."""

    def __init__(self, repository: Repository, *, go: bool) -> None:
        self._repository = repository
        self._go = go

    def parameters(self, generator: Mapping[str, Any], outer: Parameters, at: Path) -> list[Parameters]:
        """The sets of parameters of the generator whose path is `at`. `outer` fills in the generator's own templates.

        Raises _NotExpandedError for one that asks a cluster, a code host, another repository or a plugin.
        """
        filled = self.filled(generator, outer) if outer else generator
        kind = next((key for key in filled if key not in ("selector", "template")), "")
        of = as_mapping(filled.get(kind))
        at = (*at, kind) if kind else at
        if kind == "list":
            elements = [*mappings(of.get("elements")), *mappings(data_of(as_text(of.get("elementsYaml"))))]
            found = [element if self._go else _flat(element) for element in elements]
        elif kind == "git":
            taken = [one.get("path") for key in ("directories", "files") for one in mappings(of.get(key))]
            if not any(self._repository.is_ours(of.get("repoURL"), path) for path in taken or [""]):
                raise _NotExpandedError((*at, "repoURL"), _OUTSIDE)
            found = [self._with_values(one, of) for one in (*self._of_folders(of), *self._of_files(of))]
        elif kind == "matrix":
            # `outer` fills in the generators of a matrix one by one, the second with what the first yields.
            found = self._matrix(as_mappings(as_mapping(generator.get(kind)).get("generators")), outer, (*at, "generators"))
        elif kind == "merge":
            found = self._merge(as_mappings(of.get("generators")), texts(of.get("mergeKeys")), outer, (*at, "generators"))
        else:
            raise _NotExpandedError(at, _NOT_EXPANDED)
        selector = as_mapping(filled.get("selector"))
        return [one for one in found if not selector or _selects(selector, _flat(one))]

    def _matrix(self, generators: list[dict[str, Any]], outer: Parameters, at: Path) -> list[Parameters]:
        if len(generators) != 2:
            raise _NotExpandedError(at, "a matrix has exactly two generators")
        found: list[Parameters] = []
        for first in self.parameters(generators[0], outer, (*at, 0)):
            seconds = self.parameters(generators[1], {**outer, **first}, (*at, 1))
            found += (laid_over(second, first) for second in seconds)
            if len(found) > MAX_APPLICATIONS:
                break
        return found

    def _merge(self, generators: list[dict[str, Any]], keys: list[str], outer: Parameters, at: Path) -> list[Parameters]:
        sets = [self.parameters(generator, outer, (*at, number)) for number, generator in enumerate(generators)]
        found = list(sets[0]) if sets else []
        for others in sets[1:]:
            by_key = {self._key(other, keys): other for other in others}
            found = [laid_over(one, by_key.get(self._key(one, keys), {})) for one in found]
        return found

    def _key(self, parameters: Parameters, keys: Iterable[str]) -> tuple[str, ...]:
        """The values of parameters such as `path.basename`, as JSON; null for a parameter that does not exist."""
        values = (value_at(parameters, key.split(".") if self._go else (key,)) for key in keys)
        return tuple(json.dumps(value, sort_keys=True) for value in values)

    def _of_folders(self, of: Mapping[str, Any]) -> Iterator[Parameters]:
        listed = mappings(of.get("directories"))
        taken = [as_text(one.get("path")) for one in listed if one.get("exclude") is not True]
        left_out = [as_text(one.get("path")) for one in listed if one.get("exclude") is True]
        folders = sorted(self._repository.folders) if taken else []
        for folder in (one for one in folders if not any(part.startswith(".") for part in one.split("/"))):
            if any(_matches(folder, glob) for glob in taken) and not any(_matches(folder, glob) for glob in left_out):
                yield self._at(folder, of)

    def _of_files(self, of: Mapping[str, Any]) -> Iterator[Parameters]:
        tree = self._repository.tree
        found: dict[bool, set[str]] = {False: set(), True: set()}
        for one in mappings(of.get("files")):
            pattern = os.path.join(tree, as_text(one.get("path")).lstrip("/"))
            found[one.get("exclude") is True].update(self._repository.matching(pattern))
        for path in sorted(found[False] - found[True]):
            file, data = self._repository.name(path), data_of_file(path)
            at = self._at(os.path.dirname(file), of, os.path.basename(file))
            for entry in mappings(data) if isinstance(data, list) else [as_mapping(data)]:
                yield {**entry, **at} if self._go else {**_flat(entry), **at}

    def _at(self, folder: str, of: Mapping[str, Any], file: str = "") -> Parameters:
        """The parameters for a folder, and a file in it."""
        base = os.path.basename(folder)
        path = {"path": folder, "basename": base, "basenameNormalized": _FUNCTIONS["normalize"](base)}
        path |= {"filename": file, "filenameNormalized": _FUNCTIONS["normalize"](file)} if file else {}
        prefix = as_text(of.get("pathParamPrefix"))
        if self._go:
            nested = {"path": {**path, "segments": folder.split("/")}}
            return {prefix: nested} if prefix else nested
        name = f"{prefix}.path" if prefix else "path"
        flat = {name: folder, **{f"{name}.{key}": value for key, value in path.items() if key != "path"}}
        return flat | {f"{name}[{number}]": part for number, part in enumerate(folder.split("/"))}

    def _with_values(self, parameters: Parameters, of: Mapping[str, Any]) -> Parameters:
        """The parameters with the `values` of their generator, which may refer to them."""
        values = self.filled(as_mapping(of.get("values")), parameters)
        if self._go:
            return {**parameters, "values": values} if values else parameters
        return parameters | {f"values.{key}": value for key, value in values.items()}

    def filled(self, data: Any, parameters: Parameters) -> Any:
        """Data with the templates of its texts filled in, as far as the parameters are known."""
        if isinstance(data, str):
            return _ACTION.sub(lambda match: self._evaluated(match, parameters), data) if "{{" in data else data
        if isinstance(data, Mapping):
            return {self.filled(key, parameters): self.filled(value, parameters) for key, value in data.items()}
        return [self.filled(value, parameters) for value in data] if isinstance(data, list) else data

    def _evaluated(self, action: "re.Match[str]", parameters: Parameters) -> str:
        """What an action writes; the action itself if that is not known."""
        if not self._go:
            value = parameters.get(action[1])
            return value if isinstance(value, str) else action[0]
        value = None
        calls = [[*words] for is_pipe, words in groupby(_TOKEN.findall(action[1]), "|".__eq__) if not is_pipe]
        for number, call in enumerate(calls):
            value = _called(call, value, parameters, first=number == 0)
        return action[0] if value is None else scalar(value)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "index": lambda data, *keys: value_at(data, keys),
    "default": lambda other, value=None: value or other,
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "quote": lambda value: json.dumps(scalar(value)),
    "normalize": lambda value: _SPECIAL.sub("-", value.lower())[:253].strip("-."),
    "replace": lambda old, new, value: value.replace(old, new),
    "trimPrefix": lambda prefix, value: value.removeprefix(prefix),
    "trimSuffix": lambda suffix, value: value.removesuffix(suffix),
}


def _called(words: list[str], piped: Any, parameters: Parameters, *, first: bool) -> Any:
    """What a call of a pipeline gives, to which the value before it is the last argument; None if that is not known."""
    name, *argument_words = words
    if first and not argument_words and name not in _FUNCTIONS:
        return _argument(name, parameters)
    arguments = [_argument(word, parameters) for word in argument_words] + ([] if first else [piped])
    if name not in _FUNCTIONS or (name != "default" and any(argument is None for argument in arguments)):
        return None
    try:
        return _FUNCTIONS[name](*arguments)
    except (TypeError, AttributeError):
        return None


def _argument(word: str, parameters: Parameters) -> Any:
    if word.startswith('"'):
        return word.strip('"')
    if word.isdecimal():
        return whole_number(word)
    return value_at(parameters, word[1:].split(".")) if _FIELD.fullmatch(word) else None


def _matches(folder: str, pattern: str) -> bool:
    """Whether Go's `path.Match` takes a path: `*` matches no `/`."""
    parts, globs = folder.split("/"), pattern.strip("/").split("/")
    return len(parts) == len(globs) and all(map(fnmatchcase, parts, globs))


def _flat(data: Mapping[str, Any], prefix: str = "") -> Parameters:
    """Nested data with a name for each text: `a.b.0`."""
    parameters: Parameters = {}
    for key, value in data.items():
        inner = {str(number): item for number, item in enumerate(value)} if isinstance(value, list) else value
        parameters |= _flat(inner, f"{prefix}{key}.") if isinstance(inner, Mapping) else {f"{prefix}{key}": scalar(value)}
    return parameters


def _selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a label selector takes these parameters."""
    for expression in mappings(selector.get("matchExpressions")):
        key, values = as_text(expression.get("key")), as_list(expression.get("values"))
        taken = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not taken.get(as_text(expression.get("operator")), True):
            return False
    return all(labels.get(key) == value for key, value in as_mapping(selector.get("matchLabels")).items())
