"""The SCCs of a denial compared with those of OpenShift: one that has no name and is none of them, and one that somebody changed."""

from collections.abc import Iterable, Iterator

from scclint.admission.constraints import MUST_RUN_AS_RANGE, Constraints
from scclint.admission.verdict import FieldError
from scclint.message.denial import Denial, Reason, Rejection
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World

_STEADY: dict[str, str] = {
    "runAsUser": "run_as_user",
    "fsGroup": "fs_group",
    "supplementalGroups": "supplemental_groups",
    "privileged": "allow_privileged_container",
    "hostNetwork": "allow_host_network",
    "hostPID": "allow_host_pid",
    "hostIPC": "allow_host_ipc",
    "hostPort": "allow_host_ports",
}
"""The fields that an SCC of OpenShift treats alike in every release, with the names of what decides."""


def foreign_sccs(denial: Denial, world: World, outcome: Outcome) -> tuple[Rejection, ...]:
    """Return the rejections without the name of an SCC that no SCC of OpenShift which the pod may use gives."""
    named = {*denial.denied, *(each.scc for each in denial.rejections if each.scc)}
    general = world.cluster.own_sccs - world.cluster.component_sccs
    possible = [_rejected(scc, world, outcome) for scc in sorted(general - named)]
    last = denial.rejections[-1]

    def is_of_openshift(rejection: Rejection) -> bool:
        fields = {_field_of(reason) for reason in rejection.reasons}
        if any("must be: " in reason.text for reason in rejection.reasons):
            return False
        # The end of the last one may be missing.
        return any(fields <= other if denial.cut and rejection is last else fields == other for other in possible)

    return tuple(each for each in denial.rejections if not each.scc and not is_of_openshift(each))


def changed_sccs(denial: Denial, world: World, outcome: Outcome) -> tuple[Rejection, ...]:
    """Return the rejections of SCCs of OpenShift with the reasons alone that these SCCs, as OpenShift installs them, do not give."""
    return tuple(changed for each in denial.rejections if each.named for changed in _changed(each, world, outcome))


def strategies(scc: Constraints, reasons: Iterable[Reason]) -> list[str]:
    """Return what an SCC has for the fields that reasons are about, as it is written in YAML."""
    return list(dict.fromkeys(_strategy(scc, reason.field) for reason in reasons))


def _changed(rejection: Rejection, world: World, outcome: Outcome) -> Iterator[Rejection]:
    if rejection.scc not in world.cluster.own_sccs:
        return
    expected = _rejected(rejection.scc, world, outcome)
    reasons = tuple(reason for reason in rejection.reasons if reason.field in _STEADY and reason.field not in expected)
    if reasons and all(reason.value for reason in reasons):
        yield Rejection(rejection.scc, reasons)


def _rejected(scc: str, world: World, outcome: Outcome) -> frozenset[str]:
    """Return the fields of the pod that an SCC of the release rejects."""
    verdict = outcome.judged
    errors = world.cluster.admission.errors_under(scc, verdict.submitted, namespace=verdict.namespace)
    return frozenset(map(_field_of_error, errors or ()))


def _field_of(reason: Reason) -> str:
    return "seccomp" if "seccomp" in reason.text else reason.field.rpartition(".")[2]


def _field_of_error(error: FieldError) -> str:
    if "seccomp" in error.text:
        return "seccomp"
    return [step for step in error.path if isinstance(step, str)][-1]


def _strategy(scc: Constraints, field: str) -> str:
    value = getattr(scc, _STEADY[field])
    if isinstance(value, bool):
        name = "allowPrivilegedContainer" if field == "privileged" else f"allow{field[0].upper()}{field[1:]}"
        return f"{name}: {'true' if value else 'false'}"
    limits = ""
    if field == "runAsUser" and value == MUST_RUN_AS_RANGE and scc.uid_range_min is not None:
        limits = f", uidRangeMin: {scc.uid_range_min}, uidRangeMax: {scc.uid_range_max}"
    return f"{field}: {{type: {value}{limits}}}"
