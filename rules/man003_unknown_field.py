"""
The target release does not have the field, so the setting has no effect. `oc apply` and `kubectl apply` reject the object by
default. With `--validate=false`, and with many other tools, the cluster drops the field without a warning.

The severity is error in a securityContext or an SCC, because a misspelled `seccompProfile` leaves the container without a
profile. The severity is warning in other places, and for fields that would only give the pod more rights, such as
`allowPrivilegeEscalaton: true`.

## How to fix it

Correct the spelling or the indentation. The finding names a known field only if it differs in one or two letters. If a
newer release has the field, the finding says which.

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
from typing import Any

from scclint.api import ApiObject, Field, FieldProblem, Operation, Problem, Remove, Rename, Set, Severity, Workload, World, rule

from ._field_problems import field_problems

_LIMITS = frozenset(("allowedCSIDrivers", "allowedHostPaths"))
"""Fields of a PodSecurityPolicy that allow everything where they are absent."""


@rule(
    "MAN003",
    "unknown-field",
    "A field does not exist in the target release",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
    study=(23, 23),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    for problem in field_problems(obj, world):
        if problem.code == "unknown":
            field = obj.field(*problem.path)
            written = str(problem.path[-1])
            meant = problem.suggestion or next((name for name in _OPENING if name.lower() == written.lower()), written)
            opens = _opens(meant, field.value)
            is_default = _OPENING.get(meant) is True and field.value is False
            asks = problem.path[-1] not in _NO_PROTECTION and field.value != {}
            repeated = isinstance(obj, Workload) and _is_repeated(obj, field, written)
            protects = problem.in_security_context and asks and not (opens or is_default or repeated)
            effect = "so the protection it asks for does not apply" if protects else "so it has no effect"
            if problem.path == ("items",) and isinstance(field.value, list):
                effect = "but kubectl reads an object with a list of items as a List: it applies the items and drops the rest"
            # A name that opens something is no correction: the cluster works without it now.
            suggestion = "" if opens else problem.suggestion
            hint = f"; {problem.hint}" if not repeated and problem.hint and (suggestion or not problem.suggestion) else ""
            yield Problem(
                f"{obj.named}: {problem.message}, {effect}{hint}",
                at=field,
                help=_help(problem, field) if not (suggestion or repeated) else "",
                severity=Severity.ERROR if protects else None,
                edits=(Remove(field.path),) if repeated else _edits(problem, field, suggestion),
            )


def _is_repeated(workload: Workload, field: Field[Any], name: str) -> bool:
    """Whether a field of the pod's or a container's security context has its value at the other level, where it belongs, as well."""
    of_pod = workload.pod.field("spec", "securityContext", name)
    of_containers = [container.field("securityContext", name) for container in workload.pod.containers]
    others = of_containers if field.path == of_pod.path else [of_pod] if field.path in [of.path for of in of_containers] else []
    return others != [] and all(other.value == field.value for other in others)


_OPENING = {
    "hostIPC": True,
    "hostNetwork": True,
    "hostPID": True,
    "privileged": True,
    "procMount": "Unmasked",
    "runAsUser": 0,
}
"""The values of pod fields that open something."""

_NO_PROTECTION = frozenset(
    ("args", "command", "env", "image", "livenessProbe", "ports", "readinessProbe", "resources", "volumeMounts")
)
"""Fields of a container that are written in its security context by mistake."""


def _opens(name: str, value: Any) -> bool:
    """Whether a setting would only allow something, so that no protection is missing without it."""
    if name in _OPENING:
        return bool(value == _OPENING[name])
    if name == "runAsRoot":
        return value is True
    if isinstance(value, dict):
        return value.get("type") in ("RunAsAny", "Unconfined") or bool(value.get("add")) or name == "hostPath"
    return name in ("add", "hostPort") or (name.startswith("allow") and name not in _LIMITS and bool(value))


def _edits(problem: FieldProblem, field: Field[Any], suggestion: str) -> tuple[Operation, ...]:
    if suggestion:
        return (Rename(field.path, suggestion),)
    if problem.path[-1] == "runAsRoot" and field.value is False:
        return Remove(field.path), Set((*field.path[:-1], "runAsNonRoot"), True)
    return () if "belongs in" in problem.hint else (Remove(field.path),)


def _help(problem: FieldProblem, field: Field[Any]) -> str:
    if problem.suggestion:
        return f"Remove the field. Write {problem.suggestion} instead only if the program needs what it opens."
    if problem.path[-1] == "runAsRoot" and field.value is False:
        return "Write runAsNonRoot: true. The kubelet does not start a container that has runAsUser: 0 with it."
    return "Remove the field, or write it where it belongs." if "belongs in" in problem.hint else ""
