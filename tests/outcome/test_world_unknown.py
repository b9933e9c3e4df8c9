"""What the world knows of a workload, and what it owns not to know."""

import pytest

from scclint.cluster import Cluster
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.objects.types import Workload
from scclint.outcome.manifests import manifests
from scclint.outcome.world import World

POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: %s}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      hostPID: true
      containers: [{name: agent, image: registry.example/agent:1}]
"""
GRANT = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:%s"}
subjects: [{kind: ServiceAccount, name: %s, namespace: %s}]
"""
USERS = """\
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowHostPID: true
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
users: ["system:serviceaccount:agents:agent"]
"""


def world_of(text: str) -> tuple[World, Workload]:
    objects = [o for document in load_text("agent.yaml", text, SUBJECT_KINDS) for o in expand(document)]
    world = World(objects, Cluster.openshift("4.20", manifests(objects, "")))
    return world, next(world.of(Workload))


@pytest.mark.parametrize(
    ("namespace", "grants", "unknown"),
    [
        ('"${NAMESPACE}"', GRANT % ("privileged", "agent", "agents"), "agents/agent"),
        ('"${NAMESPACE}"', GRANT % ("privileged", "agent", '"${NODE_NAMESPACE}"'), "${NODE_NAMESPACE}/agent"),
        ('"{{ namespace }}"', USERS, "agents/agent"),
        # The same letters are the same namespace, whatever it will be.
        ('"${NAMESPACE}"', GRANT % ("privileged", "agent", '"${NAMESPACE}"'), ""),
        ('"${NAMESPACE}"', GRANT % ("privileged", "other", "agents"), ""),
        ('"${NAMESPACE}"', "", ""),
        ("shop", GRANT % ("privileged", "agent", "agents"), ""),
    ],
)
def test_a_namespace_to_be_filled_in_may_be_the_one_of_the_grant(namespace: str, grants: str, unknown: str) -> None:
    world, workload = world_of(POD % namespace + grants)
    outcome = world.outcome(workload)
    assert (outcome.verdict is None) == bool(unknown)
    if unknown:
        named = namespace.strip('"')
        assert outcome.unknown == f"namespace {named} is not filled in, and service account {unknown} may use SCCs"
        assert outcome.unknown_at is not None
        assert outcome.unknown_at.path == ("metadata", "namespace")
