"""What objects of Argo CD and Flux deploy from the repository, what they refer to, and what of it cannot be followed.

Sources: `reposerver/repository/repository.go` and `util/kustomize/kustomize.go` of argoproj/argo-cd, `kustomize/kustomize_generator.go`
and `chartutil/values.go` of fluxcd/pkg.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scclint.deploy.unit import Deployment
from scclint.files import is_below, is_text, repository_name, repository_names, walk
from scclint.finding import Path
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.objects.expand.item import items_of
from scclint.objects.types import Item
from scclint.objects.unknown import is_open
from scclint.record import record
from scclint.source import Span
from scclint.yaml.nodes import locate
from scclint.yaml.untyped import as_mapping, as_text, from_base64, value_at

if TYPE_CHECKING:
    from scclint.deploy.outline import Outline

HOLDING = frozenset(("ConfigMap", "Secret", "GitRepository", "HelmChart", "OCIRepository", "Channel"))
"""Kinds of the objects that those which deploy something refer to."""


@record
class ReferredObject:
    """An object that others refer to, and the file that it is in; empty if it is rendered."""

    data: Mapping[str, Any]
    file: str


class Repository:
    """The repository below the folder `tree`. `rendered` are documents that units render to. `refers` says whether an object was asked for."""

    def __init__(self, tree: str, outline: "Outline", rendered: Iterable[Document]) -> None:
        self.tree = os.path.realpath(tree)
        self._outline = outline
        self.rendered = rendered
        self.refers = False

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the repository, in lower case; empty if nothing says how it is called."""
        return repository_names(self.tree)

    def is_ours(self, url: object, path: object) -> bool:
        """Whether a URL is that of the repository of the tree, or empty. `path` is what an object takes from there.

        It ends with the name of a remote (see `repository_name`). Without a remote it is not known where the tree comes from: then a path
        that exists here is ours, but for the root, which every repository has. That one is only if the tree's folder has the name.
        """
        name = repository_name(as_text(url))
        if not url or name in self._names:
            return True
        if self._names or is_open(url):
            return False
        fixed = re.split(r"[*?\[{]", as_text(path), maxsplit=1)[0]
        is_here = self.inside(fixed) not in ("", self.tree)
        return is_here or name == os.path.basename(self.tree).casefold()

    def inside_artifact(self, path: str, file: str) -> str:
        """The real path of a folder given from the root of an artifact that an object in a file takes it from; empty if there is none.

        The artifact may be what a command pushes of a folder of the tree. This is the outermost folder around the file that has the path,
        and for an object that is rendered the outermost one of all, if there is only one.
        """
        if folder := self.inside(path):
            return folder
        parts = os.path.normpath(path.lstrip("/"))
        having = [
            top
            for top in self.folders
            if not parts.startswith(os.pardir) and os.path.normpath(f"{top}/{parts}") in self.folders
        ]
        if file in self._outline.files:
            own = self.name(os.path.realpath(self._outline.source(file).path))
            having = [top for top in having if own.startswith(f"{top}/")]
        depths = [top.count("/") for top in having]
        outermost = [top for top in having if top.count("/") == min(depths)]
        return self.inside(outermost[0], parts) if len(outermost) == 1 else ""

    def inside(self, *parts: str) -> str:
        """The real path of a file or folder of the tree, given the parts of its path from there; empty if it has none."""
        if not all(map(is_text, parts)):
            return ""
        path = os.path.realpath(os.path.join(self.tree, *(part.lstrip("/") for part in parts)))
        return path if is_below(path, self.tree) and os.path.lexists(path) else ""

    def name(self, path: str) -> str:
        """A path relative to the tree, with `/`."""
        return os.path.relpath(path, self.tree).replace(os.sep, "/")

    def matching(self, pattern: str) -> list[str]:
        """The paths of the files of the tree that a glob takes, given from the tree's own path, sorted. No link leads out of the tree."""
        from scclint.deploy.patterns import matches

        prefix = os.path.join(self.tree, "")
        inside = os.path.normpath(pattern).removeprefix(prefix).replace(os.sep, "/")
        return [os.path.join(self.tree, name) for name in self._files if matches(inside, name, folders=True)]

    @cached_property
    def _files(self) -> Sequence[str]:
        """The files of the tree, relative to it and with `/`, sorted."""
        files = []
        for at, folders, names in walk(self.tree):
            folders[:] = [name for name in folders if name != ".git"]
            files += [path for name in names if is_below(os.path.realpath(path := os.path.join(at, name)), self.tree)]
        return sorted(map(self.name, files))

    @cached_property
    def folders(self) -> Set[str]:
        """The folders of the input, relative to the tree, which is `.`."""
        folders = {os.curdir}
        for file in self._outline.files.values():
            folder = os.path.dirname(self.name(os.path.realpath(file.path)))
            while folder and folder not in folders and not folder.startswith(".."):
                folders.add(folder)
                folder = os.path.dirname(folder)
        return folders

    def referred(self, kind: str, namespace: str, name: str) -> ReferredObject | None:
        """The object of a kind and name in a namespace; what is rendered goes before what is in files. None if there is none."""
        self.refers = True
        candidates = self._referred.get((kind, name), [])
        exact = (referred for referred in candidates if value_at(referred.data, ("metadata", "namespace")) == namespace)
        return next(
            exact, next((referred for referred in candidates if not value_at(referred.data, ("metadata", "namespace"))), None)
        )

    def texts(self, referred: ReferredObject) -> dict[str, str]:
        """The data of a ConfigMap or Secret. A value that is no text, or not readable, is left out."""
        data = {key: as_text(value) for key, value in as_mapping(referred.data.get("data")).items() if isinstance(value, str)}
        if referred.data.get("kind") == "Secret":
            data = {key: from_base64(value) for key, value in data.items()}
            data |= {key: as_text(value) for key, value in as_mapping(referred.data.get("stringData")).items()}
        return data

    @cached_property
    def _referred(self) -> dict[tuple[str, str], list[ReferredObject]]:
        outline = self._outline
        likely = [file for file in outline.files if outline.tells(file, "holds", may_hold)]
        documents = [*self.rendered]
        documents += (document for file in likely for document in load_file(file, outline.text(file), HOLDING | {"List"}))
        by_key: dict[tuple[str, str], list[ReferredObject]] = {}
        for document in documents:
            for item in items_of(document):
                kind, name = as_text(item.data.get("kind")), as_text(value_at(item.data, ("metadata", "name")))
                if kind in HOLDING:
                    by_key.setdefault((kind, name), []).append(
                        ReferredObject(item.data, document.file if document.file in outline.files else "")
                    )
        return by_key


