"""A scan: every target gets a row, from a judgement or from an earlier scan that knew the same content."""

import os
from collections.abc import Callable, Sequence
from secrets import token_hex

from scclint import __version__
from scclint.apps.fleet.content import digest_of
from scclint.apps.fleet.executor import Execute, ScanCounts, ScanJob
from scclint.apps.fleet.settings import ScanSettings, TargetSettings
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.targets import FleetTarget, unique
from scclint.limits import MAX_BATCH_TARGETS
from scclint.record import record, replace
from scclint.run.worlds import make_clusters

Progress = Callable[[ScanCounts, int], None]
"""Called with what this run did so far, and the number of targets that it has to do."""


@record
class ScanSummary:
    """The result of a scan: the number of all `targets`, and how many of them had a row already because the scan was `resumed`."""

    scan: str
    targets: int
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
        left = [replace(target, base=os.getcwd()) for target in wanted if target.address not in done]
        counts = ScanCounts()
        job = ScanJob(store, scan.id, settings, store.known(), token_hex(4))
        for more in execute(job, _batches(left)):
            counts += more
            progress(counts, len(left))
        store.finish(scan)
    return ScanSummary(scan.id, len(wanted), len(wanted) - len(left), counts)


def _batches(targets: Sequence[FleetTarget]) -> list[Sequence[FleetTarget]]:
    """The targets in batches, of which there are enough to keep many processes busy."""
    size = max(1, min(MAX_BATCH_TARGETS, len(targets) // 16))
    return [targets[start : start + size] for start in range(0, len(targets), size)]
