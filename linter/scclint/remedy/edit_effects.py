"""What an edit changes for the pods, the grants and the SCCs of a unit: what a fix must never do to them, and its effect in words.

Whether a program works without the host's network or a capability is not to be seen in its manifest. A fix that drops what a pod asks
of its node is advice: you have to decide it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scclint.admission.access import Access, opened_by, used_by
from scclint.admission.pod import containers
from scclint.admission.verdict import Verdict
from scclint.advice.effects import admission_effect, asked, confinement_effect, platform_effects, process_effect
from scclint.cluster import Cluster
from scclint.finding import Remove, Safety
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome, Step
from scclint.outcome.world import PROJECT_USER, World
from scclint.platform.terms import REQUIRED_SCC
from scclint.podsecurity.admission import with_source
from scclint.record import record
from scclint.remedy.workbench import EditTrial, Occurrence, Workbench
from scclint.text import capitalized, listed
from scclint.validation.validate import validate
from scclint.yaml.edit import changed_data

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
    "policy": "a ValidatingAdmissionPolicy",
}
"""What each step of admission is called."""


@record
class Comparison:
    """The outcome of a workload before and after an edit, on one release.

    `edited`: the edit is one of the workload itself. `by_stranger`: a user without grants creates the pod, which is a bare Pod.
    """

    workload: Workload
    before: Outcome
    after: Outcome
    edited: bool
    by_stranger: bool


def comparisons(bench: Workbench, trial: EditTrial, release: str) -> Iterator[Comparison]:
    """Yield the outcomes of all workloads that an edit can change."""
    was, world = bench.worlds[release], trial.worlds[release]
    pairs = [(old, new, True) for old, new in trial.pairs if isinstance(old, Workload) and isinstance(new, Workload)]
    edited = {id(old) for old, _ in trial.pairs}
    if not trial.only_workloads:
        pairs += [(workload, workload, False) for workload in bench.opened.workloads if id(workload) not in edited]
    for old, new, is_edited in pairs:
        yield Comparison(old, was.outcome(old), world.outcome(new), is_edited, by_stranger=False)
        if not old.controlled:
            yield Comparison(old, was.outcome(old, PROJECT_USER), world.outcome(new, PROJECT_USER), is_edited, by_stranger=True)


def outcomes_disprove(bench: Workbench, result: Occurrence | None, trial: EditTrial) -> Iterator[str]:
    """Yield, as clauses, in what the pods, the grants or the SCCs of a unit would be worse off with an edit than before."""
    new_path = result is not None and result.finding.path[-1:] == ("localhostProfile",)
    compared = []
    for release, world in trial.worlds.items():
        was = bench.worlds[release]
        for comparison in comparisons(bench, trial, release):
            before, after, edited = comparison.before, comparison.after, comparison.edited
            target = (
                result is not None
                and comparison.workload is result.subject
                and "manifest" not in bench.rule(result.finding).tags
            )
            if edited:
                compared.append((before.verdict, after.verdict))
            # A user without grants may be unable to create the pod, before and after.
            must_admit = edited and target and not comparison.by_stranger
            yield from _outcome_disproves(before, after, was, world, must_admit=must_admit, new_path=edited and new_path)
        if not trial.only_workloads:
            yield from _rights_disprove(was.cluster, world.cluster)
    pinned = any(_pin(before) != _pin(after) for before, after in compared)
    if pinned and all(_without_pin(before) == _without_pin(after) for before, after in compared):
        yield f"only the annotation {REQUIRED_SCC} would change"


def _outcome_disproves(
    before: Outcome, after: Outcome, was: World, world: World, *, must_admit: bool, new_path: bool
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
    minor = world.cluster.kubernetes_minor
    if more := asked(after.verdict.submitted, minor).keys() - asked(before.verdict.submitted, minor):
        yield f"{name} would ask for {min(more)}"
    if not after.verdict.allowed:
        if before.verdict.allowed:
            yield f"no SCC would admit {name}"
        elif must_admit and before.creator == after.creator:
            yield f"{name} would still have no SCC that admits it"
        return
    if after.rejected_by is not None and (before.rejected_by is None or must_admit) and not _refused_already(before, after):
        yield f"{_LATER_STEPS[after.rejected_by]} would reject the pod of {name}"
    for container, lost in (*_lost_profiles(before, after, new_path=new_path), *_lost_limits(before.verdict, after.verdict)):
        yield f"container {container} of {name} would lose {lost}"
    if more := _node_access(after.verdict, world) - _node_access(before.verdict, was):
        yield f"{name} would get {min(more)}"


def _refused_already(before: Outcome, after: Outcome) -> bool:
    """Whether all that rejects the pod are inline volumes that were refused before as well, which is a finding of its own."""
    refused = [volume.index for volume in after.csi if volume.refused]
    return after.rejected_by == "csi" and set(refused) <= {volume.index for volume in before.csi if volume.refused}


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


def _lost_limits(before: Verdict, after: Verdict) -> Iterator[tuple[str, str]]:
    """Yield the containers that would lose a limit, each with the first of them."""
    earlier = _limits(before)
    for container, limits in _limits(after).items():
        lost = earlier.get(container, limits) - limits
        if "the drop of ALL" in limits:
            lost = {limit for limit in lost if not limit.startswith("the drop of")}
        if lost:
            yield container, min(lost)


def same_without_pin(bench: Workbench, trial: EditTrial) -> bool:
    """Whether every pod is the same after admission, for every creator, apart from the annotation that requires an SCC."""
    return all(
        _without_pin(comparison.before.verdict) == _without_pin(comparison.after.verdict)
        for release in trial.worlds
        for comparison in comparisons(bench, trial, release)
    )


def _pin(verdict: Verdict | None) -> str | None:
    return verdict.required_scc if verdict else None


def _without_pin(verdict: Verdict | None) -> object:
    if verdict is None:
        return None
    metadata = verdict.pod.get("metadata") or {}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != REQUIRED_SCC}
    return verdict.allowed, verdict.scc, verdict.pod["spec"], annotations


def _limits(verdict: Verdict) -> dict[str, set[str]]:
    """What limits each container after admission, by its name."""
    spec = verdict.pod["spec"]
    pod: Mapping[str, Any] = spec.get("securityContext") or {}
    by_name = {}
    for _, _, container in containers(spec):
        context: Mapping[str, Any] = {**pod, **(container.get("securityContext") or {})}
        limits = {f"{name}: {str(value).lower()}" for name, value in _LIMITS if context.get(name) is value}
        limits |= {f"the drop of {name}" for name in (context.get("capabilities") or {}).get("drop") or ()}
        if context.get("runAsUser"):
            # Such a user is not root, whatever `runAsNonRoot` says.
            limits |= {"its user ID other than 0", "runAsNonRoot: true"}
        by_name[str(container.get("name"))] = limits
    return by_name


def _node_access(verdict: Verdict, world: World) -> set[str]:
    """What the SCC of the pod opens of the node; of a pod that is rejected, what it asks for."""
    if verdict.scc is not None:
        return _words(opened_by(world.cluster.sccs[verdict.scc]))
    return _words(used_by(verdict.pod, world.cluster.kubernetes_minor))


def _words(access: Iterable[Access]) -> set[str]:
    return {way.words for way in access}


def _rights_disprove(was: Cluster, cluster: Cluster) -> Iterator[str]:
    """Whether a subject could use an SCC that it could not use before, or an SCC would open more of the node."""
    if more := rights(cluster) - rights(was):
        subject, _, name = min(more)
        yield f"{subject} could use SCC {name}"
    for name, scc in cluster.sccs.items():
        earlier = was.sccs.get(name)
        if opened := _words(opened_by(scc)) - (_words(opened_by(earlier)) if earlier else set()):
            yield f"SCC {name} would open {min(opened)}"


def rights(cluster: Cluster) -> set[tuple[str, str, str]]:
    """Return subject, namespace of the grant and SCC of every grant."""
    rights = {(name, "", scc.name) for scc in cluster.sccs.values() for name in (*scc.users, *scc.groups)}
    for binding in cluster.grants.bindings:
        sccs = [name for name in cluster.sccs if binding.uses.first(name) is not None]
        rights |= {(name, binding.ref.namespace, scc) for name in (*binding.users, *binding.groups) for scc in sccs}
    return rights


def elsewhere(bench: Workbench, trial: EditTrial) -> list[str]:
    """What becomes of the edited pods on platforms without SCCs, in sentences."""
    compared = (
        (comparison.before, comparison.after)
        for release in trial.worlds
        for comparison in comparisons(bench, trial, release)
        if comparison.edited
    )
    clauses = (clause for before, after in compared for clause in platform_effects(before, after))
    return list(dict.fromkeys(f"{capitalized(clause)}." for clause in clauses))


def effect(bench: Workbench, trial: EditTrial, *, needs_review: bool) -> tuple[Safety, str]:
    """How far the pods differ after admission, and that in words. `elsewhere` says what becomes of them on other platforms."""
    words: dict[str, None] = {}
    lost: dict[str, None] = {}
    users: dict[str, None] = {}
    same = True
    for release, world in trial.worlds.items():
        for comparison in comparisons(bench, trial, release):
            workload, before, after = comparison.workload, comparison.before, comparison.after
            if not comparison.edited:
                users |= _sentences(process_effect(world, before, after), f"in {workload.named}, ")
            elif any(problem.code == "wrong-type" for problem in bench.worlds[release].field_problems(workload)):
                # The API server cannot read the object as it is, so that there are no pods to compare with.
                words["The API server then accepts the value."] = None
            elif before.verdict is not None and after.verdict is not None:
                same = (
                    same
                    and before.verdict.allowed == after.verdict.allowed
                    and _run_alike(before.verdict, after.verdict, world)
                )
                words |= _sentences(admission_effect(before, after))
                users |= _sentences(confinement_effect(before, after))
                users |= _sentences(process_effect(world, before, after))
                was, kept = (asked(o.verdict.submitted, world.cluster.kubernetes_minor) for o in (before, after) if o.verdict)
                lost |= dict.fromkeys(demand for demand in was if demand not in kept)
    if lost:
        first = " ".join([next(iter(words), "The pods differ after admission."), *users])
        return "advice", f"{first} Decide whether the program works without {listed(lost)}."
    if not trial.only_workloads:
        return "advice", " ".join((*words, *users)) or "No pod of the input changes."
    if same:
        return ("unsafe" if needs_review else "safe"), next(iter(words), "The pods are the same after admission.")
    return "unsafe", " ".join([*[*words][:1], *users]) or "The pods differ after admission."


def _sentences(clause: str, lead: str = "") -> dict[str, None]:
    return {f"{capitalized(lead + clause)}.": None} if clause else {}


def _run_alike(before: Verdict, after: Verdict, world: World) -> bool:
    """Whether two pods run alike. The API server drops the fields that do not exist, so that these make no difference."""
    return _run(before.pod) == _run(after.pod) or _run(_known(before.pod, world)) == _run(_known(after.pod, world))


def _known(pod: Mapping[str, Any], world: World) -> Mapping[str, Any]:
    """The pod without fields that do not exist in the release."""
    whole, cluster = {**pod, "apiVersion": "v1", "kind": "Pod"}, world.cluster
    for problem in validate(whole, "v1", "Pod", cluster.kubernetes_minor, openshift=cluster.platform == "openshift"):
        if problem.code == "unknown":
            pod = changed_data(pod, Remove(problem.path))
    return pod


def _run(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pod after admission with its defaults: `runAsNonRoot` of the pod for its containers, and the sources of volumes."""
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
