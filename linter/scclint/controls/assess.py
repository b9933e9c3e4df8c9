"""Which controls of a framework an input passes, fails, or leaves open."""

from collections.abc import Iterator, Sequence
from typing import Literal

from scclint.controls.checks import CHECKS, Evidence
from scclint.controls.frameworks import Control, Framework
from scclint.finding import Finding
from scclint.judge import OpenUnit
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.model.workload import Workload
from scclint.record import record
from scclint.text import listed
from scclint.world import World

Status = Literal["pass", "fail", "not assessable"]

_CLASSES: dict[str, type[ApiObject]] = {
    "Workload": Workload,
    "Role": Role,
    "RoleBinding": RoleBinding,
    "SecurityContextConstraints": SecurityContextConstraints,
}

_WORDS = {"Workload": "workload that runs", "Role": "role", "RoleBinding": "binding", "SecurityContextConstraints": "SCC"}


@record
class Assessment:
    """The status of a control, with what fails it. `why` says what is missing for a status; empty for pass and fail."""

    control: Control
    status: Status
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    why: str = ""


def assess(framework: Framework, opened: Sequence[OpenUnit], findings: Sequence[Finding]) -> tuple[Assessment, ...]:
    """Return the status of each control, for the units of an input and the findings on them.

    A control passes only if the input has objects of each kind that it needs, and every workload has a verdict. Workloads count if
    the cluster runs at least one.
    """
    worlds = [world for unit in opened for world in unit.worlds.values()]
    have = {name for name, kind in _CLASSES.items() if any(isinstance(obj, kind) for unit in opened for obj in unit.ours)}
    outcomes = [world.outcome(workload) for world in worlds for workload in world.of(Workload)]
    if not any(outcome.admitted and outcome.rejected_by is None for outcome in outcomes):
        have.discard("Workload")
    unknown = any(outcome.verdict is None for outcome in outcomes)
    return tuple(_assess(control, worlds, findings, have, unknown=unknown) for control in framework.controls)


def _assess(
    control: Control, worlds: Sequence[World], findings: Sequence[Finding], have: set[str], *, unknown: bool
) -> Assessment:
    evidence = tuple(dict.fromkeys(_evidence(control, worlds)))
    against = tuple(finding for finding in findings if finding.rule_id in control.rules)
    if evidence or against:
        return Assessment(control, "fail", evidence, against)
    missing = [kind for kind in control.needs if kind not in have]
    if not control.needs:
        return Assessment(control, "not assessable", why="files do not show whether the control is met")
    if missing:
        return Assessment(
            control, "not assessable", why=f"the input has no {listed(map(_WORDS.__getitem__, missing), 'and no')}"
        )
    if unknown and "Workload" in control.needs:
        return Assessment(control, "not assessable", why="some workloads have no verdict")
    return Assessment(control, "pass")


def _evidence(control: Control, worlds: Sequence[World]) -> Iterator[Evidence]:
    for name in control.checks:
        for world in worlds:
            yield from CHECKS[name](world)
