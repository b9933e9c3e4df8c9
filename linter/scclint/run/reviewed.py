"""The rows of each unit, for commands that list workloads with their verdicts."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from scclint.admission.access import Access
from scclint.finding import Crash
from scclint.outcome.policies import PolicyAnswer
from scclint.outcome.rows import ContainerRow, PodSecurityRow, VerdictRow, WorkloadRow
from scclint.podsecurity.csi import CsiVolume
from scclint.run.judge import OpenUnit, UnitView
from scclint.run.load import guard
from scclint.run.shared import Run
from scclint.run.stored_results import restored_record
from scclint.seccomp.effective import ContainerSeccomp, Request
from scclint.source import Span

Rows = tuple[tuple[WorkloadRow, ...], ...]
"""The rows of each workload of a unit, one for each release."""


def _make(opened: OpenUnit, run: Run) -> Rows:
    rows: list[tuple[WorkloadRow, ...]] = []
    for workload in opened.workloads:
        crashes: list[Crash] = []
        with guard("review", f"{workload.file}: {workload.named}", crashes):
            rows.append(tuple(opened.row(world, workload) for world in opened.worlds.values()))
        opened.inputs.crashes += crashes
    return tuple(rows)


def _restore(value: Any) -> Rows:
    return tuple(tuple(restored_record(WorkloadRow, row, _VALUES) for row in rows) for rows in value)


def _several(kind: type) -> Callable[[Any], Any]:
    return lambda items: tuple(restored_record(kind, fields, _VALUES) for fields in items)


_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "place": Span._make,
    "verdict": partial(restored_record, VerdictRow, values={}),
    "security": partial(restored_record, PodSecurityRow, values={}),
    "csi": _several(CsiVolume),
    "policies": _several(PolicyAnswer),
    "access": _several(Access),
    "containers": _several(ContainerRow),
    "effective": lambda fields: restored_record(ContainerSeccomp, fields, _VALUES),
    "requested": partial(restored_record, Request, values={}),
}
"""The functions that make the values of fields, for fields that are neither plain values nor lists of them."""

REVIEWED: UnitView[Rows] = UnitView("rows", _make, _restore, lambda unit, notice: ())
"""The rows of a unit, in the order of the input. A workload whose rows a bug prevents has none, and the bug is a crash of the unit."""
