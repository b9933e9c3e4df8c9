"""`scclint check`."""

import os
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.config.selection import selects_advice
from scclint.console.arguments import cache_scope, color_wanted, open_run, parts_of_charts, settings, sources, terminal_columns
from scclint.console.progress import progress
from scclint.console.status import NOTHING, OK, USAGE, is_partial, of_review, status_of_check
from scclint.errors import LoadError, UsageError
from scclint.record import record, replace
from scclint.registry import Registry
from scclint.report import Options, render
from scclint.report.output import say, write
from scclint.report.text import diagnostics, folded, visible_line
from scclint.run.options import RunOptions, no_lap
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.run.shared import Run
from scclint.text import counted

if TYPE_CHECKING:
    from scclint.files.revision import Changes, Revision
    from scclint.run.timings import Timings

FOR_PEOPLE = ("full", "concise")
"""Formats that print nothing with --quiet if there are no findings."""

WITH_VERDICTS = ("markdown", "html")
"""Formats that show the verdict of every workload."""

WITH_FIXES = ("sarif", "html")
"""Formats that show fixes wherever they are written to."""

_FORMATS_OF = {".json": "json", ".sarif": "sarif", ".html": "html", ".md": "markdown"}
"""Names of files that people do not mean to hold a text, by their ends, and the format that they mean."""

SHOW_FIXES = ("full", "json", "markdown", *WITH_FIXES)
"""Formats that have room for fixes."""


def run(args: Namespace) -> int:
    """Load, model, check, report. The status is that of the table in the help."""
    try:
        if getattr(args, "show_files", False):
            return _show_files(args, settings(args)[0])
        request = _request(args)
        if getattr(args, "fix", False):
            from scclint.cli.fix import fix, write_all

            write_all(fix(args, request.config, request.registry, unsafe=False))
        report, fixed = _reports(request, args)
    except Exception as error:
        from scclint.cli.failure import write_failure

        write_failure(args, error)
        raise
    _print(report, fixed, request, args)
    nothing = bool(report.judged_nothing or report.unjudged) and request.changes is None
    counts = request.config.fail_on != "never"
    partly = is_partial(report, request.config.render)
    fail_on = request.config.fail_on if request.revision is None else of_review(request.config.fail_on)
    status = status_of_check(report, fail_on, nothing or (counts and partly), counts)
    if status == NOTHING and nothing:
        what = "no manifest found" if report.nothing else "nothing judged"
        places = ["standard input" if path == "-" else visible_line(path) for path in report.unjudged or args.paths]
        say(f"scclint: {what} in {', '.join(places)}")
    elif status == NOTHING:
        raw = sum(bool(unit.unrendered) for unit in report.units)
        why = (
            f"{counted(raw, 'unit')} judged unrendered"
            if raw
            else f"{counted(report.tally.unparsable, 'document')} not readable"
        )
        say(f"scclint: exit status {NOTHING}: {why}")
    return status


@record
class _Request:
    """What the command line asks for, checked before the run so that a mistake in it is reported first.

    `timings` is None without --timings.
    """

    config: Config
    registry: Registry
    outputs: Sequence[tuple[str, str | None]]
    changes: "Changes | None"
    revision: "Revision | None"
    timings: "Timings | None"

    def lap(self, stage: str) -> None:
        """Note that a stage is over."""
        if self.timings is not None:
            self.timings.lap(stage)


def _request(args: Namespace) -> _Request:
    changes = _changes(args)
    config, registry = settings(args)
    revision = _revision(args)
    if revision is not None:
        from scclint.cli.diff_base import settings_of

        config, registry = settings_of(revision, args, config)
    outputs = destinations(config, template_asked=hasattr(args, "template"))
    timings = None
    if getattr(args, "timings", False):
        from scclint.run.timings import Timings

        timings = Timings()
        registry = Registry(tuple(map(timings.timed, registry.rules)))
    return _Request(config, registry, outputs, changes, revision, timings)


