"""The API server's field errors for an object, without those that have a rule of their own."""

from collections.abc import Iterable, Iterator

from scclint.api import ApiObject, FieldProblem, Workload, World

_ADDED_BY_KUSTOMIZE = ("selector", "namespace")
"""Required fields that kustomize adds: the selector from the labels, and the namespace of subjects."""


def field_problems(obj: ApiObject, world: World) -> Iterator[FieldProblem]:
    """Yield the problems of the written fields. A patch need not have the required fields, and implied objects have no source."""
    if obj.implied and not isinstance(obj, Workload):
        return
    partial = isinstance(obj, Workload) and bool(obj.partial)
    for problem in world.field_problems(obj):
        added = not obj.provenance.whole and problem.code == "required" and problem.path[-1] in _ADDED_BY_KUSTOMIZE
        if not added and not (partial and problem.code == "required") and problem.code != "annotation-differs":
            # SEC204 reports an annotation that differs from the field.
            yield problem


def lacks_for_its_name(problem: FieldProblem, problems: Iterable[FieldProblem]) -> bool:
    """Whether a required field is missing because its name, or that of a mapping around it, is misspelled in another problem."""
    meant = [(*other.path[:-1], other.suggestion) for other in problems if other.code == "unknown" and other.suggestion]
    return problem.code == "required" and any(problem.path[: len(path)] == path for path in meant)
