"""
A custom SCC takes the pod because of its `priority`, although a more restrictive SCC that comes later would admit the
pod as it is.

SCCs are tried by priority first, and only among equals by restrictiveness. A custom SCC with a priority above zero (0
is what `restricted-v2` and most others have) therefore takes every pod of those who may use it, also the ones that
need nothing special: they then run with whatever it fills in, often the image's own user and no seccomp profile.

## How to fix it

Leave `priority` out of the SCC: pods that need it still get it, since the more restrictive ones refuse them. If the pod
must run under it although it does not show (an image that has to run as its own user), say so on the pod with the
annotation `openshift.io/required-scc` (OpenShift 4.14 and newer).

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: legacy}
priority: 20
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
volumes: ["configMap", "emptyDir", "projected", "secret"]
groups: ["system:authenticated"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
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
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: legacy}
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
volumes: ["configMap", "emptyDir", "projected", "secret"]
groups: ["system:authenticated"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
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

from scclint.api import Field, Grant, Located, Outcome, Problem, Related, Severity, Workload, World, rule

from ._allowances import gains, more_restrictive
from ._releases import required_scc_counts
from ._scc import some
from ._words import creator


@rule(
    "SCC110",
    "captured-by-priority",
    "A custom SCC takes the pod by its priority although a more restrictive one would admit it",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=5.5,
    cwe=(250,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.scc is None or world.scc(verdict.scc) is None:
        # What the platform brings is not the author's to change.
        return
    if verdict.required_scc and required_scc_counts(world):
        return
    rival = _rival(workload, world, verdict.scc)
    if rival is None:
        return
    priority = world.cluster.sccs[verdict.scc].priority
    grant = outcome.chosen.grant if outcome.chosen else None
    yield Problem(
        f"{workload.named}: its pods land on SCC {verdict.scc}{creator(outcome)} for its priority: {priority} alone; {rival} "
        f"would admit them as they are, while {verdict.scc} also allows {some(gains(world, verdict.scc, rival))}"
        f"{_unconfined(outcome, world, rival)}",
        at=_decisive(workload, grant),
        related=_priority(workload, world, verdict.scc) + world.grant_steps(grant, verdict.scc, workload),
        settle=f"Leave the priority out of SCC {verdict.scc}; a pod that needs it although it does not show can require it "
        "with the annotation openshift.io/required-scc.",
    )


def _rival(workload: Workload, world: World, chosen: str) -> str | None:
    """The first SCC after the chosen one, of lower priority, that is more restrictive and would admit the pod."""
    sccs = world.cluster.sccs
    if sccs[chosen].priority <= 0:
        return None
    for candidate in world.explain(workload):
        later = sccs[candidate.scc].priority < sccs[chosen].priority
        if later and candidate.outcome == "chosen" and more_restrictive(world, candidate.scc, chosen):
            return candidate.scc
    return None


def _unconfined(outcome: Outcome, world: World, rival: str) -> str:
    """That the pod pays for it with its seccomp profile, where the other SCC would have filled one in."""
    bare = any(c.type == "Unconfined" and c.source in ("SCC default", "kubelet default") for c in outcome.seccomp)
    fills = any(profile not in ("*", "unconfined") for profile in world.cluster.sccs[rival].seccomp_profiles)
    return ", and no seccomp profile is filled in" if bare and fills else ""


def _decisive(workload: Workload, grant: Grant | None) -> Located:
    """The service account's name where its rights decide, else the workload."""
    account: Field[str] = workload.pod.service_account_name
    return account if account and grant is not None and grant.subject == "serviceaccount" else workload.place


def _priority(workload: Workload, world: World, scc: str) -> tuple[Related, ...]:
    written = world.scc(scc, workload)
    return () if written is None else (Related(f"SCC {scc} has this priority", written.field("priority").span),)