def may_hold(text: str) -> bool:
    """Whether a text may have an object that others refer to."""
    return any(kind in text for kind in HOLDING)


@record
class UnfollowedField:
    """A field of an object that deploys something, and `why` it is not applied. `span` is its place, and `written` its text if it is a path.

    `path` is the real path of the folder that is judged without it; empty if what the object deploys is not judged, because it lies outside
    the input or is not known.
    """

    by: str
    field: Path
    why: str
    span: Span
    path: str = ""
    written: str = ""


NO_FOLDER = "the repository has no such folder"
"""Why nothing is judged of what lies in another branch, or in a repository that the input does not name."""

Deployments = Iterator[Deployment | UnfollowedField]


class Deployer:
    """An object of Argo CD or Flux, for functions that say what it deploys. `data` is the object, `at` its path from the root."""

    def __init__(self, item: Item, repository: Repository) -> None:
        self.item = item
        self.data = item.data
        self.repository = repository
        self.namespace = as_text(value_at(item.data, ("metadata", "namespace")))
        self.name = as_text(value_at(item.data, ("metadata", "name")))
        self.by = f"{item.data.get('kind')} {self.name}"

    def span(self, field: Path) -> Span:
        """The place of a field."""
        return locate(self.item.root, (*self.item.path, *field))[0]

    def folder(self, path: str) -> str:
        """The real path of what an object of Flux takes from the root of its artifact; empty if it names none or there is none."""
        return self.repository.inside_artifact(path, self.item.root.span.file) if path else ""

    def unfollowed(self, field: Path, why: str, path: str = "") -> UnfollowedField:
        """The field, which is not applied to the folder at a path (see `UnfollowedField`)."""
        value = as_text(value_at(self.data, field)) if field[-1:] == ("path",) else ""
        return UnfollowedField(self.by, field, why, self.span(field), path, value)


def scalar(value: Any) -> str:
    """A value as the text that fills it in: JSON, for a value that is no text."""
    return value if isinstance(value, str) else json.dumps(value)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others laid over them, as Helm does: mappings are merged, and everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def patched(data: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Data with a JSON merge patch (RFC 7396) applied: `laid_over`, where null removes a key."""
    merged = {key: value for key, value in data.items() if key not in patch or patch[key] is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            below = merged.get(key)
            merged[key] = patched(below if isinstance(below, dict) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged
