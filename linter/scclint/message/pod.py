"""The objects that a denial is about, as far as it tells: the pod with the fields that SCCs reject, its namespace, and the grants."""

import re
from collections.abc import Sequence
from typing import Any

from scclint.message.denial import Reason
from scclint.message.incidents import Incident, owner_of
from scclint.platform.terms import SCC_ROLE_PREFIX

JsonObject = dict[str, Any]

DEFAULT_NAMESPACE = "the-namespace"
"""The namespace of a pod whose message names none."""

_MINIMAL_VOLUME: dict[str, JsonObject] = {
    "hostPath": {"path": "/"},
    "configMap": {"name": "a"},
    "secret": {"secretName": "a"},
    "persistentVolumeClaim": {"claimName": "a"},
    "projected": {"sources": []},
    "csi": {"driver": "a"},
    "nfs": {"server": "a", "path": "/"},
    "ephemeral": {
        "volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    },
}
_IN_CONTAINER_CONTEXT = frozenset(
    ("runAsUser", "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "runAsNonRoot", "procMount")
)
IN_POD = ("hostNetwork", "hostPID", "hostIPC", "hostUsers")
"""The fields of a pod itself that open the node."""
_WORKLOADS = {
    "CronJob": "batch/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "DeploymentConfig": "apps.openshift.io/v1",
    "Job": "batch/v1",
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
    "StatefulSet": "apps/v1",
}


def container_name(kind: str, index: int) -> str:
    """Return the name by which a container is called that the message knows by its place alone."""
    return f"{'init-' * (kind == 'initContainers')}container-{index}"


def as_in_message(words: str) -> str:
    """Return words about the pod of `manifests` with the containers and volumes called as in the message."""
    words = re.sub(r"\bvolume volume-(\d{1,4}) \((\w{1,60}+)[^()]{0,200}+\)", r"\2 volume `volumes[\1]`", words)
    words = re.sub(r"\binit-container-(\d+)\b", r"`initContainers[\1]`", words)
    return re.sub(r"(?<![-\w])container-(\d+)\b", r"`containers[\1]`", words)


def manifests(incident: Incident) -> list[JsonObject]:
    """Return the namespace, the grants of the SCCs that rejected the pod, and the workload, which has the fields of all reasons."""
    denial = incident.denial
    assert denial is not None
    namespace = incident.namespace or DEFAULT_NAMESPACE
    annotations = {}
    if denial.uid_range:
        first, last = denial.uid_range
        annotations = {
            "openshift.io/sa.scc.uid-range": f"{first}/{last - first + 1}",
            "openshift.io/sa.scc.supplemental-groups": f"{first}/{last - first + 1}",
            "openshift.io/sa.scc.mcs": denial.level or "s0:c26,c5",
        }
    reasons = [reason for rejection in denial.rejections for reason in rejection.reasons]
    found: list[JsonObject] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "annotations": annotations}}
    ]
    usable = [each.scc for each in denial.rejections if each.scc and each.named]
    found += (_grant(scc, namespace, incident.account or "default") for scc in usable)
    return [*found, _workload(incident, namespace, _pod(reasons, incident))]


def _workload(incident: Incident, namespace: str, pod: JsonObject) -> JsonObject:
    kind, name = owner_of(incident)
    metadata = {"name": re.sub(r"[^a-z0-9-]+", "-", name).strip("-") or "the-pod", "namespace": namespace}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}
    labels = {"app": "a"}
    is_job = kind in ("CronJob", "Job")
    selector: Any = labels if kind in ("DeploymentConfig", "ReplicationController") else {"matchLabels": labels}
    extra: JsonObject = {} if is_job else {"selector": selector}
    if kind == "StatefulSet":
        extra["serviceName"] = "a"
    restart = {"restartPolicy": "Never"} if is_job else {}
    template = {"metadata": {"labels": labels}, "spec": {**pod, **restart}}
    spec: JsonObject = {**extra, "template": template}
    if kind == "CronJob":
        spec = {"schedule": "0 0 * * *", "jobTemplate": {"spec": spec}}
    return {"apiVersion": _WORKLOADS[kind], "kind": kind, "metadata": metadata, "spec": spec}


