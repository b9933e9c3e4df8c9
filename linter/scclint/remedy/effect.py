"""How far a fix changes the pods after admission, and that in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.pod import containers
from scclint.finding import Safety
from scclint.outcome import Outcome
from scclint.remedy.dropped import dropped
from scclint.remedy.workbench import Trial, Workbench, both_outcomes, workload_pairs
from scclint.text import listed


def effect(bench: Workbench, trial: Trial, *, needs_review: bool) -> tuple[Safety, str]:
    """How far the pods differ after admission, and that in words."""
    words: dict[str, None] = {}
    lost: dict[str, None] = {}
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
                lost |= dict.fromkeys(dropped(before.verdict.submitted, after.verdict.submitted))
    if lost:
        return (
            "advice",
            f"{next(iter(words), 'The pods differ after admission.')} Decide whether the program works without {listed(lost)}.",
        )
    if not trial.only_workloads:
        return "advice", " ".join(words) or "The pods of the input are the same after admission."
    if same:
        return ("unsafe" if needs_review else "safe"), next(iter(words), "The pods are the same after admission.")
    return "unsafe", next(iter(words), "The pods differ after admission.")


def _run(outcome: Outcome) -> Mapping[str, Any]:
    """The pod after admission. `runAsNonRoot` of the pod is only a default for its containers, which get it here."""
    assert outcome.verdict is not None
    pod: Mapping[str, Any] = outcome.verdict.pod
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
