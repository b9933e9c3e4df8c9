"""Older releases of the same objects, which lie beside a newer one and which nothing deploys."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scclint.deploy.bundle import csv_name_of, superseded
from scclint.deploy.helm import DescribedChart
from scclint.deploy.unit import OLDER, Kind, Series, Unit, UnplacedObject
from scclint.record import replace

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
    older = frozenset() if unit.deployment.reason or unit.shown is not None else _older_files(split, unit, units)
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


def _older_files(split: "Split", unit: Unit, units: Sequence[Unit]) -> frozenset[str]:
    """The files of a unit that are older releases: a whole chart or bundle, or files with objects that newer releases have as well."""
    series = _series(split, units)
    if unit.kind == "bundle":
        package, version = _csv_of(split, unit)
        named = not split.outline.named.isdisjoint(unit.files) or not split.outline.inside(unit.path)
        return frozenset(unit.files) if not named and version < series.packages.get(package, ()) else frozenset()
    path = next((path for path in _releases(split, unit) if path in series.newer), "")
    newer = series.newer.get(path, ())
    if unit.kind == "chart":
        described = split.charts.at
        is_older = any(_is_older(described(unit.path), described(folder + unit.path[len(path) :])) for folder in newer)
        return frozenset(unit.files) if is_older else frozenset()
    # A release may be for another namespace than the one before it, and a later one may have other objects.
    known = frozenset[UnplacedObject]().union(*(series.objects.get(folder, ()) for folder in newer))
    objects = {file: _objects(split, file) for file in unit.files}
    of_kustomization = unit.needs_renderer
    older = {file for file, of in objects.items() if of <= known and (of or of_kustomization)}
    return frozenset(older) if any(objects[file] for file in older) else frozenset()


def _releases(split: "Split", unit: Unit) -> tuple[str, ...]:
    """The folders of a unit that may be those of a release."""
    # Each version of a chart has a folder, or a folder around that of the chart. A folder of releases has one for each version.
    released = re.match(_RELEASE, unit.path)
    by_kind = (unit.path, os.path.dirname(unit.path)) if unit.kind == "chart" else (unit.path,)
    return (*((released[0],) if released else ()), *(by_kind if unit.kind in _RELEASED else ()))


def _series(split: "Split", units: Sequence[Unit]) -> Series:
    """The releases of units that nothing deploys."""
    if split.series is None:
        free = [unit for unit in units if not unit.deployment.reason]
        newer = superseded(path for unit in free for path in _releases(split, unit) if split.outline.inside(path))
        folders = {folder for several in newer.values() for folder in several}
        objects: dict[str, set[UnplacedObject]] = {}
        packages: dict[str, tuple[int, ...]] = {}
        for unit in units if folders else ():
            for folder in folders.intersection(_around(unit.path)):
                objects.setdefault(folder, set()).update(*(_objects(split, file) for file in unit.files))
        for unit in (unit for unit in units if unit.kind == "bundle" and unit.shown is None):
            package, version = _csv_of(split, unit)
            packages[package] = max(version, packages.get(package, ()))
        split.series = Series(newer, objects, packages)
    return split.series


def _csv_of(split: "Split", unit: Unit) -> tuple[str, tuple[int, ...]]:
    """The package and the version of a bundle; empty if its ClusterServiceVersion does not say so."""
    names = (name for file in unit.files if all(name := csv_name_of(split, file)))
    return max(names, key=lambda name: name[1], default=("", ()))


def _is_older(chart: DescribedChart, other: DescribedChart) -> bool:
    """Whether another chart has the name of this one and a newer version."""
    version = _numbers(chart.version)
    return bool(chart.name and version) and chart.name == other.name and version < _numbers(other.version)


def _objects(split: "Split", file: str) -> frozenset[UnplacedObject]:
    """The objects of a file that decide what is a release of what, without their namespaces."""
    return frozenset((group, kind, name) for group, kind, _, name in split.outline.facts(file).identities)


def _around(path: str) -> Iterator[str]:
    """Yield a path and the folders around it."""
    while path:
        yield path
        path = os.path.dirname(path) if os.path.dirname(path) != path else ""


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version in front of its suffix; none of a text that is no version."""
    match = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})", version)
    return tuple(map(int, match[1].split("."))) if match else ()
