"""Who may do what, against a plain reading of Kubernetes' rules on random graphs of roles and bindings."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from scclint.admission.authorize import service_account_user
from scclint.admission.rbac import matched
from scclint.admission.verdict import ObjectRef, User
from scclint.cluster import Cluster
from scclint.errors import UsageError

Object = dict[str, Any]

NAMESPACES = ("red", "blue")
USERS = ("alice", "bob", "system:serviceaccount:red:web", "system:serviceaccount:blue:web")
GROUPS = ("devs", "system:authenticated", "system:serviceaccounts", "system:serviceaccounts:red")
SCCS = ("anyuid", "privileged", "restricted-v2")
REQUESTS = (
    ("use", "security.openshift.io", "securitycontextconstraints"),
    ("create", "", "pods"),
    ("create", "", "pods/exec"),
    ("get", "apps", "deployments"),
)


def rule(pick: random.Random) -> Object:
    verb, group, resource = pick.choice(REQUESTS)
    subresource = f"*/{resource.partition('/')[2]}" if "/" in resource else "*"
    made: Object = {
        "apiGroups": pick.sample([group, "*", "batch", "apps"], pick.randint(1, 2)),
        "resources": pick.sample([resource, subresource, "pods/*", "secrets", "pods"], pick.randint(1, 2)),
        "verbs": pick.sample([verb, "*", "list"], pick.randint(1, 2)),
    }
    if pick.random() < 0.4:
        made["resourceNames"] = pick.sample(SCCS, pick.randint(1, 2))
    return made


def graph(seed: int) -> list[Object]:
    """Roles, ClusterRoles and bindings, some of them to roles that are not there."""
    pick = random.Random(seed)
    found: list[Object] = []
    for kind, namespaces in (("ClusterRole", ("",)), ("Role", NAMESPACES)):
        for namespace in namespaces:
            for name in pick.sample(("r1", "r2", "r3"), 2):
                metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
                rules = [rule(pick) for _ in range(pick.randint(0, 3))]
                found.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules})
    for kind, namespaces in (("ClusterRoleBinding", ("",)), ("RoleBinding", NAMESPACES)):
        for namespace in namespaces:
            for name in ("b1", "b2", "b3"):
                role = "ClusterRole" if kind == "ClusterRoleBinding" else pick.choice(("Role", "ClusterRole"))
                subjects: list[Object] = [
                    {"kind": "User", "name": pick.choice(USERS)},
                    {"kind": "Group", "name": pick.choice(GROUPS)},
                ]
                subjects.append({"kind": "ServiceAccount", "name": "web", "namespace": pick.choice(NAMESPACES)})
                found.append({
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": kind,
                    "metadata": {"name": name, "namespace": namespace} if namespace else {"name": name},
                    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": pick.choice(("r1", "r2", "r3"))},
                    "subjects": pick.sample(subjects, pick.randint(0, 2)),
                })  # fmt: skip
    return found


def users() -> Iterator[User]:
    yield User("alice", ("devs", "system:authenticated"))
    yield User("bob", ("system:authenticated",))
    for namespace in NAMESPACES:
        account = service_account_user(namespace, "web")
        yield account
        yield User(account.name, (*account.groups, "system:authenticated"))


def plainly_allowed(
    objects: Sequence[Object], user: User, verb: str, group: str, resource: str, namespace: str, name: str
) -> bool:
    """Kubernetes' authorizer, word for word: any rule of any role of any binding that names the user."""
    for binding in objects:
        if not binding["kind"].endswith("Binding") or binding["metadata"].get("namespace", namespace) != namespace:
            continue
        if not any(_means(subject, user) for subject in binding["subjects"]):
            continue
        ref = binding["roleRef"]
        home = binding["metadata"].get("namespace") if ref["kind"] == "Role" else None
        for role in objects:
            if (role["kind"], role["metadata"]["name"], role["metadata"].get("namespace")) != (ref["kind"], ref["name"], home):
                continue
            if any(_rule_allows(rule, verb, group, resource, name) for rule in role["rules"]):
                return True
    return False


