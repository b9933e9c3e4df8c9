"""How far a fix changes the pods after admission, and that in words.

Whether a program works without the host's network or a capability is not to be seen in its manifest. A fix that drops what a pod asks
of its node is advice: you have to decide it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.pod import AdmissionPod, containers
from scclint.finding import Safety
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.podsecurity.admission import with_source
from scclint.remedy.draft import sentence
from scclint.remedy.workbench import Trial, Workbench, both_outcomes, workload_pairs
from scclint.text import listed

_FLAGS = ("hostNetwork", "hostPID", "hostIPC")


def effect(bench: Workbench, trial: Trial, *, needs_review: bool) -> tuple[Safety, str]:
    """How far the pods differ after admission, and that in words."""
    words: dict[str, None] = {}
    lost: dict[str, None] = {}
    users: dict[str, None] = {}
    same = True
    for release, world in trial.worlds.items():
        for old, new in workload_pairs(trial.pairs):
            if any(problem.code == "wrong-type" for problem in bench.worlds[release].field_problems(old)):
                # The API server cannot read the object as it is, so that there are no pods to compare with.
                words["The API server then accepts the value."] = None
                continue
            for before, after in both_outcomes(bench.worlds[release], world, old, new):
                if before.verdict is None or after.verdict is None:
                    continue
                same = same and (before.verdict.allowed, _run(before)) == (after.verdict.allowed, _run(after))
                words |= dict.fromkeys(_changes(before, after))
                users |= _users(world, before, after)
                lost |= dict.fromkeys(_dropped(before.verdict.submitted, after.verdict.submitted))
        for workload in [] if trial.only_workloads else bench.opened.workloads:
            if all(workload is not old for old, _ in trial.pairs):
                for before, after in both_outcomes(bench.worlds[release], world, workload, workload):
                    users |= _users(world, before, after, f"in {workload.named}, ")
    if lost:
        first = " ".join([next(iter(words), "The pods differ after admission."), *users])
        return "advice", f"{first} Decide whether the program works without {listed(lost)}."
    if not trial.only_workloads:
        return "advice", " ".join((*words, *users)) or "The pods of the input are the same after admission."
    if same:
        return ("unsafe" if needs_review else "safe"), next(iter(words), "The pods are the same after admission.")
    return "unsafe", " ".join([*[*words][:1], *users]) or "The pods differ after admission."


def _users(world: World, before: Outcome, after: Outcome, where: str = "") -> dict[str, None]:
    """Return the user that containers then run as, as a sentence; nothing if they run as before."""
    if before.verdict is None or not (changed := world.cluster.admission.user_change(before.verdict, after.verdict)):
        return {}
    return {sentence(where + changed): None}


def _run(outcome: Outcome) -> Mapping[str, Any]:
    """The pod after admission with its defaults: `runAsNonRoot` of the pod for its containers, and the sources of volumes."""
    assert outcome.verdict is not None
    pod: Mapping[str, Any] = outcome.verdict.pod
    if volumes := pod["spec"].get("volumes"):
        pod = {**pod, "spec": {**pod["spec"], "volumes": [with_source(volume or {}) for volume in volumes]}}
    context = dict(pod["spec"].get("securityContext") or {})
    default = context.pop("runAsNonRoot", None)
    if default is None:
        return pod
    spec = {**pod["spec"], "securityContext": context}
    for field, index, container in containers(pod["spec"]):
        spec[field] = [*spec[field]]
        spec[field][index] = {
            **container,
            "securityContext": {"runAsNonRoot": default, **(container.get("securityContext") or {})},
        }
    return {**pod, "spec": spec}


def _changes(before: Outcome, after: Outcome) -> Iterator[str]:
    """What changes for the pod, the most important first."""
    assert before.verdict is not None
    assert after.verdict is not None
    whose = "the pod" if after.workload.kind == "Pod" else "the pods"
    profiles = {container.name: container.type for container in before.seccomp}
    confined = dict.fromkeys(
        c.type for c in after.seccomp if c.type and c.type != profiles.get(c.name) and c.type != "Unconfined"
    )
    if after.verdict.scc is not None and after.verdict.scc != before.verdict.scc:
        yield f"SCC {after.verdict.scc} then admits {whose}{f' with profile {listed(confined)}' if confined else ''}."
    elif confined:
        yield f"The containers then run with profile {listed(confined)}."


def _demands(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a pod asks of its node, in words: `hostNetwork`, `capability NET_ADMIN`, `hostPath /dev/log`."""
    spec = pod["spec"]
    yield from (field for field in _FLAGS if spec.get(field))
    for volume in spec.get("volumes") or ():
        if (volume or {}).get("hostPath") is not None:
            yield f"hostPath {volume['hostPath'].get('path')}"
    for _, _, container in containers(spec):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            yield "privileged: true"
        for name in (context.get("capabilities") or {}).get("add") or ():
            yield f"capability {name}"
    for port in AdmissionPod(pod).host_ports:
        yield f"hostPort {port.port}"
    for sysctl in (spec.get("securityContext") or {}).get("sysctls") or ():
        yield f"sysctl {sysctl.get('name')}"


def _dropped(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """What the pod asked for before and does not ask for afterwards."""
    kept = set(_demands(after))
    return tuple(dict.fromkeys(demand for demand in _demands(before) if demand not in kept))
