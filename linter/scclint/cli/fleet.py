"""`scclint fleet`."""

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from scclint.cli.inputs import given
from scclint.cli.main import BUG, OK, USAGE
from scclint.errors import UsageError

EXTRA = ("distributed", "dask", "duckdb", "fsspec", "pyarrow")
"""The packages of the extra `fleet`."""


def run(args: Namespace) -> int:
    """Run a command of the fleet."""
    try:
        return {"run": _run, "report": _report, "sql": _sql}[args.action](args)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        raise UsageError(f"fleet needs {error.name}: pip install 'scclint[fleet]'") from None


def _run(args: Namespace) -> int:
    """Judge the targets."""
    from scclint.cli.fleet_progress import fleet_progress, summary
    from scclint.fleet.scan import local, run_scan
    from scclint.fleet.settings import ScanSettings
    from scclint.fleet.store import Store
    from scclint.fleet.targets import FleetTarget, read_targets
    from scclint.report.output import say

    targets = [FleetTarget(address) for address in getattr(args, "targets", [])]
    for file in getattr(args, "target_files", []):
        targets += read_targets(file)
    if not targets:
        raise UsageError("say which targets to judge: TARGET, or --targets FILE")
    file = getattr(args, "config", "")
    settings = ScanSettings(_options(given(args)), os.path.abspath(file) if file else "", getattr(args, "isolated", False))
    store = Store(args.out)
    with fleet_progress(quiet=getattr(args, "quiet", False)) as progress:
        found = run_scan(store, targets, settings, local(getattr(args, "jobs", 0)), progress)
    say(summary(found))
    return BUG if found.counts.crashed else OK


def _options(found: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The options that are settings, by field of `Config`."""
    return tuple(sorted(found.items()))


def _report(args: Namespace) -> int:
    """Write the page of the latest scan."""
    from scclint.fleet.page import render_page
    from scclint.fleet.query import opened_database
    from scclint.fleet.store import Store
    from scclint.report.output import write

    with opened_database(Store(args.out)) as database:
        return OK if write(render_page(database), getattr(args, "output", None)) else USAGE


def _sql(args: Namespace) -> int:
    """Answer a query."""
    from scclint.fleet.answers import FORMATS
    from scclint.fleet.query import opened_database
    from scclint.fleet.store import Store
    from scclint.report.output import write

    with opened_database(Store(args.out)) as database:
        return OK if write(FORMATS[args.format](database.ask(args.sql)), getattr(args, "output", None)) else USAGE
