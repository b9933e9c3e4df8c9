"""Verdicts for a changed pod: advice that names an SCC is given only if it holds for the pod as pinned and granted."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from scclint.api import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    ApiObject,
    Cluster,
    Outcome,
    Verdict,
    Workload,
    World,
    and_more,
    as_mapping,
    capitalized,
    copied,
    user_change,
)

Path = tuple[str | int, ...]

_RUNTIME_DEFAULT = {"type": "RuntimeDefault"}
_CONTAINERS = ("initContainers", "containers")


def path_to_remove(path: Path) -> Path:
    """Return what to remove together with the field at `path`: the whole volume, sysctl, profile or SELinux options."""
    for whole in ("seccompProfile", "seLinuxOptions"):
        if whole in path:
            return path[: path.index(whole) + 1]
    for items in ("volumes", "sysctls"):
        if items in path[:-1]:
            return path[: path.index(items) + 2]
    return path


def admitted(world: World, outcome: Outcome, pod: dict[str, Any]) -> Verdict:
    """Return the verdict on a changed `pod` of the outcome, with the same namespace and creator."""
    return world.cluster.admit(pod, namespace=outcome.namespace, user=outcome.creator)


def admitted_by(scc: str, world: World, outcome: Outcome, removed: Iterable[Path] = ()) -> Verdict | None:
    """Return the verdict on the pod of the outcome without the `removed` fields, if every user could use `scc` and no other SCC."""
    verdict = outcome.verdict
    assert verdict is not None
    return world.cluster.admission.verdict_under(scc, without(verdict.submitted, removed), namespace=verdict.namespace)


def user_note(world: World, outcome: Outcome, after: Verdict | None, lead: str = "") -> str:
    """Return, as a sentence after a space, the user that containers run as after a change; empty if it is the same as before.

    The sentence begins with `lead`.
    """
    clause = _user_change(world, outcome, after)
    return f" {capitalized(lead + clause)}." if clause else ""


def user_remark(world: World, outcome: Outcome, after: Verdict | None) -> str:
    """Return what `user_note` does as a remark in parentheses, for one of several alternatives."""
    clause = _user_change(world, outcome, after)
    return f" ({clause})" if clause else ""


def user_notes(world: World, cluster: Cluster, workloads: Iterable[Workload]) -> str:
    """Return the users that containers of some workloads run as in a changed cluster, as sentences after a space; empty without any."""
    clauses: dict[str, list[str]] = {}
    for workload in workloads:
        outcome = world.outcome(workload)
        if outcome.verdict is None:
            continue
        after = cluster.admit(outcome.verdict.submitted, namespace=outcome.namespace, user=outcome.creator)
        if clause := user_change(cluster.admission, outcome.verdict, after):
            clauses.setdefault(clause, []).append(workload.named)
    return "".join(f" In {and_more(names, 2)}, {clause}." for clause, names in clauses.items())


def user_notes_in(world: World, namespace: str, field: str, key: str) -> str:
    """Return `user_notes` for the workloads of a namespace without a key of its `labels` or `annotations`."""
    cluster = world.cluster.without_metadata(namespace, field, key)
    return user_notes(world, cluster, (w for w in world.of(Workload) if world.namespace_of(w) == namespace))


def user_notes_without(world: World, obj: ApiObject, **emptied: list[str]) -> str:
    """Return `user_notes` for the workloads that an SCC admits, or that a binding lets use theirs, with lists of the object emptied."""
    workloads = []
    for workload in world.of(Workload):
        chosen = world.outcome(workload).chosen
        if chosen is None or chosen.grant is None:
            continue
        binding = chosen.grant.binding
        is_given = binding is not None and world.find(binding) is obj
        if is_given or (chosen.scc == obj.name and obj.kind == "SecurityContextConstraints"):
            workloads.append(workload)
    if not workloads:
        return ""
    metadata = {**as_mapping(obj.manifest.get("metadata")), "namespace": world.namespace_of(obj)}
    changed = world.cluster.with_decodable([{**obj.manifest, "metadata": metadata, **emptied}])
    return user_notes(world, changed, workloads)


def _user_change(world: World, outcome: Outcome, after: Verdict | None) -> str:
    return "" if outcome.verdict is None else user_change(world.cluster.admission, outcome.verdict, after)


def with_unconfined_replaced(pod: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the pod with RuntimeDefault wherever the pod sets Unconfined."""
    copy: dict[str, Any] = copied(pod)
    holders = [copy["spec"], *(container for name in _CONTAINERS for container in copy["spec"].get(name) or ())]
    for holder in holders:
        context = holder.get("securityContext") or {}
        if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
            context["seccompProfile"] = dict(_RUNTIME_DEFAULT)
    annotations = (copy.get("metadata") or {}).get("annotations") or {}
    for key, value in annotations.items():
        if key == POD_SECCOMP_ANNOTATION or key.startswith(CONTAINER_SECCOMP_ANNOTATION_PREFIX):
            annotations[key] = "runtime/default" if value == "unconfined" else value
    return copy


def without(pod: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a copy of the pod without the fields at `paths`. Nothing is done about a field that the pod does not set."""
    # Steps of the same StepAction share their values, and a path is for one step only.
    copy: dict[str, Any] = copied(pod)
    # Remove the last item of a list first, because each removal moves the later items.
    for *parents, last in sorted(paths, key=_position, reverse=True):
        holder: Any = copy
        with suppress(KeyError):
            for step in parents:
                holder = holder[step]
            del holder[last]
    return copy


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)