def _reports(request: _Request, args: Namespace) -> tuple[Report, Report]:
    """Judge the input. Return the report, and the same with proved fixes for the formats that show them."""
    request.lap("start")
    with progress(getattr(args, "quiet", False)) as step:
        # Times are taken in one process, and outcomes hold too much to be sent from one to another.
        review = bool(request.config.template) or any(name in WITH_VERDICTS for name in request.config.format)
        options = RunOptions(
            ignores=not getattr(args, "no_ignores", False),
            review=review,
            jobs=1 if request.timings or review else getattr(args, "jobs", 0),
            progress=step,
            lap=request.lap if request.timings else no_lap,
            changes=request.changes,
            cache_scope=() if request.timings else cache_scope(args),
        )
        if request.revision is None:
            judged = open_run(args, request.config, request.registry, options)
            report = report_of(judged)
        else:
            from scclint.cli.diff_base import run_since

            judged, report = run_since(request.revision, args, request.config, request.registry, options)
        if report.findings:
            from scclint.causes.join import joined

            report = joined(report)
        shown = _options(report, request, args)
        return report, _with_fixes(judged, report, request.outputs, shown, getattr(args, "fixes", "auto"))


def _with_fixes(judged: Run, report: Report, outputs: Sequence[tuple[str, str | None]], options: Options, when: str) -> Report:
    """Return the report with a proved fix for each finding that is shown, if it is to have fixes.

    A finding of a chart always is: what its rule advises for the pod has to be tried where people edit the chart.
    """
    shown = [finding for finding in report.findings if finding.suppression is None and options.shows(finding)]
    of_all = any(_shows_fixes(name, when, options) for name, _ in outputs)
    if not shown or when == "never" or not (of_all or any(unit.kind == "chart" for unit in judged.rendered.units)):
        return report
    from scclint.causes.shared_fix import joined_by_fix
    from scclint.remedy.proofs import of_charts, with_few_fixes, with_fixes

    if not of_all:
        shown = of_charts(judged, shown)
    if when == "always":
        return joined_by_fix(with_fixes(judged, report, shown))
    return joined_by_fix(with_few_fixes(judged, report, shown, limited=not any(name in WITH_FIXES for name, _ in outputs)))


def _shows_fixes(name: str, when: str, options: Options) -> bool:
    """Whether a format shows the fixes of all findings."""
    if name not in SHOW_FIXES:
        return False
    if when != "auto":
        return when == "always"
    return name == "full" or name in WITH_FIXES


def _changes(args: Namespace) -> "Changes | None":
    """The changes that --changed limits the run to, or the parts of charts that are named. The input is then this folder."""
    if not getattr(args, "changed", False):
        return parts_of_charts(args)
    if "-" in args.paths:
        raise UsageError("--changed takes the names of changed files; standard input has none")
    from scclint.files.revision import find_changes

    named = [] if args.paths == ["."] else args.paths
    if folders := [path for path in named if os.path.isdir(path)]:
        raise UsageError(f"--changed takes the changed files, and {folders[0]} is a folder: name files, or no path to ask git")
    args.paths = ["."]
    return find_changes(named)


def _revision(args: Namespace) -> "Revision | None":
    """Return the revision of --diff-base, checked before the run so that a mistake in it is reported first."""
    # pre-commit says which commits it looks at, as before a push or with --from-ref.
    hooked = os.environ.get("PRE_COMMIT_FROM_REF", "") if os.environ.get("PRE_COMMIT") == "1" else ""
    if not (hooked or hasattr(args, "diff_base")):
        return None
    from scclint.cli.diff_base import base_of

    return base_of(getattr(args, "diff_base", hooked), args.paths)


