"""
A field has a type or a value that the API server of the target release refuses, or a required one is not there, so the
object (of a StatefulSet: its pods) cannot be created. Where a value has the wrong type, what would become of the pods is not
judged either.

Names count among the values: those of objects, containers and volumes are made of lower case letters, digits and `-`; two
containers or volumes of a pod cannot share one; a `volumeMounts` entry names a volume that is there; and the labels of a
pod template are those that the selector asks for. An `image` that is written but empty is information only, for something
fills it in later. Placeholders (`${X}`, `{{ x }}`) are not judged at all.

## How to fix it

Write the value in the type the field has: ids are whole numbers, switches are `true` or `false` without quotes, and
the closed lists (`RuntimeDefault`, `Localhost`, `Unconfined`) are spelled exactly.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        runAsUser: "1000"
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        runAsNonRoot: true
```
"""

import re
from collections.abc import Iterator

from scclint.api import ApiObject, Field, FieldProblem, Problem, Severity, World, rule

from ._field_problems import field_problems

SETTLE = {
    "required": "Set the field.",
    "duplicate": "Give each a name of its own.",
    "not-found": "Add a volume of that name, or take out the mount.",
    "selector-differs": "Give the pod template the labels that the selector asks for.",
}
"""The fix for a problem, by its code."""


@rule(
    "MAN002",
    "invalid-field",
    "The API server refuses a field",
    severity=Severity.ERROR,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    for problem in field_problems(obj, world):
        if problem.code != "unknown":
            field = obj.field(*problem.path)
            to_be_filled_in = problem.code == "required" and problem.path[-1] == "image" and field.present
            yield Problem(
                f"{obj.named}: the API server refuses {_refused(obj, problem)}: {problem.message}",
                at=field,
                settle="Fill it in before the object is applied." if to_be_filled_in else _settle(problem, field),
                severity=Severity.INFO if to_be_filled_in else None,
            )


def _refused(obj: ApiObject, problem: FieldProblem) -> str:
    """A StatefulSet is taken with whatever pod spec can be decoded; it is its pods that are then refused."""
    of_its_pods = obj.kind == "StatefulSet" and problem.path[:3] == ("spec", "template", "spec")
    return "its pods" if of_its_pods and problem.code != "wrong-type" else "it"


def _settle(problem: FieldProblem, field: Field[object]) -> str:
    if problem.suggestion:
        return f"Write {problem.suggestion}."
    if problem.code != "wrong-type":
        return SETTLE.get(problem.code, "Correct the field.")
    if problem.expected == "a string" and not isinstance(field.value, list | dict):
        return "Write the value in quotes."
    if isinstance(field.value, str) and re.fullmatch(r"-?[0-9]+|true|false", field.value):
        return "Write the value without quotes."
    return f"Write {problem.expected}."
