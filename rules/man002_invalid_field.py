"""
The API server of the target release rejects the object, because a field has an invalid type or value, or a required
field is missing. Up to OpenShift 4.20, the API server accepts a StatefulSet with an invalid pod template and rejects its pods.
scclint gives no verdict for pods with a value of the wrong type. A role, binding, SCC, service account or namespace that the
API server rejects grants nothing: verdicts and other rules are about the cluster without it.

The rule also checks names. Names of objects, containers and volumes consist of lower case letters, digits and `-`. Two
containers or two volumes of a pod cannot have the same name. Each `volumeMounts` entry must name a volume of the pod, and the
labels of a pod template must match the selector. A pod with `os.name: windows` has no seccomp profile. A Localhost profile
needs a `localhostProfile`, a path relative to the kubelet's seccomp directory (`/var/lib/kubelet/seccomp`) without `..`. An
empty `image`, and the fields of an object with an empty name, are reported as information only, because another tool usually
sets them later. So is an old version of the API in a folder for OpenShift 3. Placeholders (`${X}`, `{{ x }}`) are not checked,
and MAN006 reports words such as `REPLACE_ME`.

Several objects of one folder or unit in the same old version of the API make one finding, which lists the others.

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

from scclint.api import (
    ApiObject,
    Field,
    FieldProblem,
    Operation,
    Problem,
    Remove,
    Role,
    RoleBinding,
    ScalarNode,
    Set,
    Severity,
    Workload,
    World,
    in_plain_words,
    node_at,
    rule,
)

from ._field_problems import field_problems, missing_for_their_names

HELP = {
    "duplicate": "Give each item a different name.",
    "not-found": "Add a volume with this name, or remove the mount.",
    "not-on-windows": "Delete the field, or correct os.name if the pod runs on Linux nodes.",
}
"""The fix for a problem, by its code."""
_OPENSHIFT_3 = r"(?i)(?:^|[/_.-])(?:(?:openshift|ocp|okd|origin)[_-]?v?3|v?3\.(?:x|6|7|9|1[01]))(?=[/_-]|\.[a-z]|$)"
"""Names of folders and files for OpenShift 3, which has versions of the API that later releases lack."""
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
    misspelled = frozenset(missing_for_their_names(problems).values())
    for problem in problems:
        # MAN003 reports a name that is misspelled.
        if problem.code != "unknown" and not (problem.code == "required" and problem.path in misspelled):
            field = obj.field(*problem.path)
            later = _set_later(obj, problem, field)
            is_open = in_plain_words(field.value) or _is_filled_in(field.value, world)
            is_reported = is_open or (problem.code == "not-found" and _is_rejected_volume(obj, problem))
            if is_reported or (_is_blank(obj) and not later):
                # MAN006 reports the words once, a command fills them in, and this rule reports the volume and the empty name themselves.
                continue
            is_version = problem.path == ("apiVersion",) and bool(problem.suggestion)
            edits = _edits(obj, problem, field)
            yield Problem(
                f"{obj.named}: the API server rejects {'it' if problem in of_object else 'its pods'}: {problem.message}",
                at=field,
                help=later or (_help_for_version(obj, problem) if is_version else _help(problem, edits)),
                # A program replaces words such as `FILLED_BY_THE_OPERATOR` in the name of a field, too.
                severity=Severity.INFO
                if later or in_plain_words(problem.path[-1]) or (is_version and re.search(_OPENSHIFT_3, obj.file))
                else None,
                edits=edits,
            )


def _is_filled_in(value: object, world: World) -> bool:
    """Whether a command of the repository replaces a word in a value before it applies the object."""
    words = re.findall(r"[A-Z][A-Z0-9_]{2,40}", value) if isinstance(value, str) else ()
    return any(world.other_units.filled_in(word) for word in words)


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
    is_to_be_set = problem.code == "required" and (problem.path[-1] == "image" or _is_blank(obj))
    return f"Set {problem.path[-1]} before you apply the object." if is_to_be_set else ""


def _is_blank(obj: ApiObject) -> bool:
    """Whether an object has an empty name, which a program or the author fills in with the rest."""
    return obj.field("metadata", "name").value == ""


def _edits(obj: ApiObject, problem: FieldProblem, field: Field[object]) -> tuple[Operation, ...]:
    """Return the edit that deletes a field, or that writes a value of the wrong type with quotes or without them."""
    if problem.code == "not-on-windows":
        return (Remove(field.path),)
    if problem.path == ("apiVersion",) and problem.suggestion:
        return (Set(field.path, problem.suggestion),)
    if problem.code != "wrong-type" or not field.present:
        return ()
    scalar = node_at(obj.root, field.path)
    if not isinstance(scalar, ScalarNode) or scalar.value is None:
        return ()
    if problem.expected == "a string" and not isinstance(scalar.value, str):
        return (Set(field.path, scalar.text),)
    is_quoted = isinstance(scalar.value, str) and re.fullmatch(r"-?[0-9]{1,19}|true|false", scalar.value)
    if not is_quoted:
        return ()
    return (Set(field.path, _UNQUOTED[scalar.text] if scalar.text in _UNQUOTED else int(scalar.text)),)


def _help_for_version(obj: ApiObject, problem: FieldProblem) -> str:
    """Return the fix for an API version that is not served, with what its successor requires and this one does not."""
    lacks = isinstance(obj, Workload) and obj.field("spec", "template") and not (obj.partial or obj.field("spec", "selector"))
    selector = ", set spec.selector to labels of the pod template" if lacks and problem.suggestion == "apps/v1" else ""
    grants = "; it grants nothing before that" if isinstance(obj, Role | RoleBinding) else ""
    return f"Write {problem.suggestion}{selector}, and check again: the other fields are checked in this version only{grants}."


def _help(problem: FieldProblem, edits: tuple[Operation, ...]) -> str:
    """Return the fix; empty if the edits say it."""
    if problem.suggestion:
        return f"Write {problem.suggestion}."
    if problem.code == "selector-differs":
        return f"Add the label {problem.hint} to the pod template."
    if problem.code == "required":
        of_subject = problem.path[0] == "subjects" and problem.path[-1] == "namespace"
        field_name = ".".join(step for step in problem.path[-2:] if isinstance(step, str))
        return f"Set {field_name}{' to the namespace of the service account' if of_subject else ''}."
    if problem.code != "wrong-type":
        return HELP.get(problem.code, "Correct the field.")
    in_words = "Write the value in quotes." if problem.expected == "a string" else ""
    return in_words if edits else f"Write {problem.expected}."
