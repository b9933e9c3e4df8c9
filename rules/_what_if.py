"""What would become of a pod that leaves something out."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Verdict, World

Path = tuple[str | int, ...]


def dropped(path: Path) -> Path:
    """What one leaves out to be rid of the field at `path`: of a list the whole item, of a profile or SELinux options all."""
    for whole in ("seccompProfile", "seLinuxOptions"):
        if whole in path:
            return path[: path.index(whole) + 1]
    for items in ("volumes", "sysctls"):
        if items in path[:-1]:
            return path[: path.index(items) + 2]
    return path


def admitted_by(world: World, verdict: Verdict, scc: str, left_out: Iterable[Path]) -> bool:
    """Whether `scc`, were it usable, would admit the pod of the verdict without what stands at `left_out`."""
    pod = _without(verdict.submitted, left_out)
    return world.cluster.errors_under(scc, pod, namespace=verdict.namespace) == ()


def _without(pod: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """A copy of the pod without what stands at `paths`."""
    copy: dict[str, Any] = _copy(pod)
    # From the last item of a list to the first, since each removal moves the later ones.
    for *way, last in sorted(paths, key=_position, reverse=True):
        holder: Any = copy
        for step in way:
            holder = holder[step]
        del holder[last]
    return copy


def _copy(data: Any) -> Any:
    """A copy whose places share nothing: containers may, as steps of one StepAction or stepTemplate do, and each path counts
    for one of them.
    """
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)
