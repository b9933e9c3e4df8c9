"""`scclint fleet`."""

import os
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from scclint.apps.fleet.dask_executor import execute_on_dask
from scclint.apps.fleet.export import EXPORTS
from scclint.apps.fleet.page import render_page
from scclint.apps.fleet.query import FORMATS, opened_database
from scclint.apps.fleet.scan import Execute, Progress, ScanCounts, ScanSummary, execute_here, run_scan
from scclint.apps.fleet.settings import ScanSettings
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.targets import FleetTarget, read_targets
from scclint.apps.fleet.totals import latest_totals, lines
from scclint.console.arguments import given
from scclint.console.progress import CLEAR, PACE, wanted
from scclint.console.status import BUG, NOTHING, OK, USAGE
from scclint.errors import UsageError
from scclint.report.output import say, write
from scclint.report.text import visible_line
from scclint.text import counted

LOG_PACE = 60.0
"""Seconds between two lines of a log."""


def run(args: Namespace) -> int:
    """Run a command of the fleet."""
    return _run(args) if args.action == "run" else _answer(args)


def _run(args: Namespace) -> int:
    """Judge the targets."""
    targets = [FleetTarget(address) for address in getattr(args, "targets", [])]
    for file in getattr(args, "target_files", []):
        targets += read_targets(file)
    if not targets:
        raise UsageError("say which targets to judge: TARGET, or --targets FILE")
    file = getattr(args, "config", "")
    settings = ScanSettings(
        tuple(sorted(given(args).items())), os.path.abspath(file) if file else "", getattr(args, "isolated", False)
    )
    scheduler = getattr(args, "scheduler", "")
    if scheduler and hasattr(args, "jobs"):
        raise UsageError("--jobs is about processes on this machine, and --scheduler about a cluster: choose one")
    execute: Execute = partial(execute_here, jobs=getattr(args, "jobs", 0))
    if scheduler:
        execute = partial(execute_on_dask, address=scheduler)
    store = Store(args.out)
    with _progress(quiet=getattr(args, "quiet", False)) as progress:
        result = run_scan(store, targets, settings, execute, progress)
    say(_summary(result, args.out))
    if result.counts["crashed"]:
        return BUG
    if result.judged:
        with opened_database(store) as database:
            write("".join(f"{line}\n" for line in lines(latest_totals(database))), None)
        return OK
    say("scclint: no target was judged")
    return USAGE if result.counts["failed"] else NOTHING


def _answer(args: Namespace) -> int:
    """Write the page of the latest scan, the answer to a query, or the findings of the latest scan for other programs."""
    with opened_database(Store(args.out)) as database:
        if args.action == "report":
            text = render_page(database)
        else:
            text = FORMATS[args.format](database.ask(args.sql)) if args.action == "sql" else EXPORTS[args.format](database)
    write(text, getattr(args, "output", None))
    return OK


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """What to call with each step of a scan."""
    if quiet:
        yield lambda counts, total: None
        return
    live = wanted(sys.stderr, os.environ)
    yield ScanProgress(_over_line if live else say, PACE if live else LOG_PACE)
    if live:
        sys.stderr.write(CLEAR)


class ScanProgress:
    """Writes what was done, the rate, and the time left, not more often than every `pace` seconds."""

    def __init__(self, write: Callable[[str], object], pace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._pace = pace
        self._clock = clock
        self._start = clock()
        self._next = self._start + pace

    def __call__(self, counts: ScanCounts, total: int) -> None:
        now = self._clock()
        done = counts["done"]
        if now < self._next or not done:
            return
        self._next = now + self._pace
        rate = done / (now - self._start)
        failed = f", {counts['failed']:,} failed" if counts["failed"] else ""
        time_left = duration((total - done) / rate)
        self._write(f"scclint: {done:,} of {total:,} targets{failed}, {rate:,.1f} a second, {time_left} left")


def duration(seconds: float) -> str:
    """Return a time as text: `45 s`, `12 min`, `3 h 5 min`."""
    if seconds < 100:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _summary(result: ScanSummary, out: str) -> str:
    """Return the result of a scan in a line. `out` is the folder of the fleet, for the command that lists the problems."""
    counts = result.counts
    numbers = {
        "already had a row": result.resumed,
        "unchanged": counts["reused"],
        "failed": counts["failed"],
        "incomplete": counts["incomplete"],
    }
    parts = [f"{number:,} {words}" for words, number in numbers.items() if number]
    query = f'scclint fleet sql --out {shlex.quote(visible_line(out))} "SELECT * FROM problem_targets"'
    hint = f"; `{query}` says why" if counts["failed"] or counts["incomplete"] else ""
    return f"scclint: scan {result.scan}: {counted(result.targets, 'target')}{': ' if parts else ''}{', '.join(parts)}{hint}"


def _over_line(text: str) -> None:
    sys.stderr.write(CLEAR + text)
    sys.stderr.flush()
