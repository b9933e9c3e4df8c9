"""`scclint check`."""

import sys
from argparse import Namespace

from scclint.cli.inputs import color_wanted, read_inputs, settings
from scclint.cli.main import BUG, FINDINGS, NOTHING, OK, USAGE
from scclint.config.model import Config
from scclint.engine.run import run as judge
from scclint.errors import UsageError
from scclint.finding import Report, Severity
from scclint.report import FORMATS, Options
from scclint.report.output import write
from scclint.report.summary import diagnostics


def run(args: Namespace) -> int:
    """Load, model, check, report. The status is that of the table in the help."""
    config, registry = settings(args)
    if getattr(args, "show_files", False):
        return _show_files(args, config)
    inputs = read_inputs(args, config)
    report = judge(inputs, config, registry, ignores=not getattr(args, "no_ignores", False))
    baseline = getattr(args, "write_baseline", "")
    if baseline:
        from scclint.baseline import write_baseline

        write(write_baseline(report.findings), baseline)
        print(f"scclint: recorded {len(report.findings)} findings in {baseline}", file=sys.stderr)
        return OK
    whole = _print(report, config, args)
    status = exit_status(report, config.fail_on, inputs.nothing)
    if inputs.nothing:
        print("scclint: no manifest found in " + ", ".join(args.paths), file=sys.stderr)
    if not whole:
        return USAGE
    return OK if getattr(args, "exit_zero", False) and status in (FINDINGS, USAGE) else status


def exit_status(report: Report, fail_on: Severity, nothing: bool) -> int:
    """3 for our own bugs, then 2 for what could not be read, 4 for nothing to judge, 1 for findings that count."""
    if report.crashes:
        return BUG
    if any(n.level == "error" for n in report.notices) or any(f.rule_id == "MAN001" for f in report.live):
        return USAGE
    if nothing:
        return NOTHING
    return FINDINGS if any(f.severity.rank <= fail_on.rank for f in report.live) else OK


def _print(report: Report, config: Config, args: Namespace) -> bool:
    """Write every format asked for to its place. False where the reader of standard output went away."""
    formats, outputs = config.format or ("full",), config.output
    if len(outputs) > len(formats):
        raise UsageError(f"{len(outputs)} times --output for {len(formats)} times --format: each output needs its format")
    quiet = getattr(args, "quiet", False)
    if not quiet:
        for line in diagnostics(report):
            print(line, file=sys.stderr)
    whole = True
    for index, name in enumerate(formats):
        output = outputs[index] if index < len(outputs) else None
        options = Options(
            color=color_wanted(args, output),
            template=config.template or None,
            sarif_category=config.sarif_category,
            show_suppressed=config.show_suppressed,
            statistics=config.statistics,
        )
        if quiet and output is None and name in ("full", "concise") and not report.live:
            continue
        whole = write(FORMATS[name](report, options), output) and whole
    return whole


def _show_files(args: Namespace, config: Config) -> int:
    from scclint.errors import LoadError
    from scclint.load.discover import discover

    for item in discover(args.paths, exclude=config.exclude, force_exclude=config.force_exclude):
        if not isinstance(item, LoadError):
            print(item.display)
    return OK
