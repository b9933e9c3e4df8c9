"""
Two pods mount one PersistentVolumeClaim with SELinux labels that exclude each other.

Until OpenShift 5.0 the container runtime relabels the files of a volume for each pod. From 5.1 on, the kubelet mounts the volume with
the label of the pod (`-o context=...`). A second pod with another label then stays in `ContainerCreating`, with the message
`conflicting SELinux labels of volume`. OpenShift 5.0 looks for such pods, and sets `Upgradeable=False` while there are any.

No manifest shows the label. An SCC with `seLinuxContext: MustRunAs`, such as restricted-v2, writes the level of the namespace to
the pod. An SCC with `RunAsAny`, such as privileged, writes nothing. So a backup job that runs under privileged conflicts with the
workload whose claim it reads.

The rule compares the admitted pods of one unit that share a namespace, as the controller in the cluster does. Pods of other units are
not compared. It names the event that the cluster records:
`SELinuxLabelConflict`, `SELinuxChangePolicyConflict`, or `MultipleSELinuxLabels` for two containers of one pod. It assumes that the
driver of the volume supports the mount option, as the CSI drivers that OpenShift installs do. Drivers for NFS commonly do not: no
pod of such a volume waits. The pod of a Job counts only while it runs.

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

from scclint.api import MountedClaim, Problem, Related, Severity, Workload, World, listed, mounted_claims, rule, selinux_event

Mounts = dict[tuple[str, str], list[tuple[Workload, MountedClaim]]]
"""The pods that mount a claim, by its namespace and name."""

_OPT_OUT = "SELinuxChangePolicy"
"""The feature gate with which pods can opt out of the mount option."""


@rule(
    "SEC218",
    "selinux-label-conflict",
    "Pods mount one volume with SELinux labels that exclude each other",
    severity=Severity.WARNING,
    on=Workload,
    since="0.2",
    tags=("selinux", "upgrade"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if world.cluster.platform == "kubernetes" or _OPT_OUT in world.cluster.disabled_gates:
        return
    mounts = world.memo(check, lambda: _mounts(world))
    for claim in mounted_claims(world.outcome(workload)):
        at = workload.pod.field(*claim.path)
        if len(claim.labels) > 1:
            yield Problem(
                f"{workload.named}: its containers mount claim {claim.claim} with SELinux labels {listed(list(map(_shown, claim.labels)))};"
                " from OpenShift 5.1 the pod does not start (event MultipleSELinuxLabels)",
                at=at,
                help="Set the same seLinuxOptions in all containers that mount the claim.",
            )
            continue
        pods = mounts[world.namespace_of(workload), claim.claim]
        # Of two pods that conflict, the later one in the input has the finding.
        others = pods[: next(index for index, (other, _) in enumerate(pods) if other is workload)]
        conflicts = [(other, theirs, event) for other, theirs in others if (event := selinux_event(claim, theirs))]
        if conflicts:
            yield _conflict(workload, claim, conflicts, world)


def _mounts(world: World) -> Mounts:
    mounts: Mounts = {}
    for workload in world.of(Workload):
        for claim in mounted_claims(world.outcome(workload)):
            mounts.setdefault((world.namespace_of(workload), claim.claim), []).append((workload, claim))
    return mounts


def _conflict(
    workload: Workload, claim: MountedClaim, conflicts: Sequence[tuple[Workload, MountedClaim, str]], world: World
) -> Problem:
    other, theirs, _ = conflicts[0]
    notes = [
        Related(
            f"{one.named} mounts it {_labelled(mounted)}{_source(one, world)}: event {reason}",
            one.pod.field(*mounted.path).span,
        )
        for one, mounted, reason in conflicts
    ]
    same = _same_scc((workload, claim), (other, theirs), world) or _same_scc((other, theirs), (workload, claim), world)
    return Problem(
        f"{workload.named}{_source(workload, world)} mounts claim {claim.claim} {_labelled(claim)}, and {other.named} {_labelled(theirs)};"
        " from OpenShift 5.1 one waits while the other runs",
        at=workload.pod.field(*claim.path),
        related=tuple(notes),
        help=f"{same or 'Set '}seLinuxChangePolicy: Recursive in the securityContext of both pods; OpenShift 5.0 refuses its upgrade until"
        " the pods agree.",
    )


def _same_scc(pod: tuple[Workload, MountedClaim], other: tuple[Workload, MountedClaim], world: World) -> str:
    """Return the advice to run a pod without a label under the SCC that labels the other pod; empty if that SCC rejects it."""
    verdict = world.outcome(other[0]).verdict
    if pod[1].label or pod[1].recursive or verdict is None or not verdict.scc:
        return ""
    tried = world.outcomes.explain(pod[0], lambda scc: scc == verdict.scc)
    return f"Let SCC {verdict.scc} admit {pod[0].named}, or set " if tried and not tried[0].reasons else ""


def _labelled(claim: MountedClaim) -> str:
    if claim.recursive:
        return "with seLinuxChangePolicy: Recursive"
    return f"with SELinux label {_shown(claim.label)}" if claim.label else "without an SELinux label"


def _shown(label: str) -> str:
    """Return a label without the parts in front that are empty: `s0:c1,c0` for `:::s0:c1,c0`."""
    return label.lstrip(":")


def _source(workload: Workload, world: World) -> str:
    verdict = world.outcome(workload).verdict
    return f" (SCC {verdict.scc})" if verdict and verdict.scc else ""
