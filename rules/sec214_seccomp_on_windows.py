"""
A pod with `os.name: windows` sets a seccomp profile, and the API server rejects the pod because seccomp exists only
on Linux.

Validation rejects the pod after admission, with `seccompProfile: Forbidden: cannot be set for a windows pod`. SCC
admission skips Windows pods.

## How to fix it

Delete the profile from the pod and from each container. If the pod runs on Linux nodes, correct `os.name` instead.

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

from scclint.api import Field, Problem, Related, Remove, Severity, Workload, World, rule


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
    windows = Related("os.name makes this a Windows pod", system.span)
    yield from _rejected(workload, "the pod", "", workload.pod.field("spec", "securityContext", "seccompProfile"), windows)
    for container in workload.pod.containers:
        field = container.field("securityContext", "seccompProfile")
        yield from _rejected(workload, f"container {container.name}", container.name, field, windows)


def _rejected(workload: Workload, whose: str, container: str, field: Field[Any], windows: Related) -> Iterator[Problem]:
    if field.value is None:
        return
    depth = len(workload.pod.path)
    yield Problem(
        f"{workload.named}: {whose} sets seccompProfile, which the API server rejects in a pod with os.name: windows",
        at=workload.pod.field(*field.path[depth:], "type"),
        related=(windows,),
        help="Delete seccompProfile, or correct os.name if the pod runs on Linux nodes.",
        container=container,
        edits=(Remove(field.path),),
    )
