"""
The target release does not have the field. The cluster drops it or, with strict validation, rejects the object, so the
setting has no effect. The severity is error in a securityContext or an SCC, because a misspelled `seccompProfile`
leaves the container without a profile. Elsewhere it is warning.

## How to fix it

Correct the spelling or the indentation. The finding names the closest known field. If a newer release has the field,
the finding says which.

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
        seccompProfle: {type: RuntimeDefault}
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
        seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator

from scclint.api import ApiObject, Problem, Severity, World, rule

from ._field_problems import field_problems


@rule(
    "MAN003",
    "unknown-field",
    "A field does not exist in the target release",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    for problem in field_problems(obj, world):
        if problem.code == "unknown":
            effect = "so the protection it asks for does not apply" if problem.in_security_context else "so it has no effect"
            if problem.path == ("items",) and isinstance(obj.field("items").value, list):
                effect = "but kubectl reads an object with a list of items as a List: it applies the items and drops the rest"
            hint = f"; {problem.hint}" if problem.hint else ""
            yield Problem(
                f"{obj.named}: {problem.message}, {effect}{hint}",
                at=obj.field(*problem.path),
                settle=f"Write {problem.suggestion}."
                if problem.suggestion
                else "Remove the field, or move it to a mapping that allows it.",
                severity=Severity.ERROR if problem.in_security_context else None,
            )
