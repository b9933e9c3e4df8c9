"""
A deprecated annotation sets a seccomp profile: `seccomp.security.alpha.kubernetes.io/pod` or
`container.seccomp.security.alpha.kubernetes.io/<container>`. Kubernetes dropped these annotations in 1.27.

The effect depends on the platform and its release:

- OpenShift 4.13 and newer: SCC admission overwrites the `seccompProfile` field with the annotation.
- OpenShift 4.11 and 4.12, and Kubernetes up to 1.26: the API server copies the annotation into the field if the field
  is unset.
- Kubernetes 1.27 and newer, and OpenShift 4.14 and newer in namespaces without SCC admission: the annotation has no
  effect. Without a field, the container runs unconfined.

On the metadata of a Deployment, instead of its pod template's metadata, the annotation has no effect on any release.

## How to fix it

Set the profile in the field, `securityContext.seccompProfile` of the pod or the container, and delete the annotation.
A dump of a running pod (`oc get pod -o yaml`) has the annotation because SCC admission added it: delete it before you
apply the dump.

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
from scclint.api import Field, Operation, Problem, Remove, Severity, Verdict, Workload, World, rule

from ._annotations import annotation_form, field_form, flow_form, seccomp_keys, set_profile

# SCC admission sets this annotation, so the manifest is a dump of an admitted pod. Admission added its seccomp annotation too.
ADMITTED = "openshift.io/scc"
_DELETE = "Delete the annotation."


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
        value, field = str(annotation.value or ""), _matching_field(workload, key)
        if field is None:
            effect = "the pod has no container of that name, so it has no effect"
            yield _problem(workload, annotation, effect, _DELETE, (Remove(annotation.path),))
            continue
        in_field = annotation_form(field.value)
        if not value or (in_field and in_field != {"docker/default": "runtime/default"}.get(value, value)):
            continue  # SEC205 reports an annotation that contradicts the field.
        if in_field and ADMITTED in workload.pod.annotations:
            continue
        fix = f"Set seccompProfile: {flow_form(value)} in the securityContext, and delete the annotation."
        edits = (*(() if in_field else set_profile(field, value)), Remove(annotation.path))
        yield _problem(
            workload, annotation, _effect(world, verdict, value, bool(in_field)), _DELETE if in_field else fix, edits
        )


def _problem(workload: Workload, annotation: Field[Any], effect: str, fix: str, edits: tuple[Operation, ...] = ()) -> Problem:
    key = str(annotation.path[-1])
    container = key[len(PREFIX) :] if key.startswith(PREFIX) else ""
    whose = f" for container {container}" if container else ""
    return Problem(
        f"{workload.named}: the deprecated seccomp annotation{whose} is {annotation.value}; {effect}",
        at=annotation,
        help=fix,
        container=container,
        edits=edits,
    )


def _on_the_controller(workload: Workload) -> Iterator[Problem]:
    """Yield annotations on the workload object itself: its pods do not inherit them."""
    if not workload.controlled:
        return
    annotations = workload.field("metadata", "annotations").value
    for key in seccomp_keys(annotations if isinstance(annotations, dict) else {}):
        effect = f"it is on the {workload.kind}, not on its pod template, so it has no effect"
        yield _problem(
            workload,
            workload.field("metadata", "annotations", key),
            effect,
            "Set seccompProfile in the pod template's securityContext, and delete the annotation.",
        )


def _matching_field(workload: Workload, key: str) -> Field[Any] | None:
    """Return the `seccompProfile` field that the annotation stands for; None if it names no container of the pod."""
    if not key.startswith(PREFIX):
        return workload.pod.field("spec", "securityContext", "seccompProfile")
    container = workload.pod.container(key.removeprefix(PREFIX))
    return None if container is None else container.field("securityContext", "seccompProfile")


def _effect(world: World, verdict: Verdict, value: str, in_field: bool) -> str:
    """Return what the annotation does on this cluster, as a clause. `in_field`: the field has the same value."""
    on = f"on {world.cluster.platform_name}"
    profile = field_form(value)
    if not profile:
        return f"{on} this value is not a valid profile, and the API server rejects the pod"
    if verdict.skipped == "windows":
        return f"{on} Windows pods have no seccomp, so it has no effect"
    if verdict.skipped is None and world.cluster.kubernetes_minor >= 26:
        if in_field:
            return f"{on} SCC admission overwrites the seccompProfile field with it, and both have the same value now"
        return f"{on} SCC admission sets seccompProfile to {profile}"
    if world.cluster.kubernetes_minor >= 27:
        return f"{on}{_outside(verdict)} it has no effect" + ("" if in_field else ", so no profile is set")
    if in_field:
        return f"{on} it must match the seccompProfile field, or the API server rejects the pod"
    return f"{on} the API server copies it into the field: seccompProfile becomes {profile}"


def _outside(verdict: Verdict) -> str:
    if verdict.skipped not in ("namespace", "run-level", "disabled"):
        return ""
    return f" in namespace {verdict.namespace}, where SCC admission does not run,"
