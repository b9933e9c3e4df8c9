"""
A deprecated annotation sets a seccomp profile: `seccomp.security.alpha.kubernetes.io/pod` or
`container.seccomp.security.alpha.kubernetes.io/<container>`. Kubernetes dropped these annotations in 1.27.

The effect depends on the platform and its release:

- OpenShift 4.13 and newer: SCC admission overwrites the `seccompProfile` field with the annotation.
- OpenShift 4.11 and 4.12, and Kubernetes up to 1.26: the API server copies the annotation into the field if the field
  is unset.
- Kubernetes 1.27 and newer, and OpenShift 4.14 and newer in namespaces without SCC admission: the annotation has no
  effect. Without a field, the container runs unconfined.

[SEC205](contradicting-seccomp-annotation.md) reports an annotation that says something else than the field.

On the metadata of a Deployment, instead of its pod template's metadata, the annotation has no effect on any release.

## How to fix it

Set the profile in the field, `securityContext.seccompProfile` of the pod or the container, and delete the annotation. If the
field is set, keep it.
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

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.seccomp import to_annotation, to_field
from scclint.api import Field, Operation, Problem, Remove, Verdict, Workload, World, as_mapping, rule
from scclint.platform.releases import SECCOMP_ANNOTATIONS, SECCOMP_FIELDS_OF_ANNOTATIONS

from ._seccomp import container_of, contradicts, flow_form, matching_field, seccomp_keys, set_profile

SENTENCES = {
    "deprecated": "{object}: the deprecated seccomp annotation[ for container {container}] is {value}",
    "no-container": "the pod has no container of that name, so it has no effect",
    "on-controller": "it is on the {kind}, not on its pod template, so it has no effect",
    "invalid": "on {platform} this value is not a valid profile, and the API server rejects the pod",
    "windows": "on {platform} Windows pods have no seccomp, so it has no effect",
    "overwrites": "on {platform} SCC admission overwrites the seccompProfile field with it, and both have the same value now",
    "sets": "on {platform} SCC admission sets seccompProfile to {profile}",
    "ignored": "on {platform}[ in namespace {namespace}, where SCC admission does not run,] it has no effect{in_field:|, so no profile is set}",
    "must-match": "on {platform} it must match the seccompProfile field, or the API server rejects the pod",
    "copied": "on {platform} the API server copies it into the field: seccompProfile becomes {profile}",
    "delete": "Delete the annotation.",
    "set": "Set seccompProfile: {flow_form} in the securityContext, and delete the annotation.",
    "set-in-template": "Set seccompProfile in the pod template's securityContext, and delete the annotation.",
}

# SCC admission sets this annotation, so the manifest is a dump of an admitted pod. Admission added its seccomp annotation too.
ADMITTED = "openshift.io/scc"


@rule(
    "SEC204",
    "seccomp-annotation",
    "A seccomp annotation is used instead of the seccompProfile field",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
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
        value, field = annotation.value if isinstance(annotation.value, str) else "", matching_field(workload, key)
        in_field = to_annotation(as_mapping(field.value)) if field is not None else ""
        # SEC205 reports an annotation that says something else than the field.
        if (
            verdict is None
            or contradicts(value, field)
            or (field is not None and not value)
            or (in_field and ADMITTED in workload.pod.annotations)
        ):
            continue
        elif field is None:
            yield _deprecated(workload, annotation, "no-container", "delete", (Remove(annotation.path),))
        else:
            edits = (*(() if in_field else set_profile(field, value)), Remove(annotation.path))
            effect = _effect(world, verdict, value, in_field=bool(in_field))
            facts = {
                "platform": world.cluster.platform_name,
                "namespace": verdict.namespace if verdict.skipped in ("namespace", "run-level", "disabled") else "",
                "profile": " ".join((to_field(value) or {}).values()),
                "in_field": bool(in_field),
                "flow_form": flow_form(value),
            }
            yield _deprecated(workload, annotation, effect, "delete" if in_field else "set", edits, facts)


def _deprecated(
    workload: Workload,
    annotation: Field[Any],
    effect: str,
    help: str,
    edits: tuple[Operation, ...] = (),
    facts: Mapping[str, Any] | None = None,
) -> Problem:
    return Problem(
        "deprecated",
        at=annotation,
        facts={"container": container_of(annotation), "value": annotation.value, "kind": workload.kind, **(facts or {})},
        notes=(effect,),
        help=help,
        edits=edits,
    )


def _on_the_controller(workload: Workload) -> Iterator[Problem]:
    """Yield annotations on the workload object itself: its pods do not inherit them."""
    if not workload.controlled:
        return
    annotations = workload.field("metadata", "annotations").value
    for key in seccomp_keys(annotations if isinstance(annotations, dict) else {}):
        annotation = workload.field("metadata", "annotations", key)
        yield _deprecated(workload, annotation, "on-controller", "set-in-template")


def _effect(world: World, verdict: Verdict, value: str, *, in_field: bool) -> str:
    """Return what the annotation does on this cluster. `in_field`: the field has the same value."""
    minor = world.cluster.kubernetes_minor
    if not to_field(value):
        return "invalid"
    if verdict.skipped == "windows":
        return "windows"
    if verdict.skipped is None and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(minor):
        return "overwrites" if in_field else "sets"
    if not SECCOMP_ANNOTATIONS.holds(minor):
        return "ignored"
    return "must-match" if in_field else "copied"
