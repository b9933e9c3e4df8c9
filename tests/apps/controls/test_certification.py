"""The frameworks of Red Hat's certification, certsuite and openshift-preflight, against the meaning of their sources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.controls.test_controls import assessed
from tests.yaml_text import write_yaml

SUITE, PREFLIGHT = "certsuite-5.5", "preflight-operator"
ACCOUNT: dict[str, Any] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}}


def pods(context: dict[str, Any] | None = None, scc: str = "", account: str = "web", **spec: Any) -> str:
    """A Deployment whose container has a security context, the account, and a binding to an SCC."""
    container = {"name": "web", "image": "registry.example/web:1", **({"securityContext": context} if context else {})}
    container |= spec.pop("container", {})
    pod = {"serviceAccountName": account, "containers": [container], **spec}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    objects = [workload, ACCOUNT] + ([binding(f"system:openshift:scc:{scc}")] if scc else [])
    return "---\n".join(write_yaml(obj) for obj in objects)


def binding(role: str, namespace: str = "shop", kind: str = "RoleBinding") -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "b", **({"namespace": namespace} if kind == "RoleBinding" else {})},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
    }


def status(control: str, text: str, framework: str = SUITE) -> str:
    return assessed(text, framework)[control].status


FULL = {"runAsUser": 1000, "capabilities": {"drop": ["ALL"]}, "seLinuxOptions": {"level": "s0:c1,c2"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # restricted-v2 fills in all that category 1 asks for.
        (pods(), "pass"),
        (pods(volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "c"}}]), "pass"),
        (pods(volumes=[{"name": "a", "csi": {"driver": "d"}}]), "fail"),
        # anyuid sets no user and drops MKNOD alone.
        (pods(scc="anyuid"), "fail"),
        (pods({"runAsUser": 0, "capabilities": {"drop": ["KILL", "MKNOD", "SETGID", "SETUID"]}}, "anyuid"), "fail"),
        (
            pods(
                {"runAsUser": 0, "capabilities": {"drop": ["KILL", "MKNOD", "SETGID", "SETUID"]}},
                "anyuid",
                securityContext={"fsGroup": 5},
            ),
            "pass",
        ),
        (pods({"privileged": True}, "privileged"), "fail"),
        (pods(FULL, "privileged", securityContext={"fsGroup": 5}), "pass"),
        (pods(FULL, "privileged", securityContext={"fsGroup": 5}, hostNetwork=True), "fail"),
        (pods(FULL, "privileged", securityContext={"fsGroup": 5}, hostPID=True), "fail"),
        (pods(FULL, "privileged", securityContext={"fsGroup": 5}, volumes=[{"name": "h", "hostPath": {"path": "/"}}]), "fail"),
        (
            pods(
                FULL | {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}, "privileged", securityContext={"fsGroup": 5}
            ),
            "fail",
        ),
        (pods(FULL | {"capabilities": {"drop": ["ALL", "KILL"]}}, "privileged", securityContext={"fsGroup": 5}), "fail"),
        (
            pods(
                FULL, "privileged", securityContext={"fsGroup": 5}, container={"ports": [{"containerPort": 80, "hostPort": 80}]}
            ),
            "fail",
        ),
    ],
)
def test_categories_of_security_contexts(text: str, expected: str) -> None:
    assert status("access-control-security-context", text) == expected


@pytest.mark.parametrize("name", ["DAC_OVERRIDE", "DAC_READ_SEARCH", "SYS_MODULE"])
def test_capabilities(name: str) -> None:
    control = f"access-control-{name.lower().replace('_', '-')}-capability-check"
    for added, expected in ((name, "fail"), ("ALL", "fail"), ("CHOWN", "pass")):
        assert status(control, pods({"capabilities": {"add": [added]}}, "privileged")) == expected


def test_privilege_escalation_fails_only_if_it_is_asked_for() -> None:
    control = "access-control-security-context-privilege-escalation"
    assert status(control, pods({"allowPrivilegeEscalation": True}, "anyuid")) == "fail"
    assert status(control, pods(scc="anyuid")) == "pass"


@pytest.mark.parametrize(
    ("pod", "account", "expected"),
    [
        (None, None, "fail"),
        (None, False, "pass"),
        (None, True, "fail"),
        (False, None, "pass"),
        (False, True, "pass"),
        (True, False, "fail"),
    ],
)
def test_the_token_of_the_account(pod: bool | None, account: bool | None, expected: str) -> None:
    spec: dict[str, Any] = {} if pod is None else {"automountServiceAccountToken": pod}
    text = pods(**spec)
    if account is not None:
        text = text.replace(write_yaml(ACCOUNT), write_yaml({**ACCOUNT, "automountServiceAccountToken": account}))
    assert status("access-control-pod-automount-service-account-token", text) == expected


def test_accounts_and_their_bindings() -> None:
    rows = {
        "access-control-pod-service-account": "pass",
        "access-control-pod-role-bindings": "pass",
        "access-control-cluster-role-bindings": "pass",
    }
    found = assessed(pods(scc="anyuid"), SUITE)
    assert {name: found[name].status for name in rows} == rows
    found = assessed(pods(account="default"), SUITE)
    assert {name: found[name].status for name in rows} == {
        **dict.fromkeys(rows, "fail"),
        "access-control-cluster-role-bindings": "pass",
    }
    for bound, fails in (
        (binding("view", "other"), "access-control-pod-role-bindings"),
        (binding("view", kind="ClusterRoleBinding"), "access-control-cluster-role-bindings"),
    ):
        found = assessed(f"{pods()}---\n{write_yaml(bound)}", SUITE)
        assert [name for name in rows if found[name].status == "fail"] == [fails]


def test_user_1337_and_tracing() -> None:
    assert status("access-control-no-1337-uid", pods(scc="anyuid", securityContext={"runAsUser": 1337})) == "fail"
    assert status("access-control-no-1337-uid", pods(scc="anyuid", securityContext={"runAsUser": 1338})) == "pass"
    control = "access-control-sys-ptrace-capability"
    assert status(control, pods(shareProcessNamespace=True)) == "fail"
    assert status(control, pods({"capabilities": {"add": ["SYS_PTRACE"]}}, "privileged", shareProcessNamespace=True)) == "pass"
    assert status(control, pods()) == "pass"


def csv(*rules: dict[str, Any], mode: str = "OwnNamespace", key: str = "clusterPermissions") -> str:
    pod = {"serviceAccountName": "web", "containers": [{"name": "c", "image": "registry.example/c:1"}]}
    deployment = {
        "name": "agent",
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}},
    }
    install = {"deployments": [deployment], key: [{"serviceAccountName": "web", "rules": [rule]} for rule in rules]}
    return write_yaml(
        {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": "agent.v1.0.0"},
            "spec": {
                "installModes": [{"type": mode, "supported": True}],
                "install": {"strategy": "deployment", "spec": install},
            },
        }
    )


def use(*names: str, group: str = "security.openshift.io") -> dict[str, Any]:
    return {"apiGroups": [group], "resources": ["securitycontextconstraints"], "resourceNames": [*names], "verbs": ["use"]}


PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


@pytest.mark.parametrize(
    ("text", "several", "some"),
    [
        (csv(PODS), "pass", "pass"),
        (csv(use("anyuid")), "pass", "fail"),
        (csv(use("anyuid", "privileged")), "fail", "fail"),
        # Preflight looks at the first rule about SCCs alone.
        (csv(PODS, use("anyuid"), use("a", "b")), "pass", "fail"),
        (csv(use()), "pass", "fail"),
        (csv(use("a", "b", group="other")), "pass", "pass"),
        (csv(use("a", "b"), key="permissions"), "pass", "pass"),
        (pods(), "not assessable", "not assessable"),
    ],
)
def test_sccs_that_an_operator_asks_for(text: str, several: str, some: str) -> None:
    assert status("SecurityContextConstraintsInCSV", text, PREFLIGHT) == several
    assert status("operator-install-status-no-privileges", text) == some


def test_an_operator_of_all_namespaces_may_have_a_cluster_role_binding() -> None:
    control = "access-control-cluster-role-bindings"
    assert status(control, csv(PODS)) == "fail"
    assert status(control, csv(PODS, mode="AllNamespaces")) == "pass"
