"""
The annotation `openshift.io/required-scc` names an SCC that does not exist, that neither the pod's service account nor
its creator may use, or that rejects the pod. From OpenShift 4.14 on, admission tries only that SCC and so rejects the
pod. The rule does not report an SCC that only another unit of the run defines, because both may be in the same cluster.

## How to fix it

Correct the name, or require an SCC that the pod may use and that admits it. If the pod needs the SCC, and it applies a
seccomp profile, grant it to the service account with a RoleBinding in its namespace. Remove the annotation only if another
SCC with a profile admits the pod.

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

from scclint.api import REQUIRED_SCC, Outcome, Problem, Related, Severity, Workload, World, and_more, capitalized, listed, rule

from ._advice import grant, pin_too, pinned, scc_to_grant
from ._elsewhere import granted_elsewhere
from ._scc import node_access
from ._seccomp import RUNTIME_DEFAULT, default_profile
from ._what_if import admitted_by, user_remark, would_admit
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
    name = verdict.required_scc if verdict is not None else None
    if verdict is None or verdict.allowed or name is None or not pinned(outcome, world):
        return
    annotation = workload.pod.annotation(REQUIRED_SCC)
    elsewhere: tuple[Related, ...] = ()
    rejected = [e for _, reasons in world.outcomes.rejections(verdict) for e in first_per_field(reasons)]
    judged = f"{pods(workload)}{when_created(outcome)}"
    if name not in world.cluster.sccs:
        if world.other_units.defines_scc(name):
            return
        reason = f"neither {world.cluster.platform_name} nor the input has it, so admission rejects {judged}"
        help = "Correct the name, or add the SCC to the input."
    elif rejected:
        reason = f"it rejects {judged}: {listed(e.text for e in rejected[:3])}"
        usable = _usable(outcome, world)
        help = (
            f"Write {REQUIRED_SCC}: {usable}, which admits {pods(workload)}"
            f"{user_remark(world, outcome, admitted_by(usable, world, outcome))}, or change the rejected fields."
            if usable
            else "Change the rejected fields, or require an SCC that allows them."
        )
    else:
        account = workload.pod.service_account
        reason = f"neither service account {account} nor {_creator(outcome)} may use it, so admission rejects {judged}"
        elsewhere = granted_elsewhere(outcome, world, name.__eq__)
        help = _fix(outcome, name, world)
    yield Problem(
        f"{workload.named}: {REQUIRED_SCC} requires SCC {name}, but {reason}",
        at=annotation,
        related=(*(Related(e.text, workload.pod.field(*e.path).span) for e in rejected[:8]), *elsewhere),
        help=help,
    )


def _fix(outcome: Outcome, scc: str, world: World) -> str:
    """Return how the pod gets an SCC with a profile: one that it may use, or a grant. A grant of an SCC that opens the node is none."""
    usable = _usable(outcome, world)
    ways = []
    if usable:
        remark = user_remark(world, outcome, admitted_by(usable, world, outcome))
        ways.append(f"write {REQUIRED_SCC}: {usable}, which admits {pods(outcome.workload)}{remark}")
    opens = node_access(scc, world)
    if not opens and default_profile(scc, world) in RUNTIME_DEFAULT and would_admit(scc, outcome, world):
        remark = user_remark(world, outcome, admitted_by(scc, world, outcome))
        ways.append(f"{grant(outcome.workload, f'SCC {scc}')} {_how(scc, world)}{remark}")
    elif not usable:
        ways.append(grant(outcome.workload, scc_to_grant(outcome, world)) + pin_too(outcome, world))
    why = f" A grant of SCC {scc} is not a fix, because it opens {and_more(opens, 2)}." if opens else ""
    return f"{capitalized(', or '.join(ways))}.{why}"


def _usable(outcome: Outcome, world: World) -> str:
    """Return the first SCC that the pod may use, and that admits it and applies RuntimeDefault; empty if there is none."""
    tried = world.outcomes.explain(outcome.workload, among=lambda scc: default_profile(scc, world) in RUNTIME_DEFAULT)
    return next((c.scc for c in tried if c.outcome == "chosen" and not node_access(c.scc, world)), "")


def _how(scc: str, world: World) -> str:
    if scc in world.cluster.own_sccs:
        return f"with a RoleBinding to ClusterRole system:openshift:scc:{scc}"
    return f"with a Role that allows the verb use on it (resourceNames: [{scc}]) and a RoleBinding"


def _creator(outcome: Outcome) -> str:
    return "the workload's controller" if outcome.workload.controlled else outcome.creator.name
