"""
The API server rejects a pod or workload because of an inline CSI volume. The Pod Security level that the namespace enforces is stricter than
the level of the volume's CSI driver.

OpenShift's admission plugin CSIInlineVolumeSecurity compares two labels:

- The label `security.openshift.io/csi-ephemeral-volume-profile` of the CSIDriver is the strictest level of a namespace that may
  use inline volumes of the driver. Without the label it is `privileged`.
- The label `pod-security.kubernetes.io/enforce` of the Namespace is the level of the namespace. Without the label this plugin
  takes `restricted`, on every release and whatever level Pod Security admission enforces.

So a namespace without labels may use only drivers whose label is `restricted`. Of the drivers that OpenShift's operators install,
`secrets-store.csi.k8s.io` and `csi.sharedresource.openshift.io` have the level `restricted`, `file.csi.azure.com` and
`smb.csi.k8s.io` the level `privileged`. The plugin rejects Deployments and other workloads of Kubernetes themselves, before there is a
pod, so that `oc apply` fails.

It is a gap if neither the input nor OpenShift has the driver, because its operator may install it with a label. It is
also a gap for releases before 4.18, because scclint was not compared with their plugin.

## How to fix it

Set the label of the CSIDriver if the driver is safe for users without privileges. Otherwise use a PersistentVolumeClaim, or set the
label `pod-security.kubernetes.io/enforce` of the Namespace to the level of the driver.

`scclint fix` leaves this to you: whether users without privileges may use the driver is your decision.

## Before

```yaml
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: files.csi.example}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
      volumes:
        - name: files
          csi: {driver: files.csi.example}
```

## After

```yaml
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata:
  name: files.csi.example
  labels: {security.openshift.io/csi-ephemeral-volume-profile: restricted}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
      volumes:
        - name: files
          csi: {driver: files.csi.example}
```
"""

from collections.abc import Iterator

from scclint.advice.volumes import csi_labels
from scclint.advice.words import pods
from scclint.api import Decision, ObjectRef, Outcome, Problem, Related, Severity, Workload, World, rule
from scclint.podsecurity.levels import level_label

SENTENCES = {
    "rejected": "{object}: the API server rejects {judged:it|}[{rejected}] because of an inline volume of CSI driver {driver}",
    "driver": "the driver has {invalid:an invalid label security.openshift.io/csi-ephemeral-volume-profile|}[level {level}]",
    "enforces": "{where} enforces level {enforced}",
    "no-label": "{where} has no label pod-security.kubernetes.io/enforce, which counts as level {enforced} here",
}


@rule(
    "PSA505",
    "csi-volume-refused",
    "The namespace's Pod Security level does not allow an inline CSI volume",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "pod-security", "scc"),
    study=(40, 40),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.rejected_by == "pod-security":
        return
    name = world.namespace_known(workload)
    where = f"namespace {name}" if name else "its namespace"
    for volume in outcome.csi:
        if not volume.refused:
            continue
        driver = world.find(ObjectRef("CSIDriver", "", volume.driver))
        related = () if driver is None else (Related(f"{driver.named} is defined here", driver.place.span),)
        yield Problem(
            "rejected",
            at=workload.pod.field("spec", "volumes", volume.index, "csi", "driver"),
            facts={
                "judged": outcome.has_judged_template,
                "rejected": "" if outcome.has_judged_template else pods(workload),
                "driver": volume.driver,
                "level": volume.profile,
                "invalid": not volume.profile,
                "where": where,
                "enforced": volume.enforced,
            },
            notes=("driver", _level(outcome)),
            related=related,
            remedies=csi_labels(volume, where),
            decision=_decision(volume.driver, related),
            turns_on="" if driver or volume.known else "assumed, because the input does not have the driver",
        )


def _decision(name: str, driver: tuple[Related, ...]) -> Decision | None:
    """Return the label of the driver as what decides for all of its volumes, if the input has the driver."""
    words = f"are rejected because of inline volumes of CSI driver {name}"
    return Decision(f"CSIDriver {name}", driver[0], words) if driver else None


def _level(outcome: Outcome) -> str:
    """Return whether the namespace has a level."""
    security = outcome.pod_security
    return "enforces" if security is not None and level_label("enforce") in security.policy.labels else "no-label"
