"""Splits the files of a run into units, in the order of their kinds: a file belongs to the first unit that takes it.

A file that is a part of a chart, such as its values or a template, means nothing without the chart.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.deploy import bundle, plain
from scclint.deploy.applied import DELETED, with_names
from scclint.deploy.facts import Identity
from scclint.deploy.kustomize import NO_EXCLUSIONS, Exclusions
from scclint.deploy.outline import Outline
from scclint.deploy.placed import place
from scclint.deploy.split import Split
from scclint.deploy.unit import PLAIN, Unit
from scclint.files import display, folders_above, is_below, read
from scclint.objects.documents.document import Document
from scclint.record import replace

if TYPE_CHECKING:
    from scclint.files.revision import Changes

_HYDRATED, _HYDRATOR = "manifest.yaml", "hydrator.metadata"


def detect(
    outline: Outline,
    config: Config,
    rendered: Sequence[Document] = (),
    excluded: Exclusions = NO_EXCLUSIONS,
) -> Split:
    """The files split into units, sorted by name with the one of plain files first. A file belongs to the first one that takes it.

    For the parameters see `Split`. Raises ConfigError for a unit of the configuration that does not exist.
    """
    split = Split(outline, config, rendered, excluded)
    units: list[Unit] = []
    if split.config.units:
        from scclint.deploy import configured

        units += configured.units(split)
    units += bundle.units(split, bundle.bundles)
    units += _by_tools(split)
    units += _templates(split)
    built = _built_objects(split, units)
    if split.deployed.commands is not None:
        from scclint.deploy import directories

        units += directories.applied_by_commands(split, split.deployed.commands, built)
        named = map(split.outline.shown, split.deployed.commands.deleted)
        split.deleted += with_names(split, named)
    split.undeployed |= dict.fromkeys(split.take(split.deleted), DELETED)
    units += plain.units(split, built)
    split.units = sorted(_told_apart(split, units), key=lambda unit: (unit.name != PLAIN, unit.name))
    return split


def _by_tools(split: Split) -> Iterator[Unit]:
    """The units of kustomize, helm, Argo CD and Flux, and the bundles that these leave."""
    yield from _hydrated(split)
    tools = split.kustomizations or split.charts.folders or split.deployed.by_path
    if tools:
        from scclint.deploy.helm import units as charts
        from scclint.deploy.kustomize import units as kustomizations

        yield from kustomizations.units(split)
        yield from charts.units(split)
    yield from bundle.units(split, bundle.stray_bundles)
    if split.deployed.by_path:
        from scclint.deploy import directories

        yield from directories.units(split)


def _templates(split: Split) -> Iterator[Unit]:
    """The units of templates, and of what tasks of Ansible apply."""
    templates = [file for file in split.left if split.outline.is_template(file)]
    if templates:
        from scclint.deploy import operator

        yield from operator.units(split, templates)


def _hydrated(split: "Split") -> Iterator[Unit]:
    """The manifests that Argo CD's hydrator wrote."""
    for file in [file for file in split.left if os.path.basename(file) == _HYDRATED]:
        folder = os.path.dirname(file)
        if os.path.isfile(os.path.join(folder, _HYDRATOR)):
            reason = "Argo CD's hydrator wrote it: hydrator.metadata lies beside it"
            yield Unit(split.outline.name(folder), "hydrated", folder or ".", split.take([file]), reason)


def _built_objects(split: Split, units: Iterable[Unit]) -> frozenset[Identity]:
    """What the files of kustomizations define, if there are other files."""
    outline = split.outline
    built = {file for unit in units if unit.kind == "kustomize" for file in unit.files}
    rendered = [file for file in outline.files if file in built and file not in split.left]
    return frozenset().union(*(outline.facts(file).identities for file in rendered)) if split.left else frozenset()


def _told_apart(split: Split, units: Iterable[Unit]) -> Iterator[Unit]:
    """Yield the units with unique names, each with its namespace.

    Of the units at one path, one keeps the path as its name, and the kind is added to the others.
    """
    taken: set[str] = set()
    for unit in sorted(units, key=lambda unit: unit.kind != "plain"):
        name = unit.name if unit.name not in taken else f"{unit.name}#{unit.kind}"
        taken.add(name)
        if name != unit.name and unit.name in split.closures and unit.kind == "kustomize":
            split.closures[name] = split.closures.pop(unit.name)
        kustomization = split.kustomizations.get(os.path.realpath(unit.path)) if unit.kind == "kustomize" else None
        of_kustomization = kustomization.namespace if kustomization is not None else ""
        yield replace(unit, name=name, placed=place(unit, split.config.namespace, of_kustomization))


def parts_of_charts(paths: Sequence[str]) -> "Changes | None":
    """Return the named files if one is a part of a chart: they are judged in those units of the working directory that have them.

    None if no such file is named, or something else than files is.
    """
    here = os.path.realpath(os.curdir)
    files = [os.path.realpath(path) for path in paths if os.path.isfile(path)]
    if len(files) < len(paths) or not any(_is_part_of_chart(file, here) for file in files):
        return None
    from scclint.files.revision import Changes

    return Changes(frozenset(display(os.path.relpath(file, here)) for file in files))


def _is_part_of_chart(file: str, here: str) -> bool:
    """Whether a file below a folder means nothing without the chart that it is a part of."""
    around = (folder for folder in folders_above(file) if is_below(folder, here))
    folder = next((folder for folder in around if os.path.isfile(os.path.join(folder, "Chart.yaml"))), None)
    if folder is None:
        return False
    from scclint.deploy.helm.chart import VALUES, belongs_to_chart

    inside = os.path.relpath(file, folder).replace(os.sep, "/")
    if inside.startswith("templates/"):
        return "{{" in read(file)
    return belongs_to_chart(inside) and inside.endswith((VALUES, "values.yml"))
