"""`scclint review`."""

from argparse import Namespace

from scclint.console.arguments import color_wanted, settings, terminal_columns, view_units, write_formats
from scclint.console.status import status_of_units
from scclint.files.revision import find_changes
from scclint.outcome.rows import WorkloadRow
from scclint.report import review
from scclint.report.review_text import render_text
from scclint.run.options import DEFAULTS, RunOptions
from scclint.run.reviewed import REVIEWED


def run(args: Namespace) -> int:
    """List every workload with its verdict."""
    config, registry = settings(args)
    only, columns = getattr(args, "only", ""), getattr(args, "columns", ())
    options = DEFAULTS
    if only == "changed":
        options = RunOptions(changes=find_changes([]))
    opened_run, found = view_units(args, config, registry, REVIEWED, options)

    def is_wanted(row: WorkloadRow) -> bool:
        return {"refused": row.result == "rejected", "unconfined": row.unconfined > 0}.get(only, True)

    rows = [row for one in found for releases in one.value if any(map(is_wanted, releases)) for row in releases]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return review.render_json(rows, columns)
        if form in ("csv", "markdown", "html"):
            from scclint.report import review_table as tables

            makes = {"csv": tables.render_csv, "markdown": tables.render_markdown, "html": tables.render_html}
            return makes[form](rows, columns)
        return render_text(rows, color_wanted(args, output), None if output else terminal_columns(), columns)

    write_formats(args, render)
    return status_of_units(opened_run, (one.status for one in found))
