"""The ways of a subject to an SCC that it may not use: each right, in its scope, and its harmless twin."""

from typing import Any

import pytest

from scclint.admission.rbac import RBAC
from scclint.cluster import Cluster
from scclint.cluster.escalation import Escalations, takes_node
from scclint.cluster.who_can import acting_as

Object = dict[str, Any]

AUTHENTICATION = "authentication.k8s.io"
APP = {"kind": "ServiceAccount", "name": "app", "namespace": "shop"}


def rule(verbs: str, resources: str, *names: str, group: str = "") -> Object:
    allowed = {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}
    return {**allowed, "resourceNames": list(names)} if names else allowed


def granted(role: str | list[Object], namespace: str = "", subject: Object = APP) -> list[Object]:
    """A binding in a namespace, or for the cluster, of a ClusterRole by its name or of a role with these rules."""
    name = role if isinstance(role, str) else f"r-{namespace}"
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
    metadata = {"name": f"b-{namespace}", "namespace": namespace} if namespace else {"name": "b"}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    binding = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "roleRef": ref, "subjects": [subject]}
    if isinstance(role, str):
        return [binding]
    return [binding, {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": role}]


def phrases(objects: list[Object], release: str = "4.22", subject: tuple[str, str] = ("shop", "app")) -> list[str]:
    cluster = Cluster.openshift(release, objects, cluster_admins=True)
    ways = Escalations(cluster, takes_node(cluster)).of(acting_as("ServiceAccount", *subject))
    return [way.phrase for way in ways]


PODS = [rule("create", "pods")]
TOKENS = [rule("create", "serviceaccounts/token")]
ACCOUNTS = [rule("impersonate", "serviceaccounts")]
MASTERS = "act as a member of group system:masters"


@pytest.mark.parametrize(
    ("role", "first"),
    [
        ("sudoer", "act as user system:admin, which may do everything"),
        ("edit", "create pods in every namespace"),
        ("system:kube-controller-manager", "create tokens of every service account"),
        ("system:kubelet-api-admin", "run commands in every pod through the kubelets"),
        ("system:node", "create pods in every namespace"),
        ("system:controller:clusterrole-aggregation-controller", "write every right into a ClusterRole"),
        ("system:controller:daemon-set-controller", "create pods in every namespace"),
        ("system:controller:deployment-controller", "create pods in every namespace"),
        ("system:controller:generic-garbage-collector", "change every pod"),
        ("system:controller:resourcequota-controller", "read every secret"),
        ("system:openshift:controller:build-controller", "create pods in every namespace"),
        ("system:kube-scheduler", ""),
        ("system:controller:ttl-controller", ""),
        ("view", ""),
    ],
)
def test_the_releases_own_roles(role: str, first: str) -> None:
    found = phrases(granted(role))
    assert bool(found) == bool(first)
    assert all(phrase.startswith(first) for phrase in found[:1])
    # In an ordinary namespace, none of them leads anywhere, except to the labels of the namespace.
    assert [phrase for phrase in phrases(granted(role, "shop")) if "by a label" not in phrase] == []


@pytest.mark.parametrize(
    ("namespace", "labels", "found"),
    [
        ("shop", {}, ["switch off SCC admission by a label in namespace shop"]),
        ("shop", {"openshift.io/run-level": "1"}, []),
        ("default", {}, []),
        ("kube-system", {}, []),
        ("", {}, ["switch off SCC admission by a label in every namespace"]),
    ],
)
def test_a_label_switches_nothing_off_where_no_scc_admission_runs(namespace: str, labels: Object, found: list[str]) -> None:
    metadata = {"name": namespace or "shop", "labels": labels}
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}]
    assert phrases([*objects, *granted([rule("patch", "namespaces")], namespace)]) == found


def test_all_rights_of_a_role_of_the_release() -> None:
    """Nothing gets past the SCCs of a subject that may do everything."""
    assert phrases(granted("system:master")) == phrases(granted("cluster-admin")) == []


