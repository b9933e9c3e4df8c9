"""`scclint units`."""

from argparse import Namespace

from scclint.cli.inputs import open_run, settings
from scclint.cli.main import OK, USAGE
from scclint.cli.review import status, write_formats
from scclint.report import units


def run(args: Namespace) -> int:
    """List every unit, what it is made of, and why it is one."""
    config, registry = settings(args)
    asked = open_run(args, config, registry)
    opened = list(asked.open_units())
    workloads = [len(one.workloads) for one in opened]
    found = list(zip(asked.units_with_context(), workloads, strict=True))

    def render(form: str, output: str | None) -> str:
        return units.render_json(found, config.namespace) if form == "json" else units.render_table(found, config.namespace)

    whole = write_formats(args, render, "table")
    return max(status(asked, opened), OK if whole else USAGE)
