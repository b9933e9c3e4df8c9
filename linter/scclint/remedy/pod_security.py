"""Remedies for pods and pod templates that Pod Security admission rejects or warns about.

`restricted` demands four fields that SCC admission usually sets. To write them changes a pod only where no SCC does so.
"""

from collections.abc import Iterable, Iterator

from scclint.finding import Path
from scclint.model.terms import REQUIRED_SCC, RESTRICTED
from scclint.outcome.chain import Outcome
from scclint.podsecurity.levels import Standard
from scclint.podsecurity.standards import Violation
from scclint.remedy.draft import Draft
from scclint.remedy.workbench import Workbench


def meet_enforced(draft: Draft, bench: Workbench) -> bool:
    """Write the fields because of which Pod Security admission rejects the pod."""
    return _write(draft, (v for outcome in draft.outcomes.values() for v in _of_pod(outcome, ("enforce",))))


def meet_warned(draft: Draft, bench: Workbench) -> bool:
    """Write the fields because of which the API server warns about the pod, or about the pod template as written."""
    return _write(
        draft,
        (
            violation
            for release, outcome in draft.outcomes.items()
            for violation in (*_of_pod(outcome, ("warn", "audit")), *_as_written(draft, release, outcome))
        ),
    )


def require_restricted(draft: Draft, bench: Workbench) -> bool:
    """Require restricted-v2 for a bare Pod, which an SCC of its creator admits now."""
    if not bench.may_pin or draft.workload.controlled or draft.value(("metadata", "annotations", REQUIRED_SCC)) is not None:
        return False
    draft.set(("metadata", "annotations", REQUIRED_SCC), RESTRICTED)
    return True


def _of_pod(outcome: Outcome, modes: Iterable[str]) -> Iterator[Violation]:
    found = outcome.pod_security
    if found is not None:
        for mode in modes:
            yield from found.violations(getattr(found.policy.policy, mode))


def _as_written(draft: Draft, release: str, outcome: Outcome) -> Iterator[Violation]:
    found = outcome.pod_security
    if found is None or not (outcome.template.warning or outcome.template.audit):
        return
    for mode in ("warn", "audit"):
        standard: Standard = getattr(found.policy.policy, mode)
        yield from found.violations(standard, draft.pods[release])


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
                _drop_all(draft, path)
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


def _drop_all(draft: Draft, path: Path) -> None:
    if "ALL" not in (draft.value(path) or ()):
        draft.append(path, "ALL")
        draft.written.append('capabilities.drop: ["ALL"]')
