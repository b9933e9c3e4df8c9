"""
Two pods mount one PersistentVolumeClaim with SELinux labels that exclude each other.

Until OpenShift 5.0 the container runtime relabels the files of a volume for each pod. It is planned that from 5.1 on, the kubelet mounts the
volume with the label of the pod (`-o context=...`). A second pod with another label then stays in `ContainerCreating`, with the message
`conflicting SELinux labels of volume`. OpenShift 5.0 looks for such pods, and sets `Upgradeable=False` while there are any.

No manifest shows the label. An SCC with `seLinuxContext: MustRunAs`, such as restricted-v2, writes the level of the namespace to
the pod. An SCC with `RunAsAny`, such as privileged, writes nothing. So a backup job that runs under privileged conflicts with the
workload whose claim it reads.

The rule compares the admitted pods that mount a claim of one name in one namespace, as the controller in the cluster does. The pods may
be of different units, unless these are alternatives such as two overlays of one application. Of two pods that conflict, the later one has
the finding: in the order of the input, and of the names of their units. The notes have the text of each event that the cluster records:
`SELinuxLabelConflict`, `SELinuxChangePolicyConflict`, or `MultipleSELinuxLabels` for two containers of one pod. The pod of a Job
counts only while it runs.

The volume of the claim decides as well, as far as the input has the claim, its StorageClass or PersistentVolume, and the CSIDriver. If
`seLinuxMount` of the CSIDriver is not `true`, no pod of the volume waits, and the rule is silent. Without a CSIDriver in the input, scclint
assumes that the driver supports the mount option, as the CSI drivers that OpenShift installs do. Drivers for NFS commonly do not. If
the only access mode of a volume is `ReadWriteOncePod`, the kubelet mounts it with the label since OpenShift 4.15: a pod whose
containers have different labels does not start there either. Volumes without a claim, such as `emptyDir` or `hostPath`, have no label.

## How to fix it

1. Let the same SCC admit both workloads: then both have the level of the namespace.
2. Set `securityContext.seLinuxChangePolicy: Recursive` in both pods. One alone is a conflict, too. The runtime then relabels
   the files as before.
3. Label the namespace `storage.openshift.io/selinux-change-policy: Recursive`. The label applies to its pods that set no policy.

`scclint fix` leaves this to you: whether the pods may run under one SCC depends on what they do.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example/web:1
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: backup, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: backup, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
subjects: [{kind: ServiceAccount, name: backup, namespace: shop}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backup, namespace: shop}
spec:
  selector: {matchLabels: {app: backup}}
  template:
    metadata:
      labels: {app: backup}
      annotations: {openshift.io/required-scc: privileged}
    spec:
      serviceAccountName: backup
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: backup
          image: registry.example/backup:1
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example/web:1
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backup, namespace: shop}
spec:
  selector: {matchLabels: {app: backup}}
  template:
    metadata:
      labels: {app: backup}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: backup
          image: registry.example/backup:1
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
```
"""

from collections.abc import Iterator, Sequence

from scclint.advice.volumes import one_label
from scclint.api import Location, Place, Problem, Severity, Workload, World, rule
from scclint.outcome.selinux import (
    Event as SELinuxEvent,
)
from scclint.outcome.selinux import (
    Mount,
)
from scclint.outcome.selinux import (
    conflicts as selinux_conflicts,
)
from scclint.outcome.selinux import (
    event_text as selinux_event_text,
)
from scclint.outcome.selinux import (
    mounts as claim_mounts,
)
from scclint.platform.releases import ONE_POD_VOLUME_LABELS

_CONFLICT = "{object}[ (SCC {scc})] mounts claim {claim} {labelled}, and {other} {other_labelled}; {planned:from OpenShift 5.1 (planned) |}"
SENTENCES = {
    "own-labels": "{object}: its containers mount claim {claim} with SELinux labels {labels}; {planned:from OpenShift 5.1 (planned) |}the "
    "pod does not start (event MultipleSELinuxLabels)",
    "same-options": "Set the same seLinuxOptions in all containers that mount the claim.",
    "waits": _CONFLICT + "one waits while the other runs on the same node[, if driver {driver} mounts with labels]",
    "waits-for-job": _CONFLICT
    + "while {job} runs, the other pod waits on the same node[, if driver {driver} mounts with labels]",
    "event": "{pod} mounts it {labelled}[ (SCC {scc})]: event {events}, {meaning}",
    "one-label": "{one_label}",
}

_OPT_OUT = "SELinuxChangePolicy"
"""The feature gate with which pods can opt out of the mount option."""


@rule(
    "SEC218",
    "selinux-label-conflict",
    "Pods mount one volume with SELinux labels that exclude each other",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("selinux", "upgrade"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    gates = world.cluster.disabled_gates
    if world.cluster.platform == "kubernetes":
        return
    for mount in claim_mounts(world).of_workload.get(id(workload), ()):
        volume = mount.claim.volume
        fails_now = "SELinuxMount" not in gates or (
            volume.of_one_pod and ONE_POD_VOLUME_LABELS.holds(world.cluster.kubernetes_minor)
        )
        if len(mount.claim.labels) > 1 and volume.mounts_with_label is not False and (fails_now or _OPT_OUT not in gates):
            yield Problem(
                "own-labels",
                at=workload.pod.field(*mount.claim.path),
                facts={
                    "claim": mount.claim.claim,
                    "labels": [_shown(label) or "none" for label in mount.claim.labels],
                    "planned": not fails_now,
                },
                help="same-options",
            )
        elif _OPT_OUT not in gates and (conflicts := [*selinux_conflicts(mount, workload, world)]):
            yield _conflict(workload, mount, conflicts, world, is_planned=not fails_now)


def _conflict(
    workload: Workload,
    mount: Mount,
    conflicts: Sequence[tuple[Mount, tuple[SELinuxEvent, ...]]],
    world: World,
    *,
    is_planned: bool,
) -> Problem:
    other = conflicts[0][0]
    job = next((pod_mount for pod_mount in (mount, other) if pod_mount.named.startswith(("Job ", "CronJob "))), None)
    return Problem(
        "waits-for-job" if job else "waits",
        at=workload.pod.field(*mount.claim.path),
        facts={
            "scc": mount.scc,
            "claim": mount.claim.claim,
            "labelled": _labelled(mount),
            "other": other,
            "other_labelled": _labelled(other),
            "planned": is_planned,
            "job": job,
            "driver": mount.claim.volume.driver if mount.claim.volume.mounts_with_label is None else "",
            "one_label": one_label(workload, mount, [pod_mount for pod_mount, _ in conflicts], world),
        },
        related=tuple(_event(mount, pod_mount, events) for pod_mount, events in conflicts),
        help="one-label",
    )


def _event(mount: Mount, pod_mount: Mount, events: tuple[SELinuxEvent, ...]) -> Location:
    facts = {
        "pod": pod_mount,
        "labelled": _labelled(pod_mount),
        "scc": pod_mount.scc,
        "events": events,
        "meaning": selinux_event_text(events[0], mount.claim, pod_mount.claim, pod_mount.pod),
    }
    return Location("event", Place(pod_mount.span), facts)


def _labelled(mount: Mount) -> str:
    if mount.claim.policy == "Recursive":
        return "with seLinuxChangePolicy: Recursive"
    return f"with SELinux label {_shown(mount.claim.label)}" if mount.claim.label else "without an SELinux label"


def _shown(label: str) -> str:
    """Return a label without the empty parts around it: `s0:c1,c0` for `:::s0:c1,c0`, and `spc_t` for `::spc_t:`."""
    return label.strip(":")
