"""
A privileged container runs unconfined, which means without a seccomp filter: CRI-O ignores its profile, whether the container,
the pod or the SCC sets it.

The API server, the SCC and Pod Security admission all accept a profile beside `privileged: true`, so the container can look
confined in the manifest. CRI-O applies a filter to privileged containers only if `privileged_seccomp_profile` is set in its
configuration (CRI-O 1.33 and newer). OpenShift leaves it unset. If it is set on some node pools only, the finding names the others.

On OpenShift, an SCC that allows privileged containers opens the node. [SCC102](pod-access.md) reports that as well.

## How to fix it

Replace `privileged: true` with the capabilities that the container needs; its profile then takes effect. `restricted-v2`
allows `NET_BIND_SERVICE`, with which a process can listen on ports below 1024. For other capabilities, `scclint suggest`
prints an SCC. Remove the grant of the SCC that allowed the privileged container. If the container must be privileged, remove
a profile that no other container uses, so that the manifest does not promise a filter, and record it with `scclint accept`.

`scclint fix` leaves this to you: only you know what the program needs.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: monitoring}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext:
            privileged: true
            seccompProfile: {type: RuntimeDefault}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: monitoring}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
subjects:
  - {kind: ServiceAccount, name: agent}
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: monitoring}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext:
            capabilities: {add: [NET_BIND_SERVICE]}
            seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator

from scclint.admission.access import why_privileged
from scclint.advice.grants import without_privileged
from scclint.api import AccessWord, Location, Problem, Workload, World, creator, rule

from ._seccomp import asked_at

SENTENCES = {
    "privileged": "{object}: container {container} is privileged, so it runs unconfined[ on node {pools:pool|pools} {pools}]"
    "[ when {creator} creates it][, and its {profile} profile has no effect]",
    "no-effect": "{profile} is set here and has no effect",
    "instead": "{instead}[ Remove the profile if the container stays privileged: it has no effect.{profile:|}]",
    "needed": "Record it with `scclint accept`: no capability replaces privileged: true, because {why}."
    "[ Remove the profile if the container stays privileged: it has no effect.{profile:|}]",
}


@rule(
    "SEC203",
    "privileged-ignores-seccomp",
    "A privileged container runs unconfined, whatever profile is set",
    kind="access",
    reach="pod",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
    study=(20, 20),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.admitted:
        return
    # What other containers use is not there for this one.
    of_others = {container.source for container in outcome.seccomp} & {"pod field", "pod annotation"}
    unconfined = [container for container in outcome.seccomp if container.is_unconfined_as_privileged]
    if not unconfined:
        return
    instead = without_privileged(outcome)
    for container in unconfined:
        view = workload.pod.container(container.name)
        if view is None:
            continue
        asked = container.requested
        is_own = asked is not None and asked.type != "Unconfined" and asked.source not in of_others
        own = asked.type if asked is not None and is_own else ""
        yield Problem(
            "privileged",
            at=view.privileged,
            facts={
                "container": container.name,
                "pools": container.unconfined_on,
                "creator": creator(outcome),
                "profile": own,
                "instead": instead,
                "why": "" if instead else why_privileged(outcome.judged.pod),
            },
            related=(Location("no-effect", asked_at(workload, container)),) if own else (),
            help="instead" if instead else "needed",
            word=AccessWord("unconfined", container.name),
        )
