"""
The container sets no seccomp profile, and it is confined only because the SCC that admits the pod applies one.

This is how OpenShift is meant to work, and nothing is wrong here. It matters if you also apply the manifest to other
clusters: plain Kubernetes has no SCCs and runs the container unconfined unless its kubelets run with
`seccompDefault`. The container also loses its profile on OpenShift if a grant later moves the pod to an SCC without
`seccompProfiles`.

## How to fix it

Set `seccompProfile: {type: RuntimeDefault}` in the pod's `securityContext`. The SCC that applies the profile today
also admits a pod that sets it.

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

from scclint.api import Problem, Severity, Workload, World, advise, and_more, profile, rule, when_created


@rule(
    "SEC210",
    "relies-on-scc-defaulting",
    "A container has a seccomp profile only because the SCC applies one",
    severity=Severity.INFO,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    study=(79, 79),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or not outcome.admitted:
        return
    confined = [c for c in outcome.seccomp if c.source == "SCC default" and c.type in ("RuntimeDefault", "Localhost")]
    if not confined:
        return
    names = [c.name for c in confined]
    run = f"container {names[0]} runs" if len(names) == 1 else f"containers {and_more(names, 2)} run"
    yield Problem(
        f"{workload.named}: {run} with {profile(confined[0])} only because SCC {outcome.verdict.scc} applies it"
        f"{when_created(outcome)}",
        notes=(f"on Kubernetes without seccompDefault {'it' if len(names) == 1 else 'they'} would run unconfined",),
        at=workload.pod.field("spec", "securityContext", "seccompProfile"),
        remedies=advise("default profile", workload, world),
        container=names[0] if len(names) == 1 else "",
    )
