"""The objects that the Operator Lifecycle Manager creates from a ClusterServiceVersion (operators.coreos.com/v1alpha1).

These are its deployments, and a service account, role and binding for each entry of `permissions` and `clusterPermissions`. No
manifest contains the namespace in which the operator is installed. Each CSV therefore gets its own namespace, so that operators
with equal names of service accounts do not share grants.
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.objects.kinds import WORKLOADS
from scclint.objects.types import INSTALL_NAMESPACE, Item, Provenance, Role, RoleBinding, ServiceAccount, Workload
from scclint.record import replace
from scclint.yaml.untyped import as_mappings, mappings, value_at

RBAC = "rbac.authorization.k8s.io"
INSTALL: Path = ("spec", "install", "spec")

_CERTIFICATES = ("apiservice-cert", "webhook-cert")
"""The volumes that OLM adds to a deployment that serves a webhook or an aggregated API. Source: operator-lifecycle-manager,
pkg/controller/install/certresources.go."""


def implied(csv: Item) -> Iterator[Item]:
    """Yield the objects that one ClusterServiceVersion implies. Their fields are in the CSV, so findings point there."""
    name = str(value_at(csv.data, ("metadata", "name")) or "")
    install = value_at(csv.data, INSTALL)
    if not isinstance(install, dict):
        return
    placed = Provenance(home=f"{INSTALL_NAMESPACE}{name}", operator=name).within(csv.provenance)
    serving = _serving(csv)
    for index, deployment in enumerate(as_mappings(install.get("deployments"))):
        where = (*csv.path, *INSTALL, "deployments", index)
        spec = deployment.get("spec")
        called = str(deployment.get("name") or "")
        if called in serving:
            spec = _with_certificates(spec, f"{called.replace('.', '-')}-service-cert")
        manifest = {**_object("apps/v1", "Deployment", called), "spec": spec}
        yield Item(csv.root, where, deployment, placed, Workload, WORKLOADS["Deployment"].template, manifest)
    accounts: set[str] = set()
    # OLM then binds `permissions` in every namespace. Source: its doc/design/operatorgroups.md, section RBAC.
    everywhere = any(
        mode.get("type") == "AllNamespaces" and mode.get("supported") is True
        for mode in as_mappings(value_at(csv.data, ("spec", "installModes")))
    )
    of_permissions = ("permissions", "ClusterRole", "-everywhere") if everywhere else ("permissions", "Role", "")
    for key, kind, part in (of_permissions, ("clusterPermissions", "ClusterRole", "")):
        for index, permission in enumerate(as_mappings(install.get(key))):
            where = (*csv.path, *INSTALL, key, index)
            account = str(permission.get("serviceAccountName") or "default")
            if account not in accounts:
                accounts.add(account)
                yield Item(csv.root, where, permission, placed, ServiceAccount, None, _object("v1", "ServiceAccount", account))
            granted = replace(placed, label=f"{key} of service account {account}")
            role = {**_object(f"{RBAC}/v1", kind, f"{name}-{account}{part}-{index}"), "rules": permission.get("rules")}
            yield Item(csv.root, where, permission, granted, Role, None, role)
            yield Item(csv.root, where, permission, granted, RoleBinding, None, _binding(role, account))


def _serving(csv: Item) -> set[str]:
    """Return the names of the deployments that serve a webhook or an aggregated API."""
    lists = (("spec", "webhookdefinitions"), ("spec", "apiservicedefinitions", "owned"))
    served = (value_at(csv.data, path) for path in lists)
    return {
        name for some in served for definition in as_mappings(some) if isinstance(name := definition.get("deploymentName"), str)
    }


def _with_certificates(spec: Any, secret: str) -> Any:
    """Return the spec of a Deployment with the volumes that OLM adds, where its pod has none of that name."""
    pod = value_at(spec, ("template", "spec"))
    if not isinstance(pod, dict) or not isinstance(pod.get("volumes", []), list | None):
        return spec
    volumes = pod.get("volumes") or []
    volume_names = {volume.get("name") for volume in mappings(volumes)}
    added = [{"name": name, "secret": {"secretName": secret}} for name in _CERTIFICATES if name not in volume_names]
    return {**spec, "template": {**spec["template"], "spec": {**pod, "volumes": [*volumes, *added]}}}


def _binding(role: dict[str, Any], account: str) -> dict[str, Any]:
    kind, name = role["kind"], role["metadata"]["name"]
    return {
        **_object(f"{RBAC}/v1", f"{kind}Binding", name),
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }


def _object(api_version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
