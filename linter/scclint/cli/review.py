"""`scclint review`."""

from argparse import Namespace

from scclint.console.arguments import color_wanted, judged_workloads, open_units, settings, terminal_columns, write_formats
from scclint.console.status import BUG, status_of_units
from scclint.files.revision import find_changes
from scclint.report import review
from scclint.report.review_text import render_text
from scclint.run.options import DEFAULTS, RunOptions
from scclint.run.views import input_status


def run(args: Namespace) -> int:
    """List every workload with its verdict."""
    config, registry = settings(args)
    only, columns = getattr(args, "only", ""), getattr(args, "columns", ())
    options = DEFAULTS
    if only == "changed":
        options = RunOptions(changes=find_changes([]))
    opened_run, opened = open_units(args, config, registry, options)
    judged, broke = judged_workloads(opened)
    wanted = {
        (unit.unit.name, id(row.outcome.workload))
        for unit, _, row in judged
        if {"refused": row.result == "rejected", "unconfined": row.unconfined > 0}.get(only, True)
    }
    rows = [row for unit, _, row in judged if (unit.unit.name, id(row.outcome.workload)) in wanted]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return review.render_json(rows, columns)
        if form in ("csv", "markdown", "html"):
            from scclint.report import review_table as tables

            makes = {"csv": tables.render_csv, "markdown": tables.render_markdown, "html": tables.render_html}
            return makes[form](rows, columns)
        return render_text(rows, color_wanted(args, output), None if output else terminal_columns(), columns)

    write_formats(args, render)
    return BUG if broke else status_of_units(opened_run, map(input_status, opened))
