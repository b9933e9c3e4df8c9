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

MISMATCH = r": must be (.+), is (?:a|the) (?:string|number|boolean|list|mapping)\b"
SETTLE = {
    ": Required value": "Set the field.",
    ": Duplicate value: ": "Give each a name of its own.",
    ": Not found: ": "Add a volume of that name, or take out the mount.",
    "`selector` does not match": "Give the pod template the labels that the selector asks for.",
}
"""What settles a problem, by the API server's words."""


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
        if problem.kind != "unknown":
            field = obj.field(*problem.path)
            to_be_filled_in = problem.kind == "missing" and problem.path[-1] == "image" and field.present
            yield Problem(
                f"{obj.named}: the API server refuses {_refused(obj, problem)}: {problem.message}",
                at=field,
                settle="Fill it in before the object is applied." if to_be_filled_in else _settle(problem, field),
                severity=Severity.INFO if to_be_filled_in else None,
            )


def _refused(obj: ApiObject, problem: FieldProblem) -> str:
    """A StatefulSet is taken with whatever pod spec can be decoded; it is its pods that are then refused."""
    of_its_pods = obj.kind == "StatefulSet" and problem.path[:3] == ("spec", "template", "spec")
    return "its pods" if of_its_pods and not re.search(MISMATCH, problem.message) else "it"


def _settle(problem: FieldProblem, field: Field[object]) -> str:
    if problem.suggestion:
        return f"Write {problem.suggestion}."
    mismatch = re.search(MISMATCH, problem.message)
    if mismatch is None:
        return next((settle for words, settle in SETTLE.items() if words in problem.message), "Correct the field.")
    if mismatch[1] == "a string" and not isinstance(field.value, list | dict):
        return "Write the value in quotes."
    if isinstance(field.value, str) and re.fullmatch(r"-?[0-9]+|true|false", field.value):
        return "Write the value without quotes."
    return f"Write {mismatch[1]}."
