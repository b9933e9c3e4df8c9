"""`scclint fleet`."""

import os
from argparse import Namespace
from functools import partial

from scclint.cli.inputs import given
from scclint.cli.status import BUG, OK
from scclint.errors import UsageError

EXTRA = ("distributed", "dask", "duckdb", "fsspec", "pyarrow")
"""The packages of the extra `fleet`."""


def run(args: Namespace) -> int:
    """Run a command of the fleet."""
    try:
        return _run(args) if args.action == "run" else _answer(args)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        raise UsageError(f"fleet needs {error.name}: pip install 'scclint[fleet]'") from None


def _run(args: Namespace) -> int:
    """Judge the targets."""
    from scclint.apps.fleet.executor import Execute, execute_here
    from scclint.apps.fleet.progress import fleet_progress, summary
    from scclint.apps.fleet.scan import run_scan
    from scclint.apps.fleet.settings import ScanSettings
    from scclint.apps.fleet.store import Store
    from scclint.apps.fleet.targets import FleetTarget, read_targets
    from scclint.report.output import say

    targets = [FleetTarget(address) for address in getattr(args, "targets", [])]
    for file in getattr(args, "target_files", []):
        targets += read_targets(file)
    if not targets:
        raise UsageError("say which targets to judge: TARGET, or --targets FILE")
    file = getattr(args, "config", "")
    settings = ScanSettings(
        tuple(sorted(given(args).items())), os.path.abspath(file) if file else "", getattr(args, "isolated", False)
    )
    store = Store(args.out)
    scheduler = getattr(args, "scheduler", "")
    if scheduler and hasattr(args, "jobs"):
        raise UsageError("--jobs is about processes on this machine, and --scheduler about a cluster: choose one")
    execute: Execute = partial(execute_here, jobs=getattr(args, "jobs", 0))
    if scheduler:
        from scclint.apps.fleet.dask_executor import execute_on_dask

        execute = partial(execute_on_dask, address=scheduler)
    with fleet_progress(quiet=getattr(args, "quiet", False)) as progress:
        result = run_scan(store, targets, settings, execute, progress)
    say(summary(result, args.out))
    return BUG if result.counts["crashed"] else OK


def _answer(args: Namespace) -> int:
    """Write the page of the latest scan, the answer to a query, or the findings of the latest scan for other programs."""
    from scclint.apps.fleet.answers import FORMATS
    from scclint.apps.fleet.export import EXPORTS
    from scclint.apps.fleet.page import render_page
    from scclint.apps.fleet.query import opened_database
    from scclint.apps.fleet.store import Store
    from scclint.report.output import write

    with opened_database(Store(args.out)) as database:
        if args.action == "report":
            text = render_page(database)
        else:
            text = FORMATS[args.format](database.ask(args.sql)) if args.action == "sql" else EXPORTS[args.format](database)
    write(text, getattr(args, "output", None))
    return OK
