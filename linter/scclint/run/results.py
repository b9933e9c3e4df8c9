"""The results of the units of a run: those of an earlier run where they still hold, the others in processes of their own if that pays."""

from collections.abc import Iterator, Mapping, Sequence

from scclint.finding import Notice
from scclint.limits import MIN_CACHED, MIN_PARALLEL
from scclint.other_units import Question, Reply
from scclint.run.judge import judge, open_unit
from scclint.run.options import cores
from scclint.run.report import UnitResult
from scclint.run.scan import reach
from scclint.run.shared import Run
from scclint.units.unit import Unit

_UnitAnswer = tuple[UnitResult, Mapping[Question, Reply] | None]
"""The result of a unit, and what it asked about other units. Without answers, the result says that its unit was not judged."""


def unit_results(run: Run) -> list[UnitResult]:
    """The results of the units of a run, in their order."""
    # To look into the store for little input costs no less than judging it.
    if not run.store.scope or not reach(run.outline.files.values(), MIN_CACHED):
        return [result for result, _ in _judged(run, run.units)]
    from scclint.run.stored_results import keep_result, stored_result

    results = {unit.name: result for unit in run.units if (result := stored_result(unit, run))}
    missing = [unit for unit in run.units if unit.name not in results]
    for unit, (result, replies) in zip(missing, _judged(run, missing), strict=True):
        results[unit.name] = result
        if replies is not None:
            keep_result(unit, run, result, replies)
    if not run.whole:
        run.store.keep_others("parts")
    return [results[unit.name] for unit in run.units]


def processes(run: Run, units: Sequence[Unit]) -> int:
    """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
    jobs = run.options.jobs
    if len(units) < 2 or jobs == 1 or (not jobs and not reach(run.outline.files.values(), MIN_PARALLEL)):
        return 1
    from scclint.run.pool import can_fork

    return min(jobs or cores(), len(units)) if can_fork() else 1


def _judged(run: Run, units: Sequence[Unit]) -> Iterator[_UnitAnswer]:
    def work(index: int) -> _UnitAnswer:
        opened = open_unit(units[index], run)
        return judge(opened, run), opened.others.asked

    jobs = processes(run, units)
    if jobs < 2:
        yield from map(work, range(len(units)))
        return
    from scclint.run.pool import Died, in_processes_of

    for unit, result in zip(units, in_processes_of(run, "judged", work, len(units), jobs), strict=True):
        if isinstance(result, Died):
            text = f"unit {unit.name} is not judged: the process that judged it {result.how}"
            yield UnitResult(unit.name, notices=(Notice("error", text),), files=unit.files), None
        else:
            yield result
