"""A ClusterServiceVersion (operators.coreos.com/v1alpha1) stands for the objects the Operator Lifecycle Manager makes of it.

Its deployments, a service account, role and binding for each entry of `permissions` and `clusterPermissions`. They go to the
namespace the operator is installed in, which no manifest tells; each CSV is given one of its own, so that operators
whose service accounts bear the same name do not share grants.
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.model.object import ApiObject, Role, RoleBinding, ServiceAccount, Workload
from scclint.yaml.nodes import Node

RBAC = "rbac.authorization.k8s.io"
TEMPLATE: Path = ("spec", "template")


def build_csv(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """The objects that one CSV implies. Their fields lie inside the CSV, so findings point there."""
    metadata = data.get("metadata")
    name = str(metadata.get("name") or "") if isinstance(metadata, dict) else ""
    install: Path = ("spec", "install", "spec")
    spec = _at(data, install)
    if not isinstance(spec, dict):
        return
    home = f"install namespace of {name}"
    for index, deployment in enumerate(_list(spec.get("deployments"))):
        where = (*path, *install, "deployments", index)
        manifest = {**_object("apps/v1", "Deployment", str(deployment.get("name") or "")), "spec": deployment.get("spec")}
        yield _placed(Workload(document, root, deployment, where, TEMPLATE, manifest), home)
    accounts: set[str] = set()
    for key, kind in (("permissions", "Role"), ("clusterPermissions", "ClusterRole")):
        for index, permission in enumerate(_list(spec.get(key))):
            account = str(permission.get("serviceAccountName") or "default")
            if account not in accounts:
                accounts.add(account)
                where = (*path, *install, key, index)
                yield _placed(ServiceAccount(document, root, permission, where, _object("v1", "ServiceAccount", account)), home)
            role = {**_object(f"{RBAC}/v1", kind, f"{name}-{account}-{index}"), "rules": permission.get("rules")}
            for obj in _grant(document, root, permission, (*path, *install, key, index), role, account):
                obj.label = f"{key} of service account {account}"
                yield _placed(obj, home)


def _grant(
    document: Document, root: Node, data: dict[str, Any], path: Path, role: dict[str, Any], account: str
) -> Iterator[ApiObject]:
    yield Role(document, root, data, path, role)
    kind, name = role["kind"], role["metadata"]["name"]
    binding = {
        **_object(f"{RBAC}/v1", f"{kind}Binding", name),
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }
    yield RoleBinding(document, root, data, path, binding)


def _placed(obj: ApiObject, home: str) -> ApiObject:
    obj.home = home
    return obj


def _object(api_version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _list(value: Any) -> list[dict[str, Any]]:
    """The items, one empty dict for each that is no mapping, so that indices stay true."""
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []
