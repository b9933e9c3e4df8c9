"""The SCC and the grants that Red Hat OpenShift Pipelines adds to a cluster, for the account of Tekton tasks and for its controller.

The operator (tektoncd/operator, `TektonConfig` with its defaults, from v0.74 on) creates a service account `pipeline` in every
namespace except those of the cluster itself, uses it for tasks that set no other account, and binds it to `pipelines-scc`. The
controller, which creates the pods of all tasks, may use `nonroot` everywhere (ClusterRoleBinding `openshift-pipelines-permission`).
"""

from collections.abc import Iterable
from typing import Any

from scclint.admission.authorize import controller_user
from scclint.admission.rbac import use_rule
from scclint.expand.tekton import PIPELINE

SCC = "pipelines-scc"
ROLE = "pipelines-scc-clusterrole"

_CONTROLLER = {"namespace": "openshift-pipelines", "name": "tekton-pipelines-controller"}
CONTROLLER = controller_user(**_CONTROLLER)
"""Who creates the pods."""

_CONTROLLERS_ROLE = "pipelines-scc-role"
_RBAC = "rbac.authorization.k8s.io"
_LEFT_ALONE = ("openshift-", "kube-")
"""How the names of namespaces begin that the operator passes over."""


def openshift_pipelines(namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """The operator's SCC with its grant in these namespaces, and the controller's grant."""
    for_tasks = [
        _binding(
            "RoleBinding",
            {"name": "pipelines-scc-rolebinding", "namespace": namespace},
            ROLE,
            {"name": PIPELINE, "namespace": namespace},
        )
        for namespace in namespaces
        if not namespace.startswith(_LEFT_ALONE)
    ]
    for_controller = _binding("ClusterRoleBinding", {"name": "openshift-pipelines-permission"}, _CONTROLLERS_ROLE, _CONTROLLER)
    return [_scc(), _role(ROLE, SCC), *for_tasks, _role(_CONTROLLERS_ROLE, "nonroot"), for_controller]


def _binding(kind: str, metadata: dict[str, str], role: str, account: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", **account}],
    }


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


def _role(name: str, scc: str) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [use_rule(scc)]}
