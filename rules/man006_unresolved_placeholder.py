"""
A value that decides a verdict is still a placeholder: `${X}`, `{{ x }}`, a Template parameter without a value, or words
such as `<namespace>`, `REPLACE_ME`, `CHANGEME` and `FILLED BY THE OPERATOR`, which are reported once for all objects.
Examples are a service account, a namespace, a field of a security context and a grant.

The verdict for the pod is then unknown, or scclint treats the placeholder's text literally, although the cluster never
sees that text. A pod in namespace `${NAMESPACE}` is judged in the only namespace of the input that has its service
account. It has no verdict if several namespaces grant an SCC to an account of this name, because it may be in each of
them. Placeholders in image names or environment variables do not affect a verdict and are not reported.

## How to fix it

Lint the rendered output instead: `kustomize build | scclint check -` or `envsubst < file.yaml | scclint check -`. A file
with `{{ x }}` that reaches this rule is not part of a Helm chart: an operator or a playbook renders it, so lint what that
program applies. Set the parameters of a Template with `--param NAME=VALUE`. Values that Open
Cluster Management sets for each managed cluster stay unknown: write them out if they are the same everywhere.

`scclint fix` leaves this to you: only you know the value.

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

from scclint.api import ApiObject, Field, Location, Problem, Workload, World, is_open, rule
from scclint.objects.unknown import in_plain_words
from scclint.outcome.decisive import decisive_fields

from ._field_problems import field_problems

_IS = "{object}: {fields:3} {fields:is still a placeholder|are still placeholders}, so "
SENTENCES = {
    "rejected": _IS + "the API server rejects the object until it is replaced",
    "literal": _IS + "verdicts that depend on it treat the text literally",
    "unknown": _IS + "the verdict for its pods is unknown",
    "literal-in-pods": _IS + "the verdict for its pods treats the text literally",
    "another": "another placeholder: {field}",
    "write-same": "Write the value here if it is the same on all managed clusters.",
    "parameter": "Set the Template parameter: `scclint check --param NAME=VALUE`.",
    "write": "Write the value, or check the manifests after the value is filled in.",
    "build": "Lint the built output: `kustomize build FOLDER | scclint check -`.",
    "other-program": "The file is not a template of a Helm chart: lint what the program that fills in the value makes of it.",
    "render": "Lint the rendered output: `envsubst < FILE | scclint check -`.",
}


@rule(
    "MAN006",
    "unresolved-placeholder",
    "A value that decides a verdict is still a placeholder",
    kind="advice",
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    study=(20, 20),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    # Who installs a chart fills in what depends on the namespace of the release.
    if obj.partial or obj.provenance.template or obj.document.marker:
        return
    fields = [field for field in decisive_fields(obj, world) if _is_placeholder(field.value)]
    fields += _placeholder_elsewhere(obj, world, fields)
    rejected = [] if fields else _rejected_words(obj, world)
    fields += rejected
    if not fields:
        return
    fields.sort(key=lambda field: field.span[1:3])
    text = str(fields[0].value)
    # One program fills in such words wherever they are.
    once = in_plain_words(text) or not isinstance(obj, Workload) or world.outcome(obj).verdict is not None
    if once and world.memo((check, text), lambda: obj) is not obj:
        return
    yield Problem(
        _consequence(obj, world, rejected),
        at=fields[0],
        facts={"fields": fields},
        related=tuple(Location("another", field, {"field": field}) for field in fields[1:8]),
        help=_help(obj, text),
    )


def _is_placeholder(value: object) -> bool:
    return is_open(value) or in_plain_words(value)


def _rejected_words(obj: ApiObject, world: World) -> list[Field[Any]]:
    """Return the fields whose words the API server would reject."""
    fields = [obj.field(*problem.path) for problem in field_problems(obj, world)]
    return [field for field in fields if in_plain_words(field.value)]


def _placeholder_elsewhere(obj: ApiObject, world: World, placeholders: list[Field[Any]]) -> list[Field[Any]]:
    """Return the placeholder in some other field for which the workload has no verdict."""
    if placeholders or not isinstance(obj, Workload):
        return []
    at = world.outcome(obj).unknown_at
    return [at] if isinstance(at, Field) and _is_placeholder(at.value) else []


def _consequence(obj: ApiObject, world: World, rejected: list[Field[Any]]) -> str:
    if rejected:
        return "rejected"
    if not isinstance(obj, Workload):
        return "literal"
    if world.outcome(obj).verdict is None:
        return "unknown"
    return "literal-in-pods"


def _help(obj: ApiObject, text: str) -> str:
    """Return the fix: the option that sets the value, or the command that most likely renders the file."""
    braces = "{{" in text and "${{" not in text
    if obj.provenance.substitutions and braces:
        return "write-same"
    if obj.provenance.substitutions:
        return "parameter"
    if in_plain_words(text):
        return "write"
    if "$(" in text:
        return "build"
    if braces:
        return "other-program"
    return "render"
