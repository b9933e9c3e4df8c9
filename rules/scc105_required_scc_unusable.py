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

from scclint.advice.grants import admits, applies_profile, grant, pinned
from scclint.advice.words import first_per_field, refused_fields
from scclint.api import Outcome, Problem, Remedy, Severity, Workload, World, advise, creator, node_access, rule
from scclint.platform.terms import REQUIRED_SCC

from ._misplaced_grants import ELSEWHERE, granted_elsewhere

SENTENCES = {
    **ELSEWHERE,
    "missing": "{object}: openshift.io/required-scc requires SCC {scc}, but neither {platform} nor the input has it",
    "rejected": "{object}: openshift.io/required-scc requires SCC {scc}, but it rejects {pods}[ when {creator} creates it]",
    "denied": "{object}: openshift.io/required-scc requires SCC {scc}, but neither service account {account} nor "
    "{controlled:the workload's controller|}[{user}] may use it",
    "error": "{error}",
    "correct-name": "Correct the name, or add the SCC to the input.",
    "change": "Change the rejected fields, or require an SCC that allows them.",
    "opens": "A grant of SCC {scc} is not a fix, because it allows {opens:2}.",
}


@rule(
    "SCC105",
    "required-scc-unusable",
    "The SCC that openshift.io/required-scc names does not admit the pod",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    name = verdict.required_scc if verdict is not None else None
    if verdict is None or verdict.allowed or name is None or not pinned(outcome, world):
        return
    annotation = workload.pod.annotation(REQUIRED_SCC)
    rejected = [e for _, reasons in world.outcomes.rejections(verdict) for e in first_per_field(reasons)]
    if name not in world.cluster.sccs:
        if not world.other_units.defines_scc(name):
            facts = {"scc": name, "platform": world.cluster.platform_name}
            yield Problem("missing", at=annotation, facts=facts, help="correct-name")
    elif rejected:
        remedies = tuple(remedy for remedy in advise("required SCC", workload, world) if remedy.operations)
        yield Problem(
            "rejected",
            at=annotation,
            facts={"scc": name, "creator": creator(outcome), "error": rejected[0].text},
            notes=("error",),
            help="" if remedies else "change",
            related=refused_fields("", rejected[1:], workload),
            remedies=remedies,
        )
    else:
        opens = node_access(name, world)
        yield Problem(
            "denied",
            at=annotation,
            facts={
                "scc": name,
                "account": workload.pod.service_account,
                "controlled": workload.controlled,
                "user": "" if workload.controlled else outcome.creator.name,
                "opens": opens,
            },
            help="opens" if opens else "",
            related=granted_elsewhere(outcome, world, name.__eq__),
            remedies=_remedies(outcome, name, world),
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
