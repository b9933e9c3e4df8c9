"""
The target release has no such field, so the cluster drops it (or, with strict validation, refuses the object). What
it was meant to say is not in force. Within a securityContext or an SCC that is an error (a misspelled
`seccompProfile` leaves the container without one), elsewhere a warning.

## How to fix it

Correct the spelling or the indentation; the finding names the nearest field there is. Where a newer release has the
field, the finding says since when.

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
            dropped = (
                "so it has no effect" if not problem.in_security_context else "so the protection it asks for is not in force"
            )
            if problem.path == ("items",) and isinstance(obj.field("items").value, list):
                dropped = "but for kubectl a list of items makes the whole a list: it applies the items and not the rest"
            hint = f"; {problem.hint}" if problem.hint else ""
            yield Problem(
                f"{obj.named}: {problem.message}, {dropped}{hint}",
                at=obj.field(*problem.path),
                settle=f"Write {problem.suggestion}." if problem.suggestion else "Remove it, or correct its place.",
                severity=Severity.ERROR if problem.in_security_context else None,
            )
