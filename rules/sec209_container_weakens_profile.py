"""
The pod has a seccomp profile, but a container overrides it with `Unconfined`.

The pod's `securityContext` suggests that all of its containers are confined. On OpenShift, only an SCC that lists `*`
or `unconfined` admits such a pod, such as `privileged`. On plain Kubernetes there is no such limit.

## How to fix it

Delete the container's `seccompProfile`, so that the container inherits the pod's profile. If it needs a system call
that the profile denies, give the container a Localhost profile that allows this call.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        seccompProfile: {type: Unconfined}
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import (
    POD_SECCOMP_ANNOTATION,
    ContainerSeccomp,
    Problem,
    Related,
    Remove,
    Severity,
    Verdict,
    Workload,
    World,
    rule,
)

from ._annotations import annotation_form, field_form, pod_profile_at
from ._seccomp import asked_at
from ._what_if import admitted, path_to_remove, user_remark, without
from ._words import when_created


@rule(
    "SEC209",
    "container-weakens-profile",
    "A container's own seccomp profile is weaker than its pod's",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or not verdict.allowed:
        return
    pod_profile = _pod_profile(verdict, world)
    if not pod_profile:
        return
    setting = pod_profile_at(workload)
    applied = "" if setting.present else f", which SCC {verdict.scc} applies"
    for container in outcome.seccomp:
        if container.type != "Unconfined" or container.source not in ("container field", "container annotation"):
            continue
        own = asked_at(workload, container)
        removed = without(verdict.submitted, [path_to_remove(own.path[len(workload.pod.path) :])])
        yield Problem(
            f"{workload.named}: container {container.name} sets Unconfined, so it runs{when_created(outcome)} without the "
            f"pod's profile {pod_profile}{applied}",
            at=own,
            related=(Related(f"the pod sets {pod_profile}", setting.span),) if setting.present else (),
            help=f"Delete the container's {_setting(container)}{user_remark(world, outcome, admitted(world, outcome, removed))}, or "
            "give the container a Localhost profile that allows the system calls it needs.",
            container=container.name,
            edits=(Remove(own.path[:-1] if own.path[-1] == "type" else own.path),),
        )


def _setting(container: ContainerSeccomp) -> str:
    return "seccomp annotation" if container.source == "container annotation" else "seccompProfile"


def _pod_profile(verdict: Verdict, world: World) -> str:
    """Return the profile of containers that set none, such as `Localhost a.json`; empty if it is unset or Unconfined."""
    form = annotation_form(((verdict.pod.get("spec") or {}).get("securityContext") or {}).get("seccompProfile"))
    if not form and world.cluster.kubernetes_minor <= 26:
        # The API server copies the annotation into the field only after admission.
        form = ((verdict.pod.get("metadata") or {}).get("annotations") or {}).get(POD_SECCOMP_ANNOTATION) or ""
    profile = field_form(form)
    return "" if profile == "Unconfined" else profile
