"""
An SCC admits the pod and sets a field to a value that the API server's validation then rejects. The pod is never created,
although the manifest is valid as written.

SCC admission runs before validation. These SCCs set invalid values:

- `allowPrivilegedContainer: true` with `allowPrivilegeEscalation: false`. The SCC sets `allowPrivilegeEscalation: false` on a
  privileged container, and validation rejects the two together. The same holds for `CAP_SYS_ADMIN` in
  `defaultAddCapabilities`.
- A user or group ID below 0 or above 2147483647, in the SCC or in the annotations of the namespace.
- An entry of `seccompProfiles` that is no valid profile, such as `RuntimeDefault` instead of `runtime/default`.

## How to fix it

Correct the field of the SCC that the message names. The cluster admits the same pods, and creates them.

`scclint fix` leaves this to you: the SCC that sets the field is in another object.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
priority: 20
allowPrivilegedContainer: true
allowPrivilegeEscalation: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
seccompProfiles: ["*"]
volumes: ["*"]
users: ["system:serviceaccount:shop:agent"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext: {privileged: true}
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
priority: 20
allowPrivilegedContainer: true
allowPrivilegeEscalation: true
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
seccompProfiles: ["*"]
volumes: ["*"]
users: ["system:serviceaccount:shop:agent"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext: {privileged: true}
```
"""

from collections.abc import Iterator

from scclint.api import Field, FieldProblem, Problem, Severity, Workload, World, counted, rule

from ._words import pods, when_created

_CAUSES = {
    "allowPrivilegeEscalation": "Set allowPrivilegeEscalation: true in SCC {scc}, because it allows what needs privilege escalation.",
    "runAsUser": "Set runAsUser in SCC {scc}, or the user ID range of the namespace, to IDs from 0 to 2147483647.",
    "fsGroup": "Set fsGroup in SCC {scc}, or the group ranges of the namespace, to IDs from 0 to 2147483647.",
    "supplementalGroups": "Set supplementalGroups in SCC {scc}, or the group ranges of the namespace, to IDs from 0 to 2147483647.",
}
"""The fix by the field of the pod that is invalid."""


@rule(
    "SCC111",
    "pod-invalid-after-admission",
    "What the SCC sets makes the pod invalid",
    severity=Severity.ERROR,
    on=Workload,
    since="0.2",
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or outcome.verdict.scc is None or not outcome.invalid_by_scc:
        return
    scc = outcome.verdict.scc
    first, *others = outcome.invalid_by_scc
    more = f", and {counted(len(others), 'more error')}" if others else ""
    step = next((step for step in reversed(first.path) if step in _CAUSES), "")
    yield Problem(
        f"{workload.named}: SCC {scc} admits {pods(workload)}{when_created(outcome)}, and the API server then rejects "
        f"{'it' if workload.kind == 'Pod' else 'them'} as invalid: {first.message}{more}",
        at=_place(workload, first),
        related=world.steps.of_grant(None, scc, workload),
        settle=_CAUSES.get(str(step), "Correct seccompProfiles in SCC {scc}, for example to runtime/default.").format(scc=scc),
    )


def _place(workload: Workload, problem: FieldProblem) -> Field[object]:
    """Return the field of the manifest that is invalid together with what the SCC sets, or else where the SCC sets a field."""
    if problem.path[-1:] == ("allowPrivilegeEscalation",):
        privileged = workload.pod.field(*problem.path[:-1], "privileged")
        if privileged.present:
            return privileged
    return workload.pod.field(*problem.path)
