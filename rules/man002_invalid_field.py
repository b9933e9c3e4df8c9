"""
A field has a type or a value that the API server of the target release refuses, or a required one is not there. The
object cannot be created, so what would become of it is not judged.

## How to settle it

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

from scclint.api import ApiObject, FieldProblem, Problem, Severity, World, rule

from ._field_problems import field_problems

_QUOTED = r'must be an integer, is the string "-?[0-9]+"$|must be true or false, is the string "(true|false)"$'
"""What only the quotes keep from being of the right type."""


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
            yield Problem(
                f"{obj.named}: the API server refuses it: {problem.message}",
                at=obj.field(*problem.path),
                settle=_settle(problem),
            )


def _settle(problem: FieldProblem) -> str:
    if problem.suggestion:
        return f"Write {problem.suggestion}."
    if "must be a string" in problem.message:
        return "Write the value in quotes."
    if re.search(_QUOTED, problem.message):
        return "Write the value without quotes."
    return "Correct the field."