def _grant(scc: str, namespace: str, account: str) -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"use-{scc}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{SCC_ROLE_PREFIX}{scc}"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def _pod(reasons: Sequence[Reason], incident: Incident) -> JsonObject:
    """Return the spec of a pod with the rejected values."""
    spec = {**_pod_fields(reasons), **_containers(reasons)}
    if len(spec["containers"]) == 1 and incident.container:
        spec["containers"][0]["name"] = incident.container
    if incident.account:
        spec["serviceAccountName"] = incident.account
    return spec


def _pod_fields(reasons: Sequence[Reason]) -> JsonObject:
    """Return the rejected fields of the pod itself. Some releases name a container for them as well."""
    spec: JsonObject = {}
    context: JsonObject = {}
    for reason in reasons:
        groups = [int(group) for group in re.findall(r"\d+", reason.value.partition("{")[2] or reason.value)]
        if reason.field == "annotations" or "seccomp profile" in reason.text:
            context["seccompProfile"] = _profile(reason)
        elif sysctl := re.search(r'sysctl "([\w.*/-]+)"', reason.text):
            context.setdefault("sysctls", []).append({"name": sysctl[1], "value": "1"})
        elif reason.field in IN_POD and reason.value == "true":
            spec[reason.field] = True
        elif reason.field == "supplementalGroups" and groups:
            context["supplementalGroups"] = groups
        elif reason.field == "fsGroup" and groups:
            context["fsGroup"] = groups[0]
    if context:
        spec["securityContext"] = context
    volumes = {reason.index: reason.value for reason in reasons if reason.field == "volumes"}
    if volumes:
        spec["volumes"] = [
            {"name": f"volume-{index}", kind: _MINIMAL_VOLUME.get(kind, {})} for index, kind in sorted(volumes.items())
        ]
    return spec


def _profile(reason: Reason) -> JsonObject:
    """Return the seccomp profile that an SCC rejects; RuntimeDefault if it allows none."""
    before, is_named, _ = reason.text.partition(" is not an allowed seccomp profile")
    profile = before.rpartition(" ")[2] if is_named else "runtime/default"
    if profile.lower() == "unconfined":
        return {"type": "Unconfined"}
    if profile.startswith("localhost/"):
        return {"type": "Localhost", "localhostProfile": profile.removeprefix("localhost/") or "x.json"}
    return {"type": "RuntimeDefault"}


def _containers(reasons: Sequence[Reason]) -> JsonObject:
    """Return the lists of containers, each as long as the reasons show, with the rejected fields."""
    fields: dict[tuple[str, int], JsonObject] = {("containers", 0): {}}
    for reason in reasons:
        own = fields.setdefault(reason.container or ("containers", 0), {})
        value = _value(reason)
        if reason.field == "seLinuxOptions.level" and '""' in reason.text:
            # An SCC fills the level in only if there are no options at all.
            own.setdefault("securityContext", {})["seLinuxOptions"] = {}
        elif value is None:
            continue
        elif reason.field == "hostPort":
            own.setdefault("ports", []).append({"containerPort": value, "hostPort": value})
        elif reason.field == "capabilities.add":
            own.setdefault("securityContext", {}).setdefault("capabilities", {}).setdefault("add", []).append(value)
        elif reason.field.startswith("seLinuxOptions."):
            own.setdefault("securityContext", {}).setdefault("seLinuxOptions", {})[reason.field.partition(".")[2]] = value
        elif reason.field in _IN_CONTAINER_CONTEXT:
            own.setdefault("securityContext", {})[reason.field] = value
    lengths = {kind: 1 + max(index for each, index in fields if each == kind) for kind, _ in fields}
    return {
        kind: [
            {"name": container_name(kind, index), "image": "registry.example/a:1", **fields.get((kind, index), {})}
            for index in range(lengths[kind])
        ]
        for kind in ("initContainers", "containers")
        if kind in lengths
    }


def _value(reason: Reason) -> Any:
    """Return the rejected value; None for an empty one, which an SCC that rejects another field has not set yet."""
    if reason.value in ("", "null", "<nil>"):
        return None
    if reason.value in ("true", "false"):
        return reason.value == "true"
    return int(reason.value) if re.fullmatch(r"\d+", reason.value) else reason.value
