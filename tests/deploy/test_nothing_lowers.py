"""Nothing in the content of other files, and no name of a folder, makes access less than it is."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli, here
from tests.manifests import PRIVILEGED, SCC
from tests.running import write_below

__all__ = ["cli", "here"]

AGENT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
      - {name: agent, image: "registry.example/agent:1", securityContext: {privileged: true}}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: shop}\n"

KUTTL = "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [tests]\n"

WAYS = {
    "an entry that is commented out": {
        "deploy/app.yaml": AGENT,
        "map.yaml": MAP,
        "kustomization.yaml": "resources:\n- map.yaml\n# - deploy/app.yaml\n",
    },
    "podman in a README": {"app.yaml": AGENT, "README.md": "Run it:\n\n```\npodman kube play app.yaml\n```\n"},
    "an older release beside a newer one": {
        "releases/v1.0.0/app.yaml": AGENT,
        "releases/v1.1.0/app.yaml": AGENT.replace("securityContext: {privileged: true}", "imagePullPolicy: Always"),
    },
    "a test that reads the folder": {
        "data/app.yaml": AGENT,
        "app_test.go": 'package a\nimport "testing"\nfunc TestA(t *testing.T) { read("data/app.yaml") }\n',
    },
    "an older bundle": {
        "0.1.0/manifests/app.yaml": AGENT,
        "0.2.0/manifests/map.yaml": MAP,
    },
    "a file that a test compares": {
        "tests/00-assert.yaml": AGENT,
        "kuttl-test.yaml": "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [tests]\n",
    },
    "a folder of tests": {"tests/app.yaml": AGENT},
    "a folder of examples": {"examples/app.yaml": AGENT},
    "a folder of samples": {"config/samples/app.yaml": AGENT},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_pod_is_named_and_the_run_fails(way: str, here: Path, cli: Cli) -> None:
    write_below(here, WAYS[way])
    run = cli("check", ".")
    assert run.status == 1
    assert "DaemonSet shop/agent" in run.out
    assert "privileged" in run.out


def test_a_capability_that_takes_the_node_is_reported_in_the_scc_and_in_the_pod(here: Path, cli: Cli) -> None:
    scc = SCC.replace("NAME", "modules").replace("users: []\n", 'users: ["system:serviceaccount:shop:web"]\n')
    pod = PRIVILEGED.replace("{privileged: true}", "{capabilities: {add: [SYS_MODULE]}}")
    write_below(here, {"scc.yaml": f"{scc}allowedCapabilities: [SYS_MODULE]\n", "app.yaml": pod})
    run = cli("check", ".")
    assert run.status == 1
    text = " ".join(run.out.split())
    assert "node Deployment shop/web SCC modules, capability SYS_MODULE" in text
    assert "node SecurityContextConstraints modules SCC modules for service account shop/web; capability SYS_MODULE" in text
