"""SCC admission of a pod on its creation (sccadmission, `computeSecurityContext`)."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from scclint.admission import order
from scclint.admission.assign import Assignment, PodTrials
from scclint.admission.field import FieldError, Where, aggregate
from scclint.admission.provider import Provider
from scclint.admission.verdict import Candidate, Grant, Verdict
from scclint.admission.wording import Wording
from scclint.platform.releases import SUBJECT_TYPE_ANNOTATION
from scclint.platform.terms import CONTAINER_LISTS, REQUIRED_SCC

VALIDATED_SCC = "openshift.io/scc"
SUBJECT_TYPE = "security.openshift.io/validated-scc-subject-type"

_HINT = (
    "the pod fails to validate against the `restricted-v2` security context constraint, "
    "but would validate successfully against the `restricted` security context constraint"
)


def judge(provider: Provider, grant: Grant | None, trials: PodTrials) -> tuple[Candidate, Assignment | None]:
    """Return how the pod of `trials` fares under one SCC if no SCC before it admits it, and the assignment if this SCC admits it."""
    if grant is None:
        return Candidate(provider.name, "denied", None, partial(_not_usable, provider)), None
    assignment, errors = trials.under(provider)
    if assignment is None:
        return Candidate(provider.name, "too restrictive", grant, errors), None
    return Candidate(provider.name, "chosen", grant), assignment


def _not_usable(provider: Provider) -> tuple[FieldError, ...]:
    place = Where(provider.wording, f"provider {provider.wording.quote(provider.name)}")
    return (place.forbidden("not usable by user or serviceaccount", "a grant"),)


def admit(
    pod: dict[str, Any],
    providers: Sequence[Provider],
    grants: Sequence[Grant | None],
    *,
    wording: Wording,
    namespace: str,
    assumed: bool,
) -> Verdict:
    """Return the verdict on `pod`: the first of `providers` that the pod may use and that admits it, or a denial.

    `grants` has one entry for each of `providers`. The verdict holds `namespace` and `assumed` as they are.
    """
    trials = PodTrials(pod)
    candidates: list[Candidate] = []
    for index, (provider, grant) in enumerate(zip(providers, grants, strict=True)):
        candidate, assignment = judge(provider, grant, trials)
        candidates.append(candidate)
        if assignment is None or grant is None:
            continue
        candidates += [
            Candidate(later.name, "not reached", later_grant)
            for later, later_grant in zip(providers[index + 1 :], grants[index + 1 :], strict=True)
        ]
        return Verdict(
            allowed=True,
            scc=provider.name,
            subject=grant.subject,
            pod=_mutated(pod, assignment, provider, grant),
            submitted=pod,
            denial=None,
            choice=partial(_choice, index, providers, grants, trials),
            candidates=tuple(candidates),
            skipped=None,
            namespace=namespace,
            namespace_assumed=assumed,
            required_scc=required_scc(pod),
        )
    tried = any(candidate.outcome == "too restrictive" for candidate in candidates)
    choice = partial(str, "all too restrictive or denied" if tried else "all denied")
    why = partial(_why, candidates, providers, trials)
    return refuse(pod, why, choice, tuple(candidates), wording=wording, namespace=namespace, assumed=assumed)


def refuse(
    pod: dict[str, Any],
    why: Callable[[], str],
    choice: Callable[[], str] | None,
    candidates: tuple[Candidate, ...],
    *,
    wording: Wording,
    namespace: str,
    assumed: bool,
) -> Verdict:
    """Return a denial. `why` makes its reason in the API server's words, and `choice` the plugin's audit note."""
    return Verdict(
        allowed=False,
        scc=None,
        subject=None,
        pod=pod,
        submitted=pod,
        denial=partial(_denial, wording, pod, why),
        choice=choice,
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
        denial=None,
        choice=None,
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


def _mutated(pod: dict[str, Any], assignment: Assignment, provider: Provider, grant: Grant) -> dict[str, Any]:
    annotations = {**assignment.annotations, VALIDATED_SCC: provider.name}
    if SUBJECT_TYPE_ANNOTATION.holds(provider.minor):
        annotations[SUBJECT_TYPE] = grant.subject
    spec = {**(pod.get("spec") or {}), "securityContext": assignment.security_context}
    contexts = iter(assignment.containers)
    for field in CONTAINER_LISTS:
        if spec.get(field):
            spec[field] = [
                container if (context := next(contexts)) is None else {**container, "securityContext": context}
                for container in spec[field]
            ]
    return {**pod, "metadata": {**(pod.get("metadata") or {}), "annotations": annotations}, "spec": spec}


def _choice(index: int, providers: Sequence[Provider], grants: Sequence[Grant | None], trials: PodTrials) -> str:
    """Why the SCC at `index` was chosen, as the plugin notes it in the audit log: against the next that would do."""
    chosen, quote = providers[index].scc, providers[index].wording.quote
    for provider, grant in zip(providers[index + 1 :], grants[index + 1 :], strict=True):
        if grant is not None and trials.under(provider).assignment is not None:
            why = order.why_first(chosen, provider.scc)
            mine, other = quote(chosen.name), quote(provider.name)
            return f"{mine} is most restrictive, not denied, and chosen over {other} because {mine} {why}"
    return f"{quote(chosen.name)} is the only one not too restrictive and not denied"


def _denial(wording: Wording, pod: Mapping[str, Any], why: Callable[[], str]) -> str:
    metadata = pod.get("metadata") or {}
    # The API server has not stored the pod yet, so it may have no name.
    name = metadata.get("name") or metadata.get("generateName") or "Unknown"
    return f"pods {wording.quote(name)} is forbidden: {why()}"


def _why(candidates: Sequence[Candidate], providers: Sequence[Provider], trials: PodTrials) -> str:
    made = {errors: errors() for errors in dict.fromkeys(candidate.errors for candidate in candidates)}
    errors = [error.message(candidate.scc) for candidate in candidates for error in made[candidate.errors]]
    named = {provider.name: (candidate, provider) for candidate, provider in zip(candidates, providers, strict=True)}
    if "restricted-v2" in named and "restricted" in named:
        # The plugin's hint for clusters in which everybody could once use `restricted`.
        candidate, restricted = named["restricted"]
        if candidate.outcome == "denied" and trials.under(restricted).assignment is not None:
            errors.append(f"no access to scc/restricted: Forbidden: {_HINT}")
    return f"unable to validate against any security context constraint: {aggregate(errors)}"
