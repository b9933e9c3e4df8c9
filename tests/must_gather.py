"""A must-gather, generated in the layout of `oc adm inspect`, as a folder and as archives."""

import gzip
import io
import lzma
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.yaml_text import write_yaml

ROOT = "must-gather.local.5551/quay-io-openshift-release-dev-ocp-v4-0-art-dev-sha256-0123abcd"
RBAC = "rbac.authorization.k8s.io"
MACHINE = "machineconfiguration.openshift.io"
_HISTORY = (("Partial", "4.17.1"), ("Completed", ""), ("Completed", "4.15.0"))
IDS = {
    "openshift.io/sa.scc.mcs": "s0:c27,c4",
    "openshift.io/sa.scc.supplemental-groups": "1000720000/10000",
    "openshift.io/sa.scc.uid-range": "1000720000/10000",
}


def one(kind: str, name: str, api: str = "v1", namespace: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def dump(*objects: dict[str, Any]) -> str:
    return "---\n" + "".join(write_yaml(item) for item in objects)


def listed(kind: str, objects: Iterable[dict[str, Any]], api: str = "v1") -> str:
    return dump({"apiVersion": api, "kind": f"{kind}List", "items": [*objects], "metadata": {"resourceVersion": "1"}})


def pod(name: str, scc: str, namespace: str = "shop", **annotations: str) -> dict[str, Any]:
    owner = [{"apiVersion": "apps/v1", "controller": True, "kind": "ReplicaSet", "name": name.rpartition("-")[0]}]
    spec = {"containers": [{"name": "web", "image": "x", "command": ["sh", "-c", "a: b\n\n---\nkind: Pod\n"]}]}
    metadata = {"annotations": {"openshift.io/scc": scc, **annotations}, "ownerReferences": owner}
    return one("Pod", name, namespace=namespace, metadata=metadata, spec=spec, status={"phase": "Running"})


def binding(name: str, role: str, account: str = "", namespace: str = "") -> dict[str, Any]:
    subject = (
        {"kind": "ServiceAccount", "name": account, "namespace": namespace}
        if account
        else {"apiGroup": RBAC, "kind": "Group", "name": "system:masters"}
    )
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return one(kind, name, f"{RBAC}/v1", namespace, roleRef=ref, subjects=[subject])


def files(version: str = "4.16.12", *, rbac: bool = True, **facts: Any) -> dict[str, str]:
    """The files below the root of the dump, with objects of every sort and files that nobody reads."""
    cluster, config = "cluster-scoped-resources", "cluster-scoped-resources/config.openshift.io"
    history = [{"state": state, "version": number} for state, number in _HISTORY]
    history[1]["version"] = version
    status = {"desired": {"version": "4.17.1"}, "history": history}
    topology = {
        "controlPlaneTopology": facts.get("topology", "HighlyAvailable"),
        "platformStatus": {"type": facts.get("provider", "AWS")},
    }
    scc = one(
        "SecurityContextConstraints",
        "mine",
        "security.openshift.io/v1",
        runAsUser={"type": "RunAsAny"},
        fsGroup={"type": "RunAsAny"},
        supplementalGroups={"type": "RunAsAny"},
        seLinuxContext={"type": "MustRunAs"},
        priority=20,
        users=["system:serviceaccount:shop:special"],
        volumes=["*"],
    )
    kubelet = one(
        "KubeletConfig",
        "confined",
        f"{MACHINE}/v1",
        spec={
            "kubeletConfig": {"seccompDefault": True},
            "machineConfigPoolSelector": {"matchLabels": {"pools.operator.machineconfiguration.openshift.io/worker": ""}},
        },
    )
    found = {
        "timestamp": "2026-10-01 10:00:00",
        "event-filter.html": "<html>",
        f"{config}/clusterversions/version.yaml": dump(
            one("ClusterVersion", "version", "config.openshift.io/v1", status=status)
        ),
        f"{config}/featuregates.yaml": listed(
            "FeatureGate",
            [one("FeatureGate", "cluster", "config.openshift.io/v1", spec={"featureSet": facts.get("feature_set", "")})],
            "config.openshift.io/v1",
        ),
        f"{config}/infrastructures.yaml": listed(
            "Infrastructure",
            [one("Infrastructure", "cluster", "config.openshift.io/v1", status=topology)],
            "config.openshift.io/v1",
        ),
        f"{cluster}/core/nodes/worker-0.yaml": dump(one("Node", "worker-0")),
        f"{cluster}/security.openshift.io/securitycontextconstraints/mine.yaml": dump(scc),
        f"{cluster}/{MACHINE}/kubeletconfigs/confined.yaml": dump(kubelet),
        f"{cluster}/{MACHINE}/machineconfigs/rendered-worker-0.yaml": "kind: MachineConfig\nspec: [",
        f"{cluster}/admissionregistration.k8s.io/mutatingwebhookconfigurations/x.yaml": "a: [",
        "namespaces/shop/shop.yaml": dump(one("Namespace", "shop", metadata={"annotations": IDS})),
        "namespaces/shop/core/pods.yaml": listed("Pod", facts.get("listed", [])),
        "namespaces/shop/core/events.yaml": "kind: EventList\nitems:\n- x: {",
        "namespaces/shop/apps/deployments.yaml": "kind: DeploymentList\nitems: []",
        "namespaces/shop/pods/web-5d-aaaaa/web/web/logs/current.log": "log\n" * 100,
    }
    for item in facts.get("pods", [pod("web-5d-aaaaa", "anyuid")]):
        name = item["metadata"]["name"]
        found[f"namespaces/shop/pods/{name}/{name}.yaml"] = dump(item)
    if rbac:
        roles = f"{cluster}/{RBAC}"
        found[f"{roles}/clusterrolebindings/cluster-admin.yaml"] = dump(binding("cluster-admin", "cluster-admin"))
        found[f"{roles}/clusterrolebindings/system:x.yaml"] = dump(binding("system:x", "x"))
        found[f"namespaces/shop/{RBAC}/rolebindings/legacy.yaml"] = dump(
            binding("legacy", "system:openshift:scc:anyuid", "legacy", "shop")
        )
        found["namespaces/shop/core/serviceaccounts/legacy.yaml"] = dump(one("ServiceAccount", "legacy", namespace="shop"))
    return {f"{ROOT}/{name}": text for name, text in found.items()}


def write_folder(folder: Path, found: Mapping[str, str]) -> Path:
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def write_archive(path: Path, found: Mapping[str, str | bytes], *, zipped: Iterable[str] = (), prefix: str = "") -> Path:
    """A tar archive, compressed if its name ends in `gz` or `xz`, whose members `zipped` are compressed on their own."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, text in found.items():
            data = text.encode() if isinstance(text, str) else text
            header = tarfile.TarInfo(f"{prefix}{name}{'.gz' if name in zipped else ''}")
            data = gzip.compress(data) if name in zipped else data
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    made = plain.getvalue()
    if path.name.endswith("gz"):
        made = gzip.compress(made)
    elif path.name.endswith("xz"):
        made = lzma.compress(made)
    path.write_bytes(made)
    return path
