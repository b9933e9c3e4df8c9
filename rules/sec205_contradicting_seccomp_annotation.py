"""
A seccomp annotation of a pod says something else than the `seccompProfile` field that it stands for.

Only one of them counts, and which one depends on the platform and its release:

- OpenShift 4.13 and newer: SCC admission overwrites the field with the annotation, without a warning.
- OpenShift 4.11 and 4.12, and Kubernetes up to 1.26: the API server rejects the pod.
- Kubernetes 1.27 and newer, and OpenShift 4.14 and newer in namespaces without SCC admission: the annotation has no
  effect.

[SEC204](seccomp-annotation.md) reports annotations that agree with the field, or that stand alone.

## How to fix it

Delete the annotation and keep the field. If the field is `Unconfined`, write the profile of the annotation there.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: unconfined
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
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

from scclint.admission.seccomp import to_annotation
from scclint.api import Location, Operation, Problem, Remove, Severity, Workload, World, as_mapping, rule
from scclint.platform.releases import SECCOMP_ANNOTATIONS, SECCOMP_FIELDS_OF_ANNOTATIONS

from ._seccomp import container_of, contradicts, flow_form, matching_field, seccomp_keys, set_profile

SENTENCES = {
    "contradicts": "{object}: the seccomp annotation for {of_pod:the pod|}[container {name}] says {value}, but the seccompProfile field says "
    "{in_field}",
    "field": "the field says {in_field}",
    "overrides": "on {platform} the annotation overrides the field",
    "no-effect": "on {platform} the annotation has no effect",
    "rejected": "{platform} rejects the pod",
    "keep-field": "Delete the annotation, and keep the seccompProfile field.",
    "set-instead": "Delete the annotation, and set seccompProfile: {flow_form}.",
}


@rule(
    "SEC205",
    "contradicting-seccomp-annotation",
    "A seccomp annotation contradicts the seccompProfile field",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(477,),
    references=("https://kubernetes.io/docs/tutorials/security/seccomp/",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if workload.partial:
        return
    for key in seccomp_keys(workload.pod.annotations):
        annotation, field = workload.pod.annotation(key), matching_field(workload, key)
        value = annotation.value if isinstance(annotation.value, str) else ""
        if field is None or not contradicts(value, field):
            continue
        name, in_field = container_of(annotation), to_annotation(as_mapping(field.value))
        help = "keep-field"
        edits: tuple[Operation, ...] = (Remove(annotation.path),)
        if in_field == "unconfined":
            # Without the annotation, the field counts.
            help = "set-instead"
            edits = (*set_profile(field, value), *edits)
        yield Problem(
            "contradicts",
            at=annotation,
            facts={
                "of_pod": not name,
                "name": name,
                "value": value,
                "in_field": in_field,
                "platform": world.cluster.platform_name,
                "flow_form": flow_form(value),
            },
            notes=(_which_counts(world),),
            related=(Location("field", field.below("type")),),
            help=help,
            edits=edits,
        )


def _which_counts(world: World) -> str:
    minor = world.cluster.kubernetes_minor
    if world.cluster.platform != "kubernetes" and SECCOMP_FIELDS_OF_ANNOTATIONS.holds(minor):
        return "overrides"
    return "rejected" if SECCOMP_ANNOTATIONS.holds(minor) else "no-effect"
