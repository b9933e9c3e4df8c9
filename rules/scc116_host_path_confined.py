"""
A container mounts a directory of its node to write to it, and SELinux confines the container.

The nodes of OpenShift enforce SELinux. A container that is not privileged has the type `container_t`, which may write only to files that
have the label `container_file_t`. The runtime gives this label to the files of other volumes, and never to a `hostPath`. The pod starts, and
the program reports `Permission denied`. On the node, `ausearch -m avc` shows the denial.

The rule reports a `hostPath` that a container mounts for writing, if the SCC that admits the pod sets the SELinux label of its
containers (`seLinuxContext: MustRunAs`) and no type is set. It is a warning without proof, because no manifest shows the labels of the files
on the nodes. Containers with `privileged: true`, with another type, or in the PID or IPC namespace of the node are not confined. Paths below
`/dev`, `/proc` and `/sys` have labels of their own, and are not reported.

## How to fix it

Use a PersistentVolumeClaim or an `emptyDir` volume. If the pod needs the directory of the node, label it `container_file_t` on every node,
for example in a MachineConfig, or set `seLinuxOptions.type: spc_t` and let an SCC with `seLinuxContext: RunAsAny` admit the pod.

`scclint fix` leaves this to you: only you know why the data is on the node.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: agent
  namespace: shop
  annotations: {openshift.io/required-scc: hostmount-anyuid}
spec:
  containers:
    - name: agent
      image: registry.example/agent:1
      volumeMounts: [{name: state, mountPath: /var/lib/agent}]
  volumes:
    - name: state
      hostPath: {path: /var/lib/agent}
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: agent
  namespace: shop
  annotations: {openshift.io/required-scc: restricted-v2}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: agent
      image: registry.example/agent:1
      volumeMounts: [{name: state, mountPath: /var/lib/agent}]
  volumes:
    - name: state
      emptyDir: {}
```
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.api import Outcome, Problem, Severity, Workload, World, as_mapping, rule

SENTENCES = {
    "confined": "{object}: SELinux confines {writers:container|containers} {writers:2}, which may not write to {path} of the node unless its "
    "files are labelled container_file_t",
    "label": "SCC {scc} sets the SELinux label of the pod, and no type that may write there",
    "volume": "Use a PersistentVolumeClaim or an emptyDir volume, or label the directory container_file_t on every node.",
}

_LABELLED = ("/dev", "/proc", "/sys")
"""Folders of a node whose files have types that containers may use."""
_CONFINED = ("", "container_t")


@rule(
    "SCC116",
    "host-path-confined",
    "SELinux keeps a container from writing to a directory of its node",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc", "selinux"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.scc or outcome.rejected_by or world.cluster.sccs[outcome.scc].se_linux_context != "MustRunAs":
        return
    spec = outcome.judged.pod["spec"]
    if spec.get("hostPID") or spec.get("hostIPC"):
        return
    written = [(name, _written(container)) for name, container in _confined(outcome)]
    for index, volume in enumerate(spec.get("volumes") or ()):
        path = str(as_mapping(volume.get("hostPath")).get("path") or "")
        if not path or f"{path}/".startswith(tuple(f"{folder}/" for folder in _LABELLED)):
            continue
        writers = [name for name, volumes in written if volume.get("name") in volumes]
        if writers:
            yield Problem(
                "confined",
                at=workload.pod.field("spec", "volumes", index, "hostPath"),
                facts={"writers": writers, "path": path, "scc": outcome.scc},
                notes=("label",),
                help="volume",
            )


def _confined(outcome: Outcome) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the containers whose SELinux type is that of ordinary containers, by name."""
    pod_options = as_mapping(as_mapping(outcome.judged.pod["spec"].get("securityContext")).get("seLinuxOptions"))
    for each in outcome.seccomp:
        container = outcome.container(each)
        context = as_mapping(container.get("securityContext"))
        options = as_mapping(context.get("seLinuxOptions")) or pod_options
        if each.source != "windows" and not context.get("privileged") and (options.get("type") or "") in _CONFINED:
            yield each.name, container


def _written(container: Mapping[str, Any]) -> set[Any]:
    """Return the names of the volumes that a container may write to as far as its mounts say."""
    return {mount.get("name") for mount in container.get("volumeMounts") or () if not mount.get("readOnly")}
