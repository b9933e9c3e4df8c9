"""Older releases of the same objects, which lie beside a newer one and which nothing deploys."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.deploy.bundle import csv_name_of, superseded
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.unit import OLDER, Kind, Unit
from scclint.load import data_of_file
from scclint.record import replace
from scclint.yaml.untyped import as_text, value_at

if TYPE_CHECKING:
    from scclint.deploy.split import Split

_RELEASED: tuple[Kind, ...] = ("bundle", "chart", "operator", "plain")
"""The kinds of units of which a repository may keep the earlier releases. Kustomizations are for clusters of several versions."""

_RELEASE = r"(?:.*/)?(?:releases?|versions?)/v?\d[^/]*"
"""The folder of one release."""


def without_older(split: "Split", unit: Unit, units: Sequence[Unit]) -> Iterator[Unit]:
    """Yield the unit, marked if it is an older release that nothing deploys, or the part of it of which this is true and the rest.

    An older chart, kustomization or bundle is no unit, because a program would have to render each: it is among `older`.
    """
    newer = "" if unit.deployment.reason or unit.shown is not None else _newer(split, unit, units)
    older = _older_files(split, unit, newer, units) if newer else frozenset()
    rest = tuple(file for file in unit.files if file not in older)
    if not older or (rest and unit.needs_renderer):
        yield unit
    elif unit.needs_renderer or unit.kind == "bundle":
        split.older.append(unit)
    else:
        files = tuple(sorted(older))
        if rest:
            yield replace(unit, files=rest, shared=(*unit.shared, *files))
        name = f"{unit.name}#older" if rest else unit.name
        yield replace(unit, name=name, files=files, shown=OLDER, gives=False)


def _older_files(split: "Split", unit: Unit, newer: str, units: Sequence[Unit]) -> frozenset[str]:
    """The files of a unit that are older releases of what is at a path: a whole chart or bundle, or files with the same objects."""
    if unit.kind in ("chart", "bundle"):
        return frozenset(unit.files) if _is_older(split, unit, newer) else frozenset()
    facts = split.outline.facts
    known = {
        identity for other in units if _is_at(other.path, newer) for file in other.files for identity in facts(file).identities
    }
    if not any(facts(file).identities for file in unit.files):
        return frozenset()
    of_kustomization = unit.needs_renderer
    older = {file for file in unit.files if facts(file).identities <= known and (facts(file).identities or of_kustomization)}
    return frozenset(older) if any(facts(file).identities for file in older) else frozenset()


def _newer(split: "Split", unit: Unit, units: Sequence[Unit]) -> str:
    """The folder of the newest release beside that of a unit, in which the newer unit is; empty if there is none."""
    around = _releases(split, unit)
    newest = _superseded(split, units)
    return next((newest[path] + unit.path[len(path) :] for path in around if path in newest), "")


def _releases(split: "Split", unit: Unit) -> tuple[str, ...]:
    """The folders of a unit that may be those of a release."""
    # Each version of a chart has a folder, or a folder around that of the chart. A folder of releases has one for each version.
    released = re.match(_RELEASE, unit.path)
    by_kind = (unit.path, os.path.dirname(unit.path)) if unit.kind == "chart" else (unit.path,)
    return (*((released[0],) if released else ()), *(by_kind if unit.kind in _RELEASED else ()))


def _superseded(split: "Split", units: Sequence[Unit]) -> Mapping[str, str]:
    """The newest release beside each older one, among the folders of units that nothing deploys."""
    if split.newest is None:
        free = (unit for unit in units if not unit.deployment.reason)
        split.newest = superseded(path for unit in free for path in _releases(split, unit) if split.outline.inside(path))
    return split.newest


def _is_older(split: "Split", unit: Unit, newer: str) -> bool:
    """Whether the chart or bundle at a path has the name of that of a unit, and a newer version."""
    if unit.kind == "chart":
        old, new = (data_of_file(os.path.join(folder, CHART_FILE)) for folder in (unit.path, newer))
        fields = [(as_text(value_at(data, ("name",))), _numbers(as_text(value_at(data, ("version",))))) for data in (old, new)]
    else:
        files = [unit.files, [file for file in split.outline.files if _is_at(file, newer)]]
        fields = [max(filter(None, (csv_name_of(split, file) for file in some)), default=("", ())) for some in files]
    (old_name, old_version), (new_name, new_version) = fields
    return bool(old_name and old_version) and old_name == new_name and old_version < new_version


def _is_at(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it, both as displayed."""
    return path == folder or path.startswith(f"{folder}/")


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version in front of its suffix; none of a text that is no version."""
    match = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})", version)
    return tuple(map(int, match[1].split("."))) if match else ()
