"""A scan: every target gets a row, from a judgement or from an earlier scan that knew the same content.

This process judges the targets in processes on this machine, or has them judged on a cluster, and writes what they yield.
"""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from secrets import token_hex

from scclint import __version__
from scclint.apps.fleet.content import digest_of
from scclint.apps.fleet.judge import TargetJudge, TargetResult, failed
from scclint.apps.fleet.settings import ScanSettings, TargetSettings
from scclint.apps.fleet.store import EarlierRows, Store
from scclint.apps.fleet.tables import Row
from scclint.apps.fleet.targets import FleetTarget, unique
from scclint.limits import MAX_BATCH_ROWS, MAX_BATCH_SECONDS, MAX_BATCH_TARGETS
from scclint.record import record, replace
from scclint.run.options import cores
from scclint.run.pool import Died, can_fork, in_processes
from scclint.run.worlds import make_clusters

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
    earlier: EarlierRows
    name: str


Execute = Callable[[ScanJob, Sequence[Sequence[FleetTarget]]], Iterator[ScanCounts]]
"""Judges batches of targets, writes their rows, and yields how far it is."""

Progress = Callable[[ScanCounts, int], None]
"""Called with what this run did so far, and the number of targets that it has to do."""


@record
class ScanSummary:
    """The result of a scan: the number of all `targets`, of those that were `judged`, if only in part, and of those that had a row already
    because the scan was `resumed`.
    """

    scan: str
    targets: int
    judged: int
    resumed: int
    counts: ScanCounts


def run_scan(
    store: Store, targets: Sequence[FleetTarget], settings: ScanSettings, execute: Execute, progress: Progress
) -> ScanSummary:
    """Judge the targets, or go on with the last scan if it was about the same and is not finished.

    Raises ConfigError, UsageError or RuleSetError for settings that cannot be met, and UsageError if another scan is running.
    """
    wanted = list(unique(targets))
    common = TargetSettings(settings)
    # Each target would report the same mistake.
    make_clusters(common.common[0])
    with store.locked():
        scan = store.open_scan(digest_of(__version__, common.key, wanted))
        done = store.done(scan.id)
        # Workers need not start in this folder.
        pending_targets = [replace(target, base=os.getcwd()) for target in wanted if target.address not in done]
        counts = ScanCounts()
        job = ScanJob(store, scan.id, settings, store.known(), token_hex(4))
        for more in execute(job, _batches(pending_targets)):
            counts += more
            progress(counts, len(pending_targets))
        store.finish(scan)
        judged = store.judged(scan.id)
    return ScanSummary(scan.id, len(wanted), judged, len(wanted) - len(pending_targets), counts)


def _batches(targets: Sequence[FleetTarget]) -> list[Sequence[FleetTarget]]:
    """The targets in batches, of which there are enough to keep many processes busy."""
    size = max(1, min(MAX_BATCH_TARGETS, len(targets) // 16))
    return [targets[start : start + size] for start in range(0, len(targets), size)]


def execute_here(job: ScanJob, batches: Sequence[Sequence[FleetTarget]], *, jobs: int) -> Iterator[ScanCounts]:
    """Judge in `jobs` processes on this machine, 0 for as many as it has cores, and yield the counts of each batch.

    The targets of a batch whose process died are judged again, each by itself: a process that dies costs one target, which then has a
    row that says so.
    """
    judge = TargetJudge(job.settings)
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
    job: ScanJob, judge: TargetJudge, batches: Sequence[Sequence[FleetTarget]], jobs: int, round: str
) -> Iterator[ScanCounts | Died]:
    process = os.getpid()

    def work(number: int) -> ScanCounts:
        return _batch(job, judge, batches[number], f"{job.name}-{round}{number:06}", process)

    if can_fork():
        yield from in_processes(work, len(batches), min(jobs, len(batches)))
    else:
        yield from map(work, range(len(batches)))


def _batch(job: ScanJob, judge: TargetJudge, targets: Sequence[FleetTarget], name: str, process: int) -> ScanCounts:
    """Judge targets, in the scan's own `process` or in a fork of it."""
    if process != os.getpid() and not gc.get_freeze_count():
        # What was there before the first target stays, and need not be looked through after each batch.
        gc.freeze()
    counts, parts = Counter[str](), count()
    judged: list[TargetResult] = []

    def write() -> None:
        job.store.write(job.scan, f"{name}-{next(parts):04}", judged)
        judged.clear()

    since = time.monotonic()
    earlier = job.earlier.of([target.address for target in targets])
    for target in targets:
        if process not in (os.getpid(), os.getppid()):
            # The scan was killed. The next one waits for this process.
            os._exit(1)
        judged.append(judge.judge(target, earlier.get(target.address, {})))
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
