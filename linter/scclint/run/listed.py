"""The workloads of each unit by name and place, for commands that list them or look for one of them. Nothing is judged for it."""

from typing import Any

from scclint.deploy.placed import placed_in
from scclint.deploy.unit import Placed
from scclint.record import record
from scclint.run.judge import OpenUnit, UnitView
from scclint.run.shared import Run


@record
class ListedWorkload:
    """A workload: what it is called, where it is written, and where its pods are.

    `named` is how messages call it. `namespace` is that of its pods in the world of the oldest release, and `account` their service
    account. `placed` is the namespace that something in the input says, and why.
    """

    kind: str
    name: str
    named: str
    file: str
    lines: tuple[int, int]
    namespace: str
    account: str
    placed: Placed


def _make(opened: OpenUnit, run: Run) -> tuple[ListedWorkload, ...]:
    return tuple(
        ListedWorkload(
            workload.kind,
            workload.name,
            workload.named,
            workload.file,
            workload.lines,
            opened.world.namespace_of(workload),
            workload.pod.service_account,
            placed_in(workload, opened.unit),
        )
        for workload in opened.workloads
    )


def _restore(value: Any) -> tuple[ListedWorkload, ...]:
    return tuple(
        ListedWorkload(kind, name, named, file, (first, last), namespace, account, Placed(*placed))
        for kind, name, named, file, (first, last), namespace, account, placed in value
    )


LISTED: UnitView[tuple[ListedWorkload, ...]] = UnitView("listed", _make, _restore, lambda unit, notice: ())
"""The workloads of a unit, in the order of the input."""
