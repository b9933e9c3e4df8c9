"""What each OpenShift release brings along: its own SCCs, and the RBAC that decides who may use them.

The values are in `releases.json`, read off the release branches of openshift/cluster-kube-apiserver-operator. An SCC stands
there once, as the newest release has it; `volumesAbsent` are the volume types that a release's SCCs lack against it.
"""

import os
from functools import lru_cache
from typing import Any

from scclint.admission.rbac import use_rule
from scclint.errors import UsageError
from scclint.model.terms import KUBERNETES_AHEAD

Object = dict[str, Any]

RELEASES = ("4.11", "4.12", "4.13", "4.14", "4.15", "4.16", "4.17", "4.18", "4.19", "4.20", "4.21", "4.22")
"""The OpenShift releases whose admission is known, oldest first."""

NEWEST = RELEASES[-1]

OLDEST_KUBERNETES_MINOR = int(RELEASES[0].removeprefix("4.")) + KUBERNETES_AHEAD
NEWEST_KUBERNETES_MINOR = 36
KUBERNETES = tuple(f"1.{minor}" for minor in range(OLDEST_KUBERNETES_MINOR, NEWEST_KUBERNETES_MINOR + 1))
"""The Kubernetes versions whose seccomp behaviour is known, oldest first."""

NEWEST_KUBERNETES = KUBERNETES[-1]

_RBAC = "rbac.authorization.k8s.io"
_ROLE_PREFIX = "system:openshift:scc:"


@lru_cache(maxsize=1)
def _data() -> Any:
    import json

    with open(os.path.join(os.path.dirname(__file__), "releases.json"), encoding="utf-8") as file:
        return json.load(file)


def minor_of(release: str) -> int:
    """The minor of an OpenShift release: 20 for `4.20`. Raises UsageError for a release that is not known."""
    if release not in RELEASES:
        raise UsageError(f"OpenShift {release!r} is not a release scclint knows. Use one of {', '.join(RELEASES)}.")
    return int(release.removeprefix("4."))


def kubernetes_of(release: str) -> str:
    """The Kubernetes version of an OpenShift release: `1.33` for `4.20`. Raises UsageError."""
    return f"1.{minor_of(release) + KUBERNETES_AHEAD}"


def minor_of_kubernetes(version: str) -> int:
    """The minor of a Kubernetes version: 33 for `1.33`. Raises UsageError for a version that is not known."""
    if version not in KUBERNETES:
        raise UsageError(f"Kubernetes {version!r} is not a version scclint knows. Use {KUBERNETES[0]} to {KUBERNETES[-1]}.")
    return int(version.removeprefix("1."))


def own_sccs(release: str, *, upgraded_from_4_10: bool = False) -> dict[str, Object]:
    """The SecurityContextConstraints that `release` installs, by name.

    A cluster first installed at 4.10 or older keeps its `restricted`, which every authenticated user may use.
    """
    minor_of(release)
    known = _data()
    brought = known["releases"][release]
    absent = set(brought["volumesAbsent"])
    sccs = {}
    for name in brought["sccs"]:
        scc = {
            "apiVersion": "security.openshift.io/v1",
            "kind": "SecurityContextConstraints",
            "metadata": {"name": name},
            **known["sccs"][name],
        }
        scc["volumes"] = [volume for volume in scc["volumes"] if volume not in absent]
        if upgraded_from_4_10 and name == "restricted":
            scc["groups"] = [*scc["groups"], "system:authenticated"]
        sccs[name] = scc
    return sccs


def own_rbac(release: str, *, cluster_admins: bool = False) -> list[Object]:
    """The ClusterRoles and ClusterRoleBindings of `release` that bear on SCCs.

    With `cluster_admins`, the bindings that make the group `system:cluster-admins` and the user `system:admin` cluster
    administrators, as an installed cluster has them, are among these.
    """
    minor_of(release)
    brought = _data()["releases"][release]
    objects = [_cluster_role(_ROLE_PREFIX + name, [use_rule(name)]) for name in brought["clusterRoles"]]
    for role in (_ROLE_PREFIX + name for name in brought["everyone"]):
        objects.append(_binding(role, role, ("Group", "system:authenticated")))
    objects.append(_cluster_role("cluster-admin", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]))
    objects.append(_binding("cluster-admin", "cluster-admin", ("Group", "system:masters")))
    objects += [_aggregate("view", "edit"), _aggregate("edit", "admin"), _aggregate("admin", "")]
    if cluster_admins:
        subjects = (("Group", "system:cluster-admins"), ("User", "system:admin"))
        objects.append(_binding("cluster-admins", "cluster-admin", *subjects))
    return objects


def _cluster_role(name: str, rules: list[Object]) -> Object:
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}


def _aggregate(name: str, into: str) -> Object:
    """One of the roles that Kubernetes gathers from labelled ones. Their own rules never reach SCCs and are left out."""
    label = f"{_RBAC}/aggregate-to-"
    role = _cluster_role(name, [])
    role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {label + name: "true"}}]}
    role["metadata"]["labels"] = {label + into: "true"} if into else {}
    return role


def _binding(name: str, role: str, *subjects: tuple[str, str]) -> Object:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": kind, "name": subject} for kind, subject in subjects],
    }
