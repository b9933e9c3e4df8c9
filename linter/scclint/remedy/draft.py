"""A remedy, and a workload while one is put together: the operations so far, and the pod that each release would then get."""

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

from scclint.finding import Append, Deduplicate, Operation, Path, Remove, Rename, Scalar, Set
from scclint.model.terms import CONTAINER_LISTS
from scclint.model.workload import Workload
from scclint.outcome.chain import Outcome
from scclint.record import record, replace
from scclint.text import and_more, capitalized
from scclint.untyped import as_mappings, has
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.nodes import to_data

OPTIONAL = frozenset(
    (
        *("securityContext", "seLinuxOptions", "capabilities", "add", "seccompProfile", "windowsOptions"),
        *("annotations", "labels", "volumes", "volumeMounts", "volumeDevices", "sysctls", "supplementalGroups"),
    )
)
"""Fields that mean nothing when they are empty: they are removed with their last entry."""

OFF_BY_DEFAULT = frozenset(("hostNetwork", "hostPID", "hostIPC", "privileged"))
"""Fields that mean nothing when they are false."""


@record
class Remedy:
    """Edits of the document that a finding is about. `title` is an instruction: `Remove runAsUser: 1001.`"""

    title: str
    operations: tuple[Operation, ...]


class Draft:
    """`pods` are the pods as they reach SCC admission, by release. Paths lead from the pod. `words` say what was done, in order."""

    def __init__(self, workload: Workload, outcomes: Mapping[str, Outcome]) -> None:
        self.workload = workload
        self.outcomes = outcomes
        self.operations: list[Operation] = []
        self.removed: list[str] = []
        self.written: list[str] = []
        self._data = to_data(workload.document.root if workload.provenance.moved else workload.root)
        self.pods: dict[str, dict[str, Any]] = {
            release: deepcopy(outcome.verdict.submitted) for release, outcome in outcomes.items() if outcome.verdict is not None
        }

    @property
    def title(self) -> str:
        """What the operations do, as an instruction."""
        parts = []
        if self.removed:
            parts.append(f"remove {and_more(dict.fromkeys(self.removed), 4)}")
        if self.written:
            parts.append(f"write {and_more(dict.fromkeys(self.written), 4)}")
        return sentence(", and ".join(parts))

    def set(self, path: Path, value: Scalar, words: str = "") -> None:
        """Write a scalar. Raises EditRefused where the manifest has no place for it."""
        self._do(Set(self._full(path), value), path)
        self.written.append(words or f"{path[-1]}: {shown(value)}")

    def set_profile(self, holder: Path, words: str = "") -> None:
        """Write RuntimeDefault as the profile of the pod (`holder` is its spec) or of a container."""
        pod = self.workload.pod
        if holder == ("spec",) and self.workload.provenance.moved:
            self._set_profile_of_steps()
            return
        if holder == ("spec",) and any(c.privileged.value is True for c in pod.containers) and not pod.seccomp_type.present:
            # A privileged container ignores the profile of its pod, which SEC203 reports.
            for container in pod.containers:
                if container.privileged.value is not True and not container.seccomp_type.present:
                    self.set_profile(("spec", container.list, container.index))
            return
        whose = "the pod" if holder == ("spec",) else f"container {self.value((*holder, 'name'))}"
        words = words or f"seccompProfile: {{type: RuntimeDefault}} in the securityContext of {whose}"
        self.set((*holder, "securityContext", "seccompProfile", "type"), "RuntimeDefault", words)

    def _set_profile_of_steps(self) -> None:
        """Write RuntimeDefault for all steps of a task, whose pods have no security context of their own."""
        *task, steps, _ = self._full(("spec", "containers", 0))
        if steps != "steps":
            raise EditRefused("a pod of this kind takes the field from somewhere else")
        operation = Set((*task, "stepTemplate", "securityContext", "seccompProfile", "type"), "RuntimeDefault")
        self._data = changed_data(self._data, operation)
        self.operations.append(operation)
        self.written.append("seccompProfile: {type: RuntimeDefault} in the securityContext of stepTemplate")
        for container in (container for pod in self.pods.values() for container in pod["spec"]["containers"]):
            changed_data(container, Set(("securityContext", "seccompProfile", "type"), "RuntimeDefault"))

    def append(self, path: Path, value: Scalar) -> None:
        """Add a scalar to a list. Raises EditRefused where the manifest has no place for it."""
        self._do(Append(self._full(path), value), path)

    def remove(self, path: Path, words: str = "") -> None:
        """Remove a field or item, and what is empty then. Raises EditRefused if the manifest does not have it."""
        full = self._full(path)
        value = _at(self._data, full)
        key = next(str(step) for step in reversed(path) if isinstance(step, str))
        simple = not isinstance(value, dict | list)
        shown_as = f"capability {value}" if key == "add" else f"{key}: {shown(value)}" if simple else key
        self.removed.append(words or shown_as)
        removed = pruned(self._data, full)
        self._do(Remove(removed), path[: len(path) - (len(full) - len(removed))])

    def remove_volume(self, index: int) -> None:
        """Remove a volume and all mounts of it."""
        name = self.value(("spec", "volumes", index, "name"))
        for containers in CONTAINER_LISTS:
            for number, container in enumerate(as_mappings(self.value(("spec", containers)))):
                for field in ("volumeMounts", "volumeDevices"):
                    for at, mount in reversed([*enumerate(as_mappings(container.get(field)))]):
                        if mount.get("name") == name:
                            self.remove(("spec", containers, number, field, at), f"volume {name} with its mounts")
        self.remove(("spec", "volumes", index), f"volume {name} with its mounts")

    def value(self, path: Path) -> Any:
        """What the manifest has at a path; None if it has nothing there."""
        try:
            return _at(self._data, self._full(path))
        except EditRefused:
            return None

    def _full(self, path: Path) -> Path:
        """The path in the document of a path in the pod. Raises EditRefused if the document has no place for the field."""
        if not self.workload.provenance.moved:
            return self.workload.pod.field(*path).path
        # Of a pod that is put together, only containers and metadata are written in one place.
        if path[:1] != ("metadata",) and (path[:2] != ("spec", "containers") or len(path) < 3):
            raise EditRefused("a pod of this kind takes the field from somewhere else")
        return self.workload.written(self.workload.pod.path + path)

    def _do(self, operation: Set | Append | Remove, path: Path) -> None:
        """Carry an operation out in the document, and at `path` in the pods."""
        self._data = changed_data(self._data, operation)
        self.operations.append(operation)
        for pod in self.pods.values():
            # A release that does not know the field has dropped it.
            with suppress(EditRefused):
                changed_data(pod, replace(operation, path=path))


