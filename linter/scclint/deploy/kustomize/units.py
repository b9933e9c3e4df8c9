"""The units that kustomize builds: which kustomizations are deployed, what their builds read, and what they leave out."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from scclint.deploy.bundle import NAMED, holds_csv, is_base
from scclint.deploy.facts import NO_FACTS
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES, Exclusions
from scclint.deploy.kustomize.built import built_names, is_built
from scclint.deploy.kustomize.edits import edited, generated
from scclint.deploy.kustomize.kustomization import Kustomizations, read_kustomization
from scclint.deploy.plain import whole
from scclint.deploy.unit import DEFAULT, Deployment, Unit

if TYPE_CHECKING:
    from scclint.deploy.kustomize.kustomization import Closure
    from scclint.deploy.split import Split


def units(split: "Split") -> Iterator[Unit]:
    """The kustomizations that something deploys, or that no other one includes as they are."""
    sources = _sources_of_bundles(split)
    entries = (kustomization for folder, kustomization in split.kustomizations.items() if folder not in sources)
    included = {path for kustomization in entries for path in map(split.outline.paths.of, kustomization.resources)}
    for folder, deployed in split.deployed.by_path.items():
        # Flux generates a kustomization for a folder without one.
        for deployment in (deployment for deployment in deployed if _is_plain(split, folder) and deployment.builds_plain):
            unit = kustomize_unit(split, split.unit_name(folder, deployment), folder, deployment.reason, deployment)
            included.update(os.path.realpath(os.path.join(split.tree, path)) for path in split.closures[unit.name].folders)
            yield unit
    for folder, kustomization in split.kustomizations.items():
        is_part = folder in included
        deployed = _deployments(split, folder, is_part=is_part)
        if kustomization.component or (is_part and not deployed and folder not in split.excluded.folders):
            continue
        if not deployed and (files := _without_unit(split, folder, sources)):
            split.take(files)
        elif folder not in split.configured_paths and (deployed or folder not in split.deployed.by_path):
            why = _LEFT_OUT if is_part else "a kustomization that no other one includes"
            for deployment in deployed or [DEFAULT]:
                yield kustomize_unit(split, split.unit_name(folder, deployment), folder, deployment.reason or why, deployment)


_LEFT_OUT = "a kustomization of which those that include it leave something out"


def _sources_of_bundles(split: "Split") -> Set[str]:
    """The folders of kustomizations from which `operator-sdk generate bundle` makes a ClusterServiceVersion, with the one in `bases/`."""
    bases = (file for file in split.outline.files if NAMED in file and os.path.basename(os.path.dirname(file)) == "bases")
    folders = (os.path.dirname(os.path.dirname(file)) or os.curdir for file in bases if is_base(split, [file]))
    return {split.outline.paths.of(folder) for folder in folders} - split.configured_paths


def _deployments(split: "Split", folder: str, *, is_part: bool) -> Sequence[Deployment]:
    """What deploys a kustomization; `is_part` is whether others include it."""
    deployed = split.deployed.with_tool(folder, "kustomize")
    if not is_part or not deployed or _bears_on_verdicts(split, closure_of(split, folder, "").resources):
        return deployed
    # The CRDs of an operator have nothing on which a verdict depends.
    return [deployment for deployment in deployed if deployment.kind]


def _without_unit(split: "Split", folder: str, sources: Set[str]) -> list[str]:
    """The files of a kustomization that is no unit although no other one includes it; none if it is one."""
    if folder in sources:
        # What it includes and its files are judged by themselves, and the bundle is.
        return [split.outline.shown(split.kustomizations[folder].file)]
    return []


def _bears_on_verdicts(split: "Split", files: Iterable[str]) -> bool:
    """Whether one of some files of the tree has something on which a verdict depends."""
    return any(split.outline.facts(split.outline.shown(os.path.join(split.tree, file))) != NO_FACTS for file in files)


def _is_plain(split: "Split", folder: str) -> bool:
    """Whether a folder is neither a kustomization nor a chart, and the configuration does not name it."""
    tools = (*NAMES, CHART_FILE)
    return folder not in split.configured_paths and not any(os.path.isfile(os.path.join(folder, name)) for name in tools)


def kustomize_unit(split: "Split", name: str, folder: str, reason: str, deployment: Deployment) -> Unit:
    closure = split.closures[name] = closure_of(split, os.path.realpath(folder), deployment.kustomization)
    files = tuple(sorted(split.outline.shown(os.path.join(split.tree, file)) for file in closure.files))
    split.take(set(files) - set(_objects_among_patches(split, closure)) - split.excluded.files)
    return Unit(
        *(name, "kustomize", split.outline.shown(folder), files, reason),
        deployment=deployment,
        unrendered=closure.refused,
        incomplete=bool(closure.problem),
        left_out=closure.left_out,
    )


def closure_of(split: "Split", folder: str, fields: str) -> "Closure":
    """What the build of a kustomization reads, with the fields laid over it, as JSON, that what deploys it adds."""
    kustomization, problem = split.built.read(folder)
    if (kustomization is None or fields) and (kustomization is not None or _is_plain(split, folder)):
        file = kustomization.file if kustomization is not None else os.path.join(folder, NAMES[0])
        data = kustomization.data if kustomization is not None else generated(folder)
        changed = (
            None
            if kustomization is not None and problem
            else read_kustomization(file, edited(data, json.loads(fields or "{}")))
        )
        if changed is not None:
            load, paths = split.outline.kustomization_on_disk, split.outline.paths
            return Kustomizations(split.tree, load, paths, {folder: changed}).closure(folder)
    return split.built.closure(folder)


def exclusions(split: "Split", texts: Mapping[str, str]) -> Exclusions:
    """What builds include and leave out, given what kustomizations render to, by the name of the unit.

    An object that a patch deletes from every build that has it could be applied all the same. The kustomizations that build it are
    judged alone, those first that include others; if none does, its file is judged.
    """
    built = {unit: built_names(text) for unit, text in texts.items()}
    by_file: dict[str, list[str]] = {}
    for unit in built:
        for name in split.closures[unit].resources:
            by_file.setdefault(name, []).append(unit)
    outline = split.outline
    left_out = []
    for name, units in by_file.items():
        file = outline.shown(os.path.join(split.tree, name))
        # A ClusterServiceVersion is built as it is, and OLM makes its objects.
        objects = () if outline.tells(file, "csv", holds_csv) else outline.facts(file).identities
        if any(not any(is_built(kind, object_name, built[unit]) for unit in units) for _, kind, _, object_name in objects):
            left_out.append(name)
    folders, files = set(split.excluded.folders), set(split.excluded.files)
    unit_folders = {closure.folder for closure in split.closures.values()}
    inner = (
        {os.path.join(split.tree, path) for closure in split.closures.values() for path in closure.folders}
        if left_out
        else set()
    )
    closures = [split.built.closure(os.path.normpath(path)) for path in sorted(inner)]
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
        folders.update(os.path.realpath(os.path.join(split.tree, candidate.folder)) for candidate in outer)
        if not having:
            files.add(outline.shown(os.path.join(split.tree, name)))
    # A patch has the kind and the name of what it changes, and is no object of its own.
    read = {*by_file, *(name for unit in built for name in split.closures[unit].patches)}
    return Exclusions(
        frozenset(folders), frozenset(files), frozenset(os.path.realpath(os.path.join(split.tree, name)) for name in read)
    )


def _objects_among_patches(split: "Split", closure: "Closure") -> Iterator[str]:
    """The files listed as patches with an object that could be applied as it is, and that no resource of the build defines.

    Such a file is judged as if no kustomization listed it: a patch of something that is not there hides nothing.
    """
    if not closure.patches:
        return
    outline = split.outline
    for file in (outline.shown(os.path.join(split.tree, name)) for name in closure.patches if name not in closure.resources):
        objects = outline.tells_of_objects(file, "whole", whole)
        if not objects:
            continue
        resources = (outline.shown(os.path.join(split.tree, name)) for name in closure.resources)
        defined = {(kind, name) for resource in resources for _, kind, _, name in outline.facts(resource).identities}
        # A build may have added a prefix or suffix before it applies the patch.
        if any(not any(kind == patch_kind and name in called for kind, name in defined) for patch_kind, called in objects):
            yield file
