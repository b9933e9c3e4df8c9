"""`scclint units`."""

from argparse import Namespace

from scclint.console.arguments import open_units, settings, terminal_columns, write_formats
from scclint.console.status import status_of_units
from scclint.deploy.placed import placed_in
from scclint.library import units_with_context
from scclint.report import units
from scclint.report.units import ListedUnit


def run(args: Namespace) -> int:
    """List every unit, what it is made of, and why it is one."""
    config, registry = settings(args)
    opened_run, opened = open_units(args, config, registry)
    listed = [
        ListedUnit(unit, [w.named for w in one.workloads], tuple(dict.fromkeys(placed_in(w, unit) for w in one.workloads)))
        for unit, one in zip(units_with_context(opened_run), opened, strict=True)
    ]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return units.render_json(listed)
        return units.render_table(listed, None if output else terminal_columns())

    write_formats(args, render, "table")
    return status_of_units(opened_run, opened)
