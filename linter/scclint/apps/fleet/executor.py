"""Judges the targets of a scan in processes on this machine, and writes what they yield."""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from scclint.apps.fleet.judge import Judge, Judged, failed
from scclint.apps.fleet.settings import ScanSettings
from scclint.apps.fleet.store import Known, Store
from scclint.apps.fleet.tables import Row
from scclint.apps.fleet.targets import FleetTarget
from scclint.limits import MAX_BATCH_ROWS, MAX_BATCH_SECONDS
from scclint.record import record
from scclint.run.options import cores
from scclint.run.pool import Died, can_fork, in_processes

ScanCounts = Counter[str]
"""How many targets a scan has a row for: `done` are all of them, `reused`, `failed` and `incomplete` those with such a row, and `crashed`
those with internal errors of scclint."""


def counts_of(row: Row) -> ScanCounts:
    """Return the counts of one row of the table `targets`."""
    return Counter(done=1, reused=bool(row["reused"]), crashed=bool(row["crashes"])) + Counter((str(row["status"]),))


@record
class ScanJob:
    """What judges targets needs: where their rows go, the settings, what earlier scans know, and the beginning of the names of its parts."""

    store: Store
    scan: str
    settings: ScanSettings
    known: Known
    name: str


Execute = Callable[[ScanJob, Sequence[Sequence[FleetTarget]]], Iterator[ScanCounts]]
"""Judges batches of targets, writes their rows, and yields how far it is."""


def execute_here(job: ScanJob, batches: Sequence[Sequence[FleetTarget]], *, jobs: int) -> Iterator[ScanCounts]:
    """Judge in `jobs` processes on this machine, 0 for as many as it has cores, and yield the counts of each batch.

    The targets of a batch whose process died are judged again, each by itself: a process that dies costs one target, which then has a
    row that says so.
    """
    judge = Judge(job.settings)
    lost: list[int] = []
    for number, result in enumerate(_results(job, judge, batches, jobs or cores(), "a")):
        if isinstance(result, Died):
            lost.append(number)
        else:
            yield result
    if not lost:
        return
    done = job.store.done(job.scan)
    yield from (Counter(done=sum(target.address in done for target in batches[number])) for number in lost)
    single = [[target] for number in lost for target in batches[number] if target.address not in done]
    for number, result in enumerate(_results(job, judge, single, jobs or cores(), "b")):
        if not isinstance(result, Died):
            yield result
            continue
        judged = failed(single[number][0], f"the process that judged it {result.how}")
        job.store.write(job.scan, f"{job.name}-c{number:06}", [judged])
        yield counts_of(judged.row)


def _results(
    job: ScanJob, judge: Judge, batches: Sequence[Sequence[FleetTarget]], jobs: int, round: str
) -> Iterator[ScanCounts | Died]:
    process = os.getpid()

    def work(number: int) -> ScanCounts:
        return _batch(job, judge, batches[number], f"{job.name}-{round}{number:06}", process)

    if can_fork():
        yield from in_processes(work, len(batches), min(jobs, len(batches)))
    else:
        yield from map(work, range(len(batches)))


def _batch(job: ScanJob, judge: Judge, targets: Sequence[FleetTarget], name: str, process: int) -> ScanCounts:
    """Judge targets, in the scan's own `process` or in a fork of it."""
    if process != os.getpid() and not gc.get_freeze_count():
        # What was there before the first target stays, and need not be looked through after each batch.
        gc.freeze()
    counts, parts = Counter[str](), count()
    judged: list[Judged] = []

    def write() -> None:
        job.store.write(job.scan, f"{name}-{next(parts):04}", judged)
        judged.clear()

    since = time.monotonic()
    known = job.known.of([target.address for target in targets])
    for target in targets:
        if process not in (os.getpid(), os.getppid()):
            # The scan was killed. The next one waits for this process.
            os._exit(1)
        judged.append(judge.judge(target, known.get(target.address, {})))
        counts += counts_of(judged[-1].row)
        # A kill loses little, and few rows are in memory.
        if time.monotonic() - since > MAX_BATCH_SECONDS or sum(result.size for result in judged) > MAX_BATCH_ROWS:
            write()
            since = time.monotonic()
    if judged:
        write()
    # The command line switches the collector off, for runs that end before it pays.
    gc.collect()
    return counts
