"""
The container names no seccomp profile and is confined only because the SCC that admits it fills one in.

That is how OpenShift is meant to work, and nothing is wrong here. It is worth knowing where the same manifest also
goes to other clusters: plain Kubernetes has no SCCs and runs the container unconfined unless its kubelets are started
with `seccompDefault`. The same happens on OpenShift if a grant later moves the pod to an SCC without
`seccompProfiles`.

## How to fix it

Write `seccompProfile: {type: RuntimeDefault}` in the pod's `securityContext`. The SCC that fills it in today accepts
it.

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
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Severity, Workload, World, rule

from ._places import profile_place
from ._words import creator, listed, profile


@rule(
    "SEC210",
    "relies-on-scc-defaulting",
    "The seccomp profile comes from the SCC alone",
    severity=Severity.INFO,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or not outcome.admitted:
        return
    confined = [c for c in outcome.seccomp if c.source == "SCC default" and c.type in ("RuntimeDefault", "Localhost")]
    if not confined:
        return
    names = [c.name for c in confined]
    run = f"container {names[0]} runs" if len(names) == 1 else f"containers {listed(names)} run"
    form = ", ".join(f"{key}: {value}" for key, value in confined[0].profile.items())
    yield Problem(
        f"{workload.named}: {run} with {profile(confined[0])} only because SCC {outcome.verdict.scc} fills it in"
        f"{creator(outcome)}; on Kubernetes without seccompDefault {'it' if len(names) == 1 else 'they'} would run unconfined",
        at=workload.pod.field("spec", "securityContext", "seccompProfile"),
        settle=f"Write seccompProfile: {{{form}}} {profile_place(workload)}.",
        container=names[0] if len(names) == 1 else "",
    )
