"""`scclint suggest`."""

from argparse import Namespace

from scclint.console.arguments import parts_of_charts, settings_of_one_cluster, view_units, write_formats
from scclint.console.status import USAGE, status_of_units
from scclint.report.suggest import render_json, render_yaml
from scclint.run.listed import LISTED
from scclint.run.options import RunOptions
from scclint.workloads import AskedWorkloads, suggested


def run(args: Namespace) -> int:
    """Print the least SCC for a workload or a service account, with what grants it."""
    asked = AskedWorkloads.of(args.what, args.paths)
    args.paths = asked.paths
    parts = parts_of_charts(args)
    config, registry = settings_of_one_cluster(args)
    opened_run, found = view_units(args, config, registry, LISTED, RunOptions(changes=parts))
    statuses = [one.status for one in found]
    if not any(asked.numbers(one, opened_run) for one in found):
        code = status_of_units(opened_run, statuses)
        if asked.meant.path and code == USAGE:
            return code
    suggestion = suggested(asked, found, opened_run)

    def render(form: str, output: str | None) -> str:
        return render_json(suggestion) if form == "json" else render_yaml(suggestion)

    write_formats(args, render, "yaml")
    return status_of_units(opened_run, statuses)
