"""What commands have of each unit: what an earlier run stored, while it still holds, or else made now, of a unit that is opened once."""

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, suppress
from typing import Any, Generic, NamedTuple, TypeVar

from scclint.deploy.unit import Unit
from scclint.files import SourceFile
from scclint.finding import Crash, Notice
from scclint.limits import MIN_CACHED, MIN_PARALLEL, MIN_SPLIT
from scclint.other_units import Question, Reply
from scclint.record import record
from scclint.run.judge import OpenUnit, UnitView, judge, open_unit
from scclint.run.notices import lacking
from scclint.run.options import cores
from scclint.run.report import JudgementGap, UnitResult
from scclint.run.scan import reach
from scclint.run.shared import Run

T = TypeVar("T")
U = TypeVar("U")


@record
class InputStatus:
    """How the input of a unit was read.

    `unjudged` is what is not judged, and `lacking` what the dump of the cluster lacks. `unreadable` has the file, line, column and
    error of each document that cannot be parsed. `nothing` is True if nothing was read that might be a manifest.
    """

    crashes: tuple[Crash, ...] = ()
    notices: tuple[Notice, ...] = ()
    unjudged: tuple[JudgementGap, ...] = ()
    lacking: tuple[JudgementGap, ...] = ()
    unreadable: tuple[tuple[str, int, int, str], ...] = ()
    nothing: bool = False


class Viewed(NamedTuple, Generic[T]):
    """A unit, what is shown of it, and how its input was read. `opened` is None if the unit was not opened here."""

    unit: Unit
    value: T
    status: InputStatus
    opened: OpenUnit | None = None

    def open(self, run: Run) -> OpenUnit:
        """Return the unit, opened."""
        return self.opened or open_unit(self.unit, run)


class UnitValues(NamedTuple):
    """The values of views of a unit, by the name of the view.

    `replies` are what the unit asked about others, with the answers; None if its process died. `opened` is the unit if it was opened in
    this process and is to be kept.
    """

    values: Mapping[str, Any]
    replies: Mapping[Question, Reply] | None
    opened: OpenUnit | None = None


def viewed(run: Run, view: UnitView[T]) -> list[Viewed[T]]:
    """Return what is shown of each unit of a run, in their order."""
    return _shown(run, view, unit_values(run, (view, STATUS), keep_open=True))


def viewed_with(run: Run, view: UnitView[T], other: UnitView[U]) -> tuple[list[Viewed[T]], list[U]]:
    """Return what `viewed` returns, and the value of another view for each unit. A unit is opened once for both."""
    found = unit_values(run, (view, other, STATUS))
    return _shown(run, view, found), [made.values[other.name] for made in found]


def _shown(run: Run, view: UnitView[T], found: Iterable[UnitValues]) -> list[Viewed[T]]:
    run.store.save()
    return [
        Viewed(unit, made.values[view.name], made.values[STATUS.name], made.opened)
        for unit, made in zip(run.units, found, strict=True)
    ]


def unit_values(
    run: Run, views: Sequence[UnitView[Any]], also: Sequence[UnitView[Any]] = (), *, keep_open: bool = False
) -> list[UnitValues]:
    """Return the values of views for each unit of a run, in their order: of an earlier run where all of them still hold.

    Of a unit that is opened for them, the views of `also` that cost little are stored as well, for later runs.
    """
    if not uses_stored(run):
        return [*made_values(run, run.units, views, keep_open=keep_open)]
    from scclint.run.stored_results import find_stored, keep_stored, sort_of, unit_key

    found: dict[str, UnitValues] = {}
    for unit in run.units:
        values = {view.name: value for view in views if (value := find_stored(unit, run, view)) is not None}
        if len(values) == len(views):
            found[unit.name] = UnitValues(values, run.others.of(unit).asked)
    missing = [unit for unit in run.units if unit.name not in found]
    stored = [*found]
    storable = {unit.name for unit in missing if unit_key(unit, run)} if also else frozenset[str]()
    every = {view.name: view for view in (*views, *also)}
    kept = {view.name for view in views}
    for unit, made in zip(missing, made_values(run, missing, views, also, storable, keep_open=keep_open), strict=True):
        found[unit.name] = made
        if made.replies is None:
            continue
        kept |= made.values.keys()
        for name, value in made.values.items():
            keep_stored(unit, run, every[name], made.replies, value)
    for view in (every[name] for name in sorted(kept)):
        # This run may have looked for none of them.
        run.store.keep_others(sort_of(view, run), stored if run.whole else None)
    return [found[unit.name] for unit in run.units]


