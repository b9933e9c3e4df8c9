"""Objects with the names of the platform's own, each field in turn null, empty or of another type: nothing fails."""

import json
from collections.abc import Iterator
from copy import deepcopy
from itertools import cycle
from typing import Any

import pytest

from scclint import lint_text

RBAC = "rbac.authorization.k8s.io"
SELECTOR = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
RULE = {
    "apiGroups": ["security.openshift.io"],
    "resources": ["securitycontextconstraints"],
    "verbs": ["use", "update"],
    "resourceNames": ["privileged"],
}
OBJECTS: dict[str, dict[str, Any]] = {
    "SecurityContextConstraints": {
        "apiVersion": "security.openshift.io/v1",
        "metadata": {"name": "restricted-v2", "annotations": {"a": "b"}},
        "allowPrivilegedContainer": False,
        "allowHostPorts": False,
        "priority": 5,
        "requiredDropCapabilities": ["ALL"],
        "defaultAddCapabilities": ["KILL"],
        "allowedCapabilities": ["KILL"],
        "runAsUser": {"type": "MustRunAsRange", "uidRangeMin": 1, "uidRangeMax": 3},
        "seLinuxContext": {"type": "MustRunAs", "seLinuxOptions": {"level": "s0"}},
        "fsGroup": {"type": "MustRunAs", "ranges": [{"min": 1, "max": 2}]},
        "supplementalGroups": {"type": "RunAsAny"},
        "seccompProfiles": ["runtime/default"],
        "volumes": ["configMap"],
        "users": ["system:serviceaccount:a:b"],
        "groups": ["system:authenticated"],
        "allowedFlexVolumes": [{"driver": "a/b"}],
        "allowedUnsafeSysctls": ["kernel.*"],
    },
    "ClusterRole": {
        "apiVersion": f"{RBAC}/v1",
        "metadata": {"name": "cluster-admin", "labels": {f"{RBAC}/aggregate-to-admin": "true"}},
        "aggregationRule": {"clusterRoleSelectors": [SELECTOR]},
        "rules": [RULE],
    },
    "Role": {"apiVersion": f"{RBAC}/v1", "metadata": {"name": "r", "namespace": "a"}, "rules": [RULE]},
    "ClusterRoleBinding": {
        "apiVersion": f"{RBAC}/v1",
        "metadata": {"name": "system:openshift:scc:privileged"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "system:openshift:scc:privileged"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "a"}],
    },
    "RoleBinding": {
        "apiVersion": f"{RBAC}/v1",
        "metadata": {"name": "system:deployers", "namespace": "a"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"},
        "subjects": [{"kind": "Group", "name": "system:authenticated", "apiGroup": RBAC}],
    },
    "Namespace": {
        "apiVersion": "v1",
        "metadata": {
            "name": "default",
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            "annotations": {"openshift.io/sa.scc.uid-range": "1/2"},
        },
    },
    "ServiceAccount": {"apiVersion": "v1", "metadata": {"name": "default", "namespace": "a"}, "secrets": [{"name": "x"}]},
    "Pod": {
        "apiVersion": "v1",
        "metadata": {
            "name": "p",
            "namespace": "default",
            "annotations": {"openshift.io/required-scc": "privileged"},
            "ownerReferences": [{"kind": "DaemonSet", "controller": True}],
        },
        "spec": {
            "serviceAccountName": "default",
            "hostPID": True,
            "nodeSelector": {"a": "b"},
            "securityContext": {
                "fsGroup": 2,
                "supplementalGroups": [1],
                "sysctls": [{"name": "kernel.x", "value": "1"}],
                "seLinuxOptions": {"level": "s0"},
                "seccompProfile": {"type": "Localhost", "localhostProfile": "x"},
            },
            "containers": [
                {
                    "name": "c",
                    "image": "x",
                    "env": [{"name": "a", "value": "b"}],
                    "ports": [{"containerPort": 1, "hostPort": 1}],
                    "securityContext": {"privileged": True, "runAsUser": 1, "capabilities": {"add": ["KILL"], "drop": ["ALL"]}},
                    "volumeMounts": [{"name": "v", "mountPath": "/x"}],
                }
            ],
            "volumes": [{"name": "v", "hostPath": {"path": "/", "type": ""}}],
        },
    },
}
OTHERS: tuple[Any, ...] = ("x", [None], {}, 7, ["a"], [{}])


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value."""
    if path:
        yield path
    for step, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(value, (*path, step))


def changed(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The data with another value at a path."""
    data = holder = deepcopy(data)
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return data


@pytest.mark.parametrize("kind", OBJECTS)
def test_nothing_fails(kind: str) -> None:
    whole, others = {"kind": kind, **OBJECTS[kind]}, cycle(OTHERS)
    for path in paths(OBJECTS[kind]):
        for value in (None, next(others)):
            text = json.dumps(changed(whole, path, value))
            assert not lint_text(text, "x.yaml").crashes, text


@pytest.mark.parametrize("path", [("clusterRoleSelectors",), ("clusterRoleSelectors", 0, "matchExpressions")])
def test_null_in_a_list_of_selectors(path: tuple[str | int, ...]) -> None:
    role = {"kind": "ClusterRole", **OBJECTS["ClusterRole"]}
    assert not lint_text(json.dumps(changed(role, ("aggregationRule", *path), [None])), "x.yaml").crashes


def test_an_scc_of_the_platform_without_a_strategy() -> None:
    """What is applied with null is what the cluster has without the field, and not what it had before."""
    scc = {"kind": "SecurityContextConstraints", **OBJECTS["SecurityContextConstraints"], "seLinuxContext": None}
    report = lint_text(json.dumps(scc), "x.yaml")
    assert not report.crashes
    assert sum("seLinuxContext.type: Required value" in finding.message for finding in report.findings) == 1
