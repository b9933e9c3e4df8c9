"""`scclint explain NAME`: all that is known of a cause that a report names."""

from argparse import Namespace

from scclint.causes.join import joined
from scclint.causes.shared_fix import joined_by_fix
from scclint.console.arguments import cache_scope, color_wanted, open_run, settings, terminal_columns, write_formats
from scclint.console.progress import progress
from scclint.errors import UsageError
from scclint.remedy.proofs import with_fixes
from scclint.report import Options
from scclint.report.full import render_cause
from scclint.report.json_v1 import render_cause as render_json
from scclint.run.options import RunOptions
from scclint.run.run import report_of
from scclint.text import and_more


def run(args: Namespace) -> int:
    """Print the cause that the command line names, with all places, consequences and evidence, and its fix."""
    args.paths = args.paths or ["."]
    config, registry = settings(args)
    with progress() as step:
        judged = open_run(args, config, registry, RunOptions(progress=step, cache_scope=cache_scope(args)))
        report = joined(report_of(judged))
        # Causes with one fix are one cause where fixes are looked for, as in the text of `check`.
        fixed = joined_by_fix(with_fixes(judged, report, report.live, limited=True))
        by_name = {cause.name: cause for cause in (*report.causes, *fixed.causes)}
        if args.what not in by_name:
            there = f"there are: {and_more(by_name, 10)}" if by_name else "there is none"
            raise UsageError(f"{args.what}: no such cause; {there}")
    cause = by_name[args.what]

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return render_json(cause)
        width = None if output else terminal_columns()
        return render_cause(cause, fixed, Options(color=color_wanted(args, output), width=width, verbose=True))

    write_formats(args, render, paged=True)
    return 0
