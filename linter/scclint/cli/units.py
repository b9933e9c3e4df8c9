"""`scclint units`."""

from argparse import Namespace

from scclint.cli.output import open_units, settings, terminal_columns, write_formats
from scclint.cli.status import status_of_units
from scclint.report import units
from scclint.run.lint import units_with_context


def run(args: Namespace) -> int:
    """List every unit, what it is made of, and why it is one."""
    config, registry = settings(args)
    opened_run, opened = open_units(args, config, registry)
    workloads = [[workload.named for workload in unit.workloads] for unit in opened]
    units_and_workloads = list(zip(units_with_context(opened_run), workloads, strict=True))

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return units.render_json(units_and_workloads, config.namespace)
        return units.render_table(units_and_workloads, config.namespace, None if output else terminal_columns())

    write_formats(args, render, "table")
    return status_of_units(opened_run, opened)
