"""The remedies to try for a finding, as operations on its document."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from scclint.advice.draft import pruned, words_of
from scclint.finding import Operation, Path, Remedy, Remove, Rename
from scclint.model.kinds import TEKTON
from scclint.model.object import ApiObject, Workload
from scclint.record import replace
from scclint.remedy.workbench import RuleResult, Workbench
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.locate import node_at
from scclint.yaml.nodes import ScalarNode, to_data


def remedies(result: RuleResult) -> Iterator[Remedy]:
    """Yield the remedies of a problem in order: its edits, and what its rule advises for the pod."""
    if result.problem.edits:
        with suppress(EditRefused):
            yield from _as_told(result)
    subject = result.subject
    if not isinstance(subject, Workload) or _written_elsewhere(subject):
        return
    for remedy in result.problem.remedies:
        with suppress(EditRefused):
            if operations := tuple(_in_document(subject, remedy.operations)):
                yield replace(remedy, operations=operations)


def why_none(bench: Workbench, result: RuleResult) -> str:
    """Why there is nothing to try for a workload, as a clause; empty for a finding that only its author can settle."""
    subject = result.subject
    if not isinstance(subject, Workload) or result.problem.edits or not result.problem.remedies:
        return ""
    if isinstance(node_at(subject.root, subject.path), ScalarNode):
        return "the object is written as text in another one"
    if _written_elsewhere(subject):
        return "a pod of this kind is put together from other fields"
    if "pod-security" in result.rule.tags:
        return "the pod asks for something that the level forbids"
    if any(remedy.operations for remedy in result.problem.remedies):
        return "the manifest has no place for the fields"
    from scclint.advice.ladders import why_none

    return why_none(subject, bench.worlds)


def _written_elsewhere(workload: Workload) -> bool:
    """Whether the fields of the pod are not written in the object. The steps of a Tekton Task are its containers."""
    # A ClusterServiceVersion has the spec of a Deployment as a Deployment has it.
    implied = workload.implied and workload.document.kind != "ClusterServiceVersion"
    moved = workload.provenance.moved and workload.document.kind not in TEKTON
    return bool(moved or workload.provenance.elsewhere or implied)


def _in_document(workload: Workload, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield operations on a pod as operations on its document. Raises EditRefused if that has no place for a field."""
    data = to_data(workload.document.root if workload.provenance.moved else workload.root)
    for operation in operations:
        path = _full(workload, operation.path)
        written = replace(operation, path=pruned(data, path) if isinstance(operation, Remove) else path)
        data = changed_data(data, written)
        yield written


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


def _as_told(result: RuleResult) -> Iterator[Remedy]:
    """The edits that the rule gives. What they leave empty is removed as well."""
    root, subject = result.document.root, result.subject
    if root is None:
        return
    data = to_data(root)
    operations: list[Operation] = []
    words: list[str] = []
    for told in result.problem.edits:
        path = subject.written(told.path) if isinstance(subject, ApiObject) else told.path
        if operations and isinstance(operations[-1], Rename) and path == (*operations[-1].path[:-1], operations[-1].key):
            words.pop()  # the new value names the new key as well
        words.append(words_of(data, replace(told, path=path)))
        operation: Operation = replace(told, path=pruned(data, path) if isinstance(told, Remove) else path)
        data = changed_data(data, operation)
        operations.append(operation)
    yield Remedy(", and ".join(dict.fromkeys(words)), (), tuple(operations))
