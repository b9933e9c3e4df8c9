"""
A container that is not root mounts a claim, and the pod has no `fsGroup`, so the program probably cannot write to the volume.

The root directory of a new volume belongs to root, and others may only read it. With `fsGroup`, the kubelet gives the volume to this group
and the container is a member. restricted-v2 sets `fsGroup` from the range of the namespace. SCCs with `fsGroup: RunAsAny`, such as anyuid and
nonroot-v2, set none. A pod that worked under restricted-v2 therefore loses its volume when it gets such an SCC.

The rule reports the mount if the user of the container is known and is not root: from `runAsUser`, or from what is
[known of the image](../describe-your-cluster.md#images). It is silent if the mount is read-only, if an init container that may be
root mounts the claim and can change its owner, and if several nodes can mount the volume (`ReadWriteMany`): the drivers of such volumes
set modes of their own.

## How to fix it

Set `fsGroup` in the `securityContext` of the pod, for example to the user ID of the container. If the image runs as any user, let restricted-v2
admit the pod: it sets user and `fsGroup`.

`scclint fix` leaves this to you: the kubelet changes the group of all files in the volume.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: db
  namespace: shop
  annotations: {openshift.io/required-scc: nonroot-v2}
spec:
  containers:
    - name: db
      image: registry.example/db:1
      securityContext: {runAsUser: 26}
      volumeMounts: [{name: data, mountPath: /data}]
  volumes:
    - name: data
      persistentVolumeClaim: {claimName: data}
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: db
  namespace: shop
  annotations: {openshift.io/required-scc: restricted-v2}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: db
      image: registry.example/db:1
      volumeMounts: [{name: data, mountPath: /data}]
  volumes:
    - name: data
      persistentVolumeClaim: {claimName: data}
```
"""

from collections.abc import Iterator

from scclint.advice import with_fs_group
from scclint.api import ContainerSeccomp, Outcome, Path, Problem, Severity, Workload, World, as_mapping, rule, value_at
from scclint.outcome.selinux import Mount
from scclint.outcome.selinux import mounts as claim_mounts

SENTENCES = {
    "no-group": "{object}: container {name} runs as user {user}, which may not write to a new volume of claim {claim}, because the pod has no "
    "fsGroup",
    "unset": "SCC {scc} sets no fsGroup",
    "image": "{source} sets the user of the image",
}


@rule(
    "SCC117",
    "claim-without-fsgroup",
    "A container that is not root mounts a claim without fsGroup",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.scc or outcome.rejected_by or world.cluster.sccs[outcome.scc].fs_group != "RunAsAny":
        return
    pod = outcome.judged.pod
    if as_mapping(pod["spec"].get("securityContext")).get("fsGroup") is not None:
        return
    for mount in claim_mounts(world).of_workload.get(id(workload), ()):
        found = next(_mounts_of_users(outcome, mount), None)
        if found is None or mount.claim.volume.of_many_nodes:
            continue
        container, path, (user, source) = found
        yield Problem(
            "no-group",
            at=workload.pod.field(*path),
            facts={
                "name": container.name,
                "user": str(user),
                "claim": mount.claim.claim,
                "scc": outcome.scc,
                "source": source,
            },
            notes=("unset", "image"),
            remedies=with_fs_group(workload, world, user),
        )


def _mounts_of_users(outcome: Outcome, mount: Mount) -> Iterator[tuple[ContainerSeccomp, Path, tuple[int | str, str]]]:
    """Yield the containers that may write to a claim only with a group, with the mount and the user; nothing if root prepares the volume."""
    volume = as_mapping(value_at(outcome.judged.pod, mount.claim.path)).get("name")
    found = []
    for container in outcome.seccomp:
        if container.source == "windows":
            return
        for index, each in enumerate(outcome.container(container).get("volumeMounts") or ()):
            if each.get("name") != volume or each.get("readOnly"):
                continue
            user = _user(outcome, container)
            if user is not None:
                found.append((container, (*container.path, "volumeMounts", index), user))
            elif "initContainers" in container.path:
                return
    yield from found


def _user(outcome: Outcome, container: ContainerSeccomp) -> tuple[int | str, str] | None:
    """Return the user of a container and what says so, if that is the image; None if it is root or not known."""
    uid = outcome.user(container)
    if uid is not None:
        return (uid, "") if uid else None
    image = outcome.image(container)
    return (image.uid or image.user, image.source) if image and image.user and image.uid != 0 else None
