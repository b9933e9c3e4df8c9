"""Prove a remedy: judge the edited unit, and check what a fix must never do.

The finding must go because the pods change, not because the rule no longer looks. Nothing new may appear that weighs as much. Every
pod that was admitted stays admitted, with a profile and without more of the node, and no other workload changes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, starmap
from typing import Any

from scclint.admission.access import opened_by, used_by
from scclint.admission.pod import containers
from scclint.cluster import Cluster
from scclint.finding import Finding, Operation, Safety, Severity, TextEdit
from scclint.model.terms import REQUIRED_SCC
from scclint.model.workload import Workload
from scclint.outcome import Outcome, Step
from scclint.record import record
from scclint.remedy.draft import OFF_BY_DEFAULT, OPTIONAL
from scclint.remedy.dropped import dropped
from scclint.remedy.workbench import Basis, Edit, Trial, Workbench, workload_pairs
from scclint.text import listed
from scclint.world import PROJECT_USER, World
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.nodes import to_data

NEEDLESS_GRANT = "RBA403"
"""The rule about grants that no workload needs."""

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


@record
class Remedy:
    """Edits of the document that a finding is about. `title` is an instruction: `Remove runAsUser: 1001.`"""

    title: str
    operations: tuple[Operation, ...]


@record
class Disproved:
    """Why a remedy is not shown, as a clause."""

    why: str


@record
class Proved:
    """A remedy that holds in a unit: how far the pods differ after admission, and that in words."""

    safety: Safety
    effect: str


def prove(bench: Workbench, finding: Finding, basis: Basis | None, remedy: Remedy, edit: Edit) -> Proved | Disproved:
    """Judge the unit with the edit that carries a remedy out. Without a basis, the unit does not have the finding, and must be none the
    worse for the edit.
    """
    try:
        trial = bench.try_out(edit)
    except EditRefused as refused:
        return Disproved(str(refused))
    if not trial.documents:
        return Disproved("the edit changes nothing") if basis else Proved("safe", "The pods are the same after admission.")
    checks = chain(
        _intention_disproves(basis, remedy, trial, built=bench.opened.unit.rendered) if basis else (),
        _findings_disprove(finding, basis, trial),
        _outcomes_disprove(bench, basis, trial),
    )
    for why in checks:
        return Disproved(why)
    safety, effect = _effect(bench, trial, needs_review=edit.needs_review)
    if needless := _needless_grants(finding, trial):
        effect += f" Afterwards, {listed(needless)} {'is' if len(needless) == 1 else 'are'} not needed."
    return Proved(safety, effect)


def _intention_disproves(basis: Basis, remedy: Remedy, trial: Trial, *, built: bool) -> Iterator[str]:
    """Whether the document of the finding is not as the remedy means it."""
    new = next((new for old, new in trial.documents if old is basis.document), None)
    if new is None:
        yield "the edit does not change the object"
    elif built:
        intended = to_data(basis.document.root)
        for operation in remedy.operations:
            intended = changed_data(intended, operation)
        if _comparable(intended) != _comparable(to_data(new.root)):
            yield "the edit would not have this effect alone on the object"


def _comparable(data: Any) -> Any:
    """The data without what means nothing: nulls, empty holders, switches that are off, and annotations for the content of other
    objects, which Helm may fill with new passwords each time.
    """
    if isinstance(data, list):
        return [_comparable(item) for item in data]
    if not isinstance(data, dict):
        return data
    found = {key: _comparable(value) for key, value in data.items() if not str(key).startswith("checksum/")}
    return {key: value for key, value in found.items() if not _means_nothing(key, value)}


def _means_nothing(key: object, value: Any) -> bool:
    return value is None or (key in OPTIONAL and not value) or (key in OFF_BY_DEFAULT and value is False)


def _findings_disprove(finding: Finding, basis: Basis | None, trial: Trial) -> Iterator[str]:
    def is_it(other: Finding) -> bool:
        return (other.rule_id, other.path, other.subject.kind, other.subject.name, other.subject.container) == (
            *(finding.rule_id, finding.path, finding.subject.kind, finding.subject.name, finding.subject.container),
        )

    own = [other for other in trial.before if is_it(other)]
    before = Counter(map(_identity, trial.before))
    after = Counter(map(_identity, trial.after))
    if basis is not None:
        if not own:
            yield "the finding is not in the edited document"
            return
        # Findings about two fields that an object lacks have one place, that of the object.
        left = [other.message for other in trial.after if is_it(other)]
        stays = finding.message in left or len(left) >= len(own)
        if stays or after[_identity(own[0])] >= before[_identity(own[0])]:
            yield "the problem would stay"
    worst = own[0].severity.rank if own else finding.severity.rank
    needless = _needless_grants(finding, trial)
    for new in trial.after:
        weighs = new.severity is Severity.ERROR or new.severity.rank <= worst
        if weighs and after[_identity(new)] > before[_identity(new)] and str(new.subject) not in needless:
            yield f"{new.rule_id} ({new.rule_name}) would be reported for {new.subject}"


def _needless_grants(finding: Finding, trial: Trial) -> list[str]:
    """The grants that nothing needs once the pods are admitted without them. The fix names them, and their author removes them."""
    if not trial.only_workloads or finding.rule_id == NEEDLESS_GRANT:
        return []
    before, after = (
        {str(one.subject) for one in found if one.rule_id == NEEDLESS_GRANT} for found in (trial.before, trial.after)
    )
    return sorted(after - before)


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.severity, finding.span.file, finding.subject


def _outcomes_disprove(bench: Workbench, basis: Basis | None, trial: Trial) -> Iterator[str]:
    edited = {id(old) for old, _ in trial.pairs}
    pairs = workload_pairs(trial.pairs)
    others = [] if trial.only_workloads else [w for w in bench.opened.workloads if id(w) not in edited]
    new_path = basis is not None and basis.problem.at.path[-1:] == ("localhostProfile",)
    compared = []
    for release, world in trial.worlds.items():
        was = bench.worlds[release]
        for old, new in pairs:
            target = basis is not None and old is basis.subject and "manifest" not in basis.rule.tags
            for number, (before, after) in enumerate(_both(was, world, old, new)):
                compared.append((before, after))
                # A user without grants may be unable to create the pod, before and after.
                yield from _outcome_disproves(before, after, was, world, must_admit=target and not number, new_path=new_path)
        for workload in others:
            for before, after in _both(was, world, workload, workload):
                yield from _outcome_disproves(before, after, was, world, must_admit=False)
        if not trial.only_workloads:
            yield from _rights_disprove(was.cluster, world.cluster)
    if any(_pin(before) != _pin(after) for before, after in compared) and all(starmap(_same_without_pin, compared)):
        yield "only the annotation openshift.io/required-scc would change"


def _both(was: World, world: World, old: Workload, new: Workload) -> Iterator[tuple[Outcome, Outcome]]:
    """The outcomes before and after; of a bare Pod also as a user creates it who has no grants."""
    yield was.outcome(old), world.outcome(new)
    if not old.controlled:
        yield was.outcome(old, PROJECT_USER), world.outcome(new, PROJECT_USER)


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
    confined = {c.name: c for c in before.seccomp if c.type in ("RuntimeDefault", "Localhost")}
    for container in after.seccomp if before.rejected_by is None else ():
        earlier = confined.get(container.name)
        if earlier is None:
            continue
        path = earlier.localhost_profile if not new_path else container.localhost_profile
        if (container.type, container.localhost_profile) != (earlier.type, path):
            yield f"container {container.name} of {name} would lose its seccomp profile"
    for container_name, limits in _limits(after).items():
        lost = _limits(before).get(container_name, limits) - limits
        if "the drop of ALL" in limits:
            lost = {limit for limit in lost if not limit.startswith("the drop of")}
        if lost:
            yield f"container {container_name} of {name} would lose {min(lost)}"
    if more := _node_access(after, world) - _node_access(before, was):
        yield f"{name} would get {min(more)}"


def _pin(outcome: Outcome) -> str | None:
    return outcome.verdict.required_scc if outcome.verdict else None


def _same_without_pin(before: Outcome, after: Outcome) -> bool:
    return _without_pin(before) == _without_pin(after)


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
    for binding in cluster.bindings:
        sccs = [name for name in cluster.sccs if binding.uses.first(name) is not None]
        found |= {(name, binding.ref.namespace, scc) for name in (*binding.users, *binding.groups) for scc in sccs}
    return found


def _effect(bench: Workbench, trial: Trial, *, needs_review: bool) -> tuple[Safety, str]:
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
            for before, after in _both(bench.worlds[release], world, old, new):
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


def text_edits(file: str, text: str, edited: str) -> tuple[TextEdit, ...]:
    """The whole lines that differ, as replacements from top to bottom."""
    from difflib import SequenceMatcher

    old, new = lines_of(text), lines_of(edited)
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    middle = (old[start : len(old) - end], new[start : len(new) - end])
    codes = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    return tuple(
        TextEdit(file, start + a + 1, start + b + 1, "".join(middle[1][c:d])) for tag, a, b, c, d in codes if tag != "equal"
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The number of equal lines at the start."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends. Only LF and CRLF end a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
