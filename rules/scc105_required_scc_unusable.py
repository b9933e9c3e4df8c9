"""
The annotation `openshift.io/required-scc` pins an SCC that does not exist, or that neither the pod's service account
nor its creator may use, or that refuses the pod. From OpenShift 4.14 on only that SCC is tried, so the pod is
rejected.

## How to fix it

Correct the name, grant the SCC to the service account with a RoleBinding in its namespace, or take the annotation away.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    openshift.io/required-scc: restricted-v9
spec:
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
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Related, Severity, Workload, World, rule

from ._elsewhere import granted_elsewhere
from ._releases import REQUIRED_SCC, required_scc_counts
from ._words import creator, in_fields, listed, usable


@rule(
    "SCC105",
    "required-scc-unusable",
    "The SCC that openshift.io/required-scc names cannot be used for the pod",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("admission",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.allowed or not verdict.required_scc or not required_scc_counts(world):
        return
    name = verdict.required_scc
    annotation = workload.pod.annotation(REQUIRED_SCC)
    elsewhere: tuple[Related, ...] = ()
    refused = [e for _, reasons in usable(verdict) for e in in_fields(reasons)]
    if name not in world.cluster.sccs:
        why = f"but {world.cluster.platform_name} has no SCC of that name and neither has the input"
        settle = "Correct the name, or add the SCC to the input."
    elif refused:
        why = f"which refuses the pod: {listed(e.text for e in refused[:3])}"
        settle = "Change what it refuses, or require another SCC."
    else:
        why = f"which neither service account {workload.pod.service_account} nor {_creator(outcome.creator)} may use"
        elsewhere = granted_elsewhere(outcome, world, name.__eq__)
        settle = f"Grant it with a RoleBinding to ClusterRole system:openshift:scc:{name}, or drop the annotation."
    yield Problem(
        f"{workload.named}: requires SCC {name}{creator(outcome)}, {why}; {REQUIRED_SCC}: {name} rejects every pod",
        at=annotation,
        related=(*(Related(e.text, workload.pod.field(*e.path).span) for e in refused[:8]), *elsewhere),
        settle=settle,
    )


def _creator(user: object) -> str:
    return "the workload's controller" if user is None else str(getattr(user, "name", user))
