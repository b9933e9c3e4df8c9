"""Which kinds bear on a verdict, and how each becomes a model object. The one place that knows the list."""

from collections.abc import Callable, Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.load.node import Node
from scclint.model.csv import build_csv
from scclint.model.objects import (
    ApiObject,
    KubeletConfig,
    Namespace,
    Role,
    RoleBinding,
    SecurityContextConstraints,
    ServiceAccount,
    Workload,
)

TEMPLATES: dict[tuple[str, str], Path] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("extensions", "Deployment"): ("spec", "template"),
    ("extensions", "ReplicaSet"): ("spec", "template"),
    ("extensions", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("apps.openshift.io", "DeploymentConfig"): ("spec", "template"),
    ("", "DeploymentConfig"): ("spec", "template"),
}
"""Where a workload of (API group, kind) carries its pod; () is the object itself. Without a group they are OpenShift's legacy API."""

OBJECTS: dict[tuple[str, str], type[ApiObject]] = {
    ("security.openshift.io", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "SecurityContextConstraints"): SecurityContextConstraints,
    ("", "Namespace"): Namespace,
    ("project.openshift.io", "Project"): Namespace,
    ("project.openshift.io", "ProjectRequest"): Namespace,
    ("", "ServiceAccount"): ServiceAccount,
    ("rbac.authorization.k8s.io", "Role"): Role,
    ("rbac.authorization.k8s.io", "ClusterRole"): Role,
    ("rbac.authorization.k8s.io", "RoleBinding"): RoleBinding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): RoleBinding,
    ("authorization.openshift.io", "Role"): Role,
    ("authorization.openshift.io", "ClusterRole"): Role,
    ("authorization.openshift.io", "RoleBinding"): RoleBinding,
    ("authorization.openshift.io", "ClusterRoleBinding"): RoleBinding,
    ("machineconfiguration.openshift.io", "KubeletConfig"): KubeletConfig,
}

Build = Callable[[Document, Node, dict[str, Any], Path], Iterator[ApiObject]]

COMPOSED: dict[tuple[str, str], Build] = {("operators.coreos.com", "ClusterServiceVersion"): build_csv}
"""Kinds that stand for several objects."""

SUBJECT_KINDS = frozenset(kind for _, kind in (*TEMPLATES, *OBJECTS, *COMPOSED)) | {"List"}
"""Documents of other kinds need not be parsed."""


def build(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """The model objects that one API object stands for: one for a kind in the tables, none for others."""
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return
    group = api_version.rpartition("/")[0]
    if (group, kind) in TEMPLATES:
        yield Workload(document, root, data, path, TEMPLATES[group, kind])
    elif (group, kind) in OBJECTS:
        yield OBJECTS[group, kind](document, root, data, path)
    elif (group, kind) in COMPOSED:
        yield from COMPOSED[group, kind](document, root, data, path)
