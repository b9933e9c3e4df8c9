"""`scclint accept`: record the facts that are there now."""

import os
from argparse import Namespace

from scclint.console.arguments import cache_scope, open_run, settings
from scclint.console.progress import progress
from scclint.console.status import BUG, OK, USAGE
from scclint.errors import UsageError
from scclint.facts.acceptances import updated
from scclint.report.output import say, write
from scclint.report.text import diagnostics, visible_line
from scclint.run.merge import accepted_file, accepted_text
from scclint.run.options import RunOptions
from scclint.run.run import report_of
from scclint.text import counted


def run(args: Namespace) -> int:
    """Write the facts into the file beside the settings, and tell what changed. Facts that no run finds any more are left out."""
    if "-" in args.paths:
        raise UsageError("accept records facts of files; standard input has none that stay")
    config, registry = settings(args)
    with progress() as step:
        options = RunOptions(progress=step, jobs=getattr(args, "jobs", 0), cache_scope=cache_scope(args))
        report = report_of(open_run(args, config, registry, options))
    for line in diagnostics(report, quiet=True):
        say(line)
    if report.failed:
        # What was not read may have facts, which would be lost.
        return BUG if report.crashes else USAGE
    file = accepted_file(config)
    text = accepted_text(options, config)
    update = updated(text, file, report.findings, getattr(args, "reason", ""), whole=report.covers(file))
    if update.text != text and (text or update.added):
        write(update.text, file)
    changes = [f"{counted(update.added, 'fact')} added"]
    changes += [f"{counted(update.removed, 'fact')} removed"] if update.removed else []
    say(f"scclint: {visible_line(os.path.normpath(file))}: {', '.join(changes)}")
    return OK
