"""
A deprecated annotation sets a seccomp profile: `seccomp.security.alpha.kubernetes.io/pod` or
`container.seccomp.security.alpha.kubernetes.io/<container>`. Kubernetes dropped these annotations in 1.27.

The effect depends on the platform and its release:

- OpenShift 4.13 and newer: SCC admission overwrites the `seccompProfile` field with the annotation.
- OpenShift 4.11 and 4.12, and Kubernetes up to 1.26: the API server copies the annotation into the field if the field
  is unset.
- Kubernetes 1.27 and newer, and OpenShift 4.14 and newer in namespaces without SCC admission: the annotation has no
  effect. Without a field, the container runs unconfined.

If the field is set to another value, the finding is an error: SCC admission overwrites the field without a warning, the older
releases reject the pod, and in the last case the annotation has no effect.

On the metadata of a Deployment, instead of its pod template's metadata, the annotation has no effect on any release.

## How to fix it

Set the profile in the field, `securityContext.seccompProfile` of the pod or the container, and delete the annotation. If the
field is set, keep it, but write the profile of the annotation there in place of `Unconfined`.
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
from scclint.api import (
    SECCOMP_ANNOTATIONS,
    SECCOMP_FIELDS_OF_ANNOTATIONS,
    Field,
    Operation,
    Problem,
    Related,
    Remove,
    Severity,
    Verdict,
    Workload,
    World,
    as_mapping,
    rule,
    to_annotation,
    to_field,
)

from ._seccomp import flow_form, seccomp_keys, set_profile

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
    study=(1, 1),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    verdict = world.outcome(workload).verdict
    if verdict is not None:
        yield from _on_the_controller(workload)
    for key in seccomp_keys(workload.pod.annotations):
        annotation = workload.pod.annotation(key)
        value, field = annotation.value if isinstance(annotation.value, str) else "", _matching_field(workload, key)
        in_field = to_annotation(as_mapping(field.value)) if field is not None else ""
        if field is not None and value and in_field not in ("", {"docker/default": "runtime/default"}.get(value, value)):
            if not workload.partial:
                yield _contradiction(workload, world, annotation, value, field)
        elif verdict is None or (field is not None and not value) or (in_field and ADMITTED in workload.pod.annotations):
            continue
        elif field is None:
            effect = "the pod has no container of that name, so it has no effect"
            yield _problem(workload, annotation, effect, _DELETE, (Remove(annotation.path),))
        else:
            fix = f"Set seccompProfile: {flow_form(value)} in the securityContext, and delete the annotation."
            edits = (*(() if in_field else set_profile(field, value)), Remove(annotation.path))
            effect = _effect(world, verdict, value, bool(in_field))
            yield _problem(workload, annotation, effect, _DELETE if in_field else fix, edits)


def _contradiction(workload: Workload, world: World, annotation: Field[Any], value: str, field: Field[Any]) -> Problem:
    key = str(annotation.path[-1])
    whose = f"container {key.removeprefix(PREFIX)}" if key.startswith(PREFIX) else "the pod"
    in_field = to_annotation(as_mapping(field.value))
    fix = "Delete the annotation, and keep the seccompProfile field."
    edits: tuple[Operation, ...] = (Remove(annotation.path),)
    if in_field == "unconfined":
        # Without the annotation, the field counts.
        fix = f"Delete the annotation, and set seccompProfile: {flow_form(value)}."
        edits = (*set_profile(field, value), *edits)
    return Problem(
        f"{workload.named}: the seccomp annotation for {whose} says {value}, but the seccompProfile field says {in_field}",
        notes=(_which_counts(world),),
        at=annotation,
        related=(Related(f"the field says {in_field}", field.below("type").span),),
        help=fix,
        severity=Severity.ERROR,
        edits=edits,
    )


def _which_counts(world: World) -> str:
    cluster = world.cluster
    if cluster.platform != "kubernetes" and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(cluster.kubernetes_minor):
        return f"on {cluster.platform_name} the annotation overrides the field"
    if not SECCOMP_ANNOTATIONS.holds(cluster.kubernetes_minor):
        return f"on {cluster.platform_name} the annotation has no effect"
    return f"{cluster.platform_name} rejects the pod"


def _problem(workload: Workload, annotation: Field[Any], effect: str, fix: str, edits: tuple[Operation, ...] = ()) -> Problem:
    key = str(annotation.path[-1])
    container = key[len(PREFIX) :] if key.startswith(PREFIX) else ""
    whose = f" for container {container}" if container else ""
    return Problem(
        f"{workload.named}: the deprecated seccomp annotation{whose} is {annotation.value}",
        notes=(effect,),
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
    profile = " ".join((to_field(value) or {}).values())
    if not profile:
        return f"{on} this value is not a valid profile, and the API server rejects the pod"
    if verdict.skipped == "windows":
        return f"{on} Windows pods have no seccomp, so it has no effect"
    if verdict.skipped is None and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(world.cluster.kubernetes_minor):
        if in_field:
            return f"{on} SCC admission overwrites the seccompProfile field with it, and both have the same value now"
        return f"{on} SCC admission sets seccompProfile to {profile}"
    if not SECCOMP_ANNOTATIONS.holds(world.cluster.kubernetes_minor):
        outside = verdict.skipped in ("namespace", "run-level", "disabled")
        where = f" in namespace {verdict.namespace}, where SCC admission does not run," if outside else ""
        return f"{on}{where} it has no effect" + ("" if in_field else ", so no profile is set")
    if in_field:
        return f"{on} it must match the seccompProfile field, or the API server rejects the pod"
    return f"{on} the API server copies it into the field: seccompProfile becomes {profile}"
