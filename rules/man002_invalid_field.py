"""
The API server of the target release rejects the object, because a field has an invalid type or value, or a required
field is missing. Up to OpenShift 4.20, the API server accepts a StatefulSet with an invalid pod template and rejects its pods.
scclint gives no verdict for pods with a value of the wrong type. A role, binding, SCC, service account or namespace that the
API server rejects grants nothing: verdicts and other rules are about the cluster without it.

The rule also checks names. Names of objects, containers and volumes consist of lower case letters, digits and `-`. Two
containers or two volumes of a pod cannot have the same name. Each `volumeMounts` entry must name a volume of the pod, and the
labels of a pod template must match the selector. A pod with `os.name: windows` has no seccomp profile. A Localhost profile
needs a `localhostProfile`, a path relative to the kubelet's seccomp directory (`/var/lib/kubelet/seccomp`) without `..`. An
empty `image`, and the fields of an object with an empty name, are gaps, because another tool usually sets them later.
Placeholders (`${X}`, `{{ x }}`) are not checked, and MAN006 reports words such as `REPLACE_ME`.

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
from typing import Any

from scclint.api import (
    ApiObject,
    Field,
    Operation,
    Problem,
    Remove,
    Role,
    RoleBinding,
    ServiceAccount,
    Set,
    Severity,
    Workload,
    World,
    rule,
)
from scclint.objects.unknown import in_plain_words
from scclint.validation.problem import FieldProblem
from scclint.yaml.nodes import ScalarNode, node_at

from ._field_problems import field_problems, missing_for_their_names

SENTENCES = {
    "object": "{object}: the API server rejects it: {error}",
    "pods": "{object}: the API server rejects its pods: {error}",
    "parameter": "Set the Template parameter: `scclint check --param NAME=VALUE`. Write required: true in the parameter, so that it cannot be "
    "left empty.",
    "set-before": "Set {name} before you apply the object.",
    "version": "{selector:Set spec.selector to labels of the pod template. |}Check again afterwards: the other fields "
    "are checked in this version only{grants:; it grants nothing before that|}.",
    "write": "Write {suggestion}.",
    "label": "Add the label {label} to the pod template.",
    "set": "Set {field}.",
    "set-namespace": "Set {field} to the namespace of the service account.",
    "place-both": "Set the namespace here and for the service account. In a kustomization, set `namespace`: kustomize writes both.",
    "duplicate": "Give each item a different name.",
    "not-found": "Add a volume with this name, or remove the mount.",
    "not-on-windows": "Delete the field, or correct os.name if the pod runs on Linux nodes.",
    "quotes": "Write the value in quotes.",
    "type": "Write {expected}.",
    "correct": "Correct the field.",
}
_OWN_HELP = ("duplicate", "not-found", "not-on-windows")
"""Codes of problems of fields that have a fix of their own."""
SEVERITIES = {"object/unplaced": Severity.WARNING}

_UNQUOTED = {"true": True, "false": False}


@rule(
    "MAN002",
    "invalid-field",
    "The API server rejects a field",
    severity=Severity.ERROR,
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
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
            code = "object" if problem in of_object else "pods"
            # A program replaces words such as `FILLED_BY_THE_OPERATOR` in the name of a field, too.
            is_later = bool(later or in_plain_words(problem.path[-1]))
            is_unplaced = code == "object" and _is_unplaced(obj, problem, world)
            told = _help(problem, edits)
            if is_version:
                told = "version"
            elif is_unplaced:
                told = "place-both"
            yield Problem(
                f"{code}/unplaced" if is_unplaced else code,
                at=field,
                facts=_facts(obj, problem),
                help=later or told,
                edits=edits,
                turns_on="a program or person sets the value later" if is_later else "",
            )


def _is_unplaced(obj: ApiObject, problem: FieldProblem, world: World) -> bool:
    """Whether a subject lacks its namespace, and so does its service account: who deploys them may set one for both."""
    if problem.code != "required" or problem.path[0] != "subjects" or problem.path[-1] != "namespace":
        return False
    name = obj.field(*problem.path[:-1], "name").value
    accounts = (other for other in world.objects if isinstance(other, ServiceAccount) and other.name == name)
    return any(not account.field("metadata", "namespace").present for account in accounts)


def _facts(obj: ApiObject, problem: FieldProblem) -> dict[str, Any]:
    # What its successor requires and this version does not.
    lacks_selector = (
        isinstance(obj, Workload) and bool(obj.field("spec", "template")) and not (obj.partial or obj.field("spec", "selector"))
    )
    return {
        "error": problem.message,
        "name": str(problem.path[-1]) if problem.path else "",
        "field": ".".join(step for step in problem.path[-2:] if isinstance(step, str)),
        "suggestion": problem.suggestion,
        "selector": lacks_selector and problem.suggestion == "apps/v1",
        "grants": isinstance(obj, Role | RoleBinding),
        "label": problem.hint,
        "expected": problem.expected,
    }


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
    """Return the code of how the author fills in a value that is left empty on purpose; empty if it is not."""
    if not field.present:
        return ""
    path = obj.written(field.path)
    if any(not parameter.value for by_path in obj.provenance.substitutions for parameter in by_path.get(path, ())):
        return "parameter"
    is_to_be_set = problem.code == "required" and (problem.path[-1] == "image" or _is_blank(obj))
    return "set-before" if is_to_be_set else ""


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


def _help(problem: FieldProblem, edits: tuple[Operation, ...]) -> str:
    """Return the code of the fix; empty if the edits say it."""
    if problem.suggestion:
        return "write"
    if problem.code == "selector-differs":
        return "label"
    if problem.code == "required":
        return "set-namespace" if problem.path[0] == "subjects" and problem.path[-1] == "namespace" else "set"
    if problem.code != "wrong-type":
        return problem.code if problem.code in _OWN_HELP else "correct"
    if not edits:
        return "type"
    return "quotes" if problem.expected == "a string" else ""
