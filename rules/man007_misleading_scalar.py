"""
An unquoted value means something else in the cluster than it appears to: `runAsUser: 0777` is user 511, and
`privileged: on` is true.

Kubernetes reads YAML 1.1 with extensions. A leading zero or `0o` means octal, `0x` hexadecimal and `0b` binary, `1e3` is
1000, `1_000` is 1000, and the unquoted words `yes`, `on`, `y`, `no`, `off` and `n` are booleans. Many tools follow YAML
1.2, among them most linters. They read the same text as another number or as a string, so reviewers and automated
checks see a different value than the one that runs. The rule checks IDs, booleans, ports and file modes. It accepts
octal file modes (`defaultMode: 0644`), because every tool reads them the same way.

## How to fix it

Write numbers in decimal, and booleans as `true` and `false`.

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
            privileged: no
            readOnlyRootFilesystem: on
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
            privileged: false
            readOnlyRootFilesystem: true
```
"""

import re
from collections.abc import Iterator
from typing import Any

from scclint.api import ApiObject, Field, Path, Problem, Set, Severity, World, rule
from scclint.text import plain
from scclint.yaml.nodes import ScalarNode, node_at

_MEANS = "{object}: {key}: {text} means {value} in the cluster"
SENTENCES = {
    "boolean": _MEANS + "; YAML 1.2 reads {text} as a string",
    "octal": _MEANS + ", because the leading 0 makes it octal; YAML 1.2 reads it as {decimal}",
    "not-octal": _MEANS + ", because its digits are not octal despite the leading 0",
    "new-octal": _MEANS + ", because 0o makes it octal; YAML 1.1 reads it as a string",
    "hexadecimal": _MEANS + ", because 0x makes it hexadecimal",
    "binary": _MEANS + ", because 0b makes it binary; YAML 1.2 reads it as a string",
    "exponent": _MEANS + "; other YAML parsers read it as a fraction or a string",
    "underscores": _MEANS + ", because underscores are ignored; YAML 1.2 reads it as a string",
    "fraction": _MEANS + "; other YAML parsers read it as a fraction",
    "other": _MEANS,
}

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
    (r"0[0-7]+", "octal"),
    (r"0[0-9]+", "not-octal"),
    (r"0o[0-7]+", "new-octal"),
    (r"0[xX][0-9a-fA-F_]+", "hexadecimal"),
    (r"0[bB][01_]+", "binary"),
    (r"[0-9.]+[eE][-+]?[0-9]+", "exponent"),
    (r"[0-9_]+", "underscores"),
    (r"[0-9_]*\.[0-9_]*", "fraction"),
)
"""The forms of a number, with the code of the reason for its value in the cluster and its value for other readers."""
UNAMBIGUOUS_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))


@rule(
    "MAN007",
    "misleading-scalar",
    "An unquoted value means something else in the cluster than it appears to",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    cwe=(436,),
)
def check(obj: ApiObject, world: World) -> Iterator[Problem]:
    for path in _candidates(obj.data):
        scalar = node_at(obj.root, (*obj.path, *path))
        # In a Template, a parameter can set another value than the one written here.
        if not isinstance(scalar, ScalarNode) or not scalar.plain or not isinstance(scalar.value, bool | int | float):
            continue
        key = next(str(step) for step in reversed(path) if isinstance(step, str))
        if not _misleads(key, scalar):
            continue
        field: Field[Any] = obj.field(*path)
        yield Problem(
            _code(scalar),
            at=field,
            facts={
                "key": key,
                "text": scalar.text,
                "value": plain(scalar.value),
                "decimal": scalar.text.lstrip("0") or "0",
            },
            edits=(Set(field.path, scalar.value),),
        )


def _candidates(data: Any, path: Path = (), named: bool = False) -> Iterator[Path]:
    """Yield the path of each boolean and number under the keys that matter."""
    for step, value in data.items() if isinstance(data, dict) else enumerate(data):
        if type(value) is str:
            continue
        matters = step in KEYS if type(step) is str else named
        if isinstance(value, dict | list):
            yield from _candidates(value, (*path, step), matters)
        elif matters and isinstance(value, bool | int | float):
            yield (*path, step)


def _misleads(key: str, scalar: ScalarNode) -> bool:
    text = scalar.text
    if isinstance(scalar.value, bool):
        return text not in UNAMBIGUOUS_BOOLEANS
    if key in MODES and re.fullmatch(OCTAL, text):
        return False
    return key not in BOOLEANS and not re.fullmatch(DECIMAL, text)


def _code(scalar: ScalarNode) -> str:
    """Return why the cluster reads this value, and how other readers read the text."""
    if isinstance(scalar.value, bool):
        return "boolean"
    return next((code for form, code in FORMS if re.fullmatch(form, scalar.text)), "other")
