"""`scclint explain`."""

from argparse import Namespace

from scclint.cli.named_workloads import named_with, names
from scclint.cli.output import color_wanted, judged_workloads, open_units, settings, terminal_columns, write_formats
from scclint.cli.status import BUG, USAGE, status_of_units
from scclint.errors import UsageError
from scclint.report import explain


def run(args: Namespace) -> int:
    """Print why the named workloads get their verdicts, or what a pasted message means."""
    if hasattr(args, "message"):
        from scclint.cli import message

        return message.run(args)
    if not args.what:
        raise UsageError("say which workload to explain: FILE, FILE:LINE or KIND/NAME; or which error: --message TEXT")
    meant, args.paths = named_with(args.what, args.paths)
    config, registry = settings(args)
    opened_run, opened = open_units(args, config, registry)
    workloads = [workload for unit in opened for workload in unit.workloads if meant.is_there(workload)]
    if not any(map(meant.is_meant, workloads)):
        code = status_of_units(opened_run, opened)
        if meant.path and code == USAGE:
            return code
        there = f"There are: {names(workloads)}." if workloads else "There are no workloads in the input."
        raise UsageError(f"{args.what}: no such workload. {there}")
    chosen, broke = judged_workloads(opened, meant.is_meant, explained=True)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return explain.render_json(chosen)
        return explain.render_text(chosen, color_wanted(args, output), None if output else terminal_columns())

    write_formats(args, render, paged=True)
    return BUG if broke else status_of_units(opened_run, opened)
