"""
A privileged container has a seccomp profile, its own or its pod's, and CRI-O ignores it: privileged containers run
without seccomp.

The API server, the SCC and Pod Security Admission all accept the field, so the manifest reads as if the container
were confined. Only `privileged_seccomp_profile` in CRI-O's configuration (1.33 and newer), which OpenShift leaves
unset, would apply a filter.

## How to fix it

Give the container the capabilities it needs instead of `privileged: true`; its profile then takes effect. If it must
be privileged, leave the profile out, so that nobody relies on it.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        privileged: true
        seccompProfile:
          type: RuntimeDefault
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        capabilities: {add: [NET_ADMIN]}
        seccompProfile:
          type: RuntimeDefault
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Related, Severity, Workload, World, rule

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
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.admitted:
        return
    for container in outcome.seccomp:
        if container.source != "privileged" or container.requested_type in (None, "Unconfined"):
            continue
        view = workload.pod.container(container.name)
        if view is None:
            continue
        asked = asked_at(workload, container)
        yield Problem(
            f"{workload.named}: container {container.name} is privileged, so it runs without seccomp although "
            f"{container.requested_type} is asked for",
            at=view.privileged,
            related=(Related(f"{container.requested_type} is asked for here, without effect", asked.span),),
            settle="Replace privileged: true by the capabilities it needs, or leave the profile out so that nobody relies on it.",
            container=container.name,
        )