@pytest.mark.parametrize(
    ("rules", "first"),
    [
        ([rule("impersonate", "users", "system:admin")], "act as user system:admin, which may do everything"),
        ([rule("impersonate", "users", "dev", "system:admin")], "act as user system:admin, which may do everything"),
        (
            [rule("impersonate", "users", "system:kube-controller-manager")],
            "act as user system:kube-controller-manager, which may",
        ),
        ([rule("impersonate", "users")], "act as every user"),
        ([rule("impersonate", "users", "dev")], ""),
        # The API server checks such a name as a service account.
        ([rule("impersonate", "users", "system:serviceaccount:kube-system:daemon-set-controller")], ""),
        ([rule("impersonate", "groups", "system:masters")], f"{MASTERS} once it may act as any user"),
        ([rule("impersonate", "groups")], f"{MASTERS} once it may act as any user"),
        ([rule("impersonate", "groups users", "system:masters")], MASTERS),
        ([rule("impersonate", "groups", "system:masters"), rule("impersonate", "users", "dev")], MASTERS),
        ([rule("impersonate", "groups", "system:cluster-admins")], "act as a member of group system:cluster-admins"),
        ([rule("impersonate", "groups", "devs")], ""),
        (
            [rule("impersonate", "serviceaccounts", "daemon-set-controller")],
            "act as service account kube-system/daemon-set-controller",
        ),
        ([rule("impersonate", "serviceaccounts", "web")], ""),
    ],
)
def test_acting_as_others(rules: list[Object], first: str) -> None:
    found = phrases(granted(rules))
    assert bool(found) == bool(first)
    assert all(phrase.startswith(first) for phrase in found[:1])


def test_users_and_groups_belong_to_no_namespace() -> None:
    assert phrases(granted([rule("impersonate", "users groups", "system:admin", "system:masters")], "kube-system")) == []


def test_a_user_that_the_input_lets_do_everything() -> None:
    ops = granted("cluster-admin", subject={"apiGroup": RBAC, "kind": "User", "name": "ops"})
    ops[0]["metadata"]["name"] = "ops"
    rules = [rule("impersonate", "users", "ops")]
    assert phrases(granted(rules)) == []
    assert phrases([*granted(rules), *ops]) == ["act as user ops, which may do everything"]


WITHOUT_SCC = ("default", "kube-public", "kube-system", "openshift", "openshift-infra", "openshift-node", "openshift-etcd")
WRITES = {
    "pods": PODS,
    "deployments": [rule("create", "deployments", group="apps")],
    "daemonsets": [rule("patch", "daemonsets", group="apps")],
    "jobs": [rule("create", "jobs", group="batch")],
}


@pytest.mark.parametrize("kind", WRITES)
def test_pods_without_scc_admission(kind: str) -> None:
    for namespace in WITHOUT_SCC:
        text = f"create pods in namespace {namespace}, where no SCC admission runs"
        assert phrases(granted(WRITES[kind], namespace))[:1] == [text]
    assert phrases(granted(WRITES[kind], "shop")) == []


@pytest.mark.parametrize(
    "labels", [{"openshift.io/run-level": "0"}, {"security.openshift.io/disable-securitycontextconstraints": "true"}]
)
def test_a_label_switches_scc_admission_off(labels: dict[str, str]) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": labels}}
    assert phrases([*granted(PODS, "web"), namespace]) == ["create pods in namespace web, where no SCC admission runs"]
    assert phrases(granted(PODS, "web")) == []


@pytest.mark.parametrize(
    ("rules", "namespace", "first"),
    [
        (PODS, "openshift-machine-api", "create pods as service account openshift-machine-api/cluster-baremetal-operator"),
        (TOKENS, "openshift-monitoring", "create tokens of service account openshift-monitoring/"),
        (ACCOUNTS, "openshift-monitoring", "act as service account openshift-monitoring/"),
        (
            [rule("create", "pods/exec")],
            "openshift-monitoring",
            "run commands in pods of service account openshift-monitoring/",
        ),
        (TOKENS, "kube-system", "create tokens of service account kube-system/clusterrole-aggregation-controller, which may"),
        (ACCOUNTS, "kube-system", "act as service account kube-system/clusterrole-aggregation-controller, which may"),
        (ACCOUNTS, "openshift-infra", "act as service account openshift-infra/build-controller"),
        ([rule("create get", "secrets")], "kube-system", "create and read token secrets of service account kube-system/"),
        # The accounts of controllers have no pods.
        ([rule("create", "pods/exec")], "kube-system", ""),
        ([rule("create", "serviceaccounts/token", "other")], "openshift-monitoring", ""),
        ([rule("get list", "pods")], "openshift-monitoring", ""),
        # No account of the release there may use a wide SCC.
        (PODS, "openshift-operators", ""),
        (TOKENS, "openshift-operators", ""),
        (TOKENS, "default", ""),
    ],
)
def test_namespaces_of_the_release(rules: list[Object], namespace: str, first: str) -> None:
    found = phrases(granted(rules, namespace))
    assert bool(found) == bool(first)
    assert all(phrase.startswith(first) for phrase in found[:1])


def test_a_component_works_in_its_own_namespace() -> None:
    """What a component of the release may do in its own namespace is no way around SCCs. Without SCC admission it is."""
    component = {"kind": "ServiceAccount", "name": "operator", "namespace": "openshift-monitoring"}
    assert phrases(granted(PODS, "openshift-monitoring", component), subject=("openshift-monitoring", "operator")) == []
    other = component | {"namespace": "kube-system"}
    assert len(phrases(granted(PODS, "kube-system", other), subject=("kube-system", "operator"))) == 1


