"""SCC admission of a pod on its creation (sccadmission, `computeSecurityContext`)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from scclint.admission import order
from scclint.admission.assign import MOST_ERRORS, Assignment, assign
from scclint.admission.field import FieldError, Where, aggregate, go_quote
from scclint.admission.pod import Pod
from scclint.admission.provider import Provider
from scclint.admission.verdict import Candidate, Grant, Verdict
from scclint.model.terms import CONTAINER_LISTS

REQUIRED_SCC = "openshift.io/required-scc"
VALIDATED_SCC = "openshift.io/scc"
SUBJECT_TYPE = "security.openshift.io/validated-scc-subject-type"

_MOST_ERRORS = 20_000
"""Errors of a verdict, those under all SCCs together."""

_HINT = (
    "the pod fails to validate against the `restricted-v2` security context constraint, "
    "but would validate successfully against the `restricted` security context constraint"
)


@lru_cache(maxsize=256)
def denied(scc: str) -> Candidate:
    """The candidate that neither subject may use."""
    error = Where("", f"provider {go_quote(scc)}").forbidden("not usable by user or serviceaccount", "a grant")
    return Candidate(scc, "denied", (error,))


def judge(provider: Provider, grant: Grant | None, pod: Pod, of: int = 1) -> tuple[Candidate, Assignment | None]:
    """How `pod` would fare under one SCC, were it reached; the assignment is there if it would be admitted.

    The SCC is one `of` so many, by which there is room for its errors.
    """
    if grant is None:
        return denied(provider.name), None
    assignment = assign(provider, pod, min(MOST_ERRORS, max(_MOST_ERRORS // of, 10)))
    if assignment.errors:
        return Candidate(provider.name, "too restrictive", assignment.errors, grant), None
    return Candidate(provider.name, "chosen", (), grant), assignment


def admit(
    pod: dict[str, Any], providers: Sequence[Provider], grants: Sequence[Grant | None], *, namespace: str, assumed: bool
) -> Verdict:
    """Try `providers` in order and take the first that may be used and under which the pod validates.

    `grants` goes with `providers`. `namespace` and `assumed` are only passed on to the verdict.
    """
    view = Pod(pod)
    candidates: list[Candidate] = []
    for index, (provider, grant) in enumerate(zip(providers, grants, strict=True)):
        candidate, assignment = judge(provider, grant, view, len(providers))
        candidates.append(candidate)
        if assignment is None or grant is None:
            continue
        candidates += [
            Candidate(later.name, "not reached", (), later_grant)
            for later, later_grant in zip(providers[index + 1 :], grants[index + 1 :], strict=True)
        ]
        return Verdict(
            allowed=True,
            scc=provider.name,
            subject=grant.subject,
            pod=_mutated(pod, assignment, provider, grant),
            submitted=pod,
            message=None,
            reason=_reason(index, providers, grants, view),
            candidates=tuple(candidates),
            skipped=None,
            namespace=namespace,
            namespace_assumed=assumed,
            required_scc=required_scc(pod),
        )
    errors = [error for candidate in candidates for error in candidate.reasons]
    if hint := _restricted_hint(candidates, providers, view):
        errors.append(hint)
    listed = aggregate(error.message for error in errors)
    tried = any(candidate.outcome == "too restrictive" for candidate in candidates)
    return refuse(
        pod,
        f"unable to validate against any security context constraint: {listed}",
        "all too restrictive or denied" if tried else "all denied",
        tuple(candidates),
        namespace=namespace,
        assumed=assumed,
    )


def refuse(
    pod: dict[str, Any], why: str, reason: str | None, candidates: tuple[Candidate, ...], *, namespace: str, assumed: bool
) -> Verdict:
    """A denial for the reason `why`, in the API server's words."""
    return Verdict(
        allowed=False,
        scc=None,
        subject=None,
        pod=pod,
        submitted=pod,
        message=f"pods {go_quote(pod_name(pod))} is forbidden: {why}",
        reason=reason,
        candidates=candidates,
        skipped=None,
        namespace=namespace,
        namespace_assumed=assumed,
        required_scc=required_scc(pod),
    )


def skip(pod: dict[str, Any], why: str, *, namespace: str) -> Verdict:
    """The verdict on a pod that SCC admission does not look at."""
    return Verdict(
        allowed=True,
        scc=None,
        subject=None,
        pod=pod,
        submitted=pod,
        message=None,
        reason=None,
        candidates=(),
        skipped=why,
        namespace=namespace,
        namespace_assumed=False,
        required_scc=required_scc(pod),
    )


def required_scc(pod: Mapping[str, Any]) -> str | None:
    """The SCC that the pod asks for by annotation, or None."""
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    return annotations.get(REQUIRED_SCC) or None


def pod_name(pod: Mapping[str, Any]) -> str:
    """The name under which the API server speaks of a pod that it has not stored yet."""
    metadata = pod.get("metadata") or {}
    return metadata.get("name") or metadata.get("generateName") or "Unknown"


def _mutated(pod: dict[str, Any], assignment: Assignment, provider: Provider, grant: Grant) -> dict[str, Any]:
    annotations = {**assignment.annotations, VALIDATED_SCC: provider.name}
    if provider.release >= 20:
        annotations[SUBJECT_TYPE] = grant.subject
    spec = {**(pod.get("spec") or {}), "securityContext": assignment.security_context}
    contexts = iter(assignment.containers)
    for field in CONTAINER_LISTS:
        if spec.get(field):
            spec[field] = [
                container if (context := next(contexts)) is None else {**(container or {}), "securityContext": context}
                for container in spec[field]
            ]
    return {**pod, "metadata": {**(pod.get("metadata") or {}), "annotations": annotations}, "spec": spec}


def _reason(index: int, providers: Sequence[Provider], grants: Sequence[Grant | None], pod: Pod) -> str:
    """Why the SCC at `index` was chosen, as the plugin notes it in the audit log: against the next that would do."""
    chosen = providers[index].scc
    for provider, grant in zip(providers[index + 1 :], grants[index + 1 :], strict=True):
        if grant is not None and not assign(provider, pod).errors:
            why = order.why_first(chosen, provider.scc)
            mine, other = go_quote(chosen.name), go_quote(provider.name)
            return f"{mine} is most restrictive, not denied, and chosen over {other} because {mine} {why}"
    return f"{go_quote(chosen.name)} is the only one not too restrictive and not denied"


def _restricted_hint(candidates: Sequence[Candidate], providers: Sequence[Provider], pod: Pod) -> FieldError | None:
    """The plugin's hint for clusters that were installed when `restricted` was still everyone's."""
    names = [provider.name for provider in providers]
    if "restricted-v2" not in names or "restricted" not in names:
        return None
    index = names.index("restricted")
    if candidates[index].outcome != "denied" or assign(providers[index], pod).errors:
        return None
    return Where("", "no access to scc/restricted").forbidden(_HINT, "a grant of restricted")
