"""A workload while a remedy is put together: the operations so far, and the pod that each release would then get."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeVar

from scclint.admission.field import FieldError
from scclint.advice.effects import effects
from scclint.finding import Append, Deduplicate, Operation, Path, Remedy, Remove, Rename, Scalar, Set
from scclint.objects.kinds import TEKTON
from scclint.objects.pod import Container
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.platform.terms import CONTAINER_LISTS, REQUIRED_SCC, RESTRICTED
from scclint.record import Memo, grouped, replace
from scclint.text import and_more, listed, plain
from scclint.yaml.nodes import Node, ScalarNode, node_at, to_data
from scclint.yaml.operations import EditRefused, changed_data
from scclint.yaml.untyped import as_mappings, as_text, has, value_at
from scclint.yaml.write import reads_as_itself

T = TypeVar("T")

OPTIONAL = frozenset(
    (
        *("securityContext", "seLinuxOptions", "capabilities", "add", "seccompProfile", "windowsOptions"),
        *("annotations", "labels", "volumes", "volumeMounts", "volumeDevices", "sysctls", "supplementalGroups"),
    )
)
"""Fields that mean nothing when they are empty: they are removed with their last entry."""

OFF_BY_DEFAULT = frozenset(("hostNetwork", "hostPID", "hostIPC", "privileged"))
"""Fields that mean nothing when they are false."""


class Draft:
    """Paths lead from the pod. `worlds` are those of all releases, and `world` is the one that the words are about.

    `outcomes` and `pods` are the outcomes as they are and the pods as they reach SCC admission, by release. `unwanted` are the paths of
    the fields that the rule names, and `enough` the remedies that are known to reach the goal.
    """

    def __init__(
        self,
        workload: Workload,
        worlds: Mapping[str, World],
        world: World,
        unwanted: Sequence[Path] = (),
        enough: Sequence[Remedy] = (),
    ) -> None:
        self.workload = workload
        self.unwanted = unwanted
        self._enough = enough
        self.worlds = worlds
        self.world = world
        self.outcome = world.outcome(workload)
        self.outcomes = {release: each.outcome(workload) for release, each in worlds.items()}
        self.operations: list[Operation] = []
        self._removed: list[str] = []
        self._written: list[str] = []
        self._manifest = workload.pod.manifest
        self.pods: dict[str, dict[str, Any]] = {
            release: outcome.verdict.submitted for release, outcome in self.outcomes.items() if outcome.verdict is not None
        }

    @property
    def does_more(self) -> bool:
        """Whether the operations do all that a remedy does which is enough. They are then no other remedy."""
        return any(set(other.operations).issubset(self.operations) for other in self._enough)

    @property
    def may_pin(self) -> bool:
        """Whether every release reads the annotation `REQUIRED_SCC`."""
        return all(world.cluster.admission.reads_required_scc for world in self.worlds.values())

    @property
    def pinned(self) -> bool:
        """Whether an annotation decides which SCC is tried."""
        return self.may_pin and any(outcome.verdict and outcome.verdict.required_scc for outcome in self.outcomes.values())

    @property
    def has_pod_context(self) -> bool:
        """Whether the pods of the kind have a security context of their own; those of Knative have not."""
        return self.workload.group != "serving.knative.dev"

    def after(self) -> Sequence[tuple[Outcome, Outcome, World]]:
        """Return for each release the outcome as it is and with the operations, and its world."""
        made = self._once(
            Draft.after,
            lambda: {
                release: self.worlds[release].outcomes.with_pod(self.outcomes[release], pod)
                for release, pod in self.pods.items()
            },
        )
        return [(self.outcomes[release], after, self.worlds[release]) for release, after in made.items()]

    def rejections(self) -> dict[Path, FieldError] | None:
        """Return why restricted-v2 rejects the pod with the operations, by field; None if a release does not say."""
        return self._once(Draft.rejections, self._rejections)

    def _rejections(self) -> dict[Path, FieldError] | None:
        errors: dict[Path, FieldError] = {}
        for release, world in self.worlds.items():
            pod, namespace = self.pods.get(release), self.outcomes[release].namespace
            found = world.cluster.admission.errors_under(RESTRICTED, pod, namespace=namespace) if pod is not None else None
            if found is None:
                return None
            errors |= {error.path: error for error in found}
        return errors

    def _once(self, question: object, answer: Callable[[], T]) -> T:
        """Return the answer to a question, which a method is, about the pods with the operations so far.

        Several rules ask about one workload in turn, and their ladders have steps in common.
        """
        kept: dict[Workload, Memo] = self.world.memo((Draft._once,), dict)
        if self.workload not in kept:
            kept.clear()
            kept[self.workload] = Memo()
        return kept[self.workload]((question, tuple(self.operations)), answer)

    def remedy(self) -> Remedy:
        """What the operations do, and what then becomes different."""
        parts = []
        if self._removed:
            parts.append(f"remove {and_more(dict.fromkeys(self._removed), 4)}")
        if self._written:
            parts.append(f"write {and_more(dict.fromkeys(self._written), 4)}")
        return Remedy(", and ".join(parts), self._once(Draft.remedy, self._effects), tuple(self.operations))

    def _effects(self) -> tuple[str, ...]:
        changed = next((pair for *pair, world in self.after() if world is self.world), None)
        return tuple(effects(self.world, *changed)) if changed else ()

    def written(self, remedy: Remedy) -> Remedy:
        """The remedy with its operations on the document instead of the pod; without them if the document has no place for a field."""
        operations: list[Operation] = []
        if not written_elsewhere(self.workload):
            with suppress(EditRefused):
                operations = [replace(operation, path=_full(self.workload, operation.path)) for operation in remedy.operations]
        return replace(remedy, operations=tuple(operations))

    def set(self, path: Path, value: Scalar, words: str = "") -> None:
        """Write a scalar. Raises EditRefused where the pod has no place for it."""
        self._do(Set(path, value))
        self._written.append(words or f"{path[-1]}: {plain(value)}")

    def pin(self, scc: str) -> None:
        """Require an SCC by annotation."""
        # An annotation of the object would apply to other pods too.
        where = " in the task's taskSpec.metadata" if _in_pipeline(self.workload) else ""
        self.set(("metadata", "annotations", REQUIRED_SCC), scc, f"{REQUIRED_SCC}: {scc}{where}")

    def set_profile(self, holder: Path, words: str = "") -> None:
        """Write RuntimeDefault as the profile of the pod (`holder` is its spec) or of a container."""
        profile = ("securityContext", "seccompProfile", "type")
        where = f"in the securityContext of container {self.value((*holder, 'name'))}"
        if holder == ("spec",):
            where = profile_place(self.workload)
        words = words or f"seccompProfile: {{type: RuntimeDefault}} {where}"
        if holder == ("spec",) and (not self.has_pod_context or ignores_pod_profile(self.workload)):
            for container in _without_profile(self.workload):
                self.set(("spec", container.list, container.index, *profile), "RuntimeDefault", words)
        else:
            self.set((*holder, *profile), "RuntimeDefault", words)

    def append(self, path: Path, value: Scalar, words: str) -> None:
        """Add a scalar to a list. Raises EditRefused where the pod has no place for it."""
        self._do(Append(path, value))
        self._written.append(words)

    def remove(self, path: Path, words: str = "") -> None:
        """Remove a field or item, and what is empty then. Raises EditRefused if the manifest does not have it."""
        value = _at(self._manifest, path)
        key = next(str(step) for step in reversed(path) if isinstance(step, str))
        simple = not isinstance(value, dict | list)
        shown_as = f"{key}: {plain(value)}" if simple else key
        if key == "add":
            shown_as = f"capability {value}"
        self._removed.append(words or shown_as)
        self._do(Remove(pruned(self._manifest, path)))

    def remove_volume(self, index: int) -> None:
        """Remove a volume and all mounts of it."""
        name = self.value(("spec", "volumes", index, "name"))
        host_path = self.value(("spec", "volumes", index, "hostPath", "path"))
        words = f"volume {name}{f' (hostPath {host_path})' if host_path else ''} with its mounts"
        for mounts, number in self._mounts.pop(as_text(name), ()):
            at = bisect_left(mounts.left, number)
            mounts.left.pop(at)
            self.remove((*mounts.path, at), words)
        self.remove(("spec", "volumes", index), words)

    @cached_property
    def _mounts(self) -> dict[str, list[tuple["_Mounts", int]]]:
        """The mounts of each volume by its name, those of one list from its end on."""
        lists = (
            (_Mounts(("spec", containers, number, field), mounts := as_mappings(container.get(field))), mounts)
            for containers in CONTAINER_LISTS
            for number, container in enumerate(as_mappings(self.value(("spec", containers))))
            for field in ("volumeMounts", "volumeDevices")
        )
        return grouped(
            (as_text(mounts[number].get("name")), (of_container, number))
            for of_container, mounts in lists
            for number in reversed(of_container.left)
        )

    def value(self, path: Path) -> Any:
        """What the manifest has at a path; None if it has nothing there."""
        return value_at(self._manifest, path)

    def _do(self, operation: Set | Append | Remove) -> None:
        self._manifest = _changed(self._manifest, operation)
        self.operations.append(operation)
        for release, pod in self.pods.items():
            # A release that does not know the field has dropped it.
            with suppress(EditRefused):
                self.pods[release] = _changed(pod, operation)


def _changed(data: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return a copy of a pod with the operation applied. It shares with the pod what the operation leaves alone."""
    changed: dict[str, Any] = changed_data(_copied_along(data, operation.path), operation)
    return changed


