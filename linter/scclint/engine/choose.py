"""Which units of a run are judged, where not all are."""

from collections.abc import Iterable, Sequence

from scclint.files.globs import path_filter
from scclint.units.unit import PLAIN, Unit


def named(units: Iterable[Unit], globs: Sequence[str]) -> list[Unit]:
    """Return the units whose names the globs match. `charts/web` matches all views of that chart, and `.` only the plain unit."""
    matches = path_filter([_as_path(glob) for glob in globs if glob != PLAIN])
    return [unit for unit in units if (unit.name in globs if unit.name == PLAIN else matches(_as_path(unit.name)))]


def _as_path(name: str) -> str:
    return name.replace("#", "/")
