"""Which units of a run are judged, where not all are: those that are named, or that a change of files concerns."""

from collections.abc import Iterable, Sequence, Set

from scclint.config.model import Config
from scclint.deploy.deployed import GROUPS
from scclint.deploy.outline import Outline
from scclint.deploy.unit import PLAIN, Unit
from scclint.files import SUFFIXES, SourceFile, display
from scclint.files.globs import path_filter
from scclint.files.revision import Changes
from scclint.files.sources import Sources
from scclint.run.shared import Run


def reach_all(changes: Changes, outline: Outline, sources: Sources, config: Config) -> bool:
    """Whether a changed file may concern every unit: settings, what describes the cluster, and what deploys folders."""
    described = {item.display for item in (*sources.state, *sources.context) if isinstance(item, SourceFile)}
    settings = {display(path) for path in (config.file, *config.helm_values) if path}
    if not changes.files.isdisjoint(described | settings):
        return True
    texts = [*changes.before.values(), *(outline.text(file) for file in changes.files if file in outline.files)]
    return any(group in text for text in texts for group in GROUPS)


def with_deleted(sources: Sources, changes: Changes) -> Sources:
    """The files to report on, with those that the change deleted."""
    there = {item.display for item in sources.targets if isinstance(item, SourceFile)}
    deleted = [SourceFile(file, file) for file in sorted(changes.before) if file not in there and file.endswith(SUFFIXES)]
    return sources._replace(targets=(*sources.targets, *deleted))


def named(units: Iterable[Unit], globs: Sequence[str]) -> list[Unit]:
    """Return the units whose names the globs match. `charts/web` matches all views of that chart, and `.` only the plain unit."""
    matches = path_filter([_as_path(glob) for glob in globs if glob != PLAIN])
    return [unit for unit in units if (unit.name in globs if unit.name == PLAIN else matches(_as_path(unit.name)))]


def touched(run: Run, files: Set[str], units: Iterable[Unit]) -> list[Unit]:
    """Return the units that have one of the files as input, and the units that could take an object from one."""
    units = list(units)
    files_of_units = {file for unit in units for file in unit.files}
    direct = {unit.name for unit in units if _has(unit, files)}

    def takes(unit: Unit) -> bool:
        # An object of a rendered unit may come from any file of that unit.
        return any(
            taken.obj.file in files or (taken.obj.file not in files_of_units and taken.unit in direct)
            for taken in run.others.of(unit).candidates
        )

    return [unit for unit in units if unit.name in direct or takes(unit)]


def successors(gone: Sequence[Unit], units: Iterable[Unit]) -> list[Unit]:
    """The units that have what is left of units that are no longer there.

    If one of these was an alternative among plain files, the other alternative may now be part of the plain unit.
    """
    files = {file for unit in gone for file in unit.files}
    alternative = any(unit.kind == "plain" for unit in gone)
    return [unit for unit in units if (alternative and unit.name == PLAIN) or not files.isdisjoint(unit.files)]


def _as_path(name: str) -> str:
    return name.replace("#", "/")


def _has(unit: Unit, files: Set[str]) -> bool:
    if not files.isdisjoint(unit.files) or not files.isdisjoint(unit.shared):
        return True
    # Of a chart, every file counts, also those that hold no manifest.
    return unit.kind == "chart" and any(unit.path == "." or file.startswith(unit.path + "/") for file in files)
