"""
Every pod of the namespace meets a stricter Pod Security level than the namespace enforces.

The stricter level would reject none of the pods in the input. It would reject a pod that asks for more, for example one that an
attacker or a mistake adds. The rule looks at
the pods as SCC admission leaves them. It is silent if the outcome of a pod in the namespace is not known, and if other units of the
run have pods in the namespace.

## How to fix it

Set the label `pod-security.kubernetes.io/enforce` of the Namespace to the level that the message names. Pods that the input
does not have, for example those that an operator creates, may need a less strict level.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: privileged}
---
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
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
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
"""

from collections.abc import Iterator

from scclint.api import (
    LEVELS,
    Namespace,
    Outcome,
    Problem,
    Set,
    Severity,
    Workload,
    World,
    grouped,
    level_label,
    rule,
    stricter,
)


@rule(
    "PSA506",
    "namespace-level-too-weak",
    "All pods of a namespace meet a stricter level than it enforces",
    severity=Severity.WARNING,
    on=Namespace,
    since="0.1",
    tags=("pod-security",),
    cwe=(1188,),
    study=(5, 5),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    outcomes = world.memo(_by_namespace, lambda: _by_namespace(world)).get(namespace.name, [])
    if namespace.kind != "Namespace" or not outcomes:
        return
    answers = [outcome.pod_security for outcome in outcomes]
    known_answers = [answer for answer in answers if answer is not None and not answer.unknown]
    enforced = known_answers[0].policy.policy.enforce.level if known_answers else "restricted"
    if len(known_answers) < len(answers) or enforced == "restricted":
        return
    level = min((answer.meets for answer in known_answers), key=LEVELS.index)
    if not stricter(level, enforced) or world.other_units.has_pods(namespace.name):
        return
    label = namespace.field("metadata", "labels", level_label("enforce"))
    pods = "the pods of its workload" if len(known_answers) == 1 else f"the pods of all its {len(known_answers)} workloads"
    yield Problem(
        f"{namespace.named}: the namespace enforces level {enforced}, and {pods} meet {level}",
        at=label if label.present else namespace.place,
        opens=(f"level {enforced}",),
        severity=Severity.INFO,
        # A namespace without the label has the level of the cluster.
        in_review=Severity.WARNING if label.present else None,
        help=f"Set the label {level_label('enforce')}: {level}.",
        edits=(Set(label.path, level),),
    )


def _by_namespace(world: World) -> dict[str, list[Outcome]]:
    """Return the outcomes of the workloads of each namespace."""
    return grouped((world.namespace_of(workload), world.outcome(workload)) for workload in world.of(Workload))
