"""Remedies to try for a finding, the smallest change first.

A rule gives the edits where they are mechanical. For workloads there is a ladder: a profile under an SCC that the pod may use
already, then the fewest fields without which `restricted-v2` admits the pod, then a user namespace. Pod Security's `restricted`
demands four fields that SCC admission usually sets. To write them changes a pod only where no SCC does so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from scclint.admission.access import why_privileged
from scclint.admission.field import FieldError
from scclint.finding import Finding, Operation, Path, Remove, Rename
from scclint.model.kinds import TEKTON
from scclint.model.object import ApiObject
from scclint.model.terms import POD_SECCOMP_ANNOTATION, REQUIRED_SCC, RESTRICTED
from scclint.model.workload import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import PROJECT_USER
from scclint.podsecurity.labels import Mode
from scclint.podsecurity.standards import Violation
from scclint.record import replace
from scclint.remedy.draft import Draft, Remedy, pruned, sentence, words_of
from scclint.remedy.workbench import RuleResult, Workbench
from scclint.untyped import value_at
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.locate import node_at
from scclint.yaml.nodes import ScalarNode, to_data

_PROFILES = ("runtime/default", "docker/default")
_USER_NAMESPACE_SINCE = 33
_ROUNDS = 6
"""How often the errors of an SCC are asked for. Each round changes a field, and a pod has few that an SCC judges."""

Step = Callable[[Draft, Workbench], bool]
"""Puts a remedy together; False if it cannot work, which a look at the pod shows without judging the unit."""


def remedies(bench: Workbench, finding: Finding, result: RuleResult) -> Iterator[Remedy]:
    """The remedies to try, in order."""
    if result.problem.edits:
        with suppress(EditRefused):
            yield from _as_told(result)
    subject = result.subject
    if not isinstance(subject, Workload) or _written_elsewhere(subject):
        return
    outcomes = {release: world.outcome(subject) for release, world in bench.worlds.items()}
    tried = set()
    for step in LADDERS.get(finding.rule_id, ()):
        draft = Draft(subject, outcomes)
        try:
            fits = step(draft, bench)
        except EditRefused:
            continue
        operations = tuple(draft.operations)
        if fits and operations and operations not in tried:
            tried.add(operations)
            yield Remedy(draft.title, operations)


def why_none(bench: Workbench, result: RuleResult) -> str:
    """Why there is nothing to try for a workload, as a clause; empty for a finding that only its author can settle."""
    subject = result.subject
    if isinstance(subject, Workload) and result.rule.id in LADDERS:
        if isinstance(node_at(subject.root, subject.path), ScalarNode):
            return "the object is written as text in another one"
        if _written_elsewhere(subject):
            return "a pod of this kind is put together from other fields"
        if result.rule.id in POD_SECURITY:
            return "the pod asks for something that the level forbids"
        if _privileged(subject):
            if why := why_privileged(subject.pod.manifest):
                return f"the pod is privileged by nature: {why}"
            return "the manifest does not show which capabilities replace privileged"
        return _what_holds(bench, subject) or "scclint knows no small change after which an SCC that the pod may use admits it"
    return ""


def _what_holds(bench: Workbench, workload: Workload) -> str:
    """Return the volume of data for which restricted-v2 rejects the pod, in words; empty if there is none."""
    for world in bench.worlds.values():
        verdict = world.outcome(workload).verdict
        if verdict is None:
            continue
        for error in world.cluster.admission.errors_under(RESTRICTED, verdict.submitted, namespace=verdict.namespace) or ():
            volume = value_at(verdict.submitted, error.path[:3]) if error.path[:2] == ("spec", "volumes") else None
            if isinstance(volume, dict) and volume.get("hostPath") is None:
                return f"restricted-v2 rejects volume {volume.get('name')}, without which the pod would lose its data"
    return ""


def _written_elsewhere(workload: Workload) -> bool:
    """Whether the fields of the pod are not written in the object. The steps of a Tekton Task are its containers."""
    # A ClusterServiceVersion has the spec of a Deployment as a Deployment has it.
    implied = workload.implied and workload.document.kind != "ClusterServiceVersion"
    moved = workload.provenance.moved and workload.document.kind not in TEKTON
    return bool(moved or workload.provenance.elsewhere or implied)


def _as_told(result: RuleResult) -> Iterator[Remedy]:
    """The edits that the rule gives. What they leave empty is removed as well."""
    root, subject = result.document.root, result.subject
    if root is None:
        return
    data = to_data(root)
    operations: list[Operation] = []
    words: list[str] = []
    for told in result.problem.edits:
        path = subject.written(told.path) if isinstance(subject, ApiObject) else told.path
        if operations and isinstance(operations[-1], Rename) and path == (*operations[-1].path[:-1], operations[-1].key):
            words.pop()  # the new value names the new key as well
        words.append(words_of(data, replace(told, path=path)))
        operation: Operation = replace(told, path=pruned(data, path) if isinstance(told, Remove) else path)
        data = changed_data(data, operation)
        operations.append(operation)
    yield Remedy(sentence(", and ".join(dict.fromkeys(words))), tuple(operations))


def _profile_on_pod(draft: Draft, bench: Workbench) -> bool:
    draft.set_profile(("spec",))
    return _admitted(draft, bench)


def _profile_on_containers(draft: Draft, bench: Workbench) -> bool:
    """For kinds whose pods have no security context of their own."""
    if _has_pod_context(draft):
        return False
    for container in draft.workload.pod.containers:
        if container.seccomp_type.value is None:
            draft.set_profile(("spec", container.list, container.index))
    return _admitted(draft, bench)


def _same_profile(draft: Draft, bench: Workbench) -> bool:
    """Write the profile that the SCC applies."""
    profiles = {
        (container.type, container.localhost_profile)
        for outcome in draft.outcomes.values()
        for container in outcome.seccomp
        if container.source == "SCC default"
    }
    if profiles != {("RuntimeDefault", None)}:
        return False
    return _profile_on_pod(draft, bench)


def _require_confining(draft: Draft, bench: Workbench) -> bool:
    """Require an SCC that the pod may use already and that applies a profile."""
    scc = _usable(draft, bench)
    if not scc:
        return False
    _pin(draft, scc)
    draft.set_profile(("spec",))
    return _admitted(draft, bench)


def _require_own(draft: Draft, bench: Workbench) -> bool:
    """Require the SCC that the pod gets by the rights of its service account alone."""
    verdicts = [world.outcome(draft.workload, PROJECT_USER).verdict for world in bench.worlds.values()]
    sccs = {verdict.scc if verdict is not None else None for verdict in verdicts}
    scc = sccs.pop()
    if scc is None or sccs or not bench.may_pin:
        return False
    _pin(draft, scc)
    return True


def _fit(draft: Draft, bench: Workbench) -> bool:
    """Remove the fewest fields without which restricted-v2 admits the pod."""
    if _privileged(draft.workload):
        return False
    for _ in range(_ROUNDS):
        errors: dict[Path, FieldError] = {}
        for release, world in bench.worlds.items():
            rejections = world.cluster.admission.errors_under(
                RESTRICTED, draft.pods[release], namespace=draft.outcomes[release].namespace
            )
            if rejections is None:
                return False
            errors |= {error.path: error for error in rejections}
        if not errors:
            if _pinned(draft, bench):
                _pin(draft, RESTRICTED)
            return bool(draft.operations) and _admitted(draft, bench)
        before = len(draft.operations)
        for path in sorted(errors, key=_position, reverse=True):
            _resolve(draft, path)
        if len(draft.operations) == before:
            return False
    return False


def _fit_with_profile(draft: Draft, bench: Workbench) -> bool:
    if not _fit(draft, bench):
        return False
    draft.set_profile(("spec",))
    return _admitted(draft, bench)


def _user_namespace(draft: Draft, bench: Workbench) -> bool:
    """Give the pod a user namespace, for which every account may use restricted-v3."""
    if any(world.cluster.kubernetes_minor < _USER_NAMESPACE_SINCE for world in bench.worlds.values()):
        return False
    if draft.value(("spec", "hostUsers")) is not None or _pinned(draft, bench):
        return False
    draft.set(("spec", "hostUsers"), False)
    return _admitted(draft, bench)


def _meet_enforced(draft: Draft, bench: Workbench) -> bool:
    """Write the fields because of which Pod Security admission rejects the pod."""
    return _write(draft, (v for outcome in draft.outcomes.values() for v in _violations(outcome, "enforce")))


def _meet_warned(draft: Draft, bench: Workbench) -> bool:
    """Write the fields because of which the API server warns about the pod, or about the pod template as written."""
    violations: list[Violation] = []
    for release, outcome in draft.outcomes.items():
        violations += _violations(outcome, "warn", "audit")
        if outcome.template.warning or outcome.template.audit:
            violations += _violations(outcome, "warn", "audit", pod=draft.pods.get(release))
    return _write(draft, violations)


def _require_restricted(draft: Draft, bench: Workbench) -> bool:
    """Require restricted-v2 for a bare Pod, which an SCC of its creator admits now."""
    if not bench.may_pin or draft.workload.controlled or draft.value(("metadata", "annotations", REQUIRED_SCC)) is not None:
        return False
    _pin(draft, RESTRICTED)
    return True


def _violations(outcome: Outcome, *modes: Mode, pod: dict[str, Any] | None = None) -> Iterator[Violation]:
    """What the standards of these modes forbid in the pod after admission, or in `pod`."""
    if (judged := outcome.pod_security) is not None:
        for mode in modes:
            yield from judged.violations(getattr(judged.policy.policy, mode), pod)


def _write(draft: Draft, violations: Iterable[Violation]) -> bool:
    """Write what the violations ask for; False if one of them asks for more than a field that SCCs set as well."""
    return all(_satisfy(draft, violation) for violation in dict.fromkeys(violations)) and bool(draft.operations)


def _satisfy(draft: Draft, violation: Violation) -> bool:
    match violation.check:
        case "allowPrivilegeEscalation":
            for path in violation.paths:
                _set(draft, path, value=False)
        case "capabilities_restricted":
            if any(path[-1] != "drop" for path in violation.paths):
                return False
            for path in violation.paths:
                if "ALL" not in (draft.value(path) or ()):
                    draft.append(path, "ALL")
                    draft.written.append('capabilities.drop: ["ALL"]')
        case "runAsNonRoot":
            on_pod = _has_pod_context(draft) and all(draft.value(path) is None for path in violation.paths)
            for path in (("spec", "securityContext", "runAsNonRoot"),) if on_pod else violation.paths:
                _set(draft, path, value=True)
        case "seccompProfile_restricted":
            missing = [path for path in violation.paths if path[-1] == "seccompProfile"]
            if len(missing) < len(violation.paths):
                return False
            holders = [("spec",)] if _has_pod_context(draft) else [path[:-2] for path in missing]
            for holder in holders:
                if draft.value((*holder, "securityContext", "seccompProfile")) is None:
                    draft.set_profile(holder, "seccompProfile: {type: RuntimeDefault}")
        case _:
            return False
    return True


def _has_pod_context(draft: Draft) -> bool:
    """Whether the pods of the kind have a security context of their own; those of Knative have not."""
    return draft.workload.group != "serving.knative.dev"


def _set(draft: Draft, path: Path, *, value: bool) -> None:
    if draft.value(path) is not value:
        draft.set(path, value)


POD_SECURITY: Mapping[str, tuple[Step, ...]] = {
    "PSA501": (_meet_enforced, _require_restricted),
    "PSA502": (_meet_warned,),
}
LADDERS: Mapping[str, tuple[Step, ...]] = {
    **POD_SECURITY,
    "SEC210": (_same_profile,),
    "SEC201": (_profile_on_pod, _profile_on_containers, _require_confining, _fit_with_profile),
    "SCC101": (_fit, _user_namespace),
    "SCC102": (_fit, _fit_with_profile),
    "SCC103": (_fit, _fit_with_profile),
    "SCC104": (_require_own, _fit, _fit_with_profile),
    "SCC107": (_fit, _fit_with_profile, _user_namespace),
    "SEC206": (_require_confining, _fit),
}
"""What to try for a finding of a rule about workloads."""


_REMOVABLE = frozenset(
    ("runAsUser", "fsGroup", "allowPrivilegeEscalation", "hostPID", "hostIPC", "hostNetwork", "hostPort", "supplementalGroups")
)
"""Fields that an SCC may reject and that a pod may do without."""


def _resolve(draft: Draft, path: Path) -> None:
    """Change the field because of which an SCC rejects the pod. Nothing happens if that is not possible."""
    steps = [step for step in path if isinstance(step, str)]
    if steps[:2] == ["spec", "volumes"] and isinstance(path[2], int):
        # Without any other volume, the pod would lose its data.
        if draft.value((*path[:3], "hostPath")) is not None:
            draft.remove_volume(path[2])
    elif "seccompProfile" in steps:
        profile = path[: path.index("seccompProfile") + 1]
        draft.set_profile(profile[:-2])
        if draft.value((*profile, "localhostProfile")) is not None:
            draft.remove((*profile, "localhostProfile"))
    elif "seLinuxOptions" in steps:
        _remove(draft, path[: path.index("seLinuxOptions") + 1])
    elif "sysctls" in steps:
        _remove(draft, path[: path.index("sysctls") + 2])
    elif "capabilities" in steps or _REMOVABLE.intersection(steps) or POD_SECCOMP_ANNOTATION in steps:
        _remove(draft, path)


def _remove(draft: Draft, path: Path) -> None:
    if draft.value(path) is not None:
        draft.remove(path)


def _admitted(draft: Draft, bench: Workbench) -> bool:
    """Whether every release admits the pod. This takes no judging of the unit, and rules out most of what cannot be proved."""
    return all(
        bench.worlds[release]
        .cluster.admit(pod, namespace=draft.outcomes[release].namespace, user=draft.outcomes[release].creator)
        .allowed
        for release, pod in draft.pods.items()
    )


def _usable(draft: Draft, bench: Workbench) -> str:
    """The first SCC that applies RuntimeDefault and that the pod may use on every release; empty if there is none."""
    if not bench.may_pin:
        return ""
    names: list[list[str]] = []
    for world in bench.worlds.values():
        confines = {name for name, scc in world.cluster.sccs.items() if scc.default_seccomp_profile in _PROFILES}
        confining = world.outcomes.explain(draft.workload, among=confines.__contains__)
        names.append([candidate.scc for candidate in confining if candidate.outcome == "chosen"])
    return next((scc for scc in names[0] if all(scc in more for more in names)), "")


def _pinned(draft: Draft, bench: Workbench) -> bool:
    return bench.may_pin and any(outcome.verdict and outcome.verdict.required_scc for outcome in draft.outcomes.values())


def _pin(draft: Draft, scc: str) -> None:
    draft.set(("metadata", "annotations", REQUIRED_SCC), scc)


def _privileged(workload: Workload) -> bool:
    return any(container.privileged.value is True for container in workload.pod.containers)


def _position(path: Path) -> tuple[tuple[int, Any], ...]:
    return tuple((1, step) if isinstance(step, int) else (0, step) for step in path)
