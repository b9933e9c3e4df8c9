"""`scclint review`."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from scclint.cli.inputs import color_wanted, open_units, settings, terminal_columns
from scclint.cli.main import BUG, NOTHING, OK, USAGE
from scclint.engine.run import Run
from scclint.errors import UsageError
from scclint.judge import JudgedWorkload, OpenUnit
from scclint.judge.notices import gaps_of_dump
from scclint.judge.session import DEFAULTS, RunOptions
from scclint.model.workload import Workload
from scclint.outcome.world import World
from scclint.report import review
from scclint.report.output import say, write
from scclint.report.review_text import render_text
from scclint.report.sanitize import visible_line
from scclint.report.summary import crash_label, notice_line, place
from scclint.source import Span


def run(args: Namespace) -> int:
    """List every workload with its verdict."""
    config, registry = settings(args)
    only, columns = getattr(args, "only", ""), getattr(args, "columns", ())
    options = DEFAULTS
    if only == "changed":
        from scclint.files.changes import find_changes

        options = RunOptions(changes=find_changes([]))
    asked, opened = open_units(args, config, registry, options, dump=True)
    judged, broke = judged_workloads(opened, lambda world, workload: world.outcome(workload))
    judged = [
        one for one in judged if any(review.is_wanted(world.outcome(one.workload), only) for world in one.worlds.values())
    ]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return review.render_json(judged, columns)
        if form in ("csv", "markdown", "html"):
            from scclint.report import review_table as tables

            makes = {"csv": tables.render_csv, "markdown": tables.render_markdown, "html": tables.render_html}
            return makes[form](judged, columns)
        return render_text(judged, color_wanted(args, output), None if output else terminal_columns(), columns)

    write_formats(args, render)
    return BUG if broke else status(asked, opened)


def judged_workloads(
    opened: Iterable[OpenUnit],
    ask: Callable[[World, Workload], object],
    chosen: Callable[[Workload], bool] = lambda workload: True,
) -> tuple[list[JudgedWorkload], bool]:
    """Return the `chosen` workloads of all units that can be judged, and whether a bug prevented one of them, which is reported."""
    good, broke = [], False
    for one in (one for unit in opened for one in unit.judged if chosen(one.workload)):
        try:
            for world in one.worlds.values():
                ask(world, one.workload)
        except Exception as error:
            broke = True
            what = visible_line(f"{one.workload.file}: {one.workload.named}: {type(error).__name__}: {error}")
            say(f"internal error: {what}; this is a bug of scclint")
        else:
            good.append(one)
    return good, broke


def write_formats(
    args: Namespace, render: Callable[[str, str | None], str], default: str = "text", *, paged: bool = False
) -> None:
    """Write each requested format to its output, files first; `-` and none are standard output.

    `paged` shows the default format in a pager if standard output is a terminal.
    """
    outputs = [None if output == "-" else output for output in getattr(args, "output", [])]
    pairs = zip_longest(getattr(args, "format", [default]), outputs)
    # The reader of standard output may have gone away.
    for form, output in sorted(pairs, key=lambda pair: pair[1] is None):
        if form is None:
            raise UsageError(f"--output {output} has no --format of its own")
        text = render(form, output)
        if paged and form == default and output is None:
            from scclint.cli.pager import show

            show(text, color=color_wanted(args, output))
        else:
            write(text, output)


def status(run: Run, units: Sequence[OpenUnit]) -> int:
    """Tell on standard error what could not be read, and give the exit status that goes with it."""
    crashes = dict.fromkeys(crash for unit in units for crash in unit.inputs.crashes)
    lacking = gaps_of_dump((world, unit.ours) for unit in units for world in unit.worlds.values())
    notices = dict.fromkeys([*run.notices, *(notice for unit in units for notice in unit.inputs.notices), *lacking])
    for crash in crashes:
        say(f"internal error: {crash_label(crash)}: {visible_line(crash.error)}; this is a bug of scclint")
    for notice in notices:
        say(notice_line(notice))
    broken = any(notice.level == "error" for notice in notices)
    errors = dict.fromkeys(
        (document.file, document.error)
        for unit in units
        for document in unit.inputs.targets
        if document.status == "unparsable" and document.error is not None
    )
    for file, error in errors:
        where = place(Span(file, error.line, error.column, 0, 0))
        say(f"{where}: error: this document cannot be read: {visible_line(error.message)}")
        broken = True
    return BUG if crashes else USAGE if broken else NOTHING if all(unit.inputs.nothing for unit in units) else OK
