"""
The annotation `openshift.io/required-scc` names an SCC that does not exist, that neither the pod's service account nor
its creator may use, or that rejects the pod. From OpenShift 4.14 on, admission tries only that SCC and so rejects the
pod. The rule does not report an SCC that only another unit of the run defines, because both may be in the same cluster.

## How to fix it

Correct the name, or require an SCC that the pod may use and that admits it. If the pod needs the SCC, and it applies a
seccomp profile, grant it to the service account with a RoleBinding in its namespace. Remove the annotation only if another
SCC with a profile admits the pod.

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

from scclint.api import (
    REQUIRED_SCC,
    Outcome,
    Problem,
    Related,
    Remedy,
    Severity,
    Workload,
    World,
    admits,
    advise,
    and_more,
    applies_profile,
    first_per_field,
    grant,
    node_access,
    pinned,
    pods,
    refused_fields,
    rule,
    when_created,
)

from ._misplaced_grants import granted_elsewhere


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
    name = verdict.required_scc if verdict is not None else None
    if verdict is None or verdict.allowed or name is None or not pinned(outcome, world):
        return
    annotation = workload.pod.annotation(REQUIRED_SCC)
    elsewhere: tuple[Related, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    notes: tuple[str, ...] = ()
    rejected = [e for _, reasons in world.outcomes.rejections(verdict) for e in first_per_field(reasons)]
    judged = f"{pods(workload)}{when_created(outcome)}"
    if name not in world.cluster.sccs:
        if world.other_units.defines_scc(name):
            return
        reason = f"neither {world.cluster.platform_name} nor the input has it"
        help = "Correct the name, or add the SCC to the input."
    elif rejected:
        reason = f"it rejects {judged}"
        notes = tuple(e.text for e in rejected[:1])
        remedies = tuple(remedy for remedy in advise("required SCC", workload, world) if remedy.operations)
        help = "" if remedies else "Change the rejected fields, or require an SCC that allows them."
    else:
        creator = "the workload's controller" if workload.controlled else outcome.creator.name
        reason = f"neither service account {workload.pod.service_account} nor {creator} may use it"
        elsewhere = granted_elsewhere(outcome, world, name.__eq__)
        remedies = _remedies(outcome, name, world)
        opens = node_access(name, world)
        help = f"A grant of SCC {name} is not a fix, because it opens {and_more(opens, 2)}." if opens else ""
    yield Problem(
        f"{workload.named}: {REQUIRED_SCC} requires SCC {name}, but {reason}",
        at=annotation,
        related=(*refused_fields("", rejected[1:], workload), *elsewhere),
        notes=notes,
        help=help,
        remedies=remedies,
    )


def _remedies(outcome: Outcome, scc: str, world: World) -> tuple[Remedy, ...]:
    """The remedies by which the pod gets an SCC with a profile. A grant of an SCC that opens the node is none."""
    remedies = advise("required SCC", outcome.workload, world)
    if node_access(scc, world) or not applies_profile(world, scc) or not admits(world, scc, outcome):
        return remedies
    how = f" with a RoleBinding to ClusterRole system:openshift:scc:{scc}"
    if scc not in world.cluster.own_sccs:
        how = f" with a Role that allows the verb use on it (resourceNames: [{scc}]) and a RoleBinding"
    return (*(remedy for remedy in remedies if remedy.operations), grant(outcome, world, scc, how))
