"""`scclint explain`."""

import os
import re
from argparse import Namespace

from scclint.cli import cause, message
from scclint.console.arguments import (
    color_wanted,
    judged_workloads,
    parts_of_charts,
    settings,
    terminal_columns,
    view_units,
    write_formats,
)
from scclint.console.status import BUG, USAGE, status_of_units
from scclint.errors import UsageError
from scclint.facts.keys import NAME_OF_CAUSE
from scclint.report import explain
from scclint.run.listed import LISTED
from scclint.run.named_workloads import named_with
from scclint.run.options import RunOptions
from scclint.workloads import meant_units, no_such_workload


def run(args: Namespace) -> int:
    """Print why the named workloads get their verdicts, or what a pasted message means."""
    if hasattr(args, "message"):
        return message.run(args)
    if _is_name_of_cause(args.what):
        return cause.run(args)
    if not args.what:
        raise UsageError("say what to explain: FILE, FILE:LINE or KIND/NAME; the name of a cause; or an error: --message TEXT")
    meant, args.paths = named_with(args.what, args.paths)
    parts = parts_of_charts(args)
    config, registry = settings(args)
    opened_run, found = view_units(args, config, registry, LISTED, RunOptions(changes=parts))
    statuses = [one.status for one in found]
    opened, is_meant = meant_units(meant, found, opened_run)
    if not any(is_meant(workload) for unit in opened for workload in unit.workloads):
        code = status_of_units(opened_run, statuses)
        if meant.path and code == USAGE:
            return code
        raise no_such_workload(args.what, meant, found, opened_run)
    chosen, broke = judged_workloads(opened, is_meant, explained=True)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return explain.render_json(chosen)
        return explain.render_text(chosen, color_wanted(args, output), None if output else terminal_columns())

    write_formats(args, render, paged=True)
    return BUG if broke else status_of_units(opened_run, statuses)


def _is_name_of_cause(what: str) -> bool:
    """Whether a text has the form of the name of a cause, and is no path."""
    return re.fullmatch(NAME_OF_CAUSE, what) is not None and not os.path.exists(what)
