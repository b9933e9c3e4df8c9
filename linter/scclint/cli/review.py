"""`scclint review`."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest

from scclint.cli.inputs import color_wanted, read_inputs, settings, terminal_columns
from scclint.cli.main import BUG, NOTHING, OK, USAGE
from scclint.engine.inputs import Inputs
from scclint.engine.objects import model_objects
from scclint.engine.worlds import make_worlds
from scclint.errors import UsageError
from scclint.model.object import ApiObject
from scclint.model.workload import Workload
from scclint.report import review
from scclint.report.output import say, write
from scclint.report.review_text import render_text
from scclint.report.sanitize import visible_line
from scclint.report.summary import crash_label, notice_line, place
from scclint.source import Span
from scclint.world import World


def run(args: Namespace) -> int:
    """Load and model as `check` does, then list every workload of the targets with its verdict."""
    config, _ = settings(args)
    inputs = read_inputs(args, config)
    objects = model_objects(inputs, config)
    worlds = make_worlds(objects, config)
    workloads, broke = judged(worlds, target_workloads(inputs, objects), lambda world, workload: world.outcome(workload))

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return review.render_json(worlds, workloads)
        return render_text(worlds, workloads, color_wanted(args, output), None if output else terminal_columns())

    whole = write_formats(args, render)
    return BUG if broke else max(status(inputs), OK if whole else USAGE)


def judged(
    worlds: Mapping[str, World], workloads: Iterable[Workload], ask: Callable[[World, Workload], object]
) -> tuple[list[Workload], bool]:
    """The workloads of which the worlds can tell what is asked, and whether a bug kept one from it, which is told."""
    good, broke = [], False
    for workload in workloads:
        try:
            for world in worlds.values():
                ask(world, workload)
        except Exception as error:
            broke = True
            what = visible_line(f"{workload.file}: {workload.named}: {type(error).__name__}: {error}")
            say(f"internal error: {what}; this is a bug of scclint")
        else:
            good.append(workload)
    return good, broke


def write_formats(args: Namespace, render: Callable[[str, str | None], str]) -> bool:
    """Write each format asked for to its output, of which `-` and none are standard output. False if its reader went away."""
    outputs = [None if output == "-" else output for output in getattr(args, "output", [])]
    whole = True
    for form, output in zip_longest(getattr(args, "format", ["text"]), outputs):
        if form is None:
            raise UsageError(f"--output {output} has no --format of its own")
        whole = write(render(form, output), output) and whole
    return whole


def target_workloads(inputs: Inputs, objects: list[ApiObject]) -> list[Workload]:
    """The workloads of the documents to report on, in the order of the input."""
    targets = {id(document) for document in inputs.targets}
    return [o for o in objects if isinstance(o, Workload) and id(o.document) in targets]


def status(inputs: Inputs) -> int:
    """Tell on standard error what could not be read, and give the exit status that goes with it."""
    broken = False
    for crash in inputs.crashes:
        say(f"internal error: {crash_label(crash)}: {visible_line(crash.error)}; this is a bug of scclint")
    for notice in inputs.notices:
        say(notice_line(notice))
        broken = broken or notice.level == "error"
    for document in inputs.targets:
        if document.status == "unparsable" and document.error is not None:
            error = document.error
            where = place(Span(document.file, error.line, error.column, 0, 0))
            say(f"{where}: error: this document cannot be read: {visible_line(error.message)}")
            broken = True
    return BUG if inputs.crashes else USAGE if broken else NOTHING if inputs.nothing else OK
