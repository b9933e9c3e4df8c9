"""What commands show of each unit: what an earlier run stored, while it still holds, or else made from the unit now."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from scclint.deploy.unit import Unit
from scclint.finding import Crash, Notice
from scclint.other_units import Question, Reply
from scclint.record import record
from scclint.run.judge import OpenUnit, open_unit
from scclint.run.notices import lacking
from scclint.run.report import JudgementGap
from scclint.run.results import by_units, processes, uses_stored
from scclint.run.shared import Run

T = TypeVar("T")


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


class UnitView(NamedTuple, Generic[T]):
    """What a command shows of a unit.

    `make` makes it from the opened unit, of values that JSON can express and records of these. `restore` returns the same from what
    JSON makes of it, and raises ValueError, TypeError or KeyError for anything else. Views with one `name` are the same. `nothing` is
    shown of a unit whose process died.
    """

    name: str
    make: Callable[[OpenUnit], T]
    restore: Callable[[Any], T]
    nothing: T


class Viewed(NamedTuple, Generic[T]):
    """A unit, what is shown of it, and how its input was read. `opened` is None if the unit was not opened here."""

    unit: Unit
    value: T
    status: InputStatus
    opened: OpenUnit | None = None

    def open(self, run: Run) -> OpenUnit:
        """Return the unit, opened."""
        return self.opened or open_unit(self.unit, run)


def viewed(run: Run, view: UnitView[T]) -> list[Viewed[T]]:
    """Return what is shown of each unit of a run, in their order."""
    found: dict[str, Viewed[T]] = {}
    sort = f"{run.config.profile} {view.name}"
    if uses_stored(run):
        from scclint.run.stored_results import find_stored, keep_stored, restored_record

        def restore(fields: Any) -> tuple[T, InputStatus]:
            value, status = fields
            return view.restore(value), restored_record(InputStatus, status)

        for unit in run.units:
            if (stored := find_stored(unit, run, sort, restore)) is not None:
                found[unit.name] = Viewed(unit, *stored)
    missing = [unit for unit in run.units if unit.name not in found]
    is_alone = processes(run, missing) < 2

    def work(run: Run, unit: Unit) -> tuple[Viewed[T], Mapping[Question, Reply] | None]:
        opened = open_unit(unit, run)
        value = view.make(opened)
        # An opened unit holds too much to be sent from one process to another.
        return Viewed(unit, value, input_status(opened), opened if is_alone else None), opened.others.asked

    def died(unit: Unit, notice: Notice) -> tuple[Viewed[T], Mapping[Question, Reply] | None]:
        return Viewed(unit, view.nothing, InputStatus(notices=(notice,))), None

    for unit, (made, replies) in zip(missing, by_units(run, missing, work, died), strict=True):
        found[unit.name] = made
        if uses_stored(run) and replies is not None and not made.status.crashes:
            keep_stored(unit, run, sort, replies, [made.value, made.status])
    if uses_stored(run) and not run.whole:
        run.store.keep_others(sort)
    run.store.save()
    return [found[unit.name] for unit in run.units]


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
