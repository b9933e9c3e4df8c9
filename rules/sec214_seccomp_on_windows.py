"""
A pod that says `os.name: windows` has a seccomp profile, which exists on Linux only: the API server refuses the pod.

The refusal comes from validation, after admission, with `seccompProfile: Forbidden: cannot be set for a windows pod`.
SCC admission does not look at such a pod at all.

## How to fix it

Delete the profile, of the pod and of each container; or correct `os.name` if the pod is meant for Linux nodes.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: iis}
spec:
  os: {name: windows}
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: iis
      image: registry.example/iis:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: iis}
spec:
  os: {name: windows}
  containers:
    - name: iis
      image: registry.example/iis:1
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import Field, Problem, Related, Severity, Workload, World, rule


@rule(
    "SEC214",
    "seccomp-on-windows",
    "A Windows pod has a seccomp profile",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    references=("https://kubernetes.io/docs/concepts/windows/intro/",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    system = workload.pod.field("spec", "os", "name")
    if system.value != "windows":
        return
    named = Related("the pod is for Windows", system.span)
    yield from _refused(workload, "the pod", "", workload.pod.field("spec", "securityContext", "seccompProfile"), named)
    for container in workload.pod.containers:
        field = container.field("securityContext", "seccompProfile")
        yield from _refused(workload, f"container {container.name}", container.name, field, named)


def _refused(workload: Workload, whose: str, container: str, field: Field[Any], named: Related) -> Iterator[Problem]:
    if field.value is None:
        return
    depth = len(workload.pod.path)
    yield Problem(
        f"{workload.named}: {whose} has a seccompProfile, and os.name: windows makes the API server refuse that",
        at=workload.pod.field(*field.path[depth:], "type"),
        related=(named,),
        settle="Delete the seccompProfile, or correct os.name.",
        container=container,
    )
