"""The proofs of an earlier run: what became of the fix of a finding, as long as nothing differs that the proof has read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scclint.engine.neighbours import Neighbours
from scclint.engine.stored_values import StoredValues
from scclint.engine.unit_keys import UnitKeys
from scclint.files.store import digest
from scclint.finding import Finding, Fix, TextEdit
from scclint.remedy.fixes import FixOutcome, SharedFiles
from scclint.units.render import installed
from scclint.units.unit import Unit


class FixCache:
    """The outcomes for one scope, by finding. `find` and `keep` raise nothing for what the disk holds or refuses.

    A proof judges the units that share a file with those of the finding. The key of an outcome has the keys of all of these, and
    so the releases and settings; what their rules asked about other units is asked again.
    """

    def __init__(self, values: StoredValues, keys: UnitKeys, shared: SharedFiles, neighbours: Neighbours) -> None:
        self._values = values
        self._keys = keys
        self._shared = shared
        self._neighbours = neighbours
        self._programs = installed()

    def find(self, finding: Finding) -> FixOutcome | None:
        """Return what became of the fix of a finding in an earlier run with the same input; None if there was none."""
        units = self._shared.concerned(finding)
        key = self._key(finding, units)
        try:
            asked, fix, why = self._values[key]
            if not all(self._neighbours.elsewhere(unit).same_answers(asked.get(unit.name, ())) for unit in units):
                return None
            outcome = FixOutcome(_fix(fix) if fix else None, str(why))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        self._values.take_over(key)
        return outcome

    def keep(self, finding: Finding, outcome: FixOutcome, asked: Mapping[str, Iterable[object]]) -> None:
        """Keep what became of the fix of a finding, and what its proof `asked` about other units, by unit."""
        units = self._shared.concerned(finding)
        if key := self._key(finding, units):
            own = {unit.name: list(asked.get(unit.name, ())) for unit in units}
            self._values[key] = [own, outcome.fix, outcome.why]

    def save(self) -> None:
        """Write what is to be kept, if anything is new."""
        self._values.save()

    def _key(self, finding: Finding, units: Sequence[Unit]) -> str:
        """Return the key of everything that a proof depends on; empty if that is not known."""
        keys = [self._keys.of(unit) for unit in units]
        return digest(repr((finding, keys, self._programs))) if keys and all(keys) else ""


def _fix(fields: Any) -> Fix:
    title, effect, safety, edits = fields
    if safety not in ("safe", "unsafe", "advice"):
        raise ValueError(safety)
    return Fix(str(title), str(effect), safety, tuple(TextEdit(str(f), int(a), int(b), str(t)) for f, a, b, t in edits))
