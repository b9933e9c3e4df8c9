"""Verdicts for a pod with fields removed."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Verdict, World

Path = tuple[str | int, ...]


def path_to_remove(path: Path) -> Path:
    """Return what to remove together with the field at `path`: the whole volume, sysctl, profile or SELinux options."""
    for whole in ("seccompProfile", "seLinuxOptions"):
        if whole in path:
            return path[: path.index(whole) + 1]
    for items in ("volumes", "sysctls"):
        if items in path[:-1]:
            return path[: path.index(items) + 2]
    return path


def admitted_without(world: World, verdict: Verdict, scc: str, removed: Iterable[Path]) -> bool:
    """Whether `scc` would admit the pod of the verdict without the `removed` fields, if every user could use the SCC."""
    pod = _without(verdict.submitted, removed)
    return world.cluster.errors_under(scc, pod, namespace=verdict.namespace) == ()


def _without(pod: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return a copy of the pod without the fields at `paths`."""
    copy: dict[str, Any] = _copy(pod)
    # Remove the last item of a list first, because each removal moves the later items.
    for *parents, last in sorted(paths, key=_position, reverse=True):
        holder: Any = copy
        for step in parents:
            holder = holder[step]
        del holder[last]
    return copy


def _copy(data: Any) -> Any:
    """Return a copy without shared values: steps of the same StepAction share theirs, and a path is for one step only."""
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)
