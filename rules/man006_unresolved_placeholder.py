"""
A placeholder that some other tool is to fill in, `${X}` or `{{ x }}`, or a Template parameter without a value, stands where
a verdict needs a value: a service account, a namespace, a field of a security context, a grant.

What the pod comes to is then not known, or known only for the placeholder's own letters, which no cluster will ever see. A
pod in namespace `${NAMESPACE}` has no verdict where its service account is granted an SCC in some other namespace only, for
that may turn out to be the same. Placeholders elsewhere, in image names or environment variables, decide nothing and are not
reported.

## How to fix it

Lint what the tool makes of the file instead: `helm template ... | scclint check -`, `kustomize build | scclint check -`,
`envsubst < file.yaml | scclint check -`. A Template's parameters are given with `--param NAME=VALUE`. What Open Cluster Management fills
in for each managed cluster stays unknown; only a value that is written out can be judged.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: ${SERVICE_ACCOUNT}
      containers:
        - name: web
          image: registry.example/web:${TAG}
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:${TAG}
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import ApiObject, Field, Problem, Related, Severity, Workload, World, is_open, rule

from ._decisive import decisive_fields
from ._quote import quoted
from ._words import listed


@rule(
    "MAN006",
    "unresolved-placeholder",
    "A placeholder stands where a verdict needs a value",
    severity=Severity.INFO,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    if obj.partial:
        return
    fields = [field for field in decisive_fields(obj, world) if is_open(field.value)]
    fields += _what_the_world_lacks(obj, world, fields)
    if not fields:
        return
    fields.sort(key=lambda field: field.span[1:3])
    names = dict.fromkeys(quoted(field) for field in fields)
    shown = [*list(names)[:3], f"{len(names) - 3} more"] if len(names) > 4 else list(names)
    are = "is not filled in" if len(names) == 1 else "are not filled in"
    yield Problem(
        f"{obj.named}: {listed(shown)} {are}, so {_consequence(obj, world)}",
        at=fields[0],
        related=tuple(Related(f"nor is {quoted(field)}", field.span) for field in fields[1:8]),
        settle=_settle(obj, str(fields[0].value)),
    )


def _what_the_world_lacks(obj: ApiObject, world: World, known: list[Field[Any]]) -> list[Field[Any]]:
    """What the world says keeps it from a verdict, where that is a placeholder in some other field."""
    if known or not isinstance(obj, Workload):
        return []
    at = world.outcome(obj).unknown_at
    return [at] if isinstance(at, Field) and is_open(at.value) else []


def _consequence(obj: ApiObject, world: World) -> str:
    if not isinstance(obj, Workload):
        return "verdicts that depend on it go by its letters"
    if world.outcome(obj).verdict is None:
        return "what becomes of its pods is not known"
    return "the verdict on its pods is for these letters, not for the value to come"


def _settle(obj: ApiObject, text: str) -> str:
    """How to give a value: by option, or by the command that most likely fills the placeholder in."""
    braces = "{{" in text and "${{" not in text
    if obj.substitutions and braces:
        return "Write the value out if it is the same on all managed clusters."
    if obj.substitutions:
        return "Give the Template's parameter a value: `scclint check --param NAME=VALUE`."
    filler = "helm template CHART" if braces else "envsubst < FILE"
    return f"Lint what the file becomes once it is filled in, as in `{filler} | scclint check -`."
