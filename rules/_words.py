"""Phrases and selections that several rules share."""

from collections.abc import Iterable

from scclint.api import ContainerSeccomp, FieldError, Outcome, Workload


def profile(container: ContainerSeccomp) -> str:
    """Return the effective profile of a container: `RuntimeDefault`, `Localhost profiles/a.json`, `unconfined`."""
    if container.type == "Localhost":
        return f"Localhost {container.localhost_profile}"
    if container.type is None:
        return "no profile (Windows)" if container.source == "windows" else "the default profile of its node"
    return "unconfined" if container.type == "Unconfined" else container.type


def pods(workload: Workload) -> str:
    """Return how a message names the pods of a workload: `the pod` for a bare Pod, else `its pods`."""
    return "the pod" if workload.kind == "Pod" else "its pods"


def when_created(outcome: Outcome) -> str:
    """Return ` when kube:admin creates it` for a bare Pod whose verdict depends on its creator; else nothing.

    It depends on nobody if its service account may use its SCC, and no creator may use more of those before it.
    """
    verdict = outcome.verdict
    settled = (
        verdict is not None
        and verdict.subject == "serviceaccount"
        and all(candidate.outcome != "denied" for candidate in verdict.candidates)
    )
    return "" if outcome.workload.controlled or outcome.skipped or settled else f" when {outcome.creator.name} creates it"


def is_seccomp(error: FieldError) -> bool:
    """Whether the error is about the seccomp profile that a field or annotation sets."""
    return any(isinstance(step, str) and "seccomp" in step for step in error.path)


def first_per_field(errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the first error for each field, because the plugin repeats an error for every container that inherits the value."""
    first: dict[tuple[str | int, ...], FieldError] = {}
    for error in errors:
        first.setdefault(error.path, error)
    return list(first.values())
