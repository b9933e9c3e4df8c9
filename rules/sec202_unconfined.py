"""
The container asks for `Unconfined` and gets it: it will run without any seccomp filter.

`Unconfined` is only admitted under an SCC that lists `*` or `unconfined` (of the stock ones, `privileged` and
`nested-container`), where SCC admission does not run, or on plain Kubernetes. Every system call of the kernel is then
within reach of the container.

## How to fix it

Write `RuntimeDefault` instead; where that stops the workload, a Localhost profile with the few extra system calls it
needs.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        seccompProfile:
          type: Unconfined
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        seccompProfile:
          type: RuntimeDefault
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Severity, Workload, World, rule

from ._seccomp import asked_at
from ._words import creator

ASKED = ("container field", "pod field", "container annotation", "pod annotation")


@rule(
    "SEC202",
    "unconfined",
    "Unconfined is asked for and will be in force",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693, 250),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.admitted:
        return
    under = f" under SCC {outcome.verdict.scc}" if outcome.verdict and outcome.verdict.scc else ""
    for container in outcome.seccomp:
        if container.type == "Unconfined" and container.source in ASKED:
            yield Problem(
                f"{workload.named}: container {container.name} will run unconfined{creator(outcome)}{under}, as asked for here",
                at=asked_at(workload, container),
                settle="Ask for RuntimeDefault, or for a Localhost profile that allows what is missing.",
                container=container.name,
            )
