"""
A Pod Security label of a Namespace has a value or a key that does not exist.

The API server rejects a Namespace with an unknown level or version when it is created, and when the label changes. A Namespace
that already has such a label keeps it, and the label means something else than it says:

| Label | What the API server does with a stored value that is not valid |
|---|---|
| `enforce` | enforces `restricted` |
| `audit`, `warn` | does not audit or warn |
| `enforce-version`, `audit-version`, `warn-version` | uses the version `latest` |

A key with an unknown mode, such as `pod-security.kubernetes.io/enforced`, is an ordinary label. The API server accepts it and does
nothing with it, so the namespace has the default level. These findings are warnings.

## How to fix it

Write the level as `privileged`, `baseline` or `restricted`, and a version as `latest` or as `v1.` and a number, without a patch
number. The modes are `enforce`, `audit` and `warn`.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restrictive
    pod-security.kubernetes.io/baseline: warn
```

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: baseline
```
"""

import re
from collections.abc import Iterator
from typing import Any

from scclint.api import (
    LATEST,
    LEVELS,
    MODES,
    POD_SECURITY_LABELS,
    POD_SECURITY_PREFIX,
    Field,
    LabelError,
    Namespace,
    Operation,
    Problem,
    Remove,
    Rename,
    Set,
    Severity,
    World,
    closest_match,
    is_open,
    label_errors,
    listed,
    rule,
)

_STORED = {
    "enforce": "a stored label enforces restricted",
    "audit": "a stored label audits nothing",
    "warn": "a stored label warns about nothing",
}
_MINOR = r"v?1\.(0|[1-9][0-9]*)(\.[0-9]+)?"
"""A version that lacks the `v` or has a patch number."""


@rule(
    "PSA503",
    "invalid-pod-security-label",
    "A Pod Security label of a namespace has an unknown level, version or mode",
    severity=Severity.ERROR,
    on=Namespace,
    since="0.1",
    tags=("pod-security",),
    cwe=(1188,),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    if namespace.kind != "Namespace":
        return
    labels = namespace.field("metadata", "labels").value
    texts = {
        key: value
        for key, value in (labels if isinstance(labels, dict) else {}).items()
        if isinstance(value, str) and not is_open(value) and str(key).startswith(POD_SECURITY_PREFIX)
    }
    yield from (_rejected(namespace, error) for error in label_errors(texts))
    for key, value in texts.items():
        if key not in POD_SECURITY_LABELS:
            yield _without_effect(namespace, namespace.field("metadata", "labels", key), key, value)


def _rejected(namespace: Namespace, error: LabelError) -> Problem:
    mode = error.label.removeprefix(POD_SECURITY_PREFIX)
    stored = _STORED.get(mode, "a stored label means latest")
    field = namespace.field("metadata", "labels", error.label)
    meant = _meant(mode, error.value)
    return Problem(
        f"{namespace.named}: the API server rejects the Namespace because of {field.path[-1]}: {field.value}",
        notes=(f"{error}", stored),
        at=field,
        help=f"Set the label to {meant or (listed(LEVELS, 'or') if mode in MODES else f'{LATEST} or a version such as v1.33')}.",
        edits=(Set(field.path, meant),) if meant else (),
    )


def _meant(mode: str, value: str) -> str:
    """Return the level or version that the author most likely meant; empty if none is close."""
    if mode in MODES:
        return closest_match(value.lower(), LEVELS) or ""
    minor = re.fullmatch(_MINOR, value)
    return f"v1.{minor[1]}" if minor else ""


def _without_effect(namespace: Namespace, field: Field[Any], key: str, value: str) -> Problem:
    mode = key.removeprefix(POD_SECURITY_PREFIX)
    edits: tuple[Operation, ...] = ()
    if mode in LEVELS and value in MODES:
        why = "its mode and its level are swapped"
        swapped = f"{POD_SECURITY_PREFIX}{value}"
        edits = (Rename(field.path, swapped), Set((*field.path[:-1], swapped), mode))
    else:
        why = f"{mode} is not a mode of Pod Security"
        modes = [label.removeprefix(POD_SECURITY_PREFIX) for label in POD_SECURITY_LABELS]
        close = closest_match(mode, modes)
        edits = (Rename(field.path, f"{POD_SECURITY_PREFIX}{close}"),) if close else (Remove(field.path),)
    return Problem(
        f"{namespace.named}: the label {key} has no effect, because {why}",
        at=field,
        help=f"Use one of the modes {listed(MODES)}, or remove the label." if isinstance(edits[0], Remove) else "",
        severity=Severity.WARNING,
        edits=edits,
    )
