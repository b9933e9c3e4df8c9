"""Wording that several rules share."""

from collections.abc import Iterable

from scclint.api import ContainerSeccomp, FieldError, Outcome, Verdict


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def profile(container: ContainerSeccomp) -> str:
    """The profile a container ends with, as people say it: `RuntimeDefault`, `Localhost profiles/a.json`, `unconfined`."""
    if container.type == "Localhost":
        return f"Localhost {container.localhost_profile}"
    if container.type is None:
        return "no profile (Windows)" if container.source == "windows" else "what its node defaults to"
    return "unconfined" if container.type == "Unconfined" else container.type


def creator(outcome: Outcome) -> str:
    """Who creates the pod, where that counts, which is for bare Pods only: ` when kube:admin creates it`."""
    if outcome.creator is None or outcome.workload.controlled or outcome.skipped:
        return ""
    return f" when {outcome.creator.name} creates it"


def is_seccomp(error: FieldError) -> bool:
    """Whether a denial is about the seccomp profile asked for, by field or by annotation."""
    return any(isinstance(step, str) and "seccomp" in step for step in error.path)


def usable(verdict: Verdict) -> list[tuple[str, tuple[FieldError, ...]]]:
    """The SCCs that someone may use and that refuse the pod as it is, with their reasons, in order."""
    return [(c.scc, c.reasons) for c in verdict.candidates if c.outcome == "too restrictive"]


def in_fields(errors: Iterable[FieldError]) -> list[FieldError]:
    """The first error for each field: the plugin repeats itself for every container that inherits a value."""
    seen: dict[tuple[str | int, ...], FieldError] = {}
    for error in errors:
        seen.setdefault(error.path, error)
    return list(seen.values())
