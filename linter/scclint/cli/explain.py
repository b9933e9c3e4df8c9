"""`scclint explain`."""

import os
import re
from argparse import Namespace
from collections.abc import Callable

from scclint.cli import cause, message
from scclint.cli.named_workloads import Named, named_with, names
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
from scclint.objects.types import Workload
from scclint.record import replace
from scclint.report import explain
from scclint.run.check import subject_of
from scclint.run.judge import OpenUnit, judge
from scclint.run.listed import LISTED
from scclint.run.options import RunOptions
from scclint.run.shared import Run
from scclint.suppress.consequences import NAME_OF_CAUSE


def run(args: Namespace) -> int:
    """Print why the named workloads get their verdicts, or what a pasted message means."""
    if hasattr(args, "message"):
        return message.run(args)
    if _is_name_of_cause(args.what):
        return cause.run(args)
    if not args.what:
        raise UsageError("say what to explain: FILE, FILE:LINE or KIND/NAME; the name of a cause; or an error: --message TEXT")
    meant, args.paths = named_with(args.what, args.paths)
    parts = parts_of_charts(args) if meant.path else None
    config, registry = settings(args)
    opened_run, found = view_units(args, config, registry, LISTED, RunOptions(changes=parts))
    statuses = [one.status for one in found]
    is_meant: Callable[[Workload], bool] = meant.is_meant
    if parts is None:
        opened = [one.open(opened_run) for one in found if any(map(meant.is_meant, one.value))]
    else:
        opened = [one.open(opened_run) for one in found]
        of_part = {id(workload) for unit in opened for workload in _of_part(unit, opened_run, meant)}

        def is_meant(workload: Workload) -> bool:
            return id(workload) in of_part

    if not any(is_meant(workload) for unit in opened for workload in unit.workloads):
        code = status_of_units(opened_run, statuses)
        if meant.path and code == USAGE:
            return code
        workloads = [workload for one in found for workload in one.value if parts is None and meant.is_there(workload)]
        there = f"There are: {names(workloads)}." if workloads else "There are no workloads in the input."
        raise UsageError(f"{args.what}: no such workload. {there}")
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


def _of_part(unit: OpenUnit, opened_run: Run, meant: Named) -> list[Workload]:
    """The workloads of a unit that a part of its chart is about: those with a finding at the line, or that the template makes.

    All workloads of the unit for values, where no line is named or no finding is at it.
    """
    path = os.path.normpath(meant.path)
    named = [workload for workload in unit.workloads if replace(meant, path="", line=0).is_meant(workload)]
    findings = judge(unit, opened_run).findings if meant.line else ()
    subjects = {
        (finding.subject.kind, finding.subject.name, finding.subject.part)
        for finding in findings
        for span in (finding.span, *(place.span for place in finding.related))
        if (os.path.normpath(span.file), span.line) == (path, meant.line)
    }
    if subjects:
        return [workload for workload in named if (workload.kind, workload.name, subject_of(workload).part) in subjects]
    made = [workload for workload in named if os.path.normpath(unit.edited(workload.place.span).file) == path]
    return made or named
