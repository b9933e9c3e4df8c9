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

from scclint.api import Problem, Workload, World, advise, creator, profile, rule

SENTENCES = {
    "by-scc": "{object}: {names:container|containers} {names:2} {names:runs|run} with {profile} only because SCC {scc} applies it"
    "[ when {creator} creates it]",
    "kubernetes": "on Kubernetes without seccompDefault {names:it|they} would run unconfined",
}


@rule(
    "SEC210",
    "relies-on-scc-defaulting",
    "A container has a seccomp profile only because the SCC applies one",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
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
    yield Problem(
        "by-scc",
        at=workload.pod.field("spec", "securityContext", "seccompProfile"),
        facts={
            "names": names,
            "profile": profile(confined[0]),
            "scc": outcome.verdict.scc,
            "creator": creator(outcome),
            "container": names[0] if len(names) == 1 else "",
        },
        notes=("kubernetes",),
        remedies=advise("default profile", workload, world),
    )