def made_values(
    run: Run,
    units: Sequence[Unit],
    views: Sequence[UnitView[Any]],
    also: Sequence[UnitView[Any]] = (),
    storable: Container[str] = (),
    *,
    keep_open: bool = False,
) -> Iterator[UnitValues]:
    """Yield the values of views for units of a run, in processes of their own if that pays; those of `also` for units in `storable`."""
    # An opened unit holds too much to be sent from one process to another.
    keep_open = keep_open and processes(run, units) < 2

    def work(run: Run, unit: Unit) -> UnitValues:
        opened = open_unit(unit, run)
        values: dict[str, Any] = {view.name: view.make(opened, run) for view in views}
        for view in also if unit.name in storable else ():
            if view.costs_little(opened, values):
                values[view.name] = view.make(opened, run)
        return UnitValues(values, opened.others.asked, opened if keep_open else None)

    def died(unit: Unit, notice: Notice) -> UnitValues:
        return UnitValues({view.name: view.nothing(unit, notice) for view in views}, None)

    return _by_units(run, units, work, died)


def uses_stored(run: Run) -> bool:
    """Return whether a run looks for what earlier runs stored: to look for little input costs no less than judging it."""
    return bool(run.options.cache_scope) and reach(run.outline.files.values(), MIN_CACHED)


def processes(run: Run, units: Sequence[Unit]) -> int:
    """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
    jobs = run.options.jobs
    if len(units) < 2 or jobs == 1 or (not jobs and not reach(run.outline.files.values(), MIN_PARALLEL)):
        return 1
    from scclint.run.pool import can_fork

    return min(jobs or cores(), len(units)) if can_fork() else 1


def _by_units(
    run: Run, units: Sequence[Unit], work: Callable[[Run, Unit], T], died: Callable[[Unit, Notice], T]
) -> Iterator[T]:
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


def input_status(opened: OpenUnit) -> InputStatus:
    """Return how the input of a unit was read."""
    inputs = opened.inputs
    return InputStatus(
        tuple(inputs.crashes),
        tuple(inputs.notices),
        tuple(inputs.unjudged),
        tuple(gap for world in opened.worlds.values() for gap in lacking(world, opened.ours)),
        tuple(
            (document.file, document.error.line, document.error.column, document.error.message)
            for document in inputs.targets
            if document.status == "unparsable" and document.error is not None
        ),
        inputs.nothing,
    )


def _restored_status(value: Any) -> InputStatus:
    from scclint.run.stored_results import restored_record

    restored: InputStatus = restored_record(InputStatus, value)
    return restored


STATUS: UnitView[InputStatus] = UnitView(
    "status",
    lambda opened, run: input_status(opened),
    _restored_status,
    lambda unit, notice: InputStatus(notices=(notice,)),
    stored=lambda status: None if status.crashes else status,
)
"""How the input of a unit was read. It comes behind the other views, which may add crashes. With one, nothing holds for later runs."""


def _judged(opened: OpenUnit, run: Run) -> UnitResult:
    return judge(opened, run)


def _stored(result: UnitResult) -> object:
    from scclint.run.stored_results import stored_fields

    return None if result.crashes else stored_fields(result)


def _restored(fields: Any) -> UnitResult:
    from scclint.run.stored_results import restored_result

    return restored_result(fields)


def _unjudged(unit: Unit, notice: Notice) -> UnitResult:
    return UnitResult(unit.name, notices=(notice,), files=unit.files)


JUDGED: UnitView[UnitResult] = UnitView("results", _judged, _restored, _unjudged, by_rules=True, stored=_stored)
"""The findings of a unit, and how its input was treated."""


def unit_results(run: Run) -> list[UnitResult]:
    """The results of the units of a run, in their order."""
    return [_result(values) for values in _answers(run)]


def _answers(run: Run) -> list[UnitValues]:
    """The results of the units of a run, each with what it asked. What other commands show is stored with them."""
    if not uses_stored(run):
        return unit_values(run, (JUDGED,))
    from scclint.run.listed import LISTED
    from scclint.run.reviewed import REVIEWED

    return unit_values(run, (JUDGED,), (LISTED, REVIEWED._replace(costs_little=_rows_cost_little), STATUS))


def _rows_cost_little(opened: OpenUnit, values: Mapping[str, Any]) -> bool:
    """Whether this process has judged each workload, and found the sources of what is rendered for findings."""
    traced = not opened.unit.rendered or bool(values[JUDGED.name].findings)
    return traced and len(opened.workloads) < MIN_SPLIT


def _result(values: UnitValues) -> UnitResult:
    result: UnitResult = values.values[JUDGED.name]
    return result


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
        results = {unit.name: _result(of) for unit, of in zip(changed, made_values(base, changed, (JUDGED,)), strict=True)}
    run = run.after({name: result.applied for name, result in results.items()})
    answers = _answers(run)
    answered = {unit.name: values for unit, values in zip(run.units, answers, strict=True)}
    with chdir(folder):
        for unit in same:
            values = answered[unit.name]
            replies, result = values.replies, _result(values)
            if replies is not None and not result.crashes and base.others.of(unit).same_answers(replies.items()):
                results[unit.name] = result
        left = [unit for unit in same if unit.name not in results]
        results |= {unit.name: _result(of) for unit, of in zip(left, made_values(base, left, (JUDGED,)), strict=True)}
    return [results[unit.name] for unit in base.units], [_result(values) for values in answers], run
