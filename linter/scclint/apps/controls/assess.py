"""Which controls of a framework an input passes, fails, or leaves open."""

from collections.abc import Sequence
from itertools import chain
from typing import Literal

from scclint.apps.controls.api_server import ADMISSION_PLUGIN
from scclint.apps.controls.checks import CHECKS, Evidence
from scclint.apps.controls.frameworks import Control, Framework
from scclint.apps.controls.scope import Scope, without_platform
from scclint.finding import Finding
from scclint.model.object import ApiObject, Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.record import record
from scclint.run.judge import OpenUnit
from scclint.text import listed

Status = Literal["pass", "fail", "suppressed", "not assessable"]

_CLASSES: tuple[type[ApiObject], ...] = (Workload, Role, RoleBinding, SecurityContextConstraints)

_WORDS = {
    "Workload": "workload that runs",
    "Role": "role",
    "RoleBinding": "binding",
    "SecurityContextConstraints": "SCC",
    "ClusterServiceVersion": "ClusterServiceVersion",
    "KubeAPIServerConfig": "configuration of the API server, which a dump of a cluster has",
}


@record
class Assessment:
    """The status of a control, with what fails it. `why` says what is missing for a status; empty for the others.

    The status is `suppressed` if nothing fails the control but findings that the repository suppresses with a reason.
    """

    control: Control
    status: Status
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    why: str = ""


def assess(
    framework: Framework,
    opened: Sequence[OpenUnit],
    findings: Sequence[Finding],
    *,
    dump: bool = False,
    api_server: tuple[Evidence, ...] | None = None,
) -> tuple[Assessment, ...]:
    """Return the status of each control, for the units of an input and the findings on them.

    A control passes only if the input has objects of each kind that it needs, and every workload has a verdict. Workloads count if
    the cluster runs at least one. `dump` says that the input is a dump of a cluster, in which the objects of the platform do not
    count. `api_server` is what is wrong
    with the configuration of the API server in it; None if it has none.
    """
    scopes = [Scope(unit, world, dump) for unit in opened for world in unit.worlds.values()]
    have = {kind.__name__ for kind in _CLASSES if any(True for scope in scopes for _ in scope.all(kind))}
    outcomes = [outcome for scope in scopes for outcome in scope.outcomes()]
    if not any(outcome.admitted and outcome.rejected_by is None for outcome in outcomes):
        have.discard("Workload")
    if any(workload.provenance.operator for scope in scopes for workload in scope.of(Workload)):
        have.add("ClusterServiceVersion")
    if api_server is not None:
        have.add("KubeAPIServerConfig")
    unknown = any(outcome.verdict is None for outcome in outcomes)
    counted = without_platform(findings, scopes)
    return tuple(_assess(control, scopes, counted, have, api_server or (), unknown=unknown) for control in framework.controls)


def _assess(
    control: Control,
    scopes: Sequence[Scope],
    findings: Sequence[Finding],
    have: set[str],
    api_server: tuple[Evidence, ...],
    *,
    unknown: bool,
) -> Assessment:
    found = (
        Evidence(evidence.message, scope.unit.edited(evidence.span))
        for name in control.checks
        if name != ADMISSION_PLUGIN
        for scope in scopes
        for evidence in CHECKS[name](scope)
    )
    evidence = tuple(dict.fromkeys(chain(api_server if ADMISSION_PLUGIN in control.checks else (), found)))
    against = tuple(finding for finding in findings if finding.rule_id in control.rules)
    if evidence or against:
        is_open = evidence or any(
            f.suppression is None or not f.suppression.reason or f.suppression.by == "finding" for f in against
        )
        return Assessment(control, "fail" if is_open else "suppressed", evidence, against)
    if not control.needs:
        return Assessment(control, "not assessable", why="files do not show whether the control is met")
    missing = [[_WORDS[kind] for kind in kinds if kind not in have] for kinds in control.needs]
    if all(missing):
        words = ", and ".join(f"no {listed(kinds, 'and no')}" for kinds in missing)
        return Assessment(control, "not assessable", why=f"the input has {words}")
    if unknown and any("Workload" in kinds for kinds in control.needs):
        return Assessment(control, "not assessable", why="some workloads have no verdict, which `scclint review` lists")
    return Assessment(control, "pass")
