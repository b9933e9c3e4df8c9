"""
The pod has a seccomp profile, and a container of it asks for none: the container's own `Unconfined` beats the pod's
profile.

Whoever reads the pod's `securityContext` takes all of its containers for confined. On OpenShift only an SCC that
lists `*` or `unconfined` lets this pass, such as `privileged`; on plain Kubernetes nothing stops it.

## How to fix it

Delete the container's `seccompProfile`, so that it inherits the pod's. If it needs a system call that the profile
stops, give that container a Localhost profile that allows it.

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

from scclint.api import POD_SECCOMP_ANNOTATION, ContainerSeccomp, Problem, Related, Severity, Verdict, Workload, World, rule

from ._annotations import annotation_form, field_form, pod_profile_at
from ._seccomp import asked_at
from ._words import creator


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
    pods = _pod_profile(verdict, world)
    if not pods:
        return
    whose = pod_profile_at(workload)
    filled_in = "" if whose.present else f", which SCC {verdict.scc} fills in"
    for container in outcome.seccomp:
        if container.type != "Unconfined" or container.source not in ("container field", "container annotation"):
            continue
        yield Problem(
            f"{workload.named}: container {container.name} asks for Unconfined, so it runs{creator(outcome)} without the "
            f"{pods} of its pod{filled_in}",
            at=asked_at(workload, container),
            related=(Related(f"the pod asks for {pods}", whose.span),) if whose.present else (),
            settle=f"Delete the container's {_what(container)}, or give it a Localhost profile that allows what it needs.",
            container=container.name,
        )


def _what(container: ContainerSeccomp) -> str:
    return "seccomp annotation" if container.source == "container annotation" else "seccompProfile"


def _pod_profile(verdict: Verdict, world: World) -> str:
    """The profile that the admitted pod gives to containers without their own: `Localhost a.json`; empty for none."""
    form = annotation_form(((verdict.pod.get("spec") or {}).get("securityContext") or {}).get("seccompProfile"))
    if not form and world.cluster.kubernetes_minor <= 26:
        # The API server copies the annotation into the field only after admission.
        form = ((verdict.pod.get("metadata") or {}).get("annotations") or {}).get(POD_SECCOMP_ANNOTATION) or ""
    asked = field_form(form)
    return "" if asked == "Unconfined" else asked
