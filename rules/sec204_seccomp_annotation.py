"""
A seccomp profile is asked for by annotation (`seccomp.security.alpha.kubernetes.io/pod`,
`container.seccomp.security.alpha.kubernetes.io/<container>`), which Kubernetes gave up in 1.27.

What that does depends on the platform and its release. From OpenShift 4.13 on SCC admission writes the annotation
over the `seccompProfile` field; on 4.11 and 4.12, and on Kubernetes up to 1.26, the API server copies it into a field
that is not set; Kubernetes 1.27 and newer, and OpenShift from 4.14 on in namespaces without SCC admission, ignore it,
so that the container runs unconfined. On the metadata of a Deployment, instead of its pod template's, it never did
anything.

## How to fix it

Write the profile in the field, `securityContext.seccompProfile` of the pod or the container, and delete the
annotation. A dump of a running pod (`oc get pod -o yaml`) carries the annotation because SCC admission put it there:
strip it before the dump is applied again.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
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
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import CONTAINER_SECCOMP_ANNOTATION_PREFIX as PREFIX
from scclint.api import Field, Problem, Severity, Verdict, Workload, World, rule

from ._annotations import annotation_form, field_form, seccomp_keys
from ._releases import minor

# Set by SCC admission: the object is a dump of a pod that was admitted, seccomp annotation and all.
ADMITTED = "openshift.io/scc"


@rule(
    "SEC204",
    "seccomp-annotation",
    "A seccomp annotation is used instead of the seccompProfile field",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=3.0,
    cwe=(477,),
    references=("https://kubernetes.io/docs/tutorials/security/seccomp/",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    verdict = world.outcome(workload).verdict
    if verdict is None:
        return
    yield from _on_the_controller(workload)
    for key in seccomp_keys(workload.pod.annotations):
        annotation = workload.pod.annotation(key)
        asked, field = str(annotation.value or ""), _field(workload, key)
        if field is None:
            yield _problem(workload, annotation, "no container of the pod is called that, so it has no effect", "Delete it.")
            continue
        says = annotation_form(field.value)
        if not asked or (says and says != {"docker/default": "runtime/default"}.get(asked, asked)):
            continue  # a contradiction is more than an old spelling, and a finding of its own
        if says and ADMITTED in workload.pod.annotations:
            continue
        settle = f"Write seccompProfile: {_flow(asked)} in the securityContext and delete the annotation."
        yield _problem(workload, annotation, _effect(world, verdict, asked, bool(says)), "Delete it." if says else settle)


def _problem(workload: Workload, annotation: Field[Any], effect: str, settle: str) -> Problem:
    key = str(annotation.path[-1])
    container = key[len(PREFIX) :] if key.startswith(PREFIX) else ""
    whose = f" for container {container}" if container else ""
    return Problem(
        f"{workload.named}: the seccomp annotation says {annotation.value}{whose}; {effect}",
        at=annotation,
        settle=settle,
        container=container,
    )


def _on_the_controller(workload: Workload) -> Iterator[Problem]:
    """An annotation on the Deployment itself, which nothing carries over to its pods."""
    if not workload.controlled:
        return
    annotations = workload.field("metadata", "annotations").value
    for key in seccomp_keys(annotations if isinstance(annotations, dict) else {}):
        effect = f"it stands on the {workload.kind}, not on its pod template, so it has no effect"
        yield _problem(
            workload,
            workload.field("metadata", "annotations", key),
            effect,
            "Write seccompProfile in the pod template's securityContext instead.",
        )


def _field(workload: Workload, key: str) -> Field[Any] | None:
    """The `seccompProfile` field that the annotation stands for; None where it names no container."""
    if not key.startswith(PREFIX):
        return workload.pod.field("spec", "securityContext", "seccompProfile")
    container = workload.pod.container(key.removeprefix(PREFIX))
    return None if container is None else container.field("securityContext", "seccompProfile")


def _effect(world: World, verdict: Verdict, asked: str, in_field: bool) -> str:
    on = f"on {world.cluster.platform_name}"
    meant = field_form(asked)
    if not meant:
        return f"{on} that is no valid profile, and the API server refuses the pod"
    if verdict.skipped == "windows":
        return f"{on} a Windows pod has no seccomp, so it has no effect"
    if verdict.skipped is None and minor(world) >= 13:
        return f"{on} SCC admission writes it over the field" + (
            ", which says the same for now" if in_field else f", as if seccompProfile asked for {meant}"
        )
    if world.cluster.kubernetes_minor >= 27:
        return f"{on}{_outside(verdict)} it has no effect" + ("" if in_field else ", so nothing asks for a profile")
    if in_field:
        return f"{on} it has to agree with the field, or the pod is refused"
    return f"{on} the API server copies it into the field, as if seccompProfile asked for {meant}"


def _outside(verdict: Verdict) -> str:
    if verdict.skipped not in ("namespace", "run-level"):
        return ""
    return f" in namespace {verdict.namespace}, where SCC admission does not run,"


def _flow(asked: str) -> str:
    kind, _, path = field_form(asked).partition(" ")
    return f"{{type: {kind}, localhostProfile: {path}}}" if path else f"{{type: {kind or 'RuntimeDefault'}}}"
