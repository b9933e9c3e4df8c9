"""The results of the units of a run: those of an earlier run where they still hold, the others in processes of their own if that pays."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.finding import Notice
from scclint.limits import MIN_CACHED, MIN_PARALLEL
from scclint.other_units import Question
from scclint.run.judge import judge, open_unit
from scclint.run.part import Part
from scclint.run.scan import reach
from scclint.run.shared import Run
from scclint.units.unit import Unit

_Judged = tuple[Part, Mapping[Question, bool] | None]
"""The part of a unit, and what it asked about other units. Without answers, the part says that its unit was not judged."""


def results(run: Run) -> list[Part]:
    """The parts of the units of a run, in their order."""
    # To look into the store for little input costs no less than judging it.
    if not run.store.scope or not reach(run.outline.files.values(), MIN_CACHED):
        return [part for part, _ in _judged(run, run.units)]
    from scclint.run.restored import fields_of, part_of
    from scclint.run.unit_keys import unit_key

    def stored(unit: Unit) -> Part | None:
        def restored(value: Any) -> Part | None:
            key, asked, fields = value
            same = key == unit_key(unit, run) and run.others.of(unit).same_answers(asked)
            return part_of(unit.name, fields) if same else None

        return run.store.find("parts", unit.name if unit_key(unit, run) else "", restored)

    known = {unit.name: part for unit in run.units if (part := stored(unit))}
    judged = _judged(run, [unit for unit in run.units if unit.name not in known])
    parts = []
    for unit in run.units:
        part, asked = (known[unit.name], None) if unit.name in known else next(judged)
        if asked is not None and not part.crashes and (key := unit_key(unit, run)):
            run.store.keep("parts", unit.name, [key, list(asked.items()), fields_of(part)])
        parts.append(part)
    if not run.whole:
        run.store.keep_others("parts")
    return parts


def processes(run: Run, units: Sequence[Unit]) -> int:
    """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
    jobs = run.options.jobs
    if len(units) < 2 or jobs == 1 or (not jobs and not reach(run.outline.files.values(), MIN_PARALLEL)):
        return 1
    from scclint.run.pool import can_fork, cores

    return min(jobs or cores(), len(units)) if can_fork() else 1


def _judged(run: Run, units: Sequence[Unit]) -> Iterator[_Judged]:
    def work(index: int) -> _Judged:
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
            yield Part(unit.name, notices=(Notice("error", text),), files=unit.files), None
        else:
            yield result
