"""The API server's field errors for an object, without those that have a rule of their own."""

from collections.abc import Iterator, Sequence

from scclint.api import ApiObject, Path, Workload, World
from scclint.validation.problem import FieldProblem

_ADDED_BY_KUSTOMIZE = ("selector", "namespace")
"""Required fields that kustomize adds: the selector from the labels, and the namespace of subjects."""


def field_problems(obj: ApiObject, world: World) -> Iterator[FieldProblem]:
    """Yield the problems of the written fields. A patch need not have the required fields, and implied objects have no source."""
    if _is_pattern(obj) or (obj.implied and not isinstance(obj, Workload)):
        return
    partial = isinstance(obj, Workload) and bool(obj.partial)
    for problem in world.field_problems(obj):
        added = not obj.provenance.whole and problem.code == "required" and problem.path[-1] in _ADDED_BY_KUSTOMIZE
        if not added and not (partial and problem.code == "required") and problem.code != "annotation-differs":
            # SEC204 reports an annotation that differs from the field.
            yield problem


def _is_pattern(obj: ApiObject) -> bool:
    """Whether a mapping describes objects of a cluster, for a policy or test to compare, and is none that could be applied.

    It has no name, and says nothing else, or what only a cluster writes: the status.
    """
    named = any(obj.field("metadata", key).present for key in ("name", "generateName"))
    says = obj.manifest.keys() - {"apiVersion", "kind", "metadata"}
    return not named and not isinstance(obj, Workload) and (says == {"status"} or not (says or obj.field("metadata").present))


def missing_for_their_names(problems: Sequence[FieldProblem]) -> dict[Path, Path]:
    """Return the paths of required fields that are missing because their names, or those of mappings around them, are misspelled.

    The keys are the paths that the misspelled fields were meant to have.
    """
    meant = {
        (*problem.path[:-1], problem.suggestion) for problem in problems if problem.code == "unknown" and problem.suggestion
    }
    required = [problem.path for problem in problems if problem.code == "required"]
    return {path[:end]: path for path in required for end in range(1, len(path) + 1) if path[:end] in meant}
