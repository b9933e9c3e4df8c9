"""
A Namespace enforces the Pod Security level `privileged`: Pod Security then rejects no pod, and only SCCs limit the pods.

A label that is written counts, whatever pods the input has. Without the label, the namespace has the level of the cluster, which the label
syncer of OpenShift may make stricter.

## How to fix it

Write the strictest level that the pods meet. [PSA506](namespace-level-too-weak.md) says which one that is, if the input has them. If pods of
the namespace need the level `privileged`, record it with [`scclint accept`](../acceptances.md).

`scclint fix` leaves this to you: it changes no namespace.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: privileged}
```

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
```
"""

from collections.abc import Iterator

from scclint.api import AccessWord, Namespace, Problem, World, rule
from scclint.podsecurity.levels import level_label

SENTENCES = {
    "off": "{object}: enforces Pod Security level privileged, so that Pod Security rejects no pod in it",
    "strictest": "Write the strictest level that the pods of the namespace meet.",
}


@rule(
    "PSA508",
    "pod-security-switched-off",
    "A namespace enforces the Pod Security level privileged",
    kind="access",
    reach="pod",
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    tags=("pod-security",),
    security_severity=5.5,
    cwe=(1188,),
    references=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    label = namespace.field("metadata", "labels", level_label("enforce"))
    if namespace.kind == "Namespace" and label.value == "privileged":
        yield Problem("off", at=label, help="strictest", word=AccessWord("Pod Security level privileged"))
