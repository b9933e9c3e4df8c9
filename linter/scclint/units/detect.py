"""Splits the files of a run into units, in the order of their kinds: a file belongs to the first unit that takes it."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.errors import ConfigError
from scclint.expand.item import Item
from scclint.expand.lists import items_of
from scclint.files.discover import Reach, is_below
from scclint.finding import Notice
from scclint.load import load_file
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.record import replace
from scclint.text import and_more, field_path
from scclint.units.bundle import Files, bundles, holds_csv, stray_bundles, suggested_namespace
from scclint.units.facts import Facts, identity
from scclint.units.helm import CHART_FILE
from scclint.units.kustomize import NAMES
from scclint.units.operator import applied_with, roles, takes_all_below
from scclint.units.outline import Outline
from scclint.units.plain import alternatives
from scclint.units.unit import ARGO, FLUX, FLUX_HELM, PLAIN, ChartView, Kind, Unit
from scclint.yaml.locate import locate

if TYPE_CHECKING:
    from scclint.config.records import UnitSettings
    from scclint.units.application import Deployment, Unapplied
    from scclint.units.kustomize.closure import Closure, Kustomizations
    from scclint.units.kustomize.kustomization import Kustomization

_HYDRATED, _HYDRATOR = "manifest.yaml", "hydrator.metadata"

GROUPS = (ARGO, FLUX, FLUX_HELM)
KINDS = frozenset(("Application", "Kustomization"))
"""Kinds, of these API groups, that say which folders are deployed."""

DEPLOYING = KINDS | {"ApplicationSet", "HelmRelease", "List"}
"""Kinds of the documents that may deploy a folder."""

Find = Callable[[Iterable[str], Callable[[str], bool]], Files]


class Split:
    """The units of a run, sorted by name with the one of plain files first.

    `closures` are what the builds of kustomize units read, by the name of the unit. `rendered` are documents that units render to, and that
    may deploy folders as those in files do. Raises ConfigError for a unit of the
    configuration that does not exist.
    """

    def __init__(self, outline: Outline, config: Config, rendered: Sequence[Document] = ()) -> None:
        self._outline = outline
        self.rendered = rendered
        self._config = config
        self._left = dict.fromkeys(sorted(outline.files))
        self._unapplied: list[tuple[Unapplied, Item]] = []
        self.closures: dict[str, Closure] = {}

    @cached_property
    def units(self) -> list[Unit]:
        """The units. A file belongs to the first one that takes it."""
        found = list(self._configured())
        found += self._bundles(bundles)
        found += self._hydrated()
        found += self._kustomize()
        found += self._charts()
        found += self._bundles(stray_bundles)
        found += self._directories()
        found += self._applied()
        found += self._plain(found)
        return sorted(self._told_apart(found), key=lambda unit: (unit.name != PLAIN, unit.name))

    @cached_property
    def tree(self) -> str:
        """The folder that no build may leave: the work tree, or else the root of the run."""
        return Reach(self._outline.root).work_tree or self._outline.root

    @cached_property
    def _built(self) -> "Kustomizations":
        from scclint.units.kustomize.closure import Kustomizations

        return Kustomizations(self.tree, self._outline.kustomization_on_disk, self._outline.paths)

    @cached_property
    def _kustomizations(self) -> "Mapping[str, Kustomization]":
        """The kustomizations among the files, by real path of their folder."""
        folders = {os.path.dirname(file) or os.curdir for file in self._outline.files}
        found = {}
        for folder in sorted(folders):
            if any(self._outline.has(os.path.join(folder, name)) for name in NAMES):
                real = self._outline.paths.of(folder)
                if (kustomization := self._built.read(real)[0]) is not None:
                    found[real] = kustomization
        return found

    @cached_property
    def _deployed(self) -> "Mapping[str, list[Deployment]]":
        """What Applications and Flux Kustomizations of the files deploy from this repository, by real path."""
        found: dict[str, list[Deployment]] = {}
        likely = [file for file in self._left if self._outline.tells(file, "deploys", may_deploy)]
        documents = [document for file in likely for document in load_file(file, self._outline.text(file), DEPLOYING)]
        documents += self.rendered
        if documents:
            from scclint.units.application import deployments, unapplied
        for item in (item for document in documents for item in items_of(document)):
            for deployment in deployments(item.data):
                path = os.path.realpath(os.path.join(self.tree, deployment.path))
                if os.path.isdir(path) and self._is_ours(deployment.repository):
                    found.setdefault(path, []).append(deployment)
            more = unapplied(item.data, self._has_values)
            self._unapplied += ((one, item) for one in more if one.fields and self._is_ours(one.repository))
        return found

    def _is_ours(self, repository: str) -> bool:
        """Whether the URL of a repository is that of the tree, or empty."""
        from scclint.units.application import last_part

        return not repository or last_part(repository) in self._repository_names

    def _has_values(self, folder: str, values: str) -> bool:
        """Whether a path relative to a folder is a values file of the tree."""
        path = os.path.realpath(os.path.join(self.tree, folder, values))
        return not os.path.isabs(values) and os.path.isfile(path) and is_below(path, os.path.realpath(self.tree))

    def notices(self, units: Iterable[Unit]) -> Iterator[Notice]:
        """What Argo CD and Flux apply to the folders of these units, and the run does not."""
        folders = {unit.path: unit for unit in units if unit.kind != "plain"}
        places = {path: os.path.realpath(path) for path in folders}
        tree = os.path.realpath(self.tree)
        for one, item in self._unapplied:
            found = [
                path
                for path, unit in folders.items()
                if places[path] not in self._configured_paths and one.concerns(os.path.relpath(places[path], tree), unit.kind)
            ]
            if found:
                noun = {"kustomize": "kustomization", "chart": "chart"}.get(folders[found[0]].kind, "folder")
                be, them = ("are", "them") if len(one.fields) > 1 else ("is", "it")
                fields, paths = and_more(map(field_path, one.fields), 3), and_more(found, 2)
                text = f"{one.by}: {fields} {be} not applied, so the {noun} {paths} is judged without {them}"
                span, _ = locate(item.root, (*item.path, *one.fields[0]))
                yield Notice("warning", text, span.file, span.line, gap=True)

    @cached_property
    def _configured_paths(self) -> frozenset[str]:
        """The real paths that the configuration has units for."""
        return frozenset(os.path.realpath(os.path.join(self._config.root, entry.path)) for entry in self._config.units)

    @cached_property
    def _repository_names(self) -> frozenset[str]:
        from scclint.files.git import repository_names

        return repository_names(self.tree)

    def _told_apart(self, found: Iterable[Unit]) -> Iterator[Unit]:
        """Yield the units with unique names, and with the namespace that the settings give, if any.

        Of the units at one path, one keeps the path as its name, and the kind is added to the others.
        """
        taken: set[str] = set()
        for unit in sorted(found, key=lambda unit: unit.kind != "plain"):
            name = unit.name if unit.name not in taken else f"{unit.name}#{unit.kind}"
            taken.add(name)
            if name != unit.name and unit.name in self.closures and unit.kind == "kustomize":
                self.closures[name] = self.closures.pop(unit.name)
            yield replace(unit, name=name, namespace=self._config.namespace or unit.namespace)

    def _take(self, files: Iterable[str]) -> tuple[str, ...]:
        """Those of the files that belong to no unit yet, and from now on to the caller's."""
        taken = tuple(sorted(file for file in set(files) if file in self._left))
        for file in taken:
            del self._left[file]
        return taken

    def _below(self, shown: str) -> list[str]:
        """The files at a path as displayed, and below it, that belong to no unit yet."""
        prefix = "" if shown in ("", ".") else shown.rstrip("/") + "/"
        return [file for file in self._left if file == shown or file.startswith(prefix)]

    def _configured(self) -> Iterator[Unit]:
        for entry in self._config.units:
            path = os.path.normpath(os.path.join(self._config.root, entry.path))
            missing = [] if os.path.lexists(path) else [f"the path {entry.path}"]
            missing += (f"the values file {value}" for value in entry.values if not os.path.isfile(os.path.join(path, value)))
            if missing:
                where = (entry.span.file, entry.span.line, entry.span.column)
                raise ConfigError("{}:{}:{}: units: {} does not exist".format(*where, missing[0]))
            if unit := self._configured_unit(entry, path):
                yield unit

    def _configured_unit(self, entry: "UnitSettings", path: str) -> Unit | None:
        name = self._outline.name(path) + (f"#{entry.name}" if entry.name else "")
        reason = f"the configuration says so ({entry.span.file}:{entry.span.line})"
        if os.path.realpath(path) in self._kustomizations:
            return self._kustomize_unit(name, path, reason, entry.namespace, takes=entry.context)
        shown = self._outline.shown(path)
        if os.path.isfile(os.path.join(path, CHART_FILE)):
            values = tuple(os.path.join(path, value) for value in entry.values)
            view = ChartView(values, entry.set, entry.release)
            return self._chart_unit(name, shown, reason, view, entry.namespace, takes=entry.context)
        files = self._take(self._below(shown))
        if not files:
            return None
        return Unit(name, "configured", shown, files, reason, namespace=entry.namespace, takes=entry.context)

    def _bundles(self, find: Find) -> Iterator[Unit]:
        tells = self._outline.tells
        for folder, files in sorted(find(self._left, lambda file: tells(file, "csv", holds_csv)).items()):
            reason = "an OLM bundle: it holds a ClusterServiceVersion"
            path = folder or "."
            suggested = (tells(file, "namespace", suggested_namespace) for file in sorted(files))
            namespace = next(filter(None, suggested), "")
            name, taken = self._outline.name(path), self._take(files)
            yield Unit(name, "bundle", path, taken, reason, namespace=namespace, gives=False, takes=False)

    def _hydrated(self) -> Iterator[Unit]:
        for file in [file for file in self._left if os.path.basename(file) == _HYDRATED]:
            folder = os.path.dirname(file)
            if os.path.isfile(os.path.join(folder, _HYDRATOR)):
                reason = "Argo CD's hydrator wrote it: hydrator.metadata lies beside it"
                yield Unit(self._outline.name(folder), "hydrated", folder or ".", self._take([file]), reason)

    def _kustomize(self) -> Iterator[Unit]:
        included = {path for k in self._kustomizations.values() for path in map(self._outline.paths.of, k.resources)}
        for folder, kustomization in self._kustomizations.items():
            deployed = self._deployed.get(folder, [])
            is_entry = not kustomization.component and (folder not in included or bool(deployed))
            if not is_entry or folder in self._configured_paths:
                continue
            for namespace, by in _by_namespace(deployed) or [("", "")]:
                name = self._outline.name(folder) + (f"#{namespace}" if len(_by_namespace(deployed)) > 1 else "")
                reason = f"{by} deploys it" if by else "a kustomization that no other one includes"
                yield self._kustomize_unit(name, folder, reason, namespace)

    def _kustomize_unit(self, name: str, folder: str, reason: str, namespace: str, *, takes: bool = True) -> Unit:
        known = self.closures[name] = self._built.closure(folder)
        files = tuple(sorted(self._outline.shown(os.path.join(self.tree, file)) for file in known.files))
        self._take(set(files) - set(self._objects_among_patches(known)))
        return Unit(
            *(name, "kustomize", self._outline.shown(folder), files, reason),
            namespace=namespace or self._kustomizations[os.path.realpath(folder)].namespace,
            unrendered=known.refused,
            incomplete=bool(known.refused),
            takes=takes,
        )

    def _objects_among_patches(self, closure: "Closure") -> Iterator[str]:
        """The files listed as patches with an object that could be applied as it is, and that no resource of the build defines.

        Such a file is judged as if no kustomization listed it: a patch of something that is not there hides nothing.
        """
        if not closure.patches:
            return
        outline = self._outline
        for file in (outline.shown(os.path.join(self.tree, name)) for name in closure.patches if name not in closure.resources):
            found = outline.tells_of_objects(file, "whole", _whole)
            if not found:
                continue
            resources = (outline.shown(os.path.join(self.tree, name)) for name in closure.resources)
            defined = {(kind, name) for one in resources for _, kind, _, name in outline.facts(one).identities}
            # A build may have added a prefix or suffix before it applies the patch.
            if any(not any(kind == own and name in called for kind, name in defined) for own, called in found):
                yield file

    def _charts(self) -> Iterator[Unit]:
        inflated = {chart for closure in self.closures.values() for chart in closure.charts}
        folders = {os.path.dirname(file) for file in self._outline.files if os.path.basename(file) == CHART_FILE}
        if folders:
            from scclint.units.helm.views import views
        for folder in sorted(folders):
            real = os.path.realpath(folder or os.curdir)
            if real in self._kustomizations:
                # As in Argo CD, what has both is a kustomization.
                continue
            deployed = [] if real in self._configured_paths else self._deployed.get(real, [])
            found = {} if real in self._configured_paths else views(folder or os.curdir, self.tree, inflated)
            for called, view in found.items():
                name = self._outline.name(folder) + (f"#{called}" if called else "")
                reason = f"a chart with the values of {called}" if called else "a chart with its default values"
                namespace = deployed[0].namespace if deployed and not called else ""
                yield self._chart_unit(name, folder, reason, view, namespace)
            for one in deployed:
                files = [value for value in one.values if self._has_values(one.path, value)]
                if files or one.settings:
                    values = tuple(os.path.normpath(os.path.join(folder, value)) for value in files)
                    name = f"{self._outline.name(folder)}#{one.by.partition(' ')[2]}"
                    its_view = ChartView(values, one.settings, one.release)
                    yield self._chart_unit(name, folder, f"{one.by} deploys it", its_view, one.namespace)

    def _chart_unit(self, name: str, folder: str, reason: str, view: ChartView, namespace: str, *, takes: bool = True) -> Unit:
        from scclint.units.helm.views import belongs_to_chart

        prefix = "" if folder in ("", ".") else folder + "/"
        inside = {f for f in self._outline.files if f.startswith(prefix) and belongs_to_chart(f[len(prefix) :])}
        files = tuple(sorted(inside | {self._outline.shown(value) for value in view.values}))
        self._take(files)
        return Unit(name, "chart", folder or ".", files, reason, namespace=namespace, view=view, takes=takes)

    def _directories(self) -> Iterator[Unit]:
        for path, deployed in sorted(self._deployed.items()):
            if path in self._kustomizations or os.path.isfile(os.path.join(path, CHART_FILE)):
                continue
            shown = self._outline.shown(path)
            recurse = any(one.recurse for one in deployed)
            files = tuple(file for file in self._below(shown) if recurse or os.path.dirname(file) == shown)
            if files:
                self._take(files)
                named = _by_namespace(deployed)
                for namespace, by in named:
                    name = self._outline.name(path) + (f"#{namespace}" if len(named) > 1 else "")
                    yield Unit(name, "directory", shown, files, f"{by} deploys it", namespace=namespace)

    def _applied(self) -> Iterator[Unit]:
        """The templates and assets that operators apply, and the roles and playbooks of Ansible."""
        outline = self._outline
        templates = [file for file in self._left if outline.is_template(file) and outline.facts(file) != _NO_FACTS]
        known_roles = roles(outline.files) if templates else frozenset()
        groups: dict[tuple[Kind, str], list[str]] = {}
        for file in templates:
            groups.setdefault(applied_with(file, known_roles), []).append(file)
        for (kind, folder), inside in sorted(groups.items()):
            files = self._take(self._below(folder) if takes_all_below(kind, folder) else inside)
            for group in alternatives(files, lambda file: outline.facts(file).identities):
                path = group.path or folder or "."
                by = "an Ansible role applies it" if kind == "ansible" else "a template, as an operator applies it"
                for reading in range(max(map(outline.readings, set(group.files).intersection(templates)), default=1)):
                    name = outline.name(path) + (f"#{reading + 1}" if reading else "")
                    reason = f"{by}, with other branches of its conditions" if reading else by
                    yield Unit(name, kind, path, group.files, reason, group.shared, reading=reading, gives=not reading)

    def _plain(self, others: Iterable[Unit]) -> Iterator[Unit]:
        outline = self._outline
        built = {file for unit in others if unit.kind == "kustomize" for file in unit.files}
        rendered = [file for file in outline.files if file in built and file not in self._left]
        defined = frozenset().union(*(outline.facts(file).identities for file in rendered)) if self._left else frozenset()
        variants = {file for file in self._left if not defined.isdisjoint(outline.facts(file).identities)} if defined else set()
        groups = alternatives(
            (file for file in self._left if file not in variants), lambda file: outline.facts(file).identities
        )
        shared: tuple[str, ...] = ()
        telling = {file for group in groups for file in group.files if outline.facts(file) != _NO_FACTS}
        for group in groups:
            if not group.path:
                shared = tuple(file for file in group.files if file in telling)
                yield Unit(PLAIN, "plain", ".", group.files, "plain files that nothing else takes")
            else:
                reason = "it defines an object that files beside it define as well"
                context = tuple(file for file in group.shared if file in telling)
                yield Unit(outline.name(group.path), "plain", group.path, group.files, reason, context)
        for file in sorted(variants):
            reason = "it defines an object that a kustomization builds as well"
            yield Unit(outline.name(file), "plain", file, (file,), reason, shared, gives=False)


_NO_FACTS = Facts()
"""What a file defines that says nothing about others, such as one with objects of other kinds."""


def _whole(objects: Iterable[ApiObject]) -> list[tuple[str, str]]:
    """Return the kinds and names of the objects that could be applied as they are."""
    from scclint.units.kustomize.surroundings import stands_alone

    return [(obj.kind, obj.name) for obj in objects if identity(obj) and stands_alone(obj)]


def may_deploy(text: str) -> bool:
    """Whether a text may have an object that deploys a folder."""
    return any(group in text for group in GROUPS)


def _by_namespace(deployed: "Iterable[Deployment]") -> list[tuple[str, str]]:
    """The namespaces that a folder is deployed to, each with what deploys it there first."""
    found: dict[str, str] = {}
    for deployment in deployed:
        found.setdefault(deployment.namespace, deployment.by)
    return sorted(found.items())
