"""
Every pod of the namespace meets a stricter Pod Security level than the namespace enforces.

The stricter level would reject none of the pods in the input. It would reject a pod that asks for more, for example one that an
attacker or a mistake adds. The rule looks at
the pods as SCC admission leaves them. It is silent if the outcome of a pod in the namespace is not known, and if other units of the
run have pods in the namespace.

[PSA508](pod-security-switched-off.md) reports a Namespace that enforces the level `privileged`.

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

from scclint.api import Namespace, Outcome, Problem, Set, Workload, World, grouped, rule
from scclint.podsecurity.levels import LEVELS, level_label, stricter

SENTENCES = {
    "weak": "{object}: the namespace enforces level {enforced}, and the pods of its workload meet {level}",
    "weak-for-all": "{object}: the namespace enforces level {enforced}, and the pods of all its {workloads} workloads meet {level}",
    "set": "Set the label pod-security.kubernetes.io/enforce: {level}.",
}


@rule(
    "PSA506",
    "namespace-level-too-weak",
    "All pods of a namespace meet a stricter level than it enforces",
    kind="advice",
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    tags=("pod-security",),
    cwe=(1188,),
    study=(5, 5),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    outcomes = world.memo(_by_namespace, lambda: _by_namespace(world)).get(namespace.name, [])
    if namespace.kind != "Namespace":
        return
    label = namespace.field("metadata", "labels", level_label("enforce"))
    if not outcomes:
        return
    answers = [outcome.pod_security for outcome in outcomes]
    known_answers = [answer for answer in answers if answer is not None and not answer.unknown]
    enforced = known_answers[0].policy.policy.enforce.level if known_answers else "restricted"
    if len(known_answers) < len(answers) or enforced == "restricted":
        return
    level = min((answer.meets for answer in known_answers), key=LEVELS.index)
    if not stricter(level, enforced) or world.other_units.has_pods(namespace.name):
        return
    code = "weak" if len(known_answers) == 1 else "weak-for-all"
    yield Problem(
        code if label.present else f"{code}/no-label",
        at=label if label.present else namespace.place,
        facts={"enforced": enforced, "level": level, "workloads": len(known_answers)},
        help="set",
        edits=(Set(label.path, level),),
    )


def _by_namespace(world: World) -> dict[str, list[Outcome]]:
    """Return the outcomes of the workloads of each namespace."""
    return grouped((world.namespace_of(workload), world.outcome(workload)) for workload in world.of(Workload))
