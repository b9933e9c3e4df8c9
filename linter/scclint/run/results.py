"""The results of the units of a run: those of an earlier run where they still hold, the others in processes of their own if that pays."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, suppress
from typing import TypeVar

from scclint.deploy.unit import Unit
from scclint.files import SourceFile
from scclint.finding import Notice
from scclint.limits import MIN_CACHED, MIN_PARALLEL
from scclint.other_units import Question, Reply
from scclint.run.judge import judge, open_unit
from scclint.run.options import cores
from scclint.run.report import UnitResult
from scclint.run.scan import reach
from scclint.run.shared import Run

T = TypeVar("T")

UnitAnswer = tuple[UnitResult, Mapping[Question, Reply] | None]
"""The result of a unit, and what it asked about other units. Without answers, the result says that its unit was not judged."""


def unit_results(run: Run) -> list[UnitResult]:
    """The results of the units of a run, in their order."""
    return [result for result, _ in unit_answers(run)]


def uses_stored(run: Run) -> bool:
    """Return whether a run looks for what earlier runs stored: to look for little input costs no less than judging it."""
    return bool(run.options.cache_scope) and reach(run.outline.files.values(), MIN_CACHED)


def unit_answers(run: Run) -> list[UnitAnswer]:
    """The results of the units of a run, in their order, each with what it asked: of an earlier run where they still hold."""
    if not uses_stored(run):
        return [*judged_units(run, run.units)]
    from scclint.run.stored_results import keep_result, sort_of, stored_result

    answers: dict[str, UnitAnswer] = {}
    for unit in run.units:
        if (stored := stored_result(unit, run)) is not None:
            answers[unit.name] = stored, run.others.of(unit).asked
    missing = [unit for unit in run.units if unit.name not in answers]
    for unit, (result, replies) in zip(missing, judged_units(run, missing), strict=True):
        answers[unit.name] = result, replies
        if replies is not None:
            keep_result(unit, run, result, replies)
    if not run.whole:
        run.store.keep_others(sort_of(run))
    return [answers[unit.name] for unit in run.units]


def results_of_both(base: Run, folder: str, run: Run) -> tuple[list[UnitResult], list[UnitResult], Run]:
    """The results of the units of two runs over states of the same files, in their order. `folder` is the working directory of `base`.

    A unit that depends on the same in both is judged once. The manifests of `base` were applied before those of the other, which is
    returned so.
    """
    from scclint.run.stored_results import content_key

    keys = {unit.name: content_key(unit, run) for unit in run.units}
    with chdir(folder):
        same = [unit for unit in base.units if keys.get(unit.name) and content_key(unit, base) == keys[unit.name]]
        names = {unit.name for unit in same}
        changed = [unit for unit in base.units if unit.name not in names]
        results = {unit.name: result for unit, (result, _) in zip(changed, judged_units(base, changed), strict=True)}
    run = run.after({name: result.applied for name, result in results.items()})
    answers = unit_answers(run)
    asked = {result.unit: (result, replies) for result, replies in answers if replies is not None and not result.crashes}
    with chdir(folder):
        for unit in same:
            result, replies = asked.get(unit.name, (None, {}))
            if result is not None and base.others.of(unit).same_answers(replies.items()):
                results[unit.name] = result
        left = [unit for unit in same if unit.name not in results]
        results |= {unit.name: result for unit, (result, _) in zip(left, judged_units(base, left), strict=True)}
    return [results[unit.name] for unit in base.units], [result for result, _ in answers], run


def processes(run: Run, units: Sequence[Unit]) -> int:
    """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
    jobs = run.options.jobs
    if len(units) < 2 or jobs == 1 or (not jobs and not reach(run.outline.files.values(), MIN_PARALLEL)):
        return 1
    from scclint.run.pool import can_fork

    return min(jobs or cores(), len(units)) if can_fork() else 1


def judged_units(run: Run, units: Sequence[Unit]) -> Iterator[UnitAnswer]:
    """Judge units of a run, in processes of their own if that pays."""

    def work(run: Run, unit: Unit) -> UnitAnswer:
        opened = open_unit(unit, run)
        return judge(opened, run), opened.others.asked

    def died(unit: Unit, notice: Notice) -> UnitAnswer:
        return UnitResult(unit.name, notices=(notice,), files=unit.files), None

    return by_units(run, units, work, died)


def by_units(run: Run, units: Sequence[Unit], work: Callable[[Run, Unit], T], died: Callable[[Unit, Notice], T]) -> Iterator[T]:
    """Yield what `work` makes of each unit, in processes of their own if that pays. `died` makes it for a unit whose process died."""
    jobs = processes(run, units)
    if jobs < 2:
        yield from (work(run, unit) for unit in units)
        return
    from scclint.run.pool import Died, in_processes_of

    # A unit that would keep one process busy for longer than all others work is judged first, by all.
    files = run.outline.files  # without those that a unit has and that are no manifests, such as keys of a generator
    sizes = [_size(files[file] for file in unit.files if file in files) for unit in units]
    large = {unit.name: work(run, unit) for unit, size in zip(units, sizes, strict=True) if size > sum(sizes) / jobs}
    others = [unit for unit in units if unit.name not in large]
    made = in_processes_of(run, "judged", lambda run, index: work(run, others[index]), len(others), jobs)
    for unit in units:
        result = large[unit.name] if unit.name in large else next(made)
        if isinstance(result, Died):
            text = f"unit {unit.name} is not judged: the process that judged it {result.how}"
            yield died(unit, Notice("error", text))
        else:
            yield result


def _size(files: Iterable[SourceFile]) -> int:
    """The bytes of files; those that cannot be looked at have none."""
    total = 0
    for file in files:
        with suppress(OSError):
            total += os.stat(file.path).st_size
    return total
