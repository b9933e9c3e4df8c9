"""Phrases and notes that several rules share: pods, profiles, fields with their values, and the level of a namespace."""

from collections.abc import Iterable
from itertools import islice

from scclint.admission.verdict import FieldError
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.finding import Related
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.podsecurity.levels import Mode, Standard, level_label
from scclint.seccomp.effective import ContainerSeccomp


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


def creator(outcome: Outcome) -> str:
    """Return the name of who creates a bare Pod if its verdict depends on that, `kube:admin`; else nothing.

    It depends on nobody if its service account may use its SCC, and no creator may use more of those before it.
    """
    verdict = outcome.verdict
    settled = (
        verdict is not None
        and verdict.subject == "serviceaccount"
        and all(candidate.outcome != "denied" for candidate in verdict.candidates)
    )
    return "" if outcome.workload.controlled or outcome.skipped or settled else outcome.creator.name


def is_seccomp(error: FieldError) -> bool:
    """Whether the error is about the seccomp profile that a field or annotation sets."""
    return any(isinstance(step, str) and "seccomp" in step for step in error.path)


def first_per_field(errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the first error for each field, because the plugin repeats an error for every container that inherits the value."""
    first: dict[tuple[str | int, ...], FieldError] = {}
    for error in errors:
        first.setdefault(error.path, error)
    return list(first.values())


def refused_fields(scc: str, errors: Iterable[FieldError], workload: Workload) -> tuple[Related, ...]:
    """Return the fields of the pod that an SCC refuses, at most seven, with its words. `scc` is empty where the message names it."""
    begin = f"{scc}: " if scc else ""
    return tuple(
        Related(f"{begin}{error.text}", workload.pod.field(*error.path).span, error.reason) for error in islice(errors, 7)
    )


def rejected(error: FieldError) -> str:
    """Return what an error rejects, whichever container or volume has it: `rejects spec.containers.securityContext.runAsUser`."""
    return f"rejects {'.'.join(step for step in error.path if isinstance(step, str))}"


def why_level(outcome: Outcome, mode: Mode, world: World) -> str:
    """Return the clause that says what sets the level of the mode: `the label syncer sets level restricted on namespace shop`."""
    policy = _policy(outcome)
    standard: Standard = getattr(policy.policy, mode)
    name = world.namespace_known(outcome.workload)
    where = f"namespace {name}" if name else "its namespace"
    verb = "enforces" if mode == "enforce" else f"{mode}s about"
    clauses = {
        "label": f"the label {level_label(mode)} sets level {standard.level} on {where}",
        "label syncer": f"the label syncer sets level {standard.level} on {where}",
        "controller": f"a controller of OpenShift forces level {standard.level} on {where}",
    }
    return clauses.get(policy.origin(mode), f"the cluster {verb} level {standard.level} by default")


def _policy(outcome: Outcome) -> NamespacePolicy:
    assert outcome.pod_security is not None
    return outcome.pod_security.policy


def label_place(outcome: Outcome, mode: Mode, world: World) -> tuple[Related, ...]:
    """Return the place of the label in the Namespace of the input; nothing if no label of the input sets the level."""
    policy = _policy(outcome)
    field = world.namespace_label(policy.namespace, level_label(mode))
    if field is None or policy.origin(mode) != "label":
        return ()
    return (Related(f"Namespace {policy.namespace} sets {level_label(mode)}: {field.value}", field.span),)
