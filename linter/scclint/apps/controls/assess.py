"""Which controls of a framework an input passes, fails, or leaves open."""

from collections.abc import Sequence
from itertools import chain
from typing import Literal

from scclint.apps.controls.api_server import ADMISSION_PLUGIN
from scclint.apps.controls.checks import Evidence
from scclint.apps.controls.facts import ControlFacts
from scclint.apps.controls.frameworks import Control, Framework
from scclint.finding import Finding
from scclint.record import record
from scclint.text import listed

Status = Literal["pass", "fail", "suppressed", "not assessable"]

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
    units: Sequence[ControlFacts],
    findings: Sequence[Finding],
    *,
    api_server: tuple[Evidence, ...] | None = None,
) -> tuple[Assessment, ...]:
    """Return the status of each control, for what the units of an input have and the findings on them.

    A control passes only if the input has objects of each kind that it needs, and every workload has a verdict. Workloads count if
    the cluster runs at least one. In a dump of a cluster, the objects of the platform do not count. `api_server` is what is wrong
    with the configuration of the API server in it; None if it has none.
    """
    have = {kind for unit in units for kind in unit.kinds}
    if not any(unit.runs for unit in units):
        have.discard("Workload")
    if api_server is not None:
        have.add("KubeAPIServerConfig")
    unknown = any(unit.unknown for unit in units)
    gone = {obj for unit in units for obj in unit.platform}
    counted = [
        finding for finding in findings if (finding.subject.kind, finding.subject.namespace, finding.subject.name) not in gone
    ]
    return tuple(_assess(control, units, counted, have, api_server or (), unknown=unknown) for control in framework.controls)


def _assess(
    control: Control,
    units: Sequence[ControlFacts],
    findings: Sequence[Finding],
    have: set[str],
    api_server: tuple[Evidence, ...],
    *,
    unknown: bool,
) -> Assessment:
    found = (evidence for name in control.checks for unit in units for evidence in unit.evidence.get(name, ()))
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
