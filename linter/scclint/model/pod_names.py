"""The names that controllers give to the pods of a workload."""

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
