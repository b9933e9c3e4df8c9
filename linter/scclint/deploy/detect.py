"""Splits the files of a run into units, in the order of their kinds: a file belongs to the first unit that takes it."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.deploy.bundle import (
    MANIFESTS,
    NAMED,
    Files,
    bundles,
    csv_name,
    holds_csv,
    stray_bundles,
    suggested_namespace,
    superseded,
)
from scclint.deploy.deployed import DeployedFolders, deploys_file
from scclint.deploy.facts import NO_FACTS, Identity, identity
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.operator import applied_with, roles
from scclint.deploy.outline import Outline, holds_suite
from scclint.deploy.plain import alternatives
from scclint.deploy.unit import DEFAULT, OF_BUNDLE, OF_KONFLUX, OLDER, PLAIN, Deployment, Kind, Shown, Unit
from scclint.errors import ConfigError
from scclint.expand.ansible import files_of_tasks, other_files_of_tasks
from scclint.files import ASSET_FOLDERS, SUFFIXES, Reach, is_below
from scclint.files.globs import path_filter
from scclint.finding import Notice
from scclint.load import data_of_file
from scclint.load.document import Document
from scclint.load.host_access import host_access
from scclint.model.object import ApiObject, Workload
from scclint.record import record, replace
from scclint.text import and_more
from scclint.untyped import as_text, value_at

if TYPE_CHECKING:
    from scclint.config.records import UnitSettings
    from scclint.deploy.kustomize.kustomization import Closure, Kustomization, Kustomizations
    from scclint.deploy.shown import ShownFiles

_FRAGMENT = "each is a part or a patch that no kustomization includes"
_DELETED = "each only names objects, for tasks and scripts to delete"

_NOT_DEPLOYED = r"(?:^|/)(?:\.|(?:docs?|e2e|examples?|fixtures|samples?|schemas?|test[^/]*)/|[Kk]ustomization$)"
"""The paths of what documentation, tests and settings of other programs have."""

_RELEASED: tuple[Kind, ...] = ("bundle", "chart", "operator", "plain")
"""The kinds of units of which a repository may keep the earlier releases. Kustomizations are for clusters of several versions."""

_RELEASE = r"(?:.*/)?(?:releases?|versions?)/v?\d[^/]*"
"""The folder of one release."""

_HYDRATED, _HYDRATOR = "manifest.yaml", "hydrator.metadata"


@record
class Exclusions:
    """What kustomizations include and leave out of their builds: the folders of kustomizations, by real path, and files as displayed.

    `resources` are the real paths of all files whose objects are built.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


NO_EXCLUSIONS = Exclusions()

Find = Callable[[Iterable[str], Callable[[str], bool]], Files]