def destinations(config: Config, *, template_asked: bool = False) -> list[tuple[str, str | None]]:
    """Each format with the file it goes to, None for standard output. Raises UsageError for what cannot all be had.

    `template_asked` is True where the command line asked for the template, which then must have a place.
    """
    formats = config.format
    outputs = [None if output == "-" else output for output in config.output] or [None]
    if len(outputs) != len(formats):
        raise UsageError(f"{len(formats)} times --format needs as many times --output, where - is standard output")
    for output in outputs:
        if outputs.count(output) > 1:
            place = "standard output" if output is None else output
            raise UsageError(f"{outputs.count(output)} formats for {place}: give each an --output of its own")
    if list(formats) == ["full"] and not config.template:
        suffix = next((suffix for suffix in _FORMATS_OF if (outputs[0] or "").endswith(suffix)), "")
        if suffix:
            raise UsageError(f"{outputs[0]} would be text: give --format {_FORMATS_OF[suffix]}, or another name")
    if template_asked and "full" not in formats:
        raise UsageError(f"--template lays out the format full, not {formats[0]}: give --format full")
    return list(zip(formats, outputs, strict=True))


def _options(report: Report, request: _Request, args: Namespace) -> Options:
    config, revision = request.config, ""
    if "html" in config.format:
        from scclint.files.revision import head

        revision = head(args.paths[0] if args.paths else ".")
    return Options(
        paths=tuple(args.paths),
        revision=revision,
        template=config.template or None,
        clean=config.found and config.origins.get("template") != "command line",
        sarif_category=config.sarif_category,
        show_suppressed=config.show_suppressed,
        verbose=getattr(args, "verbose", False),
        advice=selects_advice(config, request.registry.rules),
    )


def _print(report: Report, fixed: Report, request: _Request, args: Namespace) -> None:
    """Write every format to its place, files first, or none where one cannot be made.

    `fixed` is the report with fixes, for the formats that show them. The others show those of charts only, as each of them does alone.
    """
    quiet, when = getattr(args, "quiet", False), getattr(args, "fixes", "auto")
    options = _options(report, request, args)
    charts = {unit.name for unit in fixed.units if unit.kind == "chart" and unit.rendered}
    others = {finding for finding in fixed.findings if charts.isdisjoint(finding.units)}
    unfixed = [replace(finding, fix=None, no_fix="") if finding in others else finding for finding in fixed.findings]
    of_charts = replace(fixed, findings=tuple(unfixed))
    texts = []
    for name, output in request.outputs:
        if quiet and output is None and name in FOR_PEOPLE and not any(map(options.shows, report.findings)):
            continue
        width = None if output else terminal_columns()
        carried = fixed if _shows_fixes(name, when, options) else of_charts
        text = render(carried, name, replace(options, color=color_wanted(args, output), width=width))
        text = folded(text, width) if name in FOR_PEOPLE else text
        is_layout = name == "full" and not options.template and output is None
        # On a terminal, what is worst comes first, and the summary last.
        body, blank, summary = text.rpartition("\n\n") if is_layout else ("", "", text)
        texts.append((body + blank, summary, output))
    _write_all(texts, diagnostics(fixed, quiet=quiet))
    request.lap("report")
    for line in request.timings.lines() if request.timings else ():
        say(visible_line(line))


def _write_all(texts: Iterable[tuple[str, str, str | None]], notices: Sequence[str]) -> None:
    """Write each text to its output, files first, and the notices to standard error between the two parts of what standard output gets."""
    told = list(notices)
    # The reader of standard output may have gone away.
    for body, summary, output in sorted(texts, key=lambda text: text[-1] is None):
        if output is None:
            try:
                if body:
                    write(body, None)
            finally:
                while told:
                    say(told.pop(0))
        write(summary, output)
    for notice in told:
        say(notice)


def _show_files(args: Namespace, config: Config) -> int:
    """List the files that a run would read, one path a line; an unreadable one is an error."""
    names = []
    status = OK
    for item in sources(args, config).targets:
        if isinstance(item, LoadError):
            say(f"{visible_line(item.file)}: error: {visible_line(item.message)}")
            status = USAGE
        else:
            names.append(visible_line(item.display) + "\n")
    if names:
        write("".join(names), None)
    return status
