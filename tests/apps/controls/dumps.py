"""Dumps of a cluster in the layout of `oc adm inspect`, with what compliance controls are about: clean, or with flaws."""

from __future__ import annotations

import copy
import json
import random
import sys
from pathlib import Path
from typing import Any

from scclint.cluster import Cluster
from tests.must_gather import IDS, RBAC, dump, listed, one

Object = dict[str, Any]
SCC = "security.openshift.io"
RELEASE = "4.18"


def role(name: str, *rules: Object, namespace: str = "", **metadata: Any) -> Object:
    kind = "Role" if namespace else "ClusterRole"
    return one(kind, name, f"{RBAC}/v1", namespace, rules=list(rules), metadata=metadata)


def use(*sccs: str, verb: str = "use", group: str = SCC) -> Object:
    names = {"resourceNames": list(sccs)} if sccs else {}
    return {"apiGroups": [group], "resources": ["securitycontextconstraints"], "verbs": [verb], **names}


def account(name: str, namespace: str = "shop") -> Object:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def principal(kind: str, name: str) -> Object:
    return {"apiGroup": RBAC, "kind": kind, "name": name}


def bind(name: str, to: str, *subjects: Object, namespace: str = "", kind: str = "ClusterRole") -> Object:
    ref = {"apiGroup": RBAC, "kind": kind, "name": to}
    return one(f"{'' if namespace else 'Cluster'}RoleBinding", name, f"{RBAC}/v1", namespace, roleRef=ref, subjects=[*subjects])


def pod(name: str, namespace: str = "shop", **context: Any) -> Object:
    """A pod that a controller created. Its container gets the fields of `context` as its security context."""
    confined = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    container = {"name": "web", "image": "registry.example/web:1", "securityContext": context or confined}
    owner = {"apiVersion": "apps/v1", "controller": True, "kind": "ReplicaSet", "name": name, "uid": "1"}
    spec = {"serviceAccountName": "web", "securityContext": profile, "containers": [container]}
    return one("Pod", name, namespace=namespace, metadata={"ownerReferences": [owner]}, spec=spec)


def clean() -> list[Object]:
    """The objects of a cluster as installed, with a confined pod in a project, and a privileged pod of the platform."""
    installed = Cluster.openshift(RELEASE)
    version = {"history": [{"state": "Completed", "version": f"{RELEASE}.3"}], "desired": {"version": f"{RELEASE}.3"}}
    sccs = [
        {**copy.deepcopy(dict(installed.stored_scc(name))), "apiVersion": f"{SCC}/v1", "kind": "SecurityContextConstraints"}
        for name in installed.sccs
    ]
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    marked: Object = {"annotations": {"include.release.openshift.io/self-managed-high-availability": "true"}}
    plugins = {"enable-admission-plugins": ["PodSecurity", f"{SCC}/SecurityContextConstraint", f"{SCC}/SCCExecRestrictions"]}
    config = {"kind": "KubeAPIServerConfig", "apiServerArguments": plugins}
    return [
        *sccs,
        one("ClusterVersion", "version", "config.openshift.io/v1", status=version),
        one("ConfigMap", "config", namespace="openshift-kube-apiserver", data={"config.yaml": json.dumps(config)}),
        one("Namespace", "shop", metadata={"annotations": IDS}),
        one("Namespace", "openshift-monitoring", metadata={"annotations": IDS}),
        one("ServiceAccount", "web", namespace="shop"),
        role("cluster-admin", everything, labels={"kubernetes.io/bootstrapping": "rbac-defaults"}),
        role("system:controller:everything", everything),
        *(role(f"system:openshift:scc:{scc['metadata']['name']}", use(scc["metadata"]["name"])) for scc in sccs),
        role("node-exporter", use("node-exporter"), namespace="", **marked),
        bind("cluster-admin", "cluster-admin", principal("Group", "system:masters")),
        bind("admins", "cluster-admin", principal("User", "alice")),
        bind("system:openshift:scc:restricted-v2", "system:openshift:scc:restricted-v2", principal("Group", "system:authenticated")),
        bind("node-exporter", "node-exporter", account("node-exporter", "openshift-monitoring")),
        bind("demo", "system:openshift:scc:privileged", principal("User", "alice"), namespace="openshift-demo"),
        pod("web-1"),
        pod("node-exporter-1", "openshift-monitoring", privileged=True),
    ]  # fmt: skip