class Split:
    """The units of a run, sorted by name with the one of plain files first.

    `closures` are what the builds of kustomize units read, by the name of the unit. `rendered` are documents that units render to, and that
    may deploy folders as those in files do. `hidden` is what builds leave out. Raises ConfigError for a unit of the configuration that
    does not exist. `older` are the older charts, kustomizations and bundles, which are no units. `evidence` is that of an earlier split.
    """

    def __init__(
        self,
        outline: Outline,
        config: Config,
        rendered: Sequence[Document] = (),
        hidden: Exclusions = NO_EXCLUSIONS,
        evidence: "ShownFiles | None" = None,
    ) -> None:
        self._outline = outline
        self.rendered = rendered
        self._hidden = hidden
        self._config = config
        self.evidence = evidence
        self._left = dict.fromkeys(sorted(outline.files))
        self._named: set[str] = set()
        self._undeployed: dict[str, str] = {}
        self._deleted: list[str] = []
        self._newest: Mapping[str, str] | None = None
        self.older: list[Unit] = []
        self.closures: dict[str, Closure] = {}

    @cached_property
    def units(self) -> list[Unit]:
        """The units. A file belongs to the first one that takes it."""
        units = list(self._configured())
        units += self._bundles(bundles)
        units += self._hydrated()
        units += self._kustomize()
        units += (view for unit in self._charts() for view in _stages(unit))
        units += self._bundles(stray_bundles)
        units += self._directories()
        units += self._applied()
        built = self._built_objects(units)
        units += self._applied_by_commands(built)
        by_commands = map(self._outline.shown, self.deployed.commands.deleted if self.deployed.commands else ())
        self._undeployed |= dict.fromkeys(self._take((*self._deleted, *self._with_names(by_commands))), _DELETED)
        units += self._plain(built)
        units = [unit for marked in map(self._with_evidence, units) for unit in self._without_older(marked, units)]
        return sorted(self._told_apart(units), key=lambda unit: (unit.name != PLAIN, unit.name))

    @property
    def _evidence(self) -> "ShownFiles":
        """The evidence that nobody applies files, which the splits of a run share."""
        if self.evidence is None:
            from scclint.deploy.shown import ShownFiles

            self.evidence = ShownFiles(self._outline)
        return self.evidence

    @cached_property
    def tree(self) -> str:
        """The folder that no build may leave: the work tree, or else the root of the run."""
        return Reach(self._outline.root).work_tree or self._outline.root

    @cached_property
    def charts(self) -> tuple[str, ...]:
        """The real paths of the folders of charts, sorted."""
        files = (file for file in self._outline.files if os.path.basename(file) == CHART_FILE)
        return tuple(sorted(os.path.realpath(os.path.dirname(file) or os.curdir) for file in files))

    @cached_property
    def _built(self) -> "Kustomizations":
        from scclint.deploy.kustomize.kustomization import Kustomizations

        return Kustomizations(self.tree, self._outline.kustomization_on_disk, self._outline.paths)

    @cached_property
    def kustomizations(self) -> "Mapping[str, Kustomization]":
        """The kustomizations among the files, by real path of their folder."""
        folders = {os.path.dirname(file) or os.curdir for file in self._outline.files}
        by_path = {}
        for folder in sorted(folders):
            if any(self._outline.has(os.path.join(folder, name)) for name in NAMES):
                real = self._outline.paths.of(folder)
                if (kustomization := self._built.read(real)[0]) is not None:
                    by_path[real] = kustomization
        return by_path

    @cached_property
    def deployed(self) -> DeployedFolders:
        """What is deployed from the repository. Files of bundles and of what the configuration names deploy nothing."""
        return DeployedFolders(
            self._outline,
            self.tree,
            tuple(self._left),
            rendered=self.rendered,
            built=self._hidden.resources,
            kustomizations=self.kustomizations.keys(),
        )

    def notices(self, units: Iterable[Unit]) -> Iterator[Notice]:
        """What is not followed of the deployment of these units, what is deployed that is not in the input, and the bundles left out."""
        for reason in dict.fromkeys(self._undeployed.values()):
            files = (file for file, why in self._undeployed.items() if why == reason)
            yield Notice("note", f"{and_more(files, 3)}: not judged, because {reason}; to judge one, name it")
        folders = {os.path.realpath(unit.path): unit for unit in units if unit.kind != "plain"}
        in_input = {os.path.realpath(unit.path) for unit in self.units}
        yield from self.deployed.notices(folders, in_input, self._configured_paths)

    @cached_property
    def _configured_paths(self) -> frozenset[str]:
        """The real paths that the configuration has units for."""
        return frozenset(os.path.realpath(os.path.join(self._config.root, entry.path)) for entry in self._config.units)

    def text(self, file: str) -> str:
        """The text of a file of a unit; empty where it cannot be read."""
        return self._outline.text(file)

    def _with_evidence(self, unit: Unit) -> Unit:
        """The unit with the evidence that nobody applies it, if there is any."""
        is_known = unit.shown is not None or os.path.realpath(unit.path) in self._configured_paths
        if is_known or unit.kind not in ("kustomize", "chart", "bundle", "directory"):
            return unit
        describing = {"kustomize": NAMES, "chart": (CHART_FILE,)}.get(unit.kind, ())
        paths = (os.path.normpath(os.path.join(unit.path, name)) for name in describing)
        csvs = [file for file in unit.files if unit.kind == "bundle" and NAMED in file]
        described = next((file for file in (*paths, *csvs) if file in unit.files), "")
        shown = self._evidence.of_unit(unit, described)
        if csvs and os.path.basename(unit.path) == "bases" and self._is_base(csvs):
            shown = OF_BUNDLE
        return replace(unit, shown=shown, gives=False) if shown is not None else unit

    def _without_older(self, unit: Unit, units: Sequence[Unit]) -> Iterator[Unit]:
        """Yield the unit, marked if it is an older release that nothing deploys, or the part of it of which this is true and the rest.

        An older chart, kustomization or bundle is no unit, because a program would have to render each: it is among `older`.
        """
        newer = "" if unit.deployment.reason or unit.shown is not None else self._newer(unit, units)
        older = self._older_files(unit, newer, units) if newer else frozenset()
        rest = tuple(file for file in unit.files if file not in older)
        if not older or (rest and unit.needs_renderer):
            yield unit
        elif unit.needs_renderer or unit.kind == "bundle":
            self.older.append(unit)
        else:
            files = tuple(sorted(older))
            if rest:
                yield replace(unit, files=rest, shared=(*unit.shared, *files))
            name = f"{unit.name}#older" if rest else unit.name
            yield replace(unit, name=name, files=files, shown=OLDER, gives=False)

    def _older_files(self, unit: Unit, newer: str, units: Sequence[Unit]) -> frozenset[str]:
        """The files of a unit that are older releases of what is at a path: a whole chart or bundle, or files with the same objects."""
        if unit.kind in ("chart", "bundle"):
            return frozenset(unit.files) if self._is_older(unit, newer) else frozenset()
        facts = self._outline.facts
        known = {
            identity
            for other in units
            if _is_at(other.path, newer)
            for file in other.files
            for identity in facts(file).identities
        }
        if not any(facts(file).identities for file in unit.files):
            return frozenset()
        of_kustomization = unit.needs_renderer
        older = {
            file for file in unit.files if facts(file).identities <= known and (facts(file).identities or of_kustomization)
        }
        return frozenset(older) if any(facts(file).identities for file in older) else frozenset()

    def _newer(self, unit: Unit, units: Sequence[Unit]) -> str:
        """The folder of the newest release beside that of a unit, in which the newer unit is; empty if there is none."""
        around = self._releases(unit)
        newest = self._superseded(units)
        return next((newest[path] + unit.path[len(path) :] for path in around if path in newest), "")

    def _releases(self, unit: Unit) -> tuple[str, ...]:
        """The folders of a unit that may be those of a release."""
        # Each version of a chart has a folder, or a folder around that of the chart. A folder of releases has one for each version.
        released = re.match(_RELEASE, unit.path)
        by_kind = (unit.path, os.path.dirname(unit.path)) if unit.kind == "chart" else (unit.path,)
        return (*((released[0],) if released else ()), *(by_kind if unit.kind in _RELEASED else ()))

    def _superseded(self, units: Sequence[Unit]) -> Mapping[str, str]:
        """The newest release beside each older one, among the folders of units that nothing deploys."""
        if self._newest is None:
            free = (unit for unit in units if not unit.deployment.reason)
            self._newest = superseded(path for unit in free for path in self._releases(unit) if self._outline.inside(path))
        return self._newest

    def _is_older(self, unit: Unit, newer: str) -> bool:
        """Whether the chart or bundle at a path has the name of that of a unit, and a newer version."""
        if unit.kind == "chart":
            old, new = (data_of_file(os.path.join(folder, CHART_FILE)) for folder in (unit.path, newer))
            fields = [
                (as_text(value_at(data, ("name",))), _numbers(as_text(value_at(data, ("version",))))) for data in (old, new)
            ]
        else:
            files = [unit.files, [file for file in self._outline.files if _is_at(file, newer)]]
            fields = [max(filter(None, (self._csv_name(file) for file in some)), default=("", ())) for some in files]
        (old_name, old_version), (new_name, new_version) = fields
        return bool(old_name and old_version) and old_name == new_name and old_version < new_version

    def _csv_name(self, file: str) -> tuple[str, tuple[int, ...]]:
        name, version = self._outline.tells(file, "csv name", csv_name)
        return name, tuple(version)

    def _is_base(self, files: Iterable[str]) -> bool:
        """Whether these ClusterServiceVersions are those that `operator-sdk` makes a bundle of the input from."""
        packages = {package for file in files if (package := self._csv_name(file)[0])}
        return bool(packages) and packages <= self._bundled_packages

    @cached_property
    def _bundled_packages(self) -> frozenset[str]:
        """The packages of the bundles."""
        files = (file for file in self._outline.files if NAMED in file and os.path.basename(os.path.dirname(file)) == MANIFESTS)
        return frozenset(package for file in files if (package := self._csv_name(file)[0]))

    def _told_apart(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """Yield the units with unique names, and with the namespace that the settings give, if any.

        Of the units at one path, one keeps the path as its name, and the kind is added to the others.
        """
        taken: set[str] = set()
        for unit in sorted(units, key=lambda unit: unit.kind != "plain"):
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

    def _below(self, shown: str, files: Iterable[str] | None = None) -> list[str]:
        """Those of the files that are at a path as displayed, or below it; of the files that belong to no unit yet, if none are given."""
        prefix = "" if shown in ("", ".") else shown.rstrip("/") + "/"
        return [file for file in (self._left if files is None else files) if file == shown or file.startswith(prefix)]

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
        if os.path.realpath(path) in self.kustomizations:
            return self._kustomize_unit(name, path, reason, Deployment(namespace=entry.namespace), takes=entry.context)
        shown = self._outline.shown(path)
        if os.path.isfile(os.path.join(path, CHART_FILE)):
            values = tuple(os.path.join(path, value) for value in entry.values)
            settings = tuple(f"--set={setting}" for setting in entry.set)
            deployment = Deployment(namespace=entry.namespace, values=values, settings=settings, release=entry.release)
            return self._chart_unit(name, shown, reason, deployment, takes=entry.context)
        files = self._take(self._below(shown))
        if not files:
            return None
        return Unit(name, "configured", shown, files, reason, namespace=entry.namespace, takes=entry.context)

    def _bundles(self, find: Find) -> Iterator[Unit]:
        tells = self._outline.tells
        of_csv = superseded(file for file in self._left if NAMED in file and self._outline.inside(file))
        for file, newest in of_csv.items():
            (package, version), newer = self._csv_name(file), self._csv_name(newest)
            if package and package == newer[0] and version < newer[1] and file not in self._outline.named:
                self.older.append(Unit(self._outline.name(file), "bundle", file, self._take([file]), OLDER.why))
        candidates = list(self._left)
        by_folder = find(candidates, lambda file: tells(file, "csv", holds_csv))
        for folder, files in sorted(by_folder.items()):
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
        # `operator-sdk generate bundle` makes a ClusterServiceVersion from the one in `bases/` and what the kustomization beside it builds.
        bases = [file for file in self._outline.files if NAMED in file and os.path.basename(os.path.dirname(file)) == "bases"]
        sources = {
            self._outline.paths.of(os.path.dirname(os.path.dirname(file)) or os.curdir)
            for file in bases
            if self._is_base([file])
        } - self._configured_paths
        entries = (kustomization for folder, kustomization in self.kustomizations.items() if folder not in sources)
        included = {path for kustomization in entries for path in map(self._outline.paths.of, kustomization.resources)}
        for folder, deployed in self.deployed.by_path.items():
            # Flux generates a kustomization for a folder without one.
            for deployment in (deployment for deployment in deployed if self._is_plain(folder) and deployment.builds_plain):
                unit = self._kustomize_unit(self._name(folder, deployment), folder, deployment.reason, deployment)
                included.update(os.path.realpath(os.path.join(self.tree, path)) for path in self.closures[unit.name].folders)
                yield unit
        for folder, kustomization in self.kustomizations.items():
            deployed = self.deployed.with_tool(folder, "kustomize")
            alone = "" if folder not in included else "a kustomization of which those that include it leave something out"
            # The CRDs of an operator have nothing on which a verdict depends.
            if alone and not any(
                self._outline.facts(self._outline.shown(os.path.join(self.tree, name))) != NO_FACTS
                for name in (self._closure(folder, "").resources if deployed else ())
            ):
                deployed = [deployment for deployment in deployed if deployment.kind]
            is_entry = not kustomization.component and (not alone or bool(deployed) or folder in self._hidden.folders)
            if is_entry and not deployed and folder in sources:
                # What it includes and its files are judged by themselves, and the bundle is.
                self._take([self._outline.shown(kustomization.file)])
                continue
            if is_entry and not deployed and self._is_commented_out(folder):
                files = [self._outline.shown(os.path.join(self.tree, file)) for file in self._closure(folder, "").files]
                # kubebuilder writes kustomizations that cannot be built yet. One that opens something is judged like any other.
                if not any(_opens(self._outline.text(file)) for file in files):
                    self._take(files)
                    continue
            is_entry = (
                is_entry and folder not in self._configured_paths and (bool(deployed) or folder not in self.deployed.by_path)
            )
            for deployment in (deployed or [DEFAULT]) if is_entry else ():
                reason = deployment.reason or alone or "a kustomization that no other one includes"
                yield self._kustomize_unit(self._name(folder, deployment), folder, reason, deployment)

    def _is_commented_out(self, folder: str) -> bool:
        """Whether the kustomization `default` beside a folder names it only in a comment, as kubebuilder writes it."""
        default = self.kustomizations.get(os.path.join(os.path.dirname(folder), "default"))
        if default is None or folder in self._configured_paths:
            return False
        lines = self._outline.text(self._outline.shown(default.file)).split("\n")
        return any(line.lstrip().startswith("#") and line.rstrip().endswith(f"../{os.path.basename(folder)}") for line in lines)

    def _name(self, folder: str, deployment: Deployment) -> str:
        """The name of the unit that something deploys: the name of what deploys it is added to the path of the folder."""
        name = candidate = self._outline.name(folder) + (f"#{deployment.name}" if deployment.kind else "")
        number = 1
        while candidate in self._named:
            number += 1
            candidate = f"{name}-{deployment.namespace}" if number == 2 and deployment.namespace else f"{name}-{number}"
        self._named.add(candidate)
        return candidate

    def _is_plain(self, folder: str) -> bool:
        """Whether a folder is neither a kustomization nor a chart, and the configuration does not name it."""
        tools = (*NAMES, CHART_FILE)
        return folder not in self._configured_paths and not any(os.path.isfile(os.path.join(folder, name)) for name in tools)

    def _kustomize_unit(self, name: str, folder: str, reason: str, deployment: Deployment, *, takes: bool = True) -> Unit:
        closure = self.closures[name] = self._closure(os.path.realpath(folder), deployment.kustomization)
        files = tuple(sorted(self._outline.shown(os.path.join(self.tree, file)) for file in closure.files))
        self._take(set(files) - set(self._objects_among_patches(closure)) - self._hidden.files)
        kustomization = self.kustomizations.get(os.path.realpath(folder))
        return Unit(
            *(name, "kustomize", self._outline.shown(folder), files, reason),
            namespace=deployment.namespace or (kustomization.namespace if kustomization is not None else ""),
            deployment=deployment,
            unrendered=closure.refused,
            incomplete=bool(closure.problem),
            left_out=closure.left_out,
            takes=takes,
        )

    def _closure(self, folder: str, fields: str) -> "Closure":
        """What the build of a kustomization reads, with the fields laid over it, as JSON, that what deploys it adds."""
        kustomization, problem = self._built.read(folder)
        if (kustomization is None or fields) and (kustomization is not None or self._is_plain(folder)):
            from scclint.deploy.kustomize.edits import edited, generated
            from scclint.deploy.kustomize.kustomization import Kustomizations, read_kustomization

            file = kustomization.file if kustomization is not None else os.path.join(folder, NAMES[0])
            data = self._outline.kustomization_on_disk(file, file)[0].data if kustomization is not None else generated(folder)
            changed = (
                None
                if kustomization is not None and problem
                else read_kustomization(file, edited(data, json.loads(fields or "{}")))
            )
            if changed is not None:
                load, paths = self._outline.kustomization_on_disk, self._outline.paths
                return Kustomizations(self.tree, load, paths, {folder: changed}).closure(folder)
        return self._built.closure(folder)

    def hidden(self, texts: Mapping[str, str]) -> Exclusions:
        """What builds include and leave out, given what kustomizations render to, by the name of the unit.

        An object that a patch deletes from every build that has it could be applied all the same. The kustomizations that build it are
        judged alone, those first that include others; if none does, its file is judged.
        """
        from scclint.deploy.kustomize.built import built_names, is_built

        built = {unit: built_names(text) for unit, text in texts.items()}
        by_file: dict[str, list[str]] = {}
        for unit in built:
            for name in self.closures[unit].resources:
                by_file.setdefault(name, []).append(unit)
        outline = self._outline
        left_out = []
        for name, units in by_file.items():
            file = outline.shown(os.path.join(self.tree, name))
            # A ClusterServiceVersion is built as it is, and OLM makes its objects.
            objects = () if outline.tells(file, "csv", holds_csv) else outline.facts(file).identities
            if any(not any(is_built(kind, object_name, built[unit]) for unit in units) for _, kind, _, object_name in objects):
                left_out.append(name)
        folders, files = set(self._hidden.folders), set(self._hidden.files)
        unit_folders = {closure.folder for closure in self.closures.values()}
        inner = (
            {os.path.join(self.tree, path) for closure in self.closures.values() for path in closure.folders}
            if left_out
            else set()
        )
        closures = [self._built.closure(os.path.normpath(path)) for path in sorted(inner)]
        closures = [
            candidate
            for candidate in closures
            if candidate.folder not in unit_folders and candidate.folder not in candidate.components
        ]
        for name in left_out:
            having = [candidate for candidate in closures if name in candidate.resources]
            outer = [
                candidate
                for candidate in having
                if not any(candidate.folder in other.folders for other in having if other is not candidate)
            ]
            folders.update(os.path.realpath(os.path.join(self.tree, candidate.folder)) for candidate in outer)
            if not having:
                files.add(outline.shown(os.path.join(self.tree, name)))
        resources = frozenset(os.path.realpath(os.path.join(self.tree, name)) for name in by_file)
        return Exclusions(frozenset(folders), frozenset(files), resources)

    def _objects_among_patches(self, closure: "Closure") -> Iterator[str]:
        """The files listed as patches with an object that could be applied as it is, and that no resource of the build defines.

        Such a file is judged as if no kustomization listed it: a patch of something that is not there hides nothing.
        """
        if not closure.patches:
            return
        outline = self._outline
        for file in (outline.shown(os.path.join(self.tree, name)) for name in closure.patches if name not in closure.resources):
            objects = outline.tells_of_objects(file, "whole", _whole)
            if not objects:
                continue
            resources = (outline.shown(os.path.join(self.tree, name)) for name in closure.resources)
            defined = {(kind, name) for resource in resources for _, kind, _, name in outline.facts(resource).identities}
            # A build may have added a prefix or suffix before it applies the patch.
            if any(not any(kind == patch_kind and name in called for kind, name in defined) for patch_kind, called in objects):
                yield file

    def _charts(self) -> Iterator[Unit]:
        inflated = {chart for closure in self.closures.values() for chart in closure.charts}
        folders = {os.path.dirname(file) for file in self._outline.files if os.path.basename(file) == CHART_FILE}
        if folders:
            from scclint.deploy.helm.chart import belongs_to_chart, views
        for folder in sorted(folders):
            real = os.path.realpath(folder or os.curdir)
            if real in self._configured_paths:
                continue
            # A job that tries the chart with its default values says nothing of those who install it.
            deployed = [
                deployment
                for deployment in self.deployed.with_tool(real, "chart")
                if not (deployment.is_default and self._evidence.is_tried(deployment))
            ]
            for deployment in deployed:
                yield self._chart_unit(self._name(real, deployment), folder, deployment.reason, deployment)
            named = {os.path.realpath(value) for deployment in deployed for value in deployment.values}
            by_controller = any(deployment.by_controller for deployment in deployed)
            has_default = any(deployment.is_default for deployment in deployed)
            # As in Argo CD, what has both is a kustomization.
            all_views = {} if real in self.kustomizations else views(folder or os.curdir, self.tree, inflated)
            all_views |= dict(self._views_elsewhere(real, all_views))
            # A chart can render the Application that deploys it.
            is_root = (real, f"{self._outline.name(folder)} as rendered") in self.deployed.sources
            for called, view in all_views.items():
                # Beside what a controller deploys, only what is called a values file is one.
                is_new = named.isdisjoint(map(os.path.realpath, view.values)) if called else not has_default
                if is_new and (not by_controller or (belongs_to_chart(f"{called}.yaml") if called else is_root)):
                    name = self._outline.name(folder) + (f"#{called}" if called else "")
                    reason = f"a chart with the values of {called}" if called else "a chart with its default values"
                    yield self._chart_unit(name, folder, reason, view)

    def _views_elsewhere(self, chart: str, views: Mapping[str, Deployment]) -> Iterator[tuple[str, Deployment]]:
        """The views of the only chart, by its real path, with files beside its folder whose keys are mostly those of its values."""
        from scclint.deploy.helm.chart import VALUES, belongs_to_chart, keys_of_file, keys_of_text

        if not views or not all(is_below(other, chart) for other in self.charts):
            return
        keys = keys_of_file(os.path.join(chart, VALUES)) - {"global"}
        named = {os.path.realpath(value) for view in views.values() for value in view.values}
        for file in self._left:
            name, path = os.path.splitext(self._outline.name(file))[0], os.path.realpath(self._outline.source(file).path)
            # A chart that is the whole repository has everything in its folder.
            is_old = is_below(path, chart) and (
                chart != self.tree or path in named or belongs_to_chart(os.path.relpath(path, chart).replace(os.sep, "/"))
            )
            may_be_values = not (is_old or re.search(_NOT_DEPLOYED, name)) and file.endswith((".yaml", ".yml"))
            written = self._outline.tells(file, "keys", keys_of_text) if may_be_values else []
            if 2 * len(keys.intersection(written)) > len(written):
                yield name, Deployment(values=(path,))

    def _chart_unit(self, name: str, folder: str, reason: str, deployment: Deployment, *, takes: bool = True) -> Unit:
        from scclint.deploy.helm.chart import belongs_to_chart

        prefix = "" if folder in ("", ".") else folder + "/"
        inside = {f for f in self._outline.files if f.startswith(prefix) and belongs_to_chart(f[len(prefix) :])}
        named = (*deployment.values, *deployment.files)
        files = tuple(sorted(inside | {self._outline.shown(file) for file in named}))
        self._take(set(files) - {self._outline.shown(file) for file in deployment.files})
        return Unit(
            *(name, "chart", folder or ".", files, reason), namespace=deployment.namespace, deployment=deployment, takes=takes
        )

    def _directories(self) -> Iterator[Unit]:
        if not self.deployed.by_path:
            return
        # A folder and one below it can be deployed each, and one that is read as a directory has what kustomizations build as it is.
        left = sorted(self._left)
        built = {name for closure in self.closures.values() for name in closure.resources}
        all_files = sorted({*left, *(self._outline.shown(os.path.join(self.tree, name)) for name in built)})
        for path in sorted(self.deployed.by_path.keys() - self._configured_paths):
            shown = self._outline.shown(path)
            for deployment in (one for one in self.deployed.with_tool(path, "directory") if not one.builds_plain):
                below = self._below(shown, all_files if deployment.tool else left)
                taken = [file for file in below if deploys_file(deployment, os.path.relpath(file, shown))]
                files = tuple(file for file in taken if os.path.basename(file) not in NAMES)
                if files:
                    self._take(taken)
                    yield Unit(
                        *(self._name(path, deployment), "directory", shown, files, deployment.reason),
                        namespace=deployment.namespace,
                        deployment=deployment,
                    )

    def _applied(self) -> Iterator[Unit]:
        """The templates and assets that operators apply, and the roles and playbooks of Ansible."""
        outline = self._outline
        templates = [
            file
            for file in self._left
            if outline.is_template(file) and not (self._may_show and self._evidence.of_file(file) is not None)
        ]
        known_roles = roles(outline.files) if templates else frozenset()
        groups: dict[tuple[Kind, str], list[str]] = {}
        for file in templates:
            groups.setdefault(applied_with(file, known_roles), []).append(file)
        for (kind, folder), inside in sorted(groups.items()):
            takes_all = kind == "ansible" or os.path.basename(folder) in ASSET_FOLDERS
            below = self._below(folder) if takes_all else inside
            tasks = [found for file in inside for document in outline.documents(file) for found in files_of_tasks(document)]
            if names := {name for name, _, state in tasks if state == "absent"}:
                names -= {name for name, _, state in tasks if state != "absent"}
                self._deleted += self._with_names(file for file in self._below(folder) if os.path.basename(file) in names)
            deleted = frozenset(self._deleted)
            files = self._take(file for file in below if file not in deleted)
            # What a program of the repository merges into other manifests.
            patches = dict(self._patches(files)) if kind == "operator" else {}
            self._undeployed |= dict.fromkeys(patches.values(), _FRAGMENT)
            files = tuple(file for file in files if file not in patches)
            files += tuple(file for file in self._other_files(inside, folder) if file not in files)
            for group in alternatives(files, lambda file: outline.facts(file).identities):
                path = group.path or folder or "."
                by = "an Ansible role applies it" if kind == "ansible" else "a template, as an operator applies it"
                for reading in range(max(map(outline.readings, set(group.files).intersection(templates)), default=1)):
                    name = outline.name(path) + (f"#{reading + 1}" if reading else "")
                    reason = f"{by}, with other branches of its conditions" if reading else by
                    yield Unit(name, kind, path, group.files, reason, group.shared, reading=reading, gives=not reading)

    def _other_files(self, files: Iterable[str], folder: str) -> tuple[str, ...]:
        """The files of any name with objects that tasks in some files apply. `folder` is that of the role or playbook."""
        outline, excluded = self._outline, path_filter(self._config.exclude)
        named = (
            os.path.join(base, below, path)
            for file in files
            for document in outline.documents(file)
            for path in other_files_of_tasks(document)
            for base in dict.fromkeys((folder, os.path.dirname(file)))
            for below in ("", "files", "templates")
        )
        there = dict.fromkeys(outline.shown(path) for path in named if outline.has(path))
        return tuple(file for file in there if not excluded(outline.name(file)) and outline.facts(file) != NO_FACTS)

    def _patches(self, files: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield each file of parts in a folder `patches` with that folder, and each file whose objects have no names with its own path."""
        for file in files:
            folder = os.path.dirname(file)
            is_part = os.path.basename(self._outline.name(folder)) == "patches" and not self._outline.tells_of_objects(
                file, "whole", _whole
            )
            if is_part:
                yield file, folder
            # A workload without a name is more likely a mistake than a patch.
            elif self._outline.tells_of_objects(
                file,
                "nameless",
                lambda objects: bool(objects) and not any(obj.name or isinstance(obj, Workload) for obj in objects),
            ):
                yield file, file

    def _with_names(self, files: Iterable[str]) -> Iterator[str]:
        """Yield those of the files whose objects have nothing but a name, which is enough to delete them."""
        for file in (file for file in files if file in self._left):
            keys = self._outline.tells_of_objects(
                file, "keys", lambda objects: sorted({key for o in objects for key in o.manifest})
            )
            if keys == ["apiVersion", "kind", "metadata"]:
                yield file

    def _built_objects(self, units: Iterable[Unit]) -> frozenset[Identity]:
        """What the files of kustomizations define, if there are other files."""
        outline = self._outline
        built = {file for unit in units if unit.kind == "kustomize" for file in unit.files}
        rendered = [file for file in outline.files if file in built and file not in self._left]
        return frozenset().union(*(outline.facts(file).identities for file in rendered)) if self._left else frozenset()

    def _applied_by_commands(self, built: frozenset[Identity]) -> Iterator[Unit]:
        """The plain files that one script applies in one namespace. A variant of what a kustomization builds stays by itself."""
        outline, excluded = self._outline, path_filter(self._config.exclude)
        applied_by: dict[tuple[frozenset[str], str], dict[str, Iterable[str]]] = {}
        for (script, namespace), applied in self.deployed.commands.applied.items() if self.deployed.commands else ():
            named = {outline.shown(path): path for path in applied.files}
            # A file that is not read for its name counts if it holds objects, since a pipe may also begin with a program.
            unread = {
                name
                for name, path in named.items()
                if not name.endswith(SUFFIXES) and outline.has(path) and not excluded(outline.name(name))
            }
            left = [name for name in named if name in self._left or (name in unread and outline.facts(name).identities)]
            files = frozenset(name for name in left if built.isdisjoint(outline.facts(name).identities))
            if files:
                applied_by.setdefault((files, namespace), {})[script] = applied.commands
        for files, namespace in applied_by:
            # A script that applies only a part of the files makes no other deployment.
            if any(files < others and namespace == home for others, home in applied_by):
                continue
            parts = [scripts for (part, home), scripts in applied_by.items() if part <= files and home == namespace]
            context = sorted({script for scripts in parts for script in scripts if script in outline.files} - files)
            commands = tuple(command for scripts in parts for by_script in scripts.values() for command in by_script)
            for group in alternatives(files, lambda file: outline.facts(file).identities):
                path = group.path or os.path.commonpath(files if len(files) == 1 else [*map(os.path.dirname, files)]) or "."
                deployment = Deployment(namespace=namespace, commands=commands)
                yield Unit(
                    *(self._name(path, deployment), "directory", path, group.files, deployment.reason),
                    (*group.shared, *context),
                    namespace,
                    deployment,
                )
        self._take(file for files, _ in applied_by for file in files)

    @cached_property
    def _may_show(self) -> bool:
        """Whether something in the input may be evidence that nobody applies files."""
        outline = self._outline
        if outline.texts or outline.told or self.kustomizations or any("/.tekton/" in f"/{file}" for file in outline.files):
            return True
        return any(outline.tells(file, "suite", holds_suite) for file in outline.files)

    def _shown(self, file: str) -> Shown | None:
        """The evidence that nobody applies a file, which nothing takes; None without any, and for a file that the user named."""
        if not self._may_show or file in self._outline.named:
            return None
        of_object = self._outline.facts(file) != NO_FACTS
        return self._evidence.of_file(file) or (self._evidence.of_unlisted(file, self.kustomizations) if of_object else None)

    def _shown_files(self, files: Iterable[str]) -> Iterator[Unit]:
        """The files that nobody applies, those of one folder and for one reason together."""
        outline = self._outline
        by_folder: dict[tuple[Shown, str], list[str]] = {}
        for file in files:
            if (shown := self._shown(file)) is not None:
                folder = os.path.dirname(file)
                # A pipeline and its tasks may lie in several folders.
                end = f"/{folder}/".index("/.tekton/") + len(".tekton") if shown == OF_KONFLUX else len(folder)
                by_folder.setdefault((shown, folder[:end]), []).append(file)
        for (shown, folder), inside in sorted(by_folder.items(), key=lambda item: (item[0][1], item[0][0].why)):
            taken = [file for file in self._take(inside) if outline.holds_manifest(file)]
            for group in alternatives(taken, lambda file: outline.facts(file).identities):
                path = group.path or folder or group.files[0]
                yield Unit(
                    *(self._name(path, DEFAULT), "plain", path, group.files, shown.why, group.shared),
                    gives=shown.counts,
                    shown=shown,
                )

    def _plain(self, defined: frozenset[Identity]) -> Iterator[Unit]:
        outline = self._outline
        variants = {file for file in self._left if not defined.isdisjoint(outline.facts(file).identities)} if defined else set()
        yield from self._shown_files([file for file in self._left if file not in variants])
        groups = alternatives(
            (file for file in self._left if file not in variants), lambda file: outline.facts(file).identities
        )
        shared: tuple[str, ...] = ()
        telling = {file for group in groups for file in group.files if outline.facts(file) != NO_FACTS}
        for group in groups:
            if not group.path:
                shared = tuple(file for file in group.files if file in telling)
                yield Unit(PLAIN, "plain", ".", group.files, "plain files that nothing else takes")
            else:
                reason = "it defines an object that files beside it define as well"
                context = tuple(file for file in group.shared if file in telling)
                yield Unit(outline.name(group.path), "plain", group.path, group.files, reason, context)
        # A patch that no kustomization applies can be applied by nobody.
        fragments = [file for file in sorted(variants) if not outline.tells_of_objects(file, "whole", _whole)]
        self._undeployed |= dict.fromkeys(fragments, _FRAGMENT)
        for file in sorted(variants.difference(fragments)):
            reason = "it defines an object that a kustomization builds as well"
            shown = self._shown(file)
            yield Unit(outline.name(file), "plain", file, (file,), reason, shared, gives=False, shown=shown)


def _is_at(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it, both as displayed."""
    return path == folder or path.startswith(f"{folder}/")


def _opens(text: str) -> bool:
    """Whether the words of a text ask for access to the node or grant it."""
    return bool(host_access(text)) or "cluster-admin" in text


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version in front of its suffix; none of a text that is no version."""
    match = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})", version)
    return tuple(map(int, match[1].split("."))) if match else ()


def _whole(objects: Iterable[ApiObject]) -> list[tuple[str, str]]:
    """Return the kinds and names of the objects that could be applied as they are."""
    from scclint.deploy.kustomize.surroundings import stands_alone

    return [(obj.kind, obj.name) for obj in objects if identity(obj) and stands_alone(obj)]


def _stages(unit: Unit) -> Iterator[Unit]:
    """A view of a chart, and the same as an upgrade renders it, if that may differ. Argo CD never upgrades."""
    from scclint.deploy.helm.chart import differs_when_upgraded

    yield unit
    if unit.deployment.kind != "Application" and differs_when_upgraded(unit.path):
        name = f"{unit.name}{'-' if '#' in unit.name else '#'}upgrade"
        yield replace(unit, name=name, reason=f"{unit.reason}, upgraded", deployment=replace(unit.deployment, upgrade=True))
