"""Which controls of a framework an input passes, fails, or leaves open."""

from collections.abc import Iterator, Sequence
from typing import Literal

from scclint.apps.controls.api_server import ADMISSION_PLUGIN, AdmissionPlugins
from scclint.apps.controls.checks import CHECKS
from scclint.apps.controls.frameworks import Control, Framework
from scclint.apps.controls.grants import Evidence
from scclint.apps.controls.scope import Scope, without_platform
from scclint.finding import Finding
from scclint.model.object import ApiObject, Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.record import record
from scclint.run.judge import OpenUnit
from scclint.text import listed

Status = Literal["pass", "fail", "not assessable"]

_CLASSES: dict[str, type[ApiObject]] = {
    "Workload": Workload,
    "Role": Role,
    "RoleBinding": RoleBinding,
    "SecurityContextConstraints": SecurityContextConstraints,
}

_WORDS = {
    "Workload": "workload that runs",
    "Role": "role",
    "RoleBinding": "binding",
    "SecurityContextConstraints": "SCC",
    "KubeAPIServerConfig": "configuration of the API server, which a dump of a cluster has",
}


@record
class Assessment:
    """The status of a control, with what fails it. `why` says what is missing for a status; empty for pass and fail."""

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
    api_server: AdmissionPlugins | None = None,
) -> tuple[Assessment, ...]:
    """Return the status of each control, for the units of an input and the findings on them.

    A control passes only if the input has objects of each kind that it needs, and every workload has a verdict. Workloads count if
    the cluster runs at least one. `dump` says that the input is a dump of a cluster, in which the objects of the platform do not
    count. `api_server` is the configuration of the API server in it.
    """
    scopes = [Scope(world, dump) for unit in opened for world in unit.worlds.values()]
    have = {name for name, kind in _CLASSES.items() if any(True for scope in scopes for _ in scope.all(kind))}
    outcomes = [outcome for scope in scopes for outcome in scope.outcomes()]
    if not any(outcome.admitted and outcome.rejected_by is None for outcome in outcomes):
        have.discard("Workload")
    if api_server is not None:
        have.add("KubeAPIServerConfig")
    unknown = any(outcome.verdict is None for outcome in outcomes)
    counted = without_platform(findings, scopes)
    return tuple(_assess(control, scopes, counted, have, api_server, unknown=unknown) for control in framework.controls)


def _assess(
    control: Control,
    scopes: Sequence[Scope],
    findings: Sequence[Finding],
    have: set[str],
    api_server: AdmissionPlugins | None,
    *,
    unknown: bool,
) -> Assessment:
    evidence = tuple(dict.fromkeys(_evidence(control, scopes, api_server)))
    against = tuple(finding for finding in findings if finding.rule_id in control.rules)
    if evidence or against:
        return Assessment(control, "fail", evidence, against)
    if not control.needs:
        return Assessment(control, "not assessable", why="files do not show whether the control is met")
    missing = [[_WORDS[kind] for kind in kinds if kind not in have] for kinds in control.needs]
    if all(missing):
        words = ", and ".join(f"no {listed(kinds, 'and no')}" for kinds in missing)
        return Assessment(control, "not assessable", why=f"the input has {words}")
    if unknown and any("Workload" in kinds for kinds in control.needs):
        return Assessment(control, "not assessable", why="some workloads have no verdict, which `scclint review` lists")
    return Assessment(control, "pass")


def _evidence(control: Control, scopes: Sequence[Scope], api_server: AdmissionPlugins | None) -> Iterator[Evidence]:
    for name in control.checks:
        if name == ADMISSION_PLUGIN:
            yield from api_server.problems() if api_server else ()
            continue
        for scope in scopes:
            yield from CHECKS[name](scope)
