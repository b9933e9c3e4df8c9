"""The remedies to try for a finding, as operations on its document."""

from collections.abc import Iterator
from contextlib import suppress

from scclint.advice.draft import pruned, written_elsewhere
from scclint.finding import Operation, Remedy, Remove
from scclint.model.object import Workload
from scclint.record import replace
from scclint.remedy.workbench import Occurrence, Workbench
from scclint.yaml.edit import EditRefused, changed_data
from scclint.yaml.nodes import ScalarNode, node_at, to_data


def remedies(occurrence: Occurrence) -> Iterator[Remedy]:
    """Yield the remedies of a finding that are operations, in order. What a removal leaves empty is removed as well."""
    root = occurrence.document.root
    for remedy in occurrence.finding.remedies if root is not None else ():
        data = to_data(root)
        operations: list[Operation] = []
        with suppress(EditRefused):
            for told in remedy.operations:
                operation = replace(told, path=pruned(data, told.path)) if isinstance(told, Remove) else told
                data = changed_data(data, operation)
                operations.append(operation)
            if operations:
                yield replace(remedy, operations=tuple(operations))


def why_none(bench: Workbench, occurrence: Occurrence) -> str:
    """Why there is nothing to try for a workload, as a clause; empty for a finding that only its author can settle."""
    subject, advised = occurrence.subject, occurrence.finding.remedies
    if not isinstance(subject, Workload) or not advised or any(w.outcome(subject).skipped for w in bench.worlds.values()):
        return ""
    if isinstance(node_at(subject.root, subject.path), ScalarNode):
        return "the object is written as text in another one"
    if written_elsewhere(subject):
        return "a pod of this kind is put together from other fields"
    if "pod-security" in bench.rule(occurrence.finding).tags:
        return "the pod asks for something that the level forbids"
    if any(remedy.operations for remedy in advised):
        return "the manifest has no place for the fields"
    from scclint.advice.ladders import why_none

    return why_none(subject, bench.worlds)
