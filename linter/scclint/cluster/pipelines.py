"""What Red Hat OpenShift Pipelines brings to a cluster that runs Tekton's tasks: an SCC for the service account they run as.

The operator (tektoncd/operator, `TektonConfig` with its defaults, from v0.74 on) makes a service account `pipeline` in every
namespace but those of the cluster itself, runs whatever names no other account as that, and binds it to `pipelines-scc`.
"""

from collections.abc import Iterable
from typing import Any

from scclint.model.tekton import PIPELINE

SCC = "pipelines-scc"
ROLE = "pipelines-scc-clusterrole"

_RBAC = "rbac.authorization.k8s.io"
_LEFT_ALONE = ("openshift-", "kube-")
"""How the names of namespaces begin that the operator passes over."""


def openshift_pipelines(namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """The operator's SCC, and its grant in these namespaces; nothing where there are none."""
    bindings: list[dict[str, Any]] = [
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "pipelines-scc-rolebinding", "namespace": namespace},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": ROLE},
            "subjects": [{"kind": "ServiceAccount", "name": PIPELINE, "namespace": namespace}],
        }
        for namespace in namespaces
        if not namespace.startswith(_LEFT_ALONE)
    ]
    return [_scc(), _role(), *bindings] if bindings else []


def _scc() -> dict[str, Any]:
    return {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": SCC},
        "priority": 10,
        "allowHostDirVolumePlugin": False,
        "allowHostIPC": False,
        "allowHostNetwork": False,
        "allowHostPID": False,
        "allowHostPorts": False,
        "allowPrivilegeEscalation": False,
        "allowPrivilegedContainer": False,
        "allowedCapabilities": ["SETFCAP"],
        "fsGroup": {"type": "MustRunAs"},
        "groups": ["system:cluster-admins"],
        "readOnlyRootFilesystem": False,
        "requiredDropCapabilities": ["MKNOD"],
        "runAsUser": {"type": "RunAsAny"},
        "seLinuxContext": {"type": "MustRunAs"},
        "supplementalGroups": {"type": "RunAsAny"},
        "volumes": ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"],
    }


def _role() -> dict[str, Any]:
    rule = {
        "apiGroups": ["security.openshift.io"],
        "resources": ["securitycontextconstraints"],
        "resourceNames": [SCC],
        "verbs": ["use"],
    }
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": ROLE}, "rules": [rule]}
