"""The SCC that admits the pods of a subject who may use every SCC, as the real plugin chose it.

Recorded from openshift/apiserver-library-go for a service account with `use` on every SCC and for a cluster administrator's bare
pod, which land alike. The releases recorded are 4.11, 4.13, 4.16, 4.18, 4.19, 4.20 and 4.22.
"""

from typing import Any

import pytest

from scclint.admission.rbac import use_rule
from scclint.cluster import Cluster, User

ADMIN = User("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))
EXPORTER, INSIGHTS, TERMINATION = "node-exporter", "insights-runtime-extractor-scc", "machine-api-termination-handler"
PRIVILEGED: dict[str, Any] = {"privileged": True}
RUNTIME_DEFAULT = {"seccompProfile": {"type": "RuntimeDefault"}}
HOST_PATH: dict[str, Any] = {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}
NO_TOKEN: dict[str, Any] = {"automountServiceAccountToken": False}
RELEASES = ("4.11", "4.13", "4.16", "4.18", "4.19", "4.20", "4.22", "4.23", "5.0")


def landings(first: str, from_4_15: str, from_4_19: str) -> tuple[str, ...]:
    return (first,) * 2 + (from_4_15,) * 2 + (from_4_19,) * 5


@pytest.mark.parametrize(
    ("context", "spec", "without", "with_payload"),
    [
        (PRIVILEGED, {}, "privileged", landings(EXPORTER, EXPORTER, INSIGHTS)),
        (PRIVILEGED, {**HOST_PATH, "hostPID": True}, "privileged", landings(EXPORTER, EXPORTER, INSIGHTS)),
        (PRIVILEGED, {"hostNetwork": True}, "privileged", landings(EXPORTER, EXPORTER, EXPORTER)),
        (
            PRIVILEGED,
            {"hostNetwork": True, "securityContext": RUNTIME_DEFAULT},
            "privileged",
            landings("privileged", EXPORTER, EXPORTER),
        ),
        ({**PRIVILEGED, "capabilities": {"add": ["NET_ADMIN"]}}, {}, "privileged", landings(*("privileged",) * 3)),
        (
            {**PRIVILEGED, "capabilities": {"add": ["CAP_SYS_ADMIN"]}},
            {},
            "privileged",
            landings(*("privileged",) * 2, INSIGHTS),
        ),
        (PRIVILEGED, {"hostIPC": True}, "privileged", landings(*("privileged",) * 3)),
        ({**PRIVILEGED, "seccompProfile": {"type": "Unconfined"}}, {}, "privileged", landings(*("privileged",) * 3)),
        ({}, {"hostNetwork": True}, "hostnetwork-v2", landings(*("hostnetwork-v2",) * 3)),
        ({}, {**HOST_PATH, "hostNetwork": True}, "hostaccess", landings(*("hostaccess",) * 3)),
        ({}, {**HOST_PATH, **NO_TOKEN, "hostNetwork": True}, "hostaccess", landings(*(TERMINATION,) * 3)),
        ({}, {"hostPID": True}, "hostaccess", landings(*("hostaccess",) * 3)),
        ({}, {"hostPID": True, "securityContext": RUNTIME_DEFAULT}, "privileged", landings("privileged", EXPORTER, INSIGHTS)),
        ({}, {}, "anyuid", landings(*("anyuid",) * 3)),
    ],
)
def test_landing(context: dict[str, Any], spec: dict[str, Any], without: str, with_payload: tuple[str, ...]) -> None:
    container = {"name": "app", "image": "x", "securityContext": context}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"serviceAccountName": "app", "containers": [container], **spec},
    }
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "every"}}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "every"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "every"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "demo", "name": "app"}],
    }
    every = [{**role, "rules": [use_rule("*")]}, binding]
    for payload in (False, True):
        for release, expected in zip(RELEASES, with_payload, strict=True):
            granted = Cluster.openshift(release, every, payload=payload)
            administered = Cluster.openshift(release, payload=payload, cluster_admins=True)
            by_admin = administered.admission.with_service_account(pod, "demo")
            found = (
                granted.admit(pod, namespace="demo").scc,
                administered.admit(by_admin, namespace="demo", user=ADMIN).scc,
            )
            assert found == ((expected if payload else without),) * 2, release
