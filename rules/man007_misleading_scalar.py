"""
A bare value is another one in the cluster than it looks: `runAsUser: 0777` is user 511, `privileged: on` is true.

Kubernetes reads YAML 1.1 with some extensions of its own: a leading zero or `0o` means octal, `0x` hexadecimal, `0b`
binary, `1e3` is 1000, `1_000` is 1000, and the bare words `yes`, `on`, `y`, `no`, `off`, `n` are booleans. Many tools,
among them most linters and whatever follows YAML 1.2, take the same text for another number or for a string, so what
reviewers and gates saw is not what runs. The rule looks at ids, booleans, ports and file modes; octal file modes
(`defaultMode: 0644`) are what everyone takes them for.

## How to fix it

Write numbers in decimal, and booleans as `true` and `false`.

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
        privileged: no
        runAsUser: 0777
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
        privileged: false
        runAsUser: 511
```
"""

import re
from collections.abc import Iterator
from typing import Any

from scclint.api import ApiObject, Field, Problem, Severity, World, rule

from ._quote import Path, plain
from ._tree import Entry, ScalarNode, entry_at

NUMBERS = frozenset(
    (
        *("containerPort", "hostPort", "priority"),
        *("fsGroup", "runAsGroup", "runAsUser", "supplementalGroups"),
        *("max", "min", "uid", "uidRangeMax", "uidRangeMin"),
    )
)
MODES = frozenset(("defaultMode", "mode"))
BOOLEANS = frozenset(
    (
        *("allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts"),
        *("allowPrivilegeEscalation", "allowPrivilegedContainer", "defaultAllowPrivilegeEscalation"),
        *("automountServiceAccountToken", "hostIPC", "hostNetwork", "hostPID", "hostUsers"),
        *("privileged", "readOnly", "readOnlyRootFilesystem", "runAsNonRoot", "seccompDefault"),
    )
)
KEYS = NUMBERS | MODES | BOOLEANS

DECIMAL = r"-?(?:0|[1-9][0-9]*)"
OCTAL = r"0[0-7]+|0o[0-7]+"
FORMS = (
    (r"0[0-7]+", ", since the leading 0 makes it octal; YAML 1.2 takes it for {decimal}"),
    (r"0[0-9]+", ", since its digits make no octal number in spite of the leading 0"),
    (r"0o[0-7]+", ", since 0o makes it octal; YAML 1.1 takes it for a string"),
    (r"0[xX][0-9a-fA-F_]+", ", since 0x makes it hexadecimal"),
    (r"0[bB][01_]+", ", since 0b makes it binary; YAML 1.2 takes it for a string"),
    (r"[0-9.]+[eE][-+]?[0-9]+", "; other readers of YAML take it for a fraction or a string"),
    (r"[0-9_]+", ", without the underscores; YAML 1.2 takes it for a string"),
    (r"[0-9_]*\.[0-9_]*", "; other readers of YAML take it for a fraction"),
)
"""How numbers can be written, what makes them what they are in the cluster, and what other readers take them for."""
WORDS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))


@rule(
    "MAN007",
    "misleading-scalar",
    "A bare value is another one in the cluster than it looks",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    tags=("manifest",),
    cwe=(436,),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    for path in _candidates(obj.data):
        found = entry_at(obj.root, (*obj.path, *path))
        scalar = found.value if isinstance(found, Entry) else found
        # In a Template the value may be a parameter's, which is not what is written here.
        if not isinstance(scalar, ScalarNode) or not scalar.plain or not isinstance(scalar.value, bool | int | float):
            continue
        key = next(str(step) for step in reversed(path) if isinstance(step, str))
        if not _misleads(key, scalar):
            continue
        field: Field[Any] = obj.field(*path)
        value = plain(scalar.value)
        yield Problem(
            f"{obj.named}: {key}: {scalar.text} is {value} in the cluster{_others(scalar)}",
            at=field,
            settle=f"Write {key}: {value}." if isinstance(field.path[-1], str) else f"Write {value}.",
        )


def _candidates(data: Any, path: Path = (), named: bool = False) -> Iterator[Path]:
    """Yield the path of each boolean and number under the keys that matter."""
    for step, value in data.items() if isinstance(data, dict) else enumerate(data):
        matters = step in KEYS if isinstance(step, str) else named
        if isinstance(value, dict | list):
            yield from _candidates(value, (*path, step), matters)
        elif matters and isinstance(value, bool | int | float):
            yield (*path, step)


def _misleads(key: str, scalar: ScalarNode) -> bool:
    text = scalar.text
    if isinstance(scalar.value, bool):
        return text not in WORDS
    if key in MODES and re.fullmatch(OCTAL, text):
        return False
    return key not in BOOLEANS and not re.fullmatch(DECIMAL, text)


def _others(scalar: ScalarNode) -> str:
    """How the cluster comes to the value, and what others take the text for."""
    if isinstance(scalar.value, bool):
        return f"; YAML 1.2 takes {scalar.text} for a string"
    for form, why in FORMS:
        if re.fullmatch(form, scalar.text):
            return why.format(decimal=scalar.text.lstrip("0") or "0")
    return ""
