"""The parts of an earlier run: a part depends only on what its unit is made of, and need not be worked out twice."""

from collections.abc import Callable, Iterator, Sequence

from scclint.engine.neighbours import Neighbours
from scclint.engine.part_json import fields_of, part_of
from scclint.engine.stored_values import StoredValues
from scclint.engine.unit_keys import UnitKeys
from scclint.judge.part import Part
from scclint.units.elsewhere import Asked
from scclint.units.unit import Unit

Judge = Callable[[Sequence[Unit]], Iterator[tuple[Part, Asked | None]]]
"""Yields the part of each unit, and what it asked about other units. Without answers, a part says that its unit was not judged."""


class PartCache:
    """The parts for one scope. Nothing here raises for what the disk holds or refuses."""

    def __init__(self, values: StoredValues, keys: UnitKeys, neighbours: Neighbours) -> None:
        self._values = values
        self._keys = keys
        self._neighbours = neighbours

    def parts(self, units: Sequence[Unit], judge: Judge) -> list[Part]:
        """Return the parts of units, those of an earlier run where it had the same unit, and keep the others."""
        known = {unit.name: part for unit in units if (part := self._find(unit))}
        judged = judge([unit for unit in units if unit.name not in known])
        parts = [known.get(unit.name) or self._kept(unit, *next(judged)) for unit in units]
        self._values.save()
        return parts

    def _find(self, unit: Unit) -> Part | None:
        key = self._keys.of(unit)
        try:
            known_key, asked, fields = self._values[unit.name]
            if not key or known_key != key or not self._neighbours.elsewhere(unit).same_answers(asked):
                return None
            part = part_of(unit.name, fields)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # No run of ours wrote that.
            return None
        self._values.take_over(unit.name)
        return part

    def _kept(self, unit: Unit, part: Part, asked: Asked | None) -> Part:
        """Return the part, and keep it if it depends on nothing that cannot be looked at again."""
        key = self._keys.of(unit)
        if key and asked is not None and not part.crashes:
            self._values[unit.name] = [key, list(asked.items()), fields_of(part)]
        return part
