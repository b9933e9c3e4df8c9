"""Operators in the namespace of their Subscription or OperatorGroup, and the Pod Security level that this namespace needs."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from tests.running import report_on, write_files

SYNC = "security.openshift.io/scc.podSecurityLabelSync"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: NAME, labels: {LABELS}}\n"
GROUP = "apiVersion: operators.coreos.com/v1\nkind: OperatorGroup\nmetadata: {name: g, namespace: NAME}\n"
SUBSCRIPTION = """\
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: s, namespace: NAME}
spec: {name: agent, channel: stable, source: c, sourceNamespace: openshift-marketplace}
"""
CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: agent.v1.0.0, namespace: placeholder}
spec:
  install:
    strategy: deployment
    spec:
      clusterPermissions:
      - serviceAccountName: agent
        rules:
        - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [anyuid], verbs: [use]}
      deployments:
      - name: agent
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {serviceAccountName: agent, containers: [{name: c, image: registry.example/agent:1}]}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(files: dict[str, str], name: str = "agents", labels: str = f'{SYNC}: "false"', release: str = "5.0") -> list[str]:
    texts = {file: text.replace("NAME", name).replace("LABELS", labels) for file, text in files.items()}
    write_files(texts)
    findings = report_on(["."], Config(openshift=(release,))).findings
    return [f"{f.rule_id} {f.subject.kind}" for f in findings if f.rule_id.startswith("PSA") and f.rule_id != "PSA502"]


def joined(*texts: str) -> dict[str, str]:
    return {"all.yaml": "---\n".join(texts)}


@pytest.mark.parametrize("installation", [GROUP, SUBSCRIPTION, f"{GROUP}---\n{SUBSCRIPTION}"])
@pytest.mark.parametrize("name", ["agents", "openshift-agents"])
def test_a_label_keeps_the_level_from_the_namespace_of_an_operator(installation: str, name: str) -> None:
    assert sorted(found(joined(NAMESPACE, installation, CSV), name)) == ["PSA501 Deployment", "PSA504 Namespace"]


@pytest.mark.parametrize(
    ("files", "name", "labels", "release"),
    [
        # No label keeps the syncer out.
        (joined(NAMESPACE, SUBSCRIPTION, CSV), "agents", "a: b", "5.0"),
        # OLM lets the syncer in.
        (joined(NAMESPACE, GROUP, CSV), "openshift-agents", "a: b", "5.0"),
        (joined(NAMESPACE, GROUP, CSV), "openshift-agents", "pod-security.kubernetes.io/enforce: restricted", "5.0"),
        (joined(NAMESPACE, SUBSCRIPTION, CSV), "agents", "pod-security.kubernetes.io/enforce: baseline", "5.0"),
        # The Subscription is to another package, of another group, or nothing is installed there.
        (joined(NAMESPACE, SUBSCRIPTION.replace("{name: agent", "{name: other"), CSV), "agents", f'{SYNC}: "false"', "5.0"),
        (
            joined(NAMESPACE, SUBSCRIPTION.replace("operators.coreos.com/v1alpha1", "messaging.knative.dev/v1"), CSV),
            "agents",
            f'{SYNC}: "false"',
            "5.0",
        ),
        (joined(NAMESPACE, CSV), "agents", f'{SYNC}: "false"', "5.0"),
    ],
)
def test_no_label_is_in_the_way(files: dict[str, str], name: str, labels: str, release: str) -> None:
    assert found(files, name, labels, release) == []


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ("a: b", ["PSA506 Namespace"]),
        (f'{SYNC}: "false"', ["PSA506 Namespace"]),
        ("pod-security.kubernetes.io/enforce: baseline", []),
    ],
)
def test_no_label_is_in_the_way_where_the_release_enforces_level_privileged(labels: str, wanted: list[str]) -> None:
    """Such a level is less strict than the pods allow, whether the syncer is there or not."""
    assert found(joined(NAMESPACE, SUBSCRIPTION, CSV), labels=labels, release="4.22") == wanted


@pytest.mark.parametrize("label", [f'{SYNC}: "false"', "pod-security.kubernetes.io/enforce: restricted"])
def test_the_bundle_of_a_subscription_in_another_folder(label: str) -> None:
    files = {
        "bundle/manifests/agent.clusterserviceversion.yaml": CSV,
        "deploy/install.yaml": f"{NAMESPACE}---\n{GROUP}---\n{SUBSCRIPTION}",
    }
    assert found(files, labels=label) == ["PSA504 Namespace"]
    other = {**files, "deploy/install.yaml": files["deploy/install.yaml"].replace("{name: agent", "{name: other")}
    assert found(other, labels=label) == []
