"""The controllers that create the pods of a workload, and the names that they give them."""

import re

_HASH = r"[bcdf-hj-np-tv-z2-9]"
_SUFFIX = {
    "Deployment": rf"(-{_HASH}{{1,10}})?-[a-z0-9]{{5}}",
    "StatefulSet": r"-\d+",
    "CronJob": r"-\d+-[a-z0-9]{5}",
    "Job": r"(-\d+)?-[a-z0-9]{5}",
    "DeploymentConfig": r"-\d+-[a-z0-9]{5}",
    "Pod": "",
}
"""The suffixes that controllers add to their name to name a pod. Other controllers add five characters."""


_CREATOR = {
    "Deployment": "ReplicaSet",
    "CronJob": "Job",
    "DeploymentConfig": "ReplicationController",
    **{kind: kind for kind in ("DaemonSet", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")},
}
"""The kind of the object that owns the pods of a workload."""

_CONTROLLERS = {
    "DaemonSet": "daemon-set-controller",
    "Job": "job-controller",
    "ReplicationController": "replication-controller",
    "StatefulSet": "statefulset-controller",
}
"""The service accounts of controllers in kube-system (`controller_policy.go` of Kubernetes), by the kind that owns their pods."""


def controller_of(kind: str) -> str:
    """Return the service account in kube-system whose controller creates the pods of a workload, or of an owner of pods."""
    return _CONTROLLERS.get(_CREATOR.get(kind, ""), "replicaset-controller")


def owns_pod(kind: str, name: str, pod: str, owner: tuple[str, str]) -> bool:
    """Return whether the pod named `pod` is one of a workload. `owner` is the kind and name of the pod's controller, empty if unknown."""
    if owner[0] == kind and kind != "Pod":
        return owner[1] == name
    if owner[0] in _CREATOR and _CREATOR.get(kind, owner[0]) != owner[0]:
        return False
    return is_pod_of(kind, name, pod)


def is_pod_of(kind: str, name: str, pod: str) -> bool:
    """Return whether the name of a pod is one that the controller of a workload gives."""
    return pod.startswith(name) and re.fullmatch(_SUFFIX.get(kind, r"-[a-z0-9]{5}"), pod[len(name) :]) is not None
