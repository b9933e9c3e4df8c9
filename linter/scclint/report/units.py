"""`scclint units`: what is judged together, why, and what each unit takes from the others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from scclint.deploy.unit import Unit
from scclint.report.table import table_with_remarks
from scclint.report.text import Json, dump, visible_line
from scclint.text import and_more, counted

Named = tuple[Unit, Sequence[str]]
"""A unit and the names of its workloads."""

_HEADER = ("UNIT", "KIND", "FILES", "WORKLOADS", "NAMESPACE", "RENDERED")
_MOST_NAMES = 3
_MOST_FILES = 2
"""Files in front of the number of the others. A third one takes as much room as this number."""


def render_json(units: Iterable[Named], namespace: str) -> str:
    """Return the units as JSON, which schemas/units.json describes. `namespace` is the one that the command line sets."""
    entries = [_entry(unit, workloads, namespace) for unit, workloads in units]
    return dump({"version": 1, "units": entries}) + "\n"


def _entry(unit: Unit, workloads: Sequence[str], namespace: str) -> Json:
    return {
        "name": visible_line(unit.name),
        "kind": unit.kind,
        "path": visible_line(unit.path),
        "files": [visible_line(file) for file in unit.files],
        "namespace": visible_line(namespace or unit.namespace),
        "workloads": len(workloads),
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


def render_table(units: Sequence[Named], namespace: str, columns: int | None) -> str:
    """Return a table with a row for each unit, and below it the reason, and what the unit takes from where.

    `columns` is the width of the terminal, None if there is none.
    """
    if not units:
        return "No units found.\n"
    titles = {unit.name: unit.title for unit, _ in units}
    rows = [(_row(unit, workloads, namespace), _remarks(unit, workloads, titles)) for unit, workloads in units]
    return table_with_remarks(_HEADER, rows, columns) + "\n"


def _row(unit: Unit, workloads: Sequence[str], namespace: str) -> tuple[str, ...]:
    rendered = "no" if unit.unrendered else "-"
    if unit.rendered:
        rendered = "yes"
    name, namespace = visible_line(unit.title), visible_line(namespace or unit.namespace) or "-"
    return name, unit.kind, f"{len(unit.files):,}", f"{len(workloads):,}", namespace, rendered


def _remarks(unit: Unit, workloads: Sequence[str], titles: Mapping[str, str]) -> Iterator[str]:
    found = and_more(dict.fromkeys(workloads), _MOST_NAMES) if workloads else "no workload"
    yield f"found: {found}, in {and_more(unit.files, _MOST_FILES)}"
    yield f"reason: {unit.reason}"
    commands = unit.deployment.commands
    yield from (f"command: {command}" for command in commands[:_MOST_NAMES])
    if commands[_MOST_NAMES:]:
        yield f"and {counted(len(commands) - _MOST_NAMES, 'more command')}"
    if unit.unrendered:
        yield f"not rendered: {unit.unrendered}"
    if unit.left_out:
        yield f"judged without a part: {unit.left_out}"
    if unit.shared:
        yield f"judged together with {and_more(unit.shared, _MOST_FILES)}, which other units have as well"
    for giver, taken in groupby(sorted(unit.context, key=lambda entry: entry.unit), lambda entry: entry.unit):
        yield f"takes {and_more(map(str, taken), _MOST_NAMES)} from {titles.get(giver, giver)}"
