"""
The target release does not have the field, so the setting has no effect. `oc`, and many other tools, let the cluster drop the
field without a warning. `kubectl` rejects the object, unless it is called with `--validate=false`.

The severity is error in a securityContext or an SCC, because a misspelled `readOnlyRootFilesystem` leaves the container
without this protection. The severity is warning in other places, for fields that would only give the pod more rights, such as
`allowPrivilegeEscalaton: true`, and if the admitted pod has what the field asks for: each container sets it where it belongs,
or its SCC sets it, as restricted-v2 sets `seccompProfile`.

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

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from scclint.api import (
    ApiObject,
    Container,
    Field,
    Operation,
    Path,
    Problem,
    Remove,
    Rename,
    Set,
    Severity,
    Workload,
    World,
    as_list,
    as_mapping,
    field_path,
    grouped,
    rule,
    value_at,
)
from scclint.record import replace
from scclint.validation.problem import FieldProblem
from scclint.yaml.untyped import in_any_item

from ._field_problems import field_problems, missing_for_their_names

SENTENCES = {
    "items": "{object}: {unknown}, but kubectl reads an object with a list of items as a List: it applies the items and drops the rest"
    "[; {hint}]",
    "missing": "{object}: {unknown}, so the API server rejects the object without {missing}[; {hint}]",
    "unprotected": "{object}: {unknown}, so the protection it asks for does not apply[; {hint}]",
    "dropped": "{object}: {unknown}; oc drops the field without a warning, and kubectl rejects the object[; {hint}]"
    "[; SCC {scc} {user:sets a user other than root|applies it} anyway]",
    "opens": "Remove the field. Write {suggestion} instead only if the program needs what it opens.",
    "run-as-root": "Write runAsNonRoot: true. The kubelet does not start a container that has runAsUser: 0 with it.",
    "misplaced": "Move {key} to {home}, or remove it.",
}
SEVERITIES = dict.fromkeys(("missing", "unprotected", "items/unprotected"), Severity.ERROR)

_LIMITS = frozenset(("allowedCSIDrivers", "allowedHostPaths"))
"""Fields of a PodSecurityPolicy that allow everything where they are absent."""


@rule(
    "MAN003",
    "unknown-field",
    "A field does not exist in the target release",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
    tags=("manifest",),
    study=(23, 23),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    problems = [*field_problems(obj, world)]
    lacking = missing_for_their_names(problems)
    found = [_problem(obj, problem, lacking, world) for problem in problems if problem.code == "unknown"]
    # Whoever writes one field into a mapping that does not have it writes the others there as well, and into the other items of a list.
    removals = grouped(
        (in_any_item(edit.path[:-1]), edit) for problem in found for edit in problem.edits if _is_removal(problem)
    )
    for problem in found:
        edits = tuple(removals[in_any_item(problem.edits[0].path[:-1])]) if _is_removal(problem) else problem.edits
        yield replace(problem, edits=edits)


def _problem(obj: ApiObject, problem: FieldProblem, lacking: Mapping[Path, Path], world: World) -> Problem:
    field = obj.field(*problem.path)
    meaning = _meaning(problem, field.value)
    by = None
    if meaning.protects and isinstance(obj, Workload):
        by = _applied_by(obj, field, meaning.name, world)
    is_lost = meaning.protects and by is None and problem.path[-1] not in _NO_PROTECTION
    missing = lacking.get((*problem.path[:-1], problem.suggestion), ())
    # A name that opens something is no correction: the cluster works without it now.
    suggestion = "" if meaning.opens else problem.suggestion
    # What is empty means nothing where it belongs.
    is_empty = "belongs in" in problem.hint and field.value in _EMPTY
    # Nor is a place where the container has the field already, or an ID that the SCC may reject there.
    is_needless = not suggestion and (by == "" or (by and meaning.name == "runAsUser"))
    return Problem(
        _code(problem, field, is_missing=bool(missing), is_lost=is_lost),
        at=field.key,
        facts={
            "unknown": problem.message,
            "missing": field_path(missing),
            "key": str(problem.path[-1]),
            "home": problem.hint.partition("belongs in ")[2],
            "hint": "" if is_needless or suggestion != problem.suggestion or is_empty else problem.hint,
            "scc": by,
            "user": meaning.name.startswith("runAs"),
            "suggestion": problem.suggestion,
        },
        help=_help(problem, field) if not (suggestion or is_needless) else "",
        edits=(Remove(field.path),) if is_needless else _edits(problem, field, suggestion),
    )


def _is_removal(problem: Problem) -> bool:
    return len(problem.edits) == 1 and isinstance(problem.edits[0], Remove)


def _code(problem: FieldProblem, field: Field[Any], *, is_missing: bool, is_lost: bool) -> str:
    """Return what happens because of the field, the most certain first."""
    if problem.path == ("items",) and isinstance(field.value, list):
        return "items/unprotected" if is_missing or is_lost else "items"
    if is_missing:
        return "missing"
    return "unprotected" if is_lost else "dropped"


class _Meaning(NamedTuple):
    """What an unknown field would be under the name that it resembles: it would open something, or protect, or neither."""

    name: str
    opens: bool
    protects: bool


def _meaning(problem: FieldProblem, value: Any) -> _Meaning:
    written = str(problem.path[-1])
    name = problem.suggestion or next((name for name in _OPENING if name.lower() == written.lower()), written)
    opens = _opens(name, value)
    # False is the default of what True opens.
    is_default = value == {} or (_OPENING.get(name) is True and value is False)
    return _Meaning(name, opens, problem.in_security_context and not (opens or is_default))


def _applied_by(workload: Workload, field: Field[Any], name: str, world: World) -> str | None:
    """Return the SCC that sets what a field asks for in each container that it is about, empty if the manifest does; None if one lacks it."""
    path, verdict = workload.pod.path_in_manifest(field.path) or (), world.outcome(workload).verdict
    containers = workload.pod.containers
    own = tuple(container for container in containers if (container.list, container.index) == path[1:3])
    scc = (verdict and verdict.scc) or ""
    for by, pod in ("", workload.pod.manifest), (scc, verdict.pod if verdict and scc else {}):
        if containers and all(_meets(partial(_held, pod, c, path), name, field.value) for c in own or containers):
            return by
    return None


def _held(pod: Mapping[str, Any], container: Container, path: Sequence[str | int], name: str) -> Any:
    """Return the field of a security context that holds for a container of a pod, leaving out the one at a path."""
    levels = ("spec", container.list, container.index, "securityContext", name), ("spec", "securityContext", name)
    return next((value for level in levels if level != path and (value := value_at(pod, level)) is not None), None)


def _meets(held: Callable[[str], Any], name: str, value: Any) -> bool:
    """Whether a container has what a field asks for. `held` returns the fields of security contexts that hold for it."""
    if name in ("capabilities", "drop"):
        dropped = set(map(str, as_list(as_mapping(held("capabilities")).get("drop"))))
        asked = as_mapping(value).get("drop") or value
        return "ALL" in dropped or all(str(item) in dropped for item in ([asked] if isinstance(asked, str) else as_list(asked)))
    return bool(held(name) == value or (name in ("runAsNonRoot", "runAsUser") and held("runAsUser")))


_OPENING = {
    "hostIPC": True,
    "hostNetwork": True,
    "hostPID": True,
    "privileged": True,
    "procMount": "Unmasked",
    "readOnlyRootFilesystem": False,
    "runAsNonRoot": False,
    "runAsUser": 0,
}
"""The values of pod fields that open something."""

_NO_PROTECTION = frozenset((
    "args", "command", "env", "fsGroup", "fsGroupChangePolicy", "image", "livenessProbe", "ports", "readinessProbe", "resources",
    "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "sysctls", "volumeMounts",
))  # fmt: skip
"""Fields in a security context that protect nothing, and fields of a container that are written there by mistake."""


def _opens(name: str, value: Any) -> bool:
    """Whether a setting would only allow something, so that no protection is missing without it."""
    if name in _OPENING:
        return bool(value == _OPENING[name])
    if name == "runAsRoot":
        return value is True
    if isinstance(value, dict):
        return value.get("type") in ("RunAsAny", "Unconfined") or bool(value.get("add")) or name == "hostPath"
    return name in ("add", "hostPort") or (name.startswith("allow") and name not in _LIMITS and bool(value))


_EMPTY: tuple[Any, ...] = ({}, [], None)


def _edits(problem: FieldProblem, field: Field[Any], suggestion: str) -> tuple[Operation, ...]:
    if suggestion:
        return (Rename(field.path, suggestion),)
    if problem.path[-1] == "runAsRoot" and field.value is False:
        return Remove(field.path), Set((*field.path[:-1], "runAsNonRoot"), True)
    return () if "belongs in" in problem.hint and field.value not in _EMPTY else (Remove(field.path),)


def _help(problem: FieldProblem, field: Field[Any]) -> str:
    """Return the code of the help; empty if the edits say it."""
    if problem.suggestion:
        return "opens"
    if problem.path[-1] == "runAsRoot" and field.value is False:
        return "run-as-root"
    return "misplaced" if "belongs in" in problem.hint and field.value not in _EMPTY else ""
