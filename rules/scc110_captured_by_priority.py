"""
A custom SCC with a `priority` admits the pod before a more restrictive SCC, which would admit the same pod without changes.

Admission tries SCCs in order of priority, and SCCs of equal priority in order of restrictiveness. `restricted-v2` and most
others have priority 0, so a custom SCC with a higher priority admits every pod that may use it, even a pod that needs
nothing special. These pods then run with the defaults of that SCC, often the image's own user and no seccomp profile.

## How to fix it

Remove `priority` from the SCC. Pods that need the SCC still get it, because the more restrictive SCCs reject them. An SCC that
allows few kinds of volumes can precede `restricted-v2` without a priority too: grant it only to pods that need it. If a pod
needs the SCC for reasons not visible in the manifest (an image that has to run as its own user), set the annotation
`openshift.io/required-scc` on the pod (OpenShift 4.14 and newer).

`scclint fix` leaves this to you: the SCC and the pod are in different objects, and either can change.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: legacy}
priority: 20
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, persistentVolumeClaim, projected, secret]
seccompProfiles: [runtime/default]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: legacy}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, persistentVolumeClaim, projected, secret]
seccompProfiles: [runtime/default]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.advice.effects import changed_cluster, effects_of
from scclint.advice.grants import pinned
from scclint.advice.sccs import extra_permissions, more_restrictive
from scclint.advice.words import pods
from scclint.api import (
    Field,
    Grant,
    Located,
    Location,
    Outcome,
    Problem,
    Remedy,
    Remove,
    SecurityContextConstraints,
    Severity,
    Workload,
    World,
    advise,
    creator,
    filled,
    rule,
)

SENTENCES = {
    "captured": "{object}: SCC {scc}, with priority {priority}, admits {pods}[ when {creator} creates it] before the more restrictive {rival}, "
    "which would admit {alone:it|them} too",
    "allows": "SCC {scc} also allows {extra:3}{unconfined:, but applies no seccomp profile|}",
    "priority": "the priority of SCC {scc}",
    "remove": "remove priority from SCC {scc}, so that {rival} admits {pods}",
    "narrow": "grant SCC {scc} only to a service account whose pods need it, because it precedes {rival} without its priority too",
    "pin": "{pin} if the image needs {scc}",
}


@rule(
    "SCC110",
    "captured-by-priority",
    "A custom SCC admits the pod because of its priority, although a more restrictive SCC would admit it",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    security_severity=5.5,
    cwe=(250,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    written = world.scc(verdict.scc, workload) if verdict is not None and verdict.scc is not None else None
    if verdict is None or verdict.scc is None or written is None or verdict.scc in world.cluster.own_sccs:
        # The author of the manifests cannot change an SCC of the platform. SCC307 reports an object that replaces one.
        return
    if pinned(outcome, world):
        return
    rival = _more_restrictive_rival(workload, world, verdict.scc)
    if rival is None:
        return
    yield Problem(
        "captured",
        at=_decisive(workload, outcome.grant),
        facts={
            "scc": verdict.scc,
            "priority": world.cluster.sccs[verdict.scc].priority,
            "creator": creator(outcome),
            "rival": rival,
            "extra": extra_permissions(world, verdict.scc, rival),
            "unconfined": _loses_profile(outcome, world, rival),
        },
        notes=("allows",),
        related=(
            Location("priority", written.field("priority")),
            *world.steps.of_grant(outcome.grant, verdict.scc, workload),
        ),
        remedies=(
            _fix(outcome, written, rival, world),
            *(
                Remedy(filled(SENTENCES["pin"], {"pin": pin.words, "scc": verdict.scc}))
                for pin in advise("pinned", workload, world)
            ),
        ),
    )


def _fix(outcome: Outcome, scc: SecurityContextConstraints, rival: str, world: World) -> Remedy:
    """Return what lets the more restrictive SCC admit the pod. An SCC with few volumes can precede it without a priority too."""
    removal = Remove(scc.field("priority").path)
    cluster = changed_cluster(scc, world, removal)
    after = cluster.admit(outcome.judged.submitted, namespace=outcome.namespace, user=outcome.creator)
    facts = {"scc": scc.name, "rival": rival, "pods": pods(outcome.workload)}
    if after.scc == rival:
        return Remedy(filled(SENTENCES["remove"], facts), effects_of(scc, world, removal))
    return Remedy(filled(SENTENCES["narrow"], facts))


def _more_restrictive_rival(workload: Workload, world: World, chosen: str) -> str | None:
    """Return the first SCC of lower priority that is more restrictive than the chosen SCC and would admit the pod."""
    sccs = world.cluster.sccs
    if sccs[chosen].priority <= 0:
        return None
    for candidate in world.outcomes.explain(workload):
        later = sccs[candidate.scc].priority < sccs[chosen].priority
        if later and candidate.outcome == "chosen" and more_restrictive(world, candidate.scc, chosen):
            return candidate.scc
    return None


def _loses_profile(outcome: Outcome, world: World, rival: str) -> bool:
    """Whether the pod runs without the seccomp profile that the other SCC would apply."""
    is_unconfined = any(c.type == "Unconfined" and c.source in ("SCC default", "kubelet default") for c in outcome.seccomp)
    return is_unconfined and any(profile not in ("*", "unconfined") for profile in world.cluster.sccs[rival].seccomp_profiles)


def _decisive(workload: Workload, grant: Grant | None) -> Located:
    """Return the name of the service account if its rights decide, else the workload."""
    account: Field[str] = workload.pod.service_account_name
    return account if account and grant is not None and grant.subject == "serviceaccount" else workload.place
