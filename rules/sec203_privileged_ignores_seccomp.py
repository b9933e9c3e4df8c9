"""
A privileged container has a seccomp profile, from its own field or from the pod's, and CRI-O ignores it: privileged
containers run without seccomp.

The API server, the SCC and Pod Security admission all accept the field, so the container looks confined in the
manifest. CRI-O applies a filter to privileged containers only if `privileged_seccomp_profile` is set in its
configuration (CRI-O 1.33 and newer). OpenShift leaves it unset.

## How to fix it

Replace `privileged: true` with the capabilities that the container needs; its profile then takes effect. `restricted-v2`
allows `NET_BIND_SERVICE`, with which a process can listen on ports below 1024. For other capabilities, `scclint suggest`
prints an SCC. Remove the grant of the SCC that allowed the privileged container. If the container must be privileged, remove
the profile, so that the manifest does not promise a filter. A profile of the pod that its other
containers use is not reported.

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

from scclint.api import Problem, Related, Remove, Severity, Workload, World, rule, without_privileged

from ._seccomp import asked_at


@rule(
    "SEC203",
    "privileged-ignores-seccomp",
    "A privileged container has a seccomp profile that the runtime ignores",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
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
    for container in outcome.seccomp:
        if container.source != "privileged" or container.requested_type in (None, "Unconfined"):
            continue
        view = workload.pod.container(container.name)
        if view is None or (container.requested and container.requested.source in of_others):
            continue
        setting = asked_at(workload, container)
        # Without its own profile, the container would have that of the pod.
        own = setting.path == view.seccomp_type.path and not workload.pod.seccomp_type
        yield Problem(
            f"{workload.named}: container {container.name} is privileged, so it runs without seccomp and its "
            f"{container.requested_type} profile has no effect",
            at=view.privileged,
            related=(Related(f"{container.requested_type} is set here and has no effect", setting.span),),
            help=f"{without_privileged(outcome)} Remove the profile if the container stays privileged: it has no effect.".lstrip(),
            container=container.name,
            # The containers that one profile of the pod is for are settled by one edit.
            cause="" if own else "the pod's profile",
            edits=(Remove(setting.path[:-1]),) if own else (),
        )
