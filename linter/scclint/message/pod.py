"""The objects that a denial is about, as far as it tells: the pod with the fields that SCCs reject, its namespace, and the grants."""

import re
from collections.abc import Iterable
from typing import Any

from scclint.message.denial import Reason
from scclint.message.incidents import Incident
from scclint.model.terms import SCC_ROLE_PREFIX

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
_IN_POD_CONTEXT = ("fsGroup", "supplementalGroups", "sysctls")
_IN_POD = ("hostNetwork", "hostPID", "hostIPC", "hostUsers")
_WORKLOADS = {
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
    "StatefulSet": "apps/v1",
}
_HASH = r"-[bcdf-hj-np-tv-z2-9]{6,10}$"


def container_name(kind: str, index: int) -> str:
    """Return the name by which a container is called that the message knows by its place alone."""
    return f"{'init-' * (kind == 'initContainers')}container-{index}"


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


def owner_of(incident: Incident) -> tuple[str, str]:
    """Return the kind and name of the workload that a person wrote: the Deployment of a ReplicaSet, the object whose pods are named."""
    kind, name = incident.owner
    name = name or incident.pod.rstrip("-")
    if kind in ("ReplicaSet", "") and re.search(_HASH, name) and (kind or incident.pod.endswith("-")):
        return "Deployment", re.sub(_HASH, "", name)
    return (kind, name) if kind in _WORKLOADS else ("Pod", name)


def _workload(incident: Incident, namespace: str, pod: JsonObject) -> JsonObject:
    kind, name = owner_of(incident)
    metadata = {"name": re.sub(r"[^a-z0-9-]+", "-", name).strip("-") or "the-pod", "namespace": namespace}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, **pod["metadata"]}, "spec": pod["spec"]}
    labels = {"app": "a"}
    selector: Any = labels if kind == "ReplicationController" else {"matchLabels": labels}
    extra: JsonObject = {} if kind == "Job" else {"selector": selector}
    if kind == "StatefulSet":
        extra["serviceName"] = "a"
    restart = {"restartPolicy": "Never"} if kind == "Job" else {}
    template = {"metadata": {"labels": labels, **pod["metadata"]}, "spec": {**pod["spec"], **restart}}
    return {"apiVersion": _WORKLOADS[kind], "kind": kind, "metadata": metadata, "spec": {**extra, "template": template}}


def _grant(scc: str, namespace: str, account: str) -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"use-{scc}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{SCC_ROLE_PREFIX}{scc}"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def _pod(reasons: Iterable[Reason], incident: Incident) -> JsonObject:
    """Return the metadata and the spec of a pod with the rejected values."""
    reasons = list(reasons)
    containers: dict[tuple[str, int], JsonObject] = {("containers", 0): {}}
    spec: JsonObject = {}
    context: JsonObject = {}
    volumes: dict[int, str] = {}
    for reason in reasons:
        if reason.container is not None:
            containers.setdefault(reason.container, {})
    for reason in reasons:
        value = _value(reason)
        if reason.field == "volumes":
            volumes[reason.index] = reason.value
        elif reason.field == "annotations":
            context["seccompProfile"] = {"type": "RuntimeDefault"}
        elif reason.field in _IN_POD:
            if reason.value == "true":
                spec[reason.field] = True
        elif reason.field in _IN_POD_CONTEXT and reason.field != "sysctls":
            groups = [int(group) for group in re.findall(r"\d+", reason.value.partition("{")[2] or reason.value)]
            if groups:
                context[reason.field] = groups if reason.field == "supplementalGroups" else groups[0]
        elif reason.field == "seLinuxOptions.level" and '""' in reason.text:
            # An SCC fills the level in only if there are no options at all.
            containers[reason.container or ("containers", 0)].setdefault("securityContext", {})["seLinuxOptions"] = {}
        elif value is not None:
            own = containers[reason.container or ("containers", 0)]
            if reason.field == "hostPort":
                own.setdefault("ports", []).append({"containerPort": value, "hostPort": value})
            elif reason.field == "capabilities.add":
                own.setdefault("securityContext", {}).setdefault("capabilities", {}).setdefault("add", []).append(value)
            elif reason.field.startswith("seLinuxOptions."):
                own.setdefault("securityContext", {}).setdefault("seLinuxOptions", {})[reason.field.partition(".")[2]] = value
            elif reason.field in (
                "runAsUser",
                "privileged",
                "allowPrivilegeEscalation",
                "readOnlyRootFilesystem",
                "runAsNonRoot",
                "procMount",
            ):
                own.setdefault("securityContext", {})[reason.field] = value
    for kind in ("initContainers", "containers"):
        last = max((index for each, index in containers if each == kind), default=-1)
        if last >= 0:
            spec[kind] = [
                {"name": container_name(kind, index), "image": "registry.example/a:1", **containers.get((kind, index), {})}
                for index in range(last + 1)
            ]
    if len(spec["containers"]) == 1 and incident.container:
        spec["containers"][0]["name"] = incident.container
    if context:
        spec["securityContext"] = context
    if volumes:
        spec["volumes"] = [
            {"name": f"volume-{index}", kind: _MINIMAL_VOLUME.get(kind, {})} for index, kind in sorted(volumes.items())
        ]
    if incident.account:
        spec["serviceAccountName"] = incident.account
    return {"metadata": {}, "spec": spec}


def _value(reason: Reason) -> Any:
    """Return the rejected value; None for an empty one, which an SCC that rejects another field has not set yet."""
    if reason.value in ("", "null", "<nil>"):
        return None
    if reason.value in ("true", "false"):
        return reason.value == "true"
    return int(reason.value) if re.fullmatch(r"\d+", reason.value) else reason.value
