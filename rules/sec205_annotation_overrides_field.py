"""
A seccomp annotation and the `seccompProfile` field of the same pod or container have different values.

The release decides which value counts:

- OpenShift 4.13 and newer: SCC admission overwrites the field with the annotation, without a warning.
- OpenShift 4.11 and 4.12, and Kubernetes up to 1.26: the API server rejects the pod.
- Kubernetes 1.27 and newer: the annotation has no effect.

## How to fix it

Delete the annotation (`seccomp.security.alpha.kubernetes.io/pod`,
`container.seccomp.security.alpha.kubernetes.io/<container>`) and keep the field. If the field says `Unconfined`, write the
profile of the annotation there. A dump of a running pod (`oc get pod -o yaml`) has the annotation because SCC admission
added it: delete it before you apply the dump.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
spec:
  securityContext:
    seccompProfile:
      type: Unconfined
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    Field,
    Operation,
    Problem,
    Related,
    Remove,
    Severity,
    Workload,
    World,
    rule,
)

from ._annotations import annotation_form, flow_form, set_profile

PROFILE = ("securityContext", "seccompProfile")


@rule(
    "SEC205",
    "annotation-overrides-field",
    "A seccomp annotation contradicts the seccompProfile field",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(436,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if workload.partial:
        return
    pod = workload.pod
    yield from _compare(workload, world, "the pod", pod.annotation(POD_SECCOMP_ANNOTATION), pod.field("spec", *PROFILE))
    for container in pod.containers:
        annotation = pod.annotation(CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
        yield from _compare(workload, world, f"container {container.name}", annotation, container.field(*PROFILE))


def _compare(workload: Workload, world: World, whose: str, annotation: Field[str], field: Field[Any]) -> Iterator[Problem]:
    in_field = annotation_form(field.value)
    in_annotation = {"docker/default": "runtime/default"}.get(str(annotation.value), annotation.value)
    if not isinstance(annotation.value, str) or not annotation.value or not in_field or in_annotation == in_field:
        return
    fix = "Delete the annotation, and keep the seccompProfile field."
    edits: tuple[Operation, ...] = (Remove(annotation.path),)
    if in_field == "unconfined":
        # Without the annotation, the field counts.
        fix = f"Delete the annotation, and set seccompProfile: {flow_form(annotation.value)}."
        edits = (*set_profile(field, annotation.value), *edits)
    yield Problem(
        f"{workload.named}: the seccomp annotation for {whose} says {annotation.value}, but the seccompProfile field says {in_field}: "
        f"{_which_counts(world)}",
        at=annotation,
        related=(Related(f"the field says {in_field}", field.below("type").span),),
        help=fix,
        edits=edits,
    )


def _which_counts(world: World) -> str:
    cluster = world.cluster
    if cluster.platform != "kubernetes" and cluster.kubernetes_minor >= 26:
        return f"on {cluster.platform_name} the annotation overrides the field"
    if cluster.kubernetes_minor >= 27:
        return f"on {cluster.platform_name} the annotation has no effect"
    return f"{cluster.platform_name} rejects the pod"