def _copied_along(data: Any, path: Path) -> Any:
    """Return a copy of data in which what lies on the path is copied as well, and all else is shared."""
    made = data.copy()
    if path:
        child = value_at(data, path[:1])
        if isinstance(child, dict | list):
            made[path[0]] = _copied_along(child, path[1:])
    return made


class _Mounts:
    """The mounts of a container: the path of their list, and the indices that those which are left had in the manifest."""

    def __init__(self, path: Path, mounts: Sequence[object]) -> None:
        self.path = path
        self.left = list(range(len(mounts)))


def ignores_pod_profile(workload: Workload) -> bool:
    """Whether a container is privileged beside others, and therefore ignores a profile of its pod, which sets none yet."""
    privileged = {container.privileged.value is True for container in workload.pod.containers}
    return len(privileged) > 1 and not workload.pod.seccomp_type.present


def _without_profile(workload: Workload) -> list[Container]:
    """The containers that a profile has an effect on and that set none."""
    return [c for c in workload.pod.containers if c.privileged.value is not True and c.seccomp_type.value is None]


def profile_place(workload: Workload) -> str:
    """Return where a profile for all containers goes, as a phrase: `in the pod's securityContext`.

    Not every kind that creates pods has all fields of a pod.
    """
    group, kind = workload.group, workload.kind
    if group == "serving.knative.dev":
        return "on each of the pod's containers" if len(workload.pod.containers) > 1 else "on the pod's container"
    if group != "tekton.dev":
        if ignores_pod_profile(workload):
            plain = [container.name for container in _without_profile(workload)]
            return f"in the securityContext of container{'s' if len(plain) > 1 else ''} {listed(plain)}"
        return "in the pod's securityContext"
    if kind == "TaskRun":
        return "on the pod, in spec.podTemplate.securityContext"
    # The pod template of a PipelineRun applies to all its tasks, and another task may need other settings.
    steps = f"{'taskSpec' if _in_pipeline(workload) else 'spec'}.stepTemplate.securityContext"
    if any("sidecars" in workload.written(container.path) for container in workload.pod.containers):
        return f"on the pod's steps, in {steps}, and on each sidecar"
    return f"on the pod's steps, in {steps}"


