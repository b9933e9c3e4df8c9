"""How far a scan of a fleet is, on standard error: a line that changes on a terminal, else a line a minute."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scclint.apps.fleet.executor import ScanCounts
from scclint.apps.fleet.scan import Progress, ScanSummary
from scclint.cli.progress import CLEAR, PACE, wanted
from scclint.report.output import say
from scclint.report.sanitize import visible_line
from scclint.text import counted

LOG_PACE = 60.0
"""Seconds between two lines of a log."""


@contextmanager
def fleet_progress(*, quiet: bool) -> Iterator[Progress]:
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
        left = duration((total - done) / rate)
        self._write(f"scclint: {done:,} of {total:,} targets{failed}, {rate:,.1f} a second, {left} left")


def duration(seconds: float) -> str:
    """Return a time as text: `45 s`, `12 min`, `3 h 5 min`."""
    if seconds < 100:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def summary(result: ScanSummary, out: str) -> str:
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
