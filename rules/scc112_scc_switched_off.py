"""
A label of a Namespace switches SCC admission off for every pod in it. Any pod may then be privileged, run as root and mount
the node's files, unless Pod Security admission rejects it, and no seccomp profile, user ID or SELinux level is filled in.

The labels are `security.openshift.io/disable-securitycontextconstraints: "true"`, and `openshift.io/run-level` with `0` or
`1`. OpenShift needs them in a few namespaces of its own, which must work before SCC admission does.

## How to fix it

Remove the label. If a pod needs more than `restricted-v2` allows, grant its service account an SCC.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {openshift.io/run-level: "0"}
```

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
```
"""

from collections.abc import Iterator

from scclint.advice.effects import effects_of
from scclint.api import AccessWord, Namespace, Problem, Remedy, Remove, World, rule

SENTENCES = {"off": "{object}: the label {label} switches SCC admission off, so its pods may be privileged"}

_VALUES = {"security.openshift.io/disable-securitycontextconstraints": ("true",), "openshift.io/run-level": ("0", "1")}
"""The labels that switch SCC admission off, with the values that do so."""


@rule(
    "SCC112",
    "scc-switched-off",
    "A label switches SCC admission off in a namespace",
    kind="access",
    reach="node",
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
    security_severity=8.0,
    cwe=(250, 1188),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    for label, values in _VALUES.items():
        field = namespace.field("metadata", "labels", label)
        if field.value in values:
            removal = Remove(field.path)
            yield Problem(
                "off",
                at=field,
                facts={"label": f"{label}: {field.value}"},
                word=AccessWord("no SCC admission", through=f"label {label}"),
                remedies=(
                    Remedy(
                        "remove the label, and grant an SCC to the service accounts that need one",
                        effects_of(namespace, world, removal),
                        (removal,),
                    ),
                ),
            )