def pruned(data: Any, path: Path) -> Path:
    """The path to remove with what is at `path`: that of the outermost holder that would be left empty and then means nothing."""
    while len(path) > 2 and path[-2] in OPTIONAL and len(_at(data, path[:-1])) == 1:
        path = path[:-1]
    return path


def words_of(data: Any, operation: Operation) -> str:
    """What an operation does to a document, as an instruction: `remove runAsUser: 0`."""
    key = next(str(step) for step in reversed(operation.path) if isinstance(step, str))
    if isinstance(operation, Rename):
        return f"write {operation.key} instead of {key}"
    if isinstance(operation, Deduplicate):
        return f"remove the earlier {key}, which the cluster drops"
    is_item = isinstance(operation.path[-1], int)
    if isinstance(operation, Set):
        return f"write {shown(operation.value)} in {key}" if is_item else f"write {key}: {shown(operation.value)}"
    if isinstance(operation, Append):
        return f"add {shown(operation.value)} to {key}"
    value = _at(data, operation.path)
    if is_item and isinstance(value, dict) and isinstance(value.get("name"), str):
        value = value["name"]
    if isinstance(value, dict | list):
        return f"remove {key}"
    return f"remove {shown(value)} from {key}" if is_item else f"remove {key}: {shown(value)}"


def sentence(text: str) -> str:
    return f"{capitalized(text)}."


def shown(value: Scalar) -> str:
    """A scalar as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _at(data: Any, path: Path) -> Any:
    """The value at a path. Raises EditRefused if there is none."""
    for step in path:
        if not has(data, (step,)):
            raise EditRefused("the manifest does not have the field")
        data = data[step]
    return data
