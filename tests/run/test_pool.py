"""Several processes work items out: the results come in order, and a process that dies costs its own item alone."""

import multiprocessing
import os
import signal
import time

import pytest

from scclint.run.options import cores
from scclint.run.pool import Died, can_fork, in_processes

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system has no fork")


def test_results_come_in_the_order_of_the_items() -> None:
    def work(item: int) -> tuple[int, int]:
        time.sleep(0.02 if item % 3 == 0 else 0)
        return item, os.getpid()

    found = [result for result in in_processes(work, 20, 3) if not isinstance(result, Died)]
    assert [item for item, _ in found] == list(range(20))
    processes = {process for _, process in found}
    assert len(processes) <= 3 and os.getpid() not in processes


def test_a_process_that_dies_costs_its_item_alone() -> None:
    def work(item: int) -> int:
        if item == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if item == 5:
            os._exit(7)
        return item

    assert list(in_processes(work, 8, 2)) == [0, 1, Died(-signal.SIGKILL), 3, 4, Died(7), 6, 7]


def test_what_the_work_raises_is_raised_in_its_turn() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise LookupError("no such thing")
        return item

    found = []
    with pytest.raises(LookupError, match="no such thing"):
        for result in in_processes(work, 6, 2):
            found.append(result)
    assert found == [0, 1, 2]
    assert not multiprocessing.active_children()


def test_no_process_outlives_a_run_that_ends_early() -> None:
    def work(item: int) -> int:
        time.sleep(60 if item else 0)
        return item

    results = in_processes(work, 4, 2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator
    assert not multiprocessing.active_children()


def test_there_is_a_core() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