def _in_pipeline(workload: Workload) -> bool:
    return workload.group == "tekton.dev" and workload.kind in ("Pipeline", "PipelineRun")


def pruned(data: Any, path: Path) -> Path:
    """The path to remove with what is at `path`: that of the outermost holder that would be left empty and then means nothing."""
    while len(path) > 2 and path[-2] in OPTIONAL and len(_at(data, path[:-1])) == 1:
        path = path[:-1]
    return path


def written_elsewhere(workload: Workload) -> bool:
    """Whether the fields of the pod are not written in the object. The steps of a Tekton Task are its containers."""
    # A ClusterServiceVersion has the spec of a Deployment as a Deployment has it.
    implied = workload.implied and workload.document.kind != "ClusterServiceVersion"
    moved = workload.provenance.moved and workload.document.kind not in TEKTON
    return bool(moved or workload.provenance.elsewhere or implied)


def _full(workload: Workload, path: Path) -> Path:
    """The path in the document of a path in the pod. Raises EditRefused if the document has no place for the field."""
    if not workload.provenance.moved:
        return workload.pod.field(*path).path
    if path[:2] == ("spec", "securityContext"):
        # The steps of a task share a template instead of the security context of their pod.
        *task, steps, _ = workload.written((*workload.pod.path, "spec", "containers", 0))
        if steps == "steps":
            return (*task, "stepTemplate", *path[1:])
    # Of a pod that is put together, only containers and metadata are written in one place.
    if path[:1] != ("metadata",) and (path[:2] != ("spec", "containers") or len(path) < 3):
        raise EditRefused("a pod of this kind takes the field from somewhere else")
    return workload.written(workload.pod.path + path)