def constrained(identity: Object, action: Object) -> list[Object]:
    return granted([{**identity, "apiGroups": [AUTHENTICATION]}, action])


CREATE = "impersonate-on:{}:create"
AS_ACCOUNT, AS_USER = rule("impersonate:serviceaccount", "serviceaccounts"), rule("impersonate:user-info", "users")


@pytest.mark.parametrize(
    ("objects", "first"),
    [
        (
            constrained(AS_ACCOUNT, rule(CREATE.format("serviceaccount"), "pods")),
            "act as every service account (OpenShift's own included) to create pods",
        ),
        (
            constrained(AS_ACCOUNT, rule("*", "pods/exec pods/attach")),
            "act as every service account (OpenShift's own included) to",
        ),
        (constrained(AS_USER, rule(CREATE.format("user-info"), "pods")), "act as every user to create pods"),
        (
            constrained(
                rule("impersonate:user-info", "users", "system:admin"), rule(CREATE.format("user-info"), "jobs", group="batch")
            ),
            "act as user system:admin, which may do everything, to create pods",
        ),
        (
            constrained(
                rule("impersonate:user-info", "users", "system:admin"),
                rule(CREATE.format("user-info"), "rolebindings", group=RBAC),
            ),
            "act as user system:admin, which may do everything, to write bindings",
        ),
        (
            constrained(
                rule("impersonate:user-info", "users groups", "dev", "system:cluster-admins"),
                rule(CREATE.format("user-info"), "pods"),
            ),
            "act as a member of group system:cluster-admins, which may do everything, to create pods",
        ),
        (
            constrained(
                rule("impersonate:arbitrary-node", "nodes"), rule(CREATE.format("arbitrary-node"), "serviceaccounts/token")
            ),
            "act as a node to create tokens",
        ),
        (
            constrained(
                rule("impersonate:associated-node", "nodes"), rule(CREATE.format("associated-node"), "serviceaccounts/token")
            ),
            "act as the node that it runs on to create tokens",
        ),
        # One of the two is missing, or is of another mode, group, verb or name.
        (constrained(AS_ACCOUNT, rule("get", "pods")), ""),
        (constrained(rule("get", "serviceaccounts"), rule(CREATE.format("serviceaccount"), "pods")), ""),
        (constrained(AS_ACCOUNT, rule(CREATE.format("user-info"), "pods")), ""),
        (granted([AS_ACCOUNT, rule(CREATE.format("serviceaccount"), "pods")]), ""),
        (constrained(AS_ACCOUNT, rule("impersonate-on:serviceaccount:list", "pods")), ""),
        (
            constrained(
                rule("impersonate:serviceaccount", "serviceaccounts", "web"), rule(CREATE.format("serviceaccount"), "pods")
            ),
            "",
        ),
        (constrained(rule("impersonate:user-info", "users", "dev"), rule(CREATE.format("user-info"), "pods")), ""),
        # This mode never leads to system:masters.
        (
            constrained(
                rule("impersonate:user-info", "users groups", "dev", "system:masters"), rule(CREATE.format("user-info"), "pods")
            ),
            "",
        ),
        # The API server asks for every node at once.
        (
            constrained(
                rule("impersonate:associated-node", "nodes", "worker-1"),
                rule(CREATE.format("associated-node"), "serviceaccounts/token"),
            ),
            "",
        ),
    ],
)
def test_constrained_impersonation(objects: list[Object], first: str) -> None:
    found = phrases(objects, "5.0")
    assert [phrase.startswith(first) for phrase in found if "act as" in phrase] == [True] * bool(first)
    assert not any("act as" in phrase for phrase in phrases(objects, "4.22"))


def test_what_a_mode_leaves_of_an_account() -> None:
    """A subject that may act as an account has only those rights of it that it has in the mode."""
    agent = {"kind": "ServiceAccount", "name": "agent", "namespace": "shop"}
    privileged = granted("system:openshift:scc:privileged", "shop", agent)
    privileged[0]["metadata"]["name"] = "privileged"
    writes = granted(PODS, "shop", agent)
    writes[0]["metadata"]["name"], writes[0]["roleRef"]["name"], writes[1]["metadata"]["name"] = "writes", "writer", "writer"
    identity = {**AS_ACCOUNT, "apiGroups": [AUTHENTICATION]}
    for action, expected in (
        (CREATE, ["act as service account shop/agent, which may use SCC privileged, to create pods"]),
        ("get", []),
    ):
        rules = [identity, rule(action.format("serviceaccount"), "pods")]
        assert phrases([*granted(rules, "shop"), *privileged, *writes], "5.0") == expected


