"""
The API server of the target release rejects the object, because a field has an invalid type or value, or a required
field is missing. Up to OpenShift 4.20, the API server accepts a StatefulSet with an invalid pod template and rejects its pods.
scclint gives no verdict for pods with a value of the wrong type. A role, binding, SCC, service account or namespace that the
API server rejects grants nothing: verdicts and other rules are about the cluster without it.

The rule also checks names. Names of objects, containers and volumes consist of lower case letters, digits and `-`. Two
containers or two volumes of a pod cannot have the same name. Each `volumeMounts` entry must name a volume of the pod, and the
labels of a pod template must match the selector. A pod with `os.name: windows` has no seccomp profile. A Localhost profile
needs a `localhostProfile`, a path relative to the kubelet's seccomp directory (`/var/lib/kubelet/seccomp`) without `..`. An
empty `image` is reported as information only, because another tool usually sets it later. Placeholders (`${X}`, `{{ x }}`)
are not checked, and MAN006 reports words such as `REPLACE_ME`.

## How to fix it

Write the value in the type of the field. IDs are whole numbers, booleans are `true` or `false` without quotes, and
fields with a closed list of values (`RuntimeDefault`, `Localhost`, `Unconfined`) need the exact spelling.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsNonRoot: "true"
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
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

from scclint.api import ApiObject, Field, FieldProblem, Operation, Problem, Remove, Set, Severity, World, in_plain_words, rule

from ._field_problems import field_problems
from ._tree import Entry, ScalarNode, entry_at

HELP = {
    "duplicate": "Give each item a different name.",
    "not-found": "Add a volume with this name, or remove the mount.",
    "not-on-windows": "Delete the field, or correct os.name if the pod runs on Linux nodes.",
}
"""The fix for a problem, by its code."""
_UNQUOTED = {"true": True, "false": False}


@rule(
    "MAN002",
    "invalid-field",
    "The API server rejects a field",
    severity=Severity.ERROR,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
    study=(20, 19),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    problems = [*field_problems(obj, world)]
    # The API server may accept a StatefulSet and reject only its pods.
    of_object = frozenset(world.request_problems(obj) if problems else ())
    for problem in problems:
        if problem.code != "unknown":
            field = obj.field(*problem.path)
            if in_plain_words(field.value) or (problem.code == "not-found" and _is_rejected_volume(obj, problem)):
                continue  # MAN006 reports the words once, and this rule reports the volume itself.
            later = _set_later(obj, problem, field)
            yield Problem(
                f"{obj.named}: the API server rejects {'it' if problem in of_object else 'its pods'}: {problem.message}",
                at=field,
                help=later or _help(problem, field),
                # A program replaces words such as `FILLED_BY_THE_OPERATOR` in the name of a field, too.
                severity=Severity.INFO if later or in_plain_words(problem.path[-1]) else None,
                edits=_edits(obj, problem, field),
            )


def _is_rejected_volume(obj: ApiObject, problem: FieldProblem) -> bool:
    """Whether a mount names a volume that is there, which the API server does not count because it rejects the volume."""
    spec, name = problem.path[:-5], obj.field(*problem.path).value
    volumes = obj.field(*spec, "volumes").value
    return isinstance(volumes, list) and any(isinstance(volume, dict) and volume.get("name") == name for volume in volumes)


def _set_later(obj: ApiObject, problem: FieldProblem, field: Field[object]) -> str:
    """Return how the author fills in a value that is left empty on purpose; empty if it is not."""
    if not field.present:
        return ""
    path = obj.written(field.path)
    if any(not parameter.value for by_path in obj.provenance.substitutions for parameter in by_path.get(path, ())):
        return (
            "Set the Template parameter: `scclint check --param NAME=VALUE`. Write required: true in the parameter, so that it cannot "
            "be left empty."
        )
    return "Set image before you apply the object." if problem.code == "required" and problem.path[-1] == "image" else ""


def _edits(obj: ApiObject, problem: FieldProblem, field: Field[object]) -> tuple[Operation, ...]:
    """Return the edit that deletes a field, or that writes a value of the wrong type with quotes or without them."""
    if problem.code == "not-on-windows":
        return (Remove(field.path),)
    if problem.path == ("apiVersion",) and problem.suggestion:
        return (Set(field.path, problem.suggestion),)
    if problem.code != "wrong-type" or not field.present:
        return ()
    entry = entry_at(obj.root, field.path)
    scalar = entry.value if isinstance(entry, Entry) else entry
    if not isinstance(scalar, ScalarNode) or scalar.value is None:
        return ()
    if problem.expected == "a string" and not isinstance(scalar.value, str):
        return (Set(field.path, scalar.text),)
    return (
        (Set(field.path, _UNQUOTED[scalar.text] if scalar.text in _UNQUOTED else int(scalar.text)),)
        if _is_quoted(scalar.value)
        else ()
    )


def _is_quoted(value: object) -> bool:
    """Return whether a text is a number or a boolean in quotes."""
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}|true|false", value) is not None


def _help(problem: FieldProblem, field: Field[object]) -> str:
    if problem.suggestion:
        again = ", and check again: the other fields and the pods are judged in this version only"
        return f"Write {problem.suggestion}{again if problem.path == ('apiVersion',) else ''}."
    if problem.code == "selector-differs":
        return f"Add the label {problem.hint} to the pod template."
    if problem.code == "required":
        of_subject = problem.path[0] == "subjects" and problem.path[-1] == "namespace"
        field_name = ".".join(step for step in problem.path[-2:] if isinstance(step, str))
        return f"Set {field_name}{' to the namespace of the service account' if of_subject else ''}."
    if problem.code != "wrong-type":
        return HELP.get(problem.code, "Correct the field.")
    if problem.expected == "a string" and not isinstance(field.value, list | dict):
        return "Write the value in quotes."
    if _is_quoted(field.value):
        return "Write the value without quotes."
    return f"Write {problem.expected}."
