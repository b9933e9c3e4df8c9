"""Judges the targets of a scan on a Dask cluster. This process writes what the workers send."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from scclint import __version__
from scclint.apps.fleet.judge import TargetJudge, TargetResult, failed
from scclint.apps.fleet.scan import ScanCounts, ScanJob, counts_of
from scclint.apps.fleet.settings import ScanSettings
from scclint.apps.fleet.tables import Row
from scclint.apps.fleet.targets import FleetTarget
from scclint.errors import UsageError

_CONNECT_SECONDS = 20
_BATCHES_PER_THREAD = 2
"""Batches that a thread of the cluster has or waits for. More would keep their results in memory there."""


def execute_on_dask(job: ScanJob, batches: Sequence[Sequence[FleetTarget]], *, address: str) -> Iterator[ScanCounts]:
    """Judge on the workers of the scheduler at `address`: `tcp://host:8786`, and yield the counts of each batch.

    The workers need the same scclint, and the targets at the same paths. The targets of a batch whose worker died are judged again,
    each by itself. Raises UsageError if the scheduler cannot be reached, or a worker has another scclint.
    """
    parts = count()

    def written(judged: list[TargetResult]) -> ScanCounts:
        job.store.write(job.scan, f"{job.name}-{next(parts):06}", judged)
        return sum((counts_of(result.row) for result in judged), Counter[str]())

    with _connected(address) as client:
        lost: list[FleetTarget] = []
        for targets, judged in _results(client, job, batches):
            if isinstance(judged, Exception):
                lost += targets
            else:
                yield written(judged)
        for targets, judged in _results(client, job, [[target] for target in lost]):
            why = f"the worker that judged it failed: {type(judged).__name__}: {judged}"
            yield written([failed(targets[0], why)] if isinstance(judged, Exception) else judged)


def _results(
    client: Any, job: ScanJob, batches: Sequence[Sequence[FleetTarget]]
) -> Iterator[tuple[Sequence[FleetTarget], list[TargetResult] | Exception]]:
    """Each batch with its results or the error of its worker, in the order in which they are done."""
    from distributed import as_completed

    waiting = iter(batches)
    futures: dict[Any, Sequence[FleetTarget]] = {}
    done = as_completed(loop=client.loop)

    def submit() -> None:
        targets = next(waiting, None)
        if targets is not None:
            earlier = job.earlier.of([target.address for target in targets])
            future = client.submit(judge_batch, list(targets), earlier, job.settings, pure=False)
            futures[future] = targets
            done.add(future)

    for _ in range(_BATCHES_PER_THREAD * max(sum(client.nthreads().values()), 1)):
        submit()
    for future in done:
        targets = futures.pop(future)
        error = future.exception()
        yield targets, future.result() if error is None else error
        future.release()
        submit()


def judge_batch(
    targets: Sequence[FleetTarget], earlier: Mapping[str, Mapping[str, Row]], settings: ScanSettings
) -> list[TargetResult]:
    """Judge targets, in a worker. `earlier` are their rows in earlier scans, by target and key."""
    judge = TargetJudge(settings)
    return [judge.judge(target, earlier.get(target.address, {})) for target in targets]


def installed_version() -> str:
    """Return the version of scclint in a worker."""
    return __version__


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot reach the Dask scheduler {address}: {error or type(error).__name__}") from None
    with client:
        try:
            versions = client.run(installed_version)
        except Exception as error:  # whatever a worker without scclint raises
            raise UsageError(f"the workers of {address} need scclint {__version__}: {type(error).__name__}: {error}") from None
        if not versions:
            raise UsageError(f"the Dask scheduler {address} has no workers")
        if other := set(versions.values()) - {__version__}:
            raise UsageError(f"the workers of {address} have scclint {', '.join(sorted(other))}, not {__version__}")
        yield client