@pytest.mark.parametrize(
    ("rules", "number"),
    [
        ([rule("create get", "pods services"), rule("create", "deployments statefulsets", group="apps")], 2),
        ([rule("create", "jobs", group="batch"), rule("patch", "cronjobs jobs", group="batch"), rule("create", "pods")], 3),
        ([rule("create", "*", group="apps"), rule("create", "pods")], 2),
        ([rule("impersonate", "users"), rule("impersonate", "users groups")], 2),
        ([rule("create", "pods/exec"), rule("update", "*/ephemeralcontainers"), rule("get", "*/status")], 2),
        ([rule("impersonate", "users", "system:admin"), rule("impersonate", "users", "dev", "system:admin")], 2),
        (
            [
                rule("bind", "clusterroles", group=RBAC),
                rule("create", "rolebindings", group=RBAC),
                rule("patch", "clusterrolebindings", group=RBAC),
            ],
            1,
        ),
    ],
)
def test_without_all_that_is_enough_for_a_right_the_way_is_closed(rules: list[Object], number: int) -> None:
    """And each of them alone leaves it open."""
    minor = Cluster.openshift("4.22").kubernetes_minor

    def ways(rules: list[Object]) -> dict[str, Any]:
        cluster = Cluster.openshift("4.22", granted(rules))
        found = Escalations(cluster, takes_node(cluster)).of(acting_as("ServiceAccount", "shop", "app"))
        return {way.phrase: way for way in found}

    def without(taken: list[Any]) -> list[Object]:
        left = [{field: dict(enumerate(values)) for field, values in item.items()} for item in rules]
        for one in taken:
            for entry in one.entries:
                left[one.held.index][one.field].pop(entry, None)
        return [{field: list(values.values()) for field, values in item.items()} for item in left]

    phrase, way = next(iter(ways(rules).items()))
    for enough in way.enough(minor):
        assert phrase not in ways(without(enough))
    first = way.enough(minor)[0]
    assert len(first) == number
    for left in first:
        assert phrase in ways(without([one for one in first if one is not left]))


EVERY_POD = "create pods in every namespace as every service account (OpenShift's own included)"


@pytest.mark.parametrize(
    ("verbs", "resource", "group", "way"),
    [
        ("create", "taskruns", "tekton.dev", EVERY_POD),
        ("patch", "rollouts", "argoproj.io", EVERY_POD),
        ("create", "workflows", "argoproj.io", EVERY_POD),
        ("update", "services", "serving.knative.dev", EVERY_POD),
        ("create", "prometheuses", "monitoring.coreos.com", EVERY_POD),
        ("create", "elasticsearches", "elasticsearch.k8s.elastic.co", EVERY_POD),
        ("update", "kubeletconfigs", "machineconfiguration.openshift.io", "change how the nodes run every pod"),
        ("create", "tuneds", "tuned.openshift.io", "change how the nodes run every pod"),
        ("patch", "clusterversions", "config.openshift.io", "change the API server and its admission"),
        ("update", "kubeapiservers", "operator.openshift.io", "change the API server and its admission"),
        ("create", "oauthaccesstokens", "oauth.openshift.io", "log in as every user"),
        ("update", "oauths", "config.openshift.io", "log in as every user"),
        ("create", "applications", "argoproj.io", "have a controller apply every manifest"),
        ("create", "manifestworks", "work.open-cluster-management.io", "have a controller apply every manifest"),
        ("create", "syncsets", "hive.openshift.io", "have a controller apply every manifest"),
        ("update", "clusterserviceversions", "operators.coreos.com", "have OLM run every program with every right"),
        # Tasks make no pods until a run names them, and reading changes nothing.
        ("create", "tasks", "tekton.dev", ""),
        ("update", "taskruns", "tekton.dev", ""),
        ("get list watch", "clusterversions", "config.openshift.io", ""),
        ("create", "services", "", ""),
    ],
)
def test_what_makes_pods_or_configures_nodes(verbs: str, resource: str, group: str, way: str) -> None:
    rules = [rule(verbs, resource, group=group)]
    assert phrases(granted(rules)) == [way] * bool(way)
    # In one namespace, no controller of another one and no node follows.
    assert way == EVERY_POD or phrases(granted(rules, "shop")) == []


@pytest.mark.parametrize(
    ("namespace", "names", "number"),
    [
        ("openshift-kube-apiserver-operator", (), 1),
        ("openshift-kube-apiserver-operator", ("node-system-admin-client",), 1),
        ("openshift-kube-apiserver-operator", ("serving-cert",), 0),
        ("shop", (), 0),
    ],
)
def test_the_certificate_of_masters(namespace: str, names: tuple[str, ...], number: int) -> None:
    found = phrases(granted([rule("get", "secrets", *names)], namespace))
    assert found == ["read the certificate of group system:masters in namespace openshift-kube-apiserver-operator"] * number
