"""`scclint review`."""

import sys
from argparse import Namespace

from scclint.cli.inputs import color_wanted, read_inputs, settings
from scclint.cli.main import NOTHING, OK, USAGE
from scclint.engine.inputs import Inputs, model_objects
from scclint.engine.worlds import make_worlds
from scclint.model.objects import ApiObject, Workload
from scclint.report import review
from scclint.report.output import write
from scclint.report.summary import place
from scclint.source import Span


def run(args: Namespace) -> int:
    """Load and model as `check` does, then list every workload of the targets with its verdict."""
    config, _ = settings(args)
    inputs = read_inputs(args, config)
    objects = model_objects(inputs.documents)
    worlds = make_worlds(objects, config)
    workloads = target_workloads(inputs, objects)
    for index, name in enumerate(getattr(args, "format", ["text"])):
        output = getattr(args, "output", [])[index : index + 1]
        target = output[0] if output else None
        if name == "json":
            text = review.render_json(worlds, workloads)
        else:
            text = review.render_text(worlds, workloads, color_wanted(args, target))
        write(text, target)
    return status(inputs)


def target_workloads(inputs: Inputs, objects: list[ApiObject]) -> list[Workload]:
    """The workloads of the documents to report on, in the order of the input."""
    targets = {id(document) for document in inputs.targets}
    return [o for o in objects if isinstance(o, Workload) and id(o.document) in targets]


def status(inputs: Inputs) -> int:
    """Tell on standard error what could not be read, and give the exit status that goes with it."""
    broken = False
    for notice in inputs.notices:
        print(f"{place(Span(notice.file, notice.line, 0, 0, 0))}: {notice.level}: {notice.message}", file=sys.stderr)
        broken = broken or notice.level == "error"
    for document in inputs.targets:
        if document.status == "unparsable" and document.error is not None:
            error = document.error
            where = place(Span(document.file, error.line, error.column, 0, 0))
            print(f"{where}: error: this document cannot be read: {error.message}", file=sys.stderr)
            broken = True
    return USAGE if broken else NOTHING if inputs.nothing else OK
