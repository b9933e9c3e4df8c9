"""What a unit has that controls are about, as plain values."""

from collections.abc import Mapping
from typing import Any

from scclint.apps.controls.api_server import ADMISSION_PLUGIN
from scclint.apps.controls.checks import CHECKS, Evidence
from scclint.apps.controls.frameworks import Framework
from scclint.apps.controls.scope import Scope
from scclint.objects.types import ApiObject, Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.record import EMPTY, record
from scclint.run.judge import OpenUnit, UnitView
from scclint.run.shared import Run
from scclint.source import Span

_CLASSES: tuple[type[ApiObject], ...] = (Workload, Role, RoleBinding, SecurityContextConstraints)


@record
class ControlFacts:
    """What a unit has.

    `kinds` are the classes of its objects, as `needs` of a control names them, and `runs` says whether the cluster runs one of its
    workloads. `unknown` says whether a workload has no verdict. `evidence` is what fails each check, in the files that people edit.
    `platform` are the kind, namespace and name of each object that does not count.
    """

    kinds: tuple[str, ...] = ()
    runs: bool = False
    unknown: bool = False
    evidence: Mapping[str, tuple[Evidence, ...]] = EMPTY
    platform: tuple[tuple[str, str, str], ...] = ()


def control_facts(framework: Framework, *, dump: bool = False) -> UnitView[ControlFacts]:
    """Return the view of what units have that the controls of a framework are about. `dump` says that they are those of a cluster."""
    checks = [*dict.fromkeys(name for control in framework.controls for name in control.checks if name != ADMISSION_PLUGIN)]

    def make(opened: OpenUnit, run: Run) -> ControlFacts:
        scopes = [Scope(opened, world, dump) for world in opened.worlds.values()]
        kinds = [kind.__name__ for kind in _CLASSES if any(True for scope in scopes for _ in scope.all(kind))]
        if any(workload.provenance.operator for scope in scopes for workload in scope.of(Workload)):
            kinds.append("ClusterServiceVersion")
        outcomes = [outcome for scope in scopes for outcome in scope.outcomes()]
        evidence = {
            name: tuple(Evidence(one.message, opened.edited(one.span)) for scope in scopes for one in CHECKS[name](scope))
            for name in checks
        }
        return ControlFacts(
            tuple(kinds),
            any(outcome.admitted and outcome.rejected_by is None for outcome in outcomes),
            any(outcome.verdict is None for outcome in outcomes),
            {name: found for name, found in evidence.items() if found},
            tuple(obj for scope in scopes for obj in scope.platform_objects()),
        )

    return UnitView(
        f"controls {framework.name}{' of a dump' if dump else ''}", make, _restore, lambda unit, notice: ControlFacts()
    )


def _restore(value: Any) -> ControlFacts:
    kinds, runs, unknown, evidence, platform = value
    found = {name: tuple(Evidence(message, Span(*span)) for message, span in several) for name, several in evidence.items()}
    return ControlFacts(tuple(kinds), runs, unknown, found, tuple((kind, home, name) for kind, home, name in platform))