def edit_of(root: Node, operations: Sequence[Operation]) -> Remedy:
    """The remedy that operations on a document are, in words made from them."""
    if all(isinstance(operation, Remove) for operation in operations):
        removed = dict.fromkeys(_named(root, operation) for operation in operations)
        return Remedy(f"remove {listed([*removed])}", (), tuple(operations))
    words: list[str] = []
    for number, operation in enumerate(operations):
        before = operations[number - 1] if number else None
        if isinstance(before, Rename) and operation.path == (*before.path[:-1], before.key):
            words.pop()  # the new value names the new key as well
        words.append(_words_of(root, operation))
    return Remedy(", and ".join(dict.fromkeys(words)), (), tuple(operations))


def _words_of(root: Node, operation: Operation) -> str:
    """What an operation does to a document, as an instruction: `remove runAsUser: 0`."""
    key = next(str(step) for step in reversed(operation.path) if isinstance(step, str))
    if isinstance(operation, Rename):
        return f"write {operation.key} instead of {key}"
    if isinstance(operation, Deduplicate):
        return f"remove the earlier {key}, which the cluster drops"
    is_item = isinstance(operation.path[-1], int)
    if isinstance(operation, Set):
        text = plain(operation.value)
        if isinstance(operation.value, str) and not reads_as_itself(text):
            text = f'"{text}"'
        return f"write {text} in {key}" if is_item else f"write {key}: {text}"
    if isinstance(operation, Append):
        return f"add {plain(operation.value)} to {key}"
    return f"remove {_named(root, operation)}"


def _named(root: Node, operation: Operation) -> str:
    """What an operation removes from a document, by its key and, of a scalar, its value: `runAsUser: 0`."""
    from scclint.objects.documents.templates import written

    key = next(str(step) for step in reversed(operation.path) if isinstance(step, str))
    is_item = isinstance(operation.path[-1], int)
    node = node_at(root, operation.path)
    value = written(node.text) if isinstance(node, ScalarNode) else to_data(node)
    if is_item and isinstance(value, dict) and isinstance(value.get("name"), str):
        value = value["name"]
    if isinstance(value, dict | list):
        return key
    return f"{plain(value)} from {key}" if is_item else f"{key}: {plain(value)}"


def _at(data: Any, path: Sequence[str | int]) -> Any:
    """The value at a path. Raises EditRefused if there is none."""
    if not has(data, path):
        raise EditRefused("the manifest does not have the field")
    return value_at(data, path)