def scc_of(objects: list[Object], name: str) -> Object:
    return next(one for one in objects if one["kind"] == "SecurityContextConstraints" and one["metadata"]["name"] == name)


def custom(name: str, **fields: Any) -> Object:
    """An SCC like restricted-v2 with some other fields, that nobody is listed in."""
    base = dict(Cluster.openshift(RELEASE).stored_scc("restricted-v2"))
    made: Object = {**copy.deepcopy(base), "apiVersion": f"{SCC}/v1", "kind": "SecurityContextConstraints", **fields}
    return {**made, "metadata": {"name": name}, "allowedCapabilities": fields.get("allowedCapabilities")}


def granted(**fields: Any) -> list[Object]:
    """A custom SCC, with a binding in a project that lets a service account use it."""
    return [custom("mine", **fields), role("use-mine", use("mine")), bind("mine", "use-mine", account("web"), namespace="shop")]


FLAWS: dict[str, list[Object]] = {
    "5.1.3": [role("wide", {"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}, namespace="shop")],
    "5.1.5": [bind("default", "view", account("default"), namespace="shop")],
    "5.2.1": granted(allowPrivilegedContainer=True),
    "5.2.2": granted(allowHostPID=True),
    "5.2.3": granted(allowHostIPC=True),
    "5.2.4": granted(allowHostNetwork=True),
    "5.2.5": granted(allowPrivilegeEscalation=True),
    "5.2.6": granted(runAsUser={"type": "RunAsAny"}),
    "5.2.7": granted(requiredDropCapabilities=["KILL"]),
    "5.2.8": [custom("mine", allowedCapabilities=["CHOWN"])],
    "5.2.9": granted(requiredDropCapabilities=None),
    "5.2.10 users": [custom("mine", allowHostPID=True, users=["system:serviceaccount:shop:web"])],
    "5.2.10 groups": [custom("mine", allowHostPID=True, groups=["system:serviceaccounts:shop"])],
    "5.2.10 group": [bind("mine", "system:openshift:scc:privileged", principal("Group", "system:serviceaccounts:shop"))],
    "5.1.5 list": [custom("mine", users=["system:serviceaccount:shop:default"])],
    "V-257557 host ports": granted(allowHostPorts=True),
    "V-257557 list": [custom("mine", allowHostPID=True, users=["alice"])],
    "V-257557 group": [custom("mine", groups=["system:authenticated"])],
    "V-257557 restricted": [],
    "V-257557 cluster": [bind("everyone", "system:openshift:scc:nonroot", principal("User", "alice"))],
    "V-257557 permitted": [bind("masters", "system:openshift:scc:nonroot", principal("Group", "system:masters"))],
    "1.2.12": [],
}
"""What makes a control fail, by its ID and a word."""


def flawed(name: str) -> list[Object]:
    """The objects of a cluster with one flaw."""
    objects = clean()
    if name == "1.2.12":
        config = next(one for one in objects if one["kind"] == "ConfigMap")
        config["data"]["config.yaml"] = config["data"]["config.yaml"].replace(f"{SCC}/SecurityContextConstraint", "None")
    if name == "V-257557 restricted":
        scc_of(objects, "restricted")["allowHostIPC"] = True
    return [*objects, *FLAWS[name]]


def arbitrary(seed: int) -> list[Object]:
    """The objects of a cluster with random SCCs, roles and bindings, in the spellings that commands and authorizers read differently."""
    pick = random.Random(seed)
    objects = clean()
    names = ["restricted-v2", "anyuid", "privileged", "gone"]
    for number in range(pick.randint(1, 4)):
        flags = {f"allowHost{flag}": pick.random() < 0.15 for flag in ("IPC", "PID", "Ports", "Network", "DirVolumePlugin")}
        strategy = pick.choice(("MustRunAsRange", "MustRunAsRange", "MustRunAsRange", "RunAsAny", "MustRunAsNonRoot"))
        fields = {
            "allowPrivilegedContainer": pick.random() < 0.2,
            "allowPrivilegeEscalation": pick.random() < 0.3,
            "allowedCapabilities": pick.choice((None, None, [], ["CHOWN"])),
            "requiredDropCapabilities": pick.choice((None, [], ["ALL"], ["ALL"], ["KILL", "NET_RAW"], ["KILL"])),
            "runAsUser": {"type": strategy},
            "users": pick.sample(["alice", "system:admin", "system:serviceaccount:shop:web"], pick.choice((0, 0, 1, 2))),
            "groups": pick.sample(["system:authenticated", "system:nodes", "developers"], pick.choice((0, 0, 1, 2))),
        }
        objects.append(custom(f"scc-{number}", **flags, **fields))
        names.append(f"scc-{number}")
    rules = (
        lambda: use(*pick.sample(names, pick.randint(1, 2))),
        lambda: use(*pick.sample(names, 1), verb="get"),
        use,
        lambda: use(*pick.sample(names, 1), verb="*"),
        lambda: use(*pick.sample(names, 1), group="*"),
        lambda: {"apiGroups": [""], "resources": pick.choice((["pods"], ["*"])), "verbs": pick.choice((["get"], ["*"]))},
    )
    roles = []
    for number in range(pick.randint(1, 5)):
        chosen = [pick.choices(rules, (6, 1, 1, 1, 1, 2))[0]() for _ in range(pick.randint(1, 2))]
        home = pick.choice(("", "", "shop", "openshift-demo"))
        roles.append(role(f"role-{number}", *chosen, namespace=home))
    for number in range(pick.randint(1, 6)):
        bound = pick.choice(roles)
        home = bound["metadata"].get("namespace") or pick.choice(("", "shop", "openshift-demo", "kube-demo"))
        to = bound["metadata"]["name"], bound["kind"]
        if pick.random() < 0.3 and bound["kind"] == "ClusterRole":
            to = f"system:openshift:scc:{pick.choice(('anyuid', 'privileged', 'restricted-v2', 'hostnetwork'))}", "ClusterRole"
        who = (account("web"), account("default"), account("agent", "openshift-demo"), principal("User", "alice"),
               principal("Group", "system:cluster-admins"))  # fmt: skip
        subjects = pick.sample(who, pick.randint(1, 2))
        objects.append(bind(f"binding-{number}", to[0], *subjects, namespace=home, kind=to[1]))
    extra = {"privileged": True} if pick.random() < 0.3 else {"capabilities": {"add": ["NET_RAW"]}}
    return [*objects, *roles, *([pod("web-2", **extra)] if pick.random() < 0.4 else [])]


_PLACES = {
    "SecurityContextConstraints": f"cluster-scoped-resources/{SCC}/securitycontextconstraints",
    "ClusterVersion": "cluster-scoped-resources/config.openshift.io/clusterversions",
    "ClusterRole": f"cluster-scoped-resources/{RBAC}/clusterroles",
    "ClusterRoleBinding": f"cluster-scoped-resources/{RBAC}/clusterrolebindings",
    "Role": f"{RBAC}/roles",
    "RoleBinding": f"{RBAC}/rolebindings",
    "ServiceAccount": "core/serviceaccounts",
}


def files(objects: list[Object]) -> dict[str, str]:
    """The files of a dump: an object as `oc adm inspect` names it, and ConfigMaps as the list of a namespace."""
    found = {}
    for item in objects:
        name, home = item["metadata"]["name"], item["metadata"].get("namespace")
        if item["kind"] == "Namespace":
            path = f"namespaces/{name}/{name}.yaml"
        elif item["kind"] == "ConfigMap":
            found[f"namespaces/{home}/core/configmaps.yaml"] = listed("ConfigMap", [item])
            continue
        elif item["kind"] == "Pod":
            path = f"namespaces/{home}/pods/{name}/{name}.yaml"
        else:
            path = f"{f'namespaces/{home}/' if home else ''}{_PLACES[item['kind']]}/{name}.yaml"
        found[path] = dump(item)
    return found


def write(folder: Path, objects: list[Object]) -> Path:
    for name, text in files(objects).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


if __name__ == "__main__":
    root, seeds = Path(sys.argv[1]), int(sys.argv[2])
    write(root / "clean", clean())
    for flaw in FLAWS:
        write(root / flaw.replace(" ", "-"), flawed(flaw))
    for seed in range(seeds):
        write(root / f"random-{seed}", arbitrary(seed))
