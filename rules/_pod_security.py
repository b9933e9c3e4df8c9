"""Phrases about the Pod Security level of a namespace, and ways for a pod to meet it."""

from scclint.api import (
    Mode,
    NamespacePolicy,
    Outcome,
    Related,
    Standard,
    World,
    level_label,
)


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
