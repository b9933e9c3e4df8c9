"""
Pod Security admission rejects the pod, although an SCC admits it. The pod, with all the fields that the SCC has set, does not
meet the level that its namespace enforces.

Pod Security admission runs after SCC admission. `restricted-v2` sets everything that `restricted` demands, so most pods pass.
A pod under `anyuid`, `nonroot` or another of the older SCCs gets no seccomp profile and keeps its capabilities, and
`restricted` rejects it.

The level that a namespace enforces comes from the first of these:

1. the label `pod-security.kubernetes.io/enforce` of the Namespace
2. from OpenShift 4.23 and 5.0, the label syncer, a controller of OpenShift. It reads the level from the SCCs that the
   service accounts of the namespace may use. One account that may use `anyuid` makes the level of the namespace `baseline`;
   one that may use `privileged` makes it `privileged`.
3. the default of the release: `privileged` up to OpenShift 4.22, `restricted` from 4.23 and 5.0

The rights of the user who creates a bare Pod do not count for the label syncer. If an administrator creates a bare Pod in an
ordinary project of OpenShift 5.0, `anyuid` admits it and Pod Security admission then rejects it.

## How to fix it

Set the fields that the message names. If the pod cannot do without them, set the label `pod-security.kubernetes.io/enforce` of
the Namespace to a level that the pod meets. For a bare Pod, you can also set the annotation `openshift.io/required-scc:
restricted-v2`.

## Before

```yaml
# Run with --openshift 5.0
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
# Run with --openshift 5.0
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations: {openshift.io/required-scc: restricted-v2}
spec:
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.advice.words import label_place, why_level
from scclint.api import Problem, Severity, Workload, World, advise, creator, rule

SENTENCES = {
    "rejected": "{object}: Pod Security admission rejects {pods}[ when {creator} creates it]",
    "level": "{level}",
    "denial": "{denial}",
}


@rule(
    "PSA501",
    "refused-by-pod-security",
    "Pod Security admission rejects the pod that SCC admission leaves",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "pod-security"),
    study=(22, 22),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    security = outcome.pod_security
    if security is None or not security.answer.denial:
        return
    violations = security.violations(security.policy.policy.enforce)
    yield Problem(
        "rejected",
        facts={
            "creator": creator(outcome),
            "level": why_level(outcome, "enforce", world),
            "denial": security.answer.denial,
        },
        notes=("level", "denial"),
        at=workload.pod.field(*violations[0].paths[0]),
        related=label_place(outcome, "enforce", world),
        remedies=advise("enforced level", workload, world),
    )