def _means(subject: Object, user: User) -> bool:
    if subject["kind"] == "ServiceAccount":
        return user.name == f"system:serviceaccount:{subject['namespace']}:{subject['name']}"
    return bool(subject["name"] in user.groups if subject["kind"] == "Group" else subject["name"] == user.name)


def _rule_allows(rule: Object, verb: str, group: str, resource: str, name: str) -> bool:
    _, _, subresource = resource.partition("/")
    resources = rule["resources"]
    return (
        ("*" in rule["verbs"] or verb in rule["verbs"])
        and ("*" in rule["apiGroups"] or group in rule["apiGroups"])
        and ("*" in resources or resource in resources or bool(subresource and f"*/{subresource}" in resources))
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
    )


@pytest.mark.parametrize("seed", range(60))
def test_rights_are_those_that_kubernetes_gives(seed: int) -> None:
    objects = graph(seed)
    rights = Cluster.openshift("4.20", objects, payload=False).grants.rights
    for user in users():
        for verb, group, resource in REQUESTS[1:]:
            for namespace in NAMESPACES:
                for name in ("", "anyuid"):
                    found = any(
                        binding.namespace in ("", namespace)
                        and (not rule.get("resourceNames") or name in rule["resourceNames"])
                        and matched(rule, verb, group, resource)
                        for binding, role in rights.bindings_of(user).items()
                        for _, _, rule in rights.rules_of(role)
                    )
                    expected = plainly_allowed(objects, user, verb, group, resource, namespace, name)
                    assert found == expected, (user, verb, resource, namespace, name)


@pytest.mark.parametrize("seed", range(60))
def test_holders_are_those_who_may_use_an_scc(seed: int) -> None:
    """A user may use an SCC in a namespace exactly if it, or a group of it, is a holder there."""
    objects = graph(seed)
    cluster = Cluster.openshift("4.20", objects, payload=False)
    for scc in SCCS:
        for namespace in NAMESPACES:
            holders = cluster.who_can_use(scc, namespace)
            for user in users():
                named = any(h.user_name == user.name or (h.kind == "Group" and h.name in user.groups) for h in holders)
                assert named == (cluster.grants.may_use(user, scc, namespace) is not None), (scc, namespace, user)


@pytest.mark.parametrize("seed", range(20))
def test_the_holders_of_all_namespaces_are_those_of_each(seed: int) -> None:
    cluster = Cluster.openshift("4.20", graph(seed))
    everywhere = {(h.kind, h.namespace, h.name, grant) for h in cluster.who_can_use("anyuid") for grant in h.grants}
    each = {
        (h.kind, h.namespace, h.name, grant)
        for namespace in NAMESPACES
        for h in cluster.who_can_use("anyuid", namespace)
        for grant in h.grants
    }
    local = {found for found in everywhere if found[3].binding is None or found[3].binding.namespace in ("", *NAMESPACES)}
    assert each == local


def test_the_lists_of_the_scc_count_beside_rbac() -> None:
    own = {
        "apiVersion": "security.openshift.io/v1",
        "kind": "SecurityContextConstraints",
        "metadata": {"name": "mine"},
        "users": ["system:serviceaccount:red:web", "alice", "alice"],
        "groups": ["devs"],
        "runAsUser": {"type": "RunAsAny"},
        "seLinuxContext": {"type": "RunAsAny"},
    }
    found = Cluster.openshift("4.20", [own], payload=False, cluster_admins=False).who_can_use("mine", "red")
    assert [(h.kind, h.namespace, h.name, [g.via for g in h.grants]) for h in found] == [
        ("Group", "", "devs", ["groups"]),
        ("Group", "", "system:masters", ["rbac", "rbac"]),
        ("User", "", "alice", ["users"]),
        ("ServiceAccount", "red", "web", ["users"]),
    ]
    masters = found[1].grants
    assert (masters[0].binding, masters[1].binding) == (None, ObjectRef("ClusterRoleBinding", "", "cluster-admin"))


def test_an_scc_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"OpenShift 4\.20 has no SCC anyuidd; did you mean anyuid\?"):
        Cluster.openshift("4.20").who_can_use("anyuidd")
