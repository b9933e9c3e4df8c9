"""`scclint units`."""

from argparse import Namespace

from scclint.console.arguments import settings, terminal_columns, view_units, write_formats
from scclint.console.status import status_of_units
from scclint.linting import units_with_context
from scclint.report import units
from scclint.report.units import ListedUnit
from scclint.run.listed import LISTED


def run(args: Namespace) -> int:
    """List every unit, what it is made of, and why it is one."""
    config, registry = settings(args)
    opened_run, found = view_units(args, config, registry, LISTED)
    listed = [
        ListedUnit(unit, [w.named for w in one.value], tuple(dict.fromkeys(w.placed for w in one.value)))
        for unit, one in zip(units_with_context(opened_run), found, strict=True)
    ]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return units.render_json(listed)
        return units.render_table(listed, None if output else terminal_columns())

    write_formats(args, render, "table")
    return status_of_units(opened_run, (one.status for one in found))
