"""The folders that objects such as those of Argo CD and Flux, and commands of scripts, deploy from the repository."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from scclint.deploy.deployers import Deployer, Deployments, Repository, UnfollowedField
from scclint.deploy.helm import CHART_FILE, NAMESPACE_MARKER
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Deployment, Unit
from scclint.errors import LoadError
from scclint.files import SUFFIXES, walk
from scclint.finding import Notice, shortened
from scclint.limits import AddedTextCounter
from scclint.objects.documents import load_file
from scclint.objects.documents.document import OPEN_NAMESPACE, Document
from scclint.objects.expand.carriers import carried
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import KINDS, NO_KIND, Carried
from scclint.objects.types import Item
from scclint.record import grouped, replace
from scclint.text import and_more, field_path, listed
from scclint.yaml.untyped import as_text, mappings

if TYPE_CHECKING:
    from scclint.deploy.commands import Commands

DEPLOYERS: Mapping[tuple[str, str], str] = {
    ("argoproj.io", "Application"): "scclint.deploy.argo:of_application",
    ("argoproj.io", "ApplicationSet"): "scclint.deploy.argo:of_set",
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "scclint.deploy.flux:of_kustomization",
    ("helm.toolkit.fluxcd.io", "HelmRelease"): "scclint.deploy.flux:of_release",
    ("apps.open-cluster-management.io", "Subscription"): "scclint.deploy.acm:of_subscription",
}
"""What says what an object deploys from the repository, by its API group and kind. Each is a function of a `Deployer`."""

GROUPS = tuple(dict.fromkeys(group for group, _ in DEPLOYERS))

READ_AS_MANIFESTS = frozenset(("Application", "Kustomization"))
"""Kinds, of these API groups, whose documents are read as manifests."""

DEPLOYING = frozenset(("List", *(kind for _, kind in DEPLOYERS)))
"""Kinds of the documents that may deploy a folder."""

_CARRYING = DEPLOYING | {row.name for row in KINDS.values() if row.contains == "Template" or isinstance(row.contains, Carried)}
"""Kinds of the documents that may deploy a folder, or that carry an object which may."""


class DeployedFolder(NamedTuple):
    """What an object deploys from the repository, and the file of the object or what messages call so."""

    deployment: Deployment
    file: str


class DeployedFolders:
    """What is deployed from the repository, by objects and by commands. `deployed_folders` finds it.

    `kustomizations` are the folders with one, by real path. `by_path` are the deployments of each folder, by its real path, each different
    one once. `commands` are those of scripts; None if there are none.
    `repository` says whether they refer to other objects. `sources` has the folders that objects deploy, each with the kind and name of what
    deploys it, and the file of the object or what messages call so.
    """

    def __init__(
        self,
        outline: Outline,
        repository: Repository,
        kustomizations: Collection[str],
        commands: "Commands | None",
        entries: Iterable[DeployedFolder | UnfollowedField],
    ) -> None:
        entries = [*entries]
        found = [entry for entry in entries if isinstance(entry, DeployedFolder)]
        self._outline = outline
        self._kustomizations = kustomizations
        self._unfollowed = [entry for entry in entries if isinstance(entry, UnfollowedField)]
        self.repository = repository
        self.commands = commands
        self.sources = {(one.deployment.path, one.deployment.by, one.file) for one in found}
        deployments = [*(one.deployment for one in found), *(commands.deployments() if commands else ())]
        self.by_path: Mapping[str, Sequence[Deployment]] = {
            path: self._different(several) for path, several in grouped((entry.path, entry) for entry in deployments).items()
        }

    def _different(self, deployments: Iterable[Deployment]) -> list[Deployment]:
        """The deployments of a folder, each different one once, with all commands that make it."""
        several: dict[Deployment, Deployment] = {}
        for entry in deployments:
            alike = replace(
                entry,
                kind="",
                name="",
                tool=self._tool(entry),
                release=entry.release if os.path.isfile(os.path.join(entry.path, CHART_FILE)) else "",
                files=(),
                patch_spans=(),
                commands=(),
                user="",
                groups=(),
            )
            first = several.setdefault(alike, entry)
            several[alike] = replace(first, commands=tuple(dict.fromkeys((*first.commands, *entry.commands))))
        return [*several.values()]

    def with_tool(self, folder: str, tool: str) -> list[Deployment]:
        """The deployments of a folder that make a unit of this kind of it."""
        return [deployment for deployment in self.by_path.get(folder, ()) if self._tool(deployment) == tool]

    def _tool(self, deployment: Deployment) -> str:
        """The kind of unit that a deployment makes of its folder: what the object says if the folder has the files for it."""
        folder = deployment.path
        has_chart = os.path.isfile(os.path.join(folder, CHART_FILE))
        possible = {"kustomize": folder in self._kustomizations, "chart": has_chart, "directory": not has_chart}
        return next(tool for tool in (deployment.tool, *possible) if possible.get(tool))

    def notices(self, units: Mapping[str, Unit], paths: Set[str], configured: Set[str]) -> Iterator[Notice]:
        """What is not followed of the deployment of these units, by real path, and what is deployed that is not in the input.

        `paths` are the real paths of all units of the run, `configured` those of the units that the configuration names.
        """
        yield from self.commands.notices if self.commands else ()
        said: dict[tuple[str, ...], list[UnfollowedField]] = {}
        for unfollowed in self._unfollowed:
            if not unfollowed.path or unfollowed.path not in paths:
                said.setdefault((unfollowed.why,), []).append(unfollowed)
            elif unfollowed.path in units and unfollowed.path not in configured:
                said.setdefault((unfollowed.by, field_path(unfollowed.field), unfollowed.why), []).append(unfollowed)
        for several in said.values():
            first = several[0]
            field = listed(dict.fromkeys(field_path(unfollowed.field) for unfollowed in several))
            if first.path in units:
                shown = and_more(dict.fromkeys(units[unfollowed.path].path for unfollowed in several), 2)
                noun = {"kustomize": "kustomization", "chart": "chart"}.get(units[first.path].kind, "folder")
                text = f"{first.by}: {field} is not applied, because {first.why}, so the {noun} {shown} is judged without it"
            else:
                by = and_more(dict.fromkeys(unfollowed.by for unfollowed in several), 2)
                shown = and_more(dict.fromkeys(shortened(one.written, 80) for one in several if one.written), 2)
                text = f"{by}: not judged: {field} {shown}".rstrip() + f": {first.why}"
            level, is_partial = ("warning", True) if first.path in units else ("note", False)
            # What is rendered lies in no file.
            in_file = first.span.file in self._outline.files
            where = (first.span.file, first.span.line) if in_file else ("", 0)
            yield Notice(level, text if in_file else f"{first.span.file}: {text}", *where, is_partial=is_partial)


def deployed_folders(
    outline: Outline, repository: Repository, files: Iterable[str], *, built: Set[str], kustomizations: Collection[str]
) -> DeployedFolders:
    """Find what is deployed from the repository, by objects in `files` and in what units render to, and by commands.

    Of an object in one of the files `built`, by real path, which kustomizations build, what is rendered counts, and not the file.
    `kustomizations` are the folders with one, by real path.
    """
    entries: list[DeployedFolder | UnfollowedField] = []
    for item in _deploying(outline, files, repository.rendered, built):
        for entry in map(_without_marker, _deployed_by(item, repository)):
            if not isinstance(entry, Deployment):
                entries.append(entry)
            elif _is_outside(entry.path, repository):
                why = f"{repository.name(entry.path)} is not in the input"
                entries.append(Deployer(item, repository).unfollowed(("spec",), why))
            else:
                entries.append(DeployedFolder(entry, item.root.span.file))
    return DeployedFolders(outline, repository, kustomizations, _commands(outline, repository.tree), entries)


def _deploying(outline: Outline, files: Iterable[str], rendered: Iterable[Document], built: Set[str]) -> Iterator[Item]:
    """The objects that may deploy a folder."""
    in_renderings = [item for document in rendered for item in _with_carried(items_of(document))]
    yield from in_renderings
    names = {(item.data.get("kind"), item.name) for item in in_renderings}
    for file in [file for file in files if outline.tells(file, "deploys", may_deploy)]:
        is_built = os.path.realpath(outline.source(file).path) in built
        documents = load_file(file, outline.text(file), _CARRYING)
        for document in (document for document in documents if not document.is_template):
            for item in _with_carried(items_of(document)):
                if not is_built or not any(item.data.get("kind") == kind and item.name in name for kind, name in names):
                    yield item


def _is_outside(path: str, repository: Repository) -> bool:
    """Whether a folder has manifests, and none of its files is in the input."""
    names = (name for _, _, files in walk(path) for name in files)
    return repository.name(path) not in repository.folders and any(name.endswith(SUFFIXES) for name in names)


def _commands(outline: Outline, tree: str) -> "Commands | None":
    if ("commands",) not in outline.told:
        return None
    from scclint.deploy.commands import followed

    return followed(outline.told[("commands",)], tree)


def may_deploy(text: str) -> bool:
    """Whether a text may have an object that deploys a folder."""
    return any(group in text for group in GROUPS)


def _with_carried(items: Iterable[Item]) -> Iterator[Item]:
    """Yield objects, and behind each one the objects that it carries, such as those of a Policy.

    `${NAME}` stays where a Template gives its parameter no value.
    """
    from scclint.objects.expand.template import instantiate

    for item in items:
        yield item
        contains = KINDS.get(item.key, NO_KIND).contains
        if isinstance(contains, Carried):
            yield from _with_carried(carried(item, contains))
        elif contains == "Template":
            open_parameters = [as_text(p.get("name")) for p in mappings(item.data.get("parameters")) if not p.get("value")]
            # One that is too large is reported where it is judged.
            with suppress(LoadError):
                yield from _with_carried(
                    instantiate(item, {name: f"${{{name}}}" for name in open_parameters}, AddedTextCounter())
                )


def _deployed_by(item: Item, repository: Repository) -> Deployments:
    """What one object deploys from the repository, and what of it is not followed; nothing for other kinds."""
    name = DEPLOYERS.get((str(item.data.get("apiVersion")).partition("/")[0], str(item.data.get("kind"))))
    if name is None:
        return iter(())
    module, _, function = name.partition(":")
    find: Callable[[Deployer], Deployments] = getattr(import_module(module), function)
    return find(Deployer(item, repository))


def _without_marker(entry: Deployment | UnfollowedField) -> Deployment | UnfollowedField:
    """Return what an object deploys or not, where Helm wrote the object with the namespace of a release that is not known.

    The name of a release keeps what stands for the namespace: it is a name for Helm, and the objects that have it are read as those of charts.
    """

    def shown(text: str) -> str:
        return text.replace(NAMESPACE_MARKER, OPEN_NAMESPACE)

    if isinstance(entry, UnfollowedField):
        return replace(entry, by=shown(entry.by), written=shown(entry.written))
    if not any(NAMESPACE_MARKER in text for text in (entry.namespace, entry.name, entry.user, entry.cluster)):
        return entry
    known = {name: "" for name in ("namespace", "user") if NAMESPACE_MARKER in getattr(entry, name)}
    return replace(entry, name=shown(entry.name), cluster=shown(entry.cluster), **known)


def deploys_file(deployment: Deployment, file: str) -> bool:
    """Whether a folder is deployed with a file, given by its path from there. A `*` matches any text, `/` included, as in Argo CD."""
    path = file.replace(os.sep, "/")
    if not deployment.recurse and "/" in path:
        return False
    if not (deployment.include or deployment.exclude):
        return True
    from scclint.deploy.patterns import matches

    taken = not deployment.include or matches(deployment.include, path)
    return taken and not (deployment.exclude and matches(deployment.exclude, path))
