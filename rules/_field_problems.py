"""What the API server says of an object's fields, as far as no rule of its own says it better."""

from collections.abc import Iterator

from scclint.api import ApiObject, FieldProblem, Workload, World


def field_problems(obj: ApiObject, world: World) -> Iterator[FieldProblem]:
    """The problems of what is written; what a patch leaves out is not missing, and implied objects have no author."""
    if obj.implied and not isinstance(obj, Workload):
        return
    partial = isinstance(obj, Workload) and bool(obj.partial)
    for problem in world.field_problems(obj):
        if not (partial and problem.code == "required") and not _has_its_own_rule(problem):
            yield problem


def _has_its_own_rule(problem: FieldProblem) -> bool:
    """Localhost paths are SEC207, annotations against fields SEC205, profiles on Windows SEC214."""
    last = problem.path[-1] if problem.path else ""
    if last == "localhostProfile":
        return problem.code != "unknown"
    return problem.code == "annotation-differs" or (problem.code == "not-on-windows" and last == "seccompProfile")
