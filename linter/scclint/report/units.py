"""`scclint units`: what is judged together, why, and what each unit takes from the others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from scclint.deploy.unit import Placed, Unit
from scclint.record import grouped, record
from scclint.report.table import table_with_remarks
from scclint.report.text import Json, dump, visible_line
from scclint.text import and_more, counted


@record
class ListedUnit:
    """A unit with the names of its workloads, and where these are: each namespace once, with the reason."""

    unit: Unit
    workloads: Sequence[str]
    placed: Sequence[Placed]

    @property
    def namespace(self) -> str:
        """The namespaces of the workloads, or the one of objects that name none; empty if none is known."""
        return ", ".join(dict.fromkeys(filter(None, (place.namespace for place in self.placed)))) or self.unit.namespace


_HEADER = ("UNIT", "KIND", "FILES", "WORKLOADS", "NAMESPACE", "RENDERED")
_MOST_NAMES = 3
_MOST_FILES = 2
"""Files in front of the number of the others. A third one takes as much room as this number."""


def render_json(units: Iterable[ListedUnit]) -> str:
    """Return the units as JSON, which schemas/units.json describes."""
    entries = [_entry(listed) for listed in units]
    return dump({"version": 1, "units": entries}) + "\n"


def _entry(listed: ListedUnit) -> Json:
    unit = listed.unit
    return {
        "name": visible_line(unit.name),
        "kind": unit.kind,
        "path": visible_line(unit.path),
        "files": [visible_line(file) for file in unit.files],
        "namespace": visible_line(unit.namespace),
        "placed": [{"namespace": visible_line(one.namespace), "why": visible_line(one.why)} for one in _places(listed)],
        "appliedBy": visible_line(unit.applied_by),
        "workloads": len(listed.workloads),
        "rendered": unit.rendered,
        "unrendered": visible_line(unit.unrendered),
        "leftOut": visible_line(unit.left_out),
        "reason": visible_line(unit.reason),
        "commands": [visible_line(command) for command in unit.deployment.commands],
        "shared": [visible_line(file) for file in unit.shared],
        "context": [
            {
                "unit": visible_line(taken.unit),
                "kind": visible_line(taken.kind),
                "namespace": visible_line(taken.namespace),
                "name": visible_line(taken.name),
            }
            for taken in unit.context
        ],
    }


def _places(listed: ListedUnit) -> Sequence[Placed]:
    """The namespaces of the workloads; of a unit without any the one of objects that name none."""
    return listed.placed or ([listed.unit.placed] if listed.unit.namespace else [])


def render_table(units: Sequence[ListedUnit], columns: int | None) -> str:
    """Return a table with a row for each unit, and below it the reason, and what the unit takes from where.

    `columns` is the width of the terminal, None if there is none.
    """
    if not units:
        return "No units found.\n"
    titles = {listed.unit.name: listed.unit.title for listed in units}
    rows = [(_row(listed), _remarks(listed, titles)) for listed in units]
    return table_with_remarks(_HEADER, rows, columns) + "\n"


def _row(listed: ListedUnit) -> tuple[str, ...]:
    unit = listed.unit
    unrendered = "no" if unit.unrendered else "-"
    name, namespace = visible_line(unit.title), visible_line(listed.namespace) or "-"
    if "," in namespace:
        namespace = counted(namespace.count(",") + 1, "namespace")
    numbers = f"{len(unit.files):,}", f"{len(listed.workloads):,}"
    return name, unit.kind, *numbers, namespace, "yes" if unit.rendered else unrendered


def _remarks(listed: ListedUnit, titles: Mapping[str, str]) -> Iterator[str]:
    unit, commands = listed.unit, listed.unit.deployment.commands
    if listed.workloads:
        yield f"workloads: {and_more(dict.fromkeys(listed.workloads), _MOST_NAMES)}"
    yield f"files: {and_more(unit.files, _MOST_FILES)}"
    for why, namespaces in grouped((one.why, one.namespace) for one in _places(listed)).items():
        known = f"{and_more(namespaces, _MOST_NAMES)}, because {why}" if why else "not known (nothing in the input says it)"
        yield f"namespace: {known}"
    # Who deploys it is why it is a unit.
    if unit.reason != unit.deployment.reason:
        yield f"unit: {unit.reason}"
    for command in commands[:_MOST_NAMES] or [unit.applied_by]:
        yield f"applied by: {command}"
    if commands[_MOST_NAMES:]:
        yield f"and {counted(len(commands) - _MOST_NAMES, 'more command')}"
    if unit.unrendered:
        yield f"not rendered: {unit.unrendered}"
    if unit.left_out:
        yield f"judged without a part: {unit.left_out}"
    if unit.shared:
        yield f"judged together with {and_more(unit.shared, _MOST_FILES)}, which other units have as well"
    for giver, taken in groupby(sorted(unit.context, key=lambda entry: entry.unit), lambda entry: entry.unit):
        yield f"takes from {titles.get(giver, giver)}: {and_more(map(str, taken), _MOST_NAMES)}"
