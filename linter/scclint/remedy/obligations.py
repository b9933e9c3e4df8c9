"""What a fix must never do to a pod, a grant or an SCC: whether an edit leaves outcomes worse than they were."""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.access import opened_by, used_by
from scclint.admission.pod import containers
from scclint.cluster import Cluster
from scclint.model.terms import REQUIRED_SCC
from scclint.outcome.chain import Outcome, Step
from scclint.outcome.world import World
from scclint.remedy.workbench import Basis, Trial, Workbench, both_outcomes, workload_pairs

_LIMITS = (
    ("allowPrivilegeEscalation", False),
    ("privileged", False),
    ("readOnlyRootFilesystem", True),
    ("runAsNonRoot", True),
)
"""Values of a security context that limit a container."""

_LATER_STEPS: Mapping[Step, str] = {
    "scc": "SCC admission",
    "validation": "the validation of the API server",
    "pod-security": "Pod Security admission",
    "csi": "the admission of CSI volumes",
}
"""What each step of admission is called."""


def outcomes_disprove(bench: Workbench, basis: Basis | None, trial: Trial) -> Iterator[str]:
    """Yield, as clauses, in what the pods, the grants or the SCCs of a unit would be worse off with an edit than before."""
    edited = {id(old) for old, _ in trial.pairs}
    pairs = workload_pairs(trial.pairs)
    others = [] if trial.only_workloads else [w for w in bench.opened.workloads if id(w) not in edited]
    new_path = basis is not None and basis.problem.at.path[-1:] == ("localhostProfile",)
    compared = []
    for release, world in trial.worlds.items():
        was = bench.worlds[release]
        for old, new in pairs:
            target = basis is not None and old is basis.subject and "manifest" not in basis.rule.tags
            for number, (before, after) in enumerate(both_outcomes(was, world, old, new)):
                compared.append((before, after))
                # A user without grants may be unable to create the pod, before and after.
                yield from _outcome_disproves(before, after, was, world, must_admit=target and not number, new_path=new_path)
        for workload in others:
            for before, after in both_outcomes(was, world, workload, workload):
                yield from _outcome_disproves(before, after, was, world, must_admit=False)
        if not trial.only_workloads:
            yield from _rights_disprove(was.cluster, world.cluster)
    pinned = any(_pin(before) != _pin(after) for before, after in compared)
    if pinned and all(_without_pin(before) == _without_pin(after) for before, after in compared):
        yield "only the annotation openshift.io/required-scc would change"


def _outcome_disproves(
    before: Outcome, after: Outcome, was: World, world: World, *, must_admit: bool, new_path: bool = False
) -> Iterator[str]:
    """Why the outcome of a workload is worse. `new_path`: its profile comes from another path, which the finding asks for."""
    name = after.workload.named
    if before.verdict is None:
        return
    if after.verdict is None:
        yield f"the outcome of {name} would be unknown"
        return
    if before.skipped != after.skipped:
        yield f"SCC admission would treat {name} differently"
    if not after.verdict.allowed:
        if before.verdict.allowed:
            yield f"no SCC would admit {name}"
        elif must_admit and before.creator == after.creator:
            yield f"{name} would still have no SCC that admits it"
        return
    if after.rejected_by is not None and (before.rejected_by is None or must_admit):
        yield f"{_LATER_STEPS[after.rejected_by]} would reject the pod of {name}"
    for container, lost in (*_lost_profiles(before, after, new_path=new_path), *_lost_limits(before, after)):
        yield f"container {container} of {name} would lose {lost}"
    if more := _node_access(after, world) - _node_access(before, was):
        yield f"{name} would get {min(more)}"


def _lost_profiles(before: Outcome, after: Outcome, *, new_path: bool) -> Iterator[tuple[str, str]]:
    """Yield the containers that would lose their seccomp profile."""
    confined = {c.name: c for c in before.seccomp if c.type in ("RuntimeDefault", "Localhost")}
    for container in after.seccomp if before.rejected_by is None else ():
        earlier = confined.get(container.name)
        if earlier is None:
            continue
        path = earlier.localhost_profile if not new_path else container.localhost_profile
        if (container.type, container.localhost_profile) != (earlier.type, path):
            yield container.name, "its seccomp profile"


def _lost_limits(before: Outcome, after: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the containers that would lose a limit, each with the first of them."""
    earlier = _limits(before)
    for container, limits in _limits(after).items():
        lost = earlier.get(container, limits) - limits
        if "the drop of ALL" in limits:
            lost = {limit for limit in lost if not limit.startswith("the drop of")}
        if lost:
            yield container, min(lost)


def _pin(outcome: Outcome) -> str | None:
    return outcome.verdict.required_scc if outcome.verdict else None


def _without_pin(outcome: Outcome) -> object:
    verdict = outcome.verdict
    if verdict is None:
        return None
    metadata = verdict.pod.get("metadata") or {}
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != REQUIRED_SCC}
    return verdict.allowed, verdict.scc, verdict.pod["spec"], kept


def _limits(outcome: Outcome) -> dict[str, set[str]]:
    """What limits each container after admission, by its name."""
    verdict = outcome.verdict
    assert verdict is not None
    spec = verdict.pod["spec"]
    pod: Mapping[str, Any] = spec.get("securityContext") or {}
    found = {}
    for _, _, container in containers(spec):
        own: Mapping[str, Any] = {**pod, **(container.get("securityContext") or {})}
        limits = {f"{name}: {str(value).lower()}" for name, value in _LIMITS if own.get(name) is value}
        dropped = (own.get("capabilities") or {}).get("drop") or ()
        limits |= {f"the drop of {name}" for name in dropped}
        if own.get("runAsUser"):
            limits.add("its user ID other than 0")
        found[str(container.get("name"))] = limits
    return found


def _node_access(outcome: Outcome, world: World) -> set[str]:
    """What the SCC of the pod opens of the node; of a pod that is rejected, what it asks for."""
    verdict = outcome.verdict
    assert verdict is not None
    if verdict.scc is not None:
        return {access.words for access in opened_by(world.cluster.sccs[verdict.scc])}
    return {access.words for access in used_by(verdict.pod, world.cluster.kubernetes_minor)}


def _rights_disprove(was: Cluster, cluster: Cluster) -> Iterator[str]:
    """Whether a subject could use an SCC that it could not use before, or an SCC would open more of the node."""
    if more := _rights(cluster) - _rights(was):
        subject, _, name = min(more)
        yield f"{subject} could use SCC {name}"
    for name, scc in cluster.sccs.items():
        earlier = was.sccs.get(name)
        opened = {access.words for access in opened_by(scc)}
        if more_open := opened - ({access.words for access in opened_by(earlier)} if earlier else set()):
            yield f"SCC {name} would open {min(more_open)}"


def _rights(cluster: Cluster) -> set[tuple[str, str, str]]:
    """Subject, namespace of the grant and SCC of every grant."""
    found = {(name, "", scc.name) for scc in cluster.sccs.values() for name in (*scc.users, *scc.groups)}
    for binding in cluster.grants.bindings:
        sccs = [name for name in cluster.sccs if binding.uses.first(name) is not None]
        found |= {(name, binding.ref.namespace, scc) for name in (*binding.users, *binding.groups) for scc in sccs}
    return found
