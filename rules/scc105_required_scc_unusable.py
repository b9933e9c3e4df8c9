"""
The annotation `openshift.io/required-scc` names an SCC that does not exist, that neither the pod's service account nor
its creator may use, or that rejects the pod. From OpenShift 4.14 on, admission tries only that SCC and so rejects the
pod. The rule does not report an SCC that only another unit of the run defines, because both may be in the same cluster.

## How to fix it

Correct the name, grant the SCC to the service account with a RoleBinding in its namespace, or remove the annotation.

`scclint fix` leaves this to you: only you know which SCC the pod needs.

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

from scclint.api import REQUIRED_SCC, Problem, Related, Severity, Workload, World, and_more, capitalized, listed, rule

from ._advice import grant
from ._elsewhere import granted_elsewhere
from ._releases import required_scc_counts
from ._scc import node_access
from ._words import first_per_field, pods, when_created


@rule(
    "SCC105",
    "required-scc-unusable",
    "The SCC that openshift.io/required-scc names does not admit the pod",
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
    rejected = [e for _, reasons in world.outcomes.rejections(verdict) for e in first_per_field(reasons)]
    judged = f"{pods(workload)}{when_created(outcome)}"
    if name not in world.cluster.sccs:
        if world.elsewhere.defines_scc(name):
            return
        reason = f"neither {world.cluster.platform_name} nor the input has it, so admission rejects {judged}"
        settle = "Correct the name, or add the SCC to the input."
    elif rejected:
        reason = f"it rejects {judged}: {listed(e.text for e in rejected[:3])}"
        settle = "Change or remove the rejected fields, or require an SCC that allows them."
    else:
        account = workload.pod.service_account
        reason = f"neither service account {account} nor {_creator(outcome.creator)} may use it, so admission rejects {judged}"
        elsewhere = granted_elsewhere(outcome, world, name.__eq__)
        settle = _fix(workload, name, world)
    yield Problem(
        f"{workload.named}: {REQUIRED_SCC} requires SCC {name}, but {reason}",
        at=annotation,
        related=(*(Related(e.text, workload.pod.field(*e.path).span) for e in rejected[:8]), *elsewhere),
        settle=settle,
    )


def _fix(workload: Workload, scc: str, world: World) -> str:
    """Return how the pod gets the SCC, or what to do instead if the SCC opens the node."""
    if opens := node_access(scc, world):
        return (
            f"Remove the annotation, or require a more restrictive SCC that the pods may use: SCC {scc} opens {and_more(opens, 2)}, so a "
            "grant of it is not a fix."
        )
    if scc in world.cluster.own_sccs:
        how = f"with a RoleBinding to ClusterRole system:openshift:scc:{scc}"
    else:
        how = f"with a Role that allows the verb use on it (resourceNames: [{scc}]) and a RoleBinding"
    return f"{capitalized(grant(workload, f'SCC {scc}'))} {how}, or remove the annotation."


def _creator(user: object) -> str:
    return "the workload's controller" if user is None else str(getattr(user, "name", user))
