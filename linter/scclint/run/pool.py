"""Works items out in several processes. They are forked from this one, and so have all that the work needs.

`concurrent.futures` does not replace this: if a process dies, it gives up the items of all others and does not say how that one died, and
before Python 3.14 it cannot end a process whose result nobody waits for.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, Generic, NamedTuple, TypeVar

from scclint.run.shared import Run

T = TypeVar("T")


class Died(NamedTuple):
    """What became of the process that worked an item out: its exit status, negative for a signal."""

    status: int

    @property
    def how(self) -> str:
        """What happened to it, after `the process`."""
        return f"was killed by signal {-self.status}" if self.status < 0 else f"ended with status {self.status}"


class _Failed(NamedTuple):
    """An item whose work raised in its process."""


def can_fork() -> bool:
    """Whether processes can be forked on this system."""
    return "fork" in get_all_start_methods()


def in_processes(work: Callable[[int], T], number: int, jobs: int) -> Iterator[T | Died]:
    """Yield `work(0)` to `work(number - 1)` in this order, from `jobs` processes.

    If a process dies, its item yields Died, and another process takes its place. What `work` raises for an item is raised
    here when it is that item's turn.
    """
    pool: _Pool[T] = _Pool(work, number)
    try:
        for item in range(number):
            while item not in pool.done:
                pool.step(jobs)
            result = pool.done.pop(item)
            # An exception need not survive the way from one process to another: it is raised once more, here.
            yield work(item) if isinstance(result, _Failed) else result
    finally:
        pool.close()


def in_processes_of(run: Run, stage: str, work: Callable[[Run, int], T], number: int, jobs: int) -> Iterator[T | Died]:
    """Yield what `in_processes` yields for work on a run, and report the progress in a stage."""
    # Read once, for all processes.
    run.cluster  # noqa: B018
    # Only the process that started the others writes to the terminal.
    inside = run.in_process()
    for done, result in enumerate(in_processes(lambda item: work(inside, item), number, jobs), 1):
        run.options.progress(stage, done, number)
        yield result


class _Worker(NamedTuple):
    process: ForkProcess
    item: int


class _Pool(Generic[T]):
    """The processes that work, by the connection to each."""

    def __init__(self, work: Callable[[int], T], number: int) -> None:
        self._work = work
        self._items = iter(range(number))
        self._workers: dict[Connection, _Worker] = {}
        self.done: dict[int, T | Died | _Failed] = {}

    def step(self, jobs: int) -> None:
        """Give items to as many processes as are wanted, and wait for results."""
        while len(self._workers) < jobs and (item := next(self._items, None)) is not None:
            self._start(item)
        for connection in wait(list(self._workers)):
            assert isinstance(connection, Connection)
            process, item = self._workers.pop(connection)
            try:
                self.done[item] = connection.recv()
            except (EOFError, OSError):
                process.join()
                self.done[item] = Died(process.exitcode or 0)
                continue
            after = next(self._items, None)
            with suppress(OSError):  # it died meanwhile, as the next look at the connection shows
                connection.send(after)
            if after is not None:
                self._workers[connection] = _Worker(process, after)
            else:
                process.join()

    def close(self) -> None:
        """End the processes that still work."""
        for process, _ in self._workers.values():
            process.terminate()
            process.join()

    def _start(self, item: int) -> None:
        ours, theirs = get_context("fork").Pipe()
        process = get_context("fork").Process(target=_serve, args=(theirs, self._work, [*self._workers, ours]), daemon=True)
        process.start()
        theirs.close()
        ours.send(item)
        self._workers[ours] = _Worker(process, item)


def _serve(connection: Connection, work: Callable[[int], Any], inherited: list[Connection]) -> None:
    """Work items out until there is none left, or nobody is there to ask."""
    # The parent is interrupted as well, and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in inherited:
        other.close()
    with suppress(EOFError, OSError):
        while (item := connection.recv()) is not None:
            connection.send(_result(work, item))


def _result(work: Callable[[int], Any], item: int) -> Any:
    try:
        return work(item)
    except Exception:
        return _Failed()
