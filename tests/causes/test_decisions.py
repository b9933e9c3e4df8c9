"""What one grant or one SCC decides for several objects is one cause, at the place of the decision."""

from pathlib import Path

import pytest

from scclint.causes.consequences import related_places
from scclint.causes.join import joined
from scclint.finding import Finding
from scclint.report import render
from scclint.run.run import report_of
from tests.deploy.tools import needs_helm
from tests.running import report_on, run_over, write_below

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec: {{serviceAccountName: {1}, containers: [{{name: {0}, image: "registry.example/{0}:1"{2}}}]}}
---
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {0}-scc, namespace: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{1}"}}
subjects: [{{kind: ServiceAccount, name: {0}, namespace: shop}}]
---
"""
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: own}
priority: 20
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
volumes: ["*"]
users: ["system:serviceaccount:shop:web", "system:serviceaccount:shop:db"]
---
"""
COPY = "Grant service account {0} a custom copy of anyuid with seccompProfiles: [runtime/default]{1}."
ROOT = ", securityContext: {runAsUser: 0}"


def causes(text: str, rule: str = "SEC201") -> list[Finding]:
    return [finding for finding in joined(report_of(run_over(text=text))).live if finding.rule_id == rule]


def test_workloads_under_one_grant_are_one_cause_at_the_grant() -> None:
    text = POD.format("web", "default", ROOT) + POD.format("db", "default", ROOT) + GRANT.format("default", "anyuid")
    (cause,) = causes(text)
    assert (cause.message, cause.span.line) == ("2 workloads run unconfined under SCC anyuid", 21)
    assert cause.notes[0] == "Deployment web and Deployment db"
    assert {related.span.line for related in related_places(cause)} >= {8, 17}
    assert cause.help == COPY.format("default", " instead of anyuid")


def test_each_account_of_a_grant_needs_its_own() -> None:
    several = GRANT.format("web", "anyuid").replace("namespace: shop}]", "namespace: shop}, {kind: ServiceAccount, name: db}]")
    (cause,) = causes(POD.format("web", "web", ROOT) + POD.format("db", "db", ROOT) + several)
    assert [f"service account {name} a custom copy of anyuid" in cause.help for name in ("web", "db")] == [True, True]
    # The catalogue knows that the image runs as any user.
    known = POD.format("db", "db", "").replace("registry.example/db:1", "docker.io/library/rabbitmq:4")
    (cause,) = causes(POD.format("web", "web", ROOT) + known + several)
    assert "service account web a custom copy" in cause.help
    assert "in Deployment db, write seccompProfile" in cause.help


def test_workloads_under_grants_of_their_own_are_causes_of_their_own() -> None:
    text = "".join(POD.format(name, name, ROOT) + GRANT.format(name, "anyuid") for name in ("web", "db"))
    assert [cause.message for cause in causes(text)] == [
        "Deployment web: container web will run unconfined",
        "Deployment db: container db will run unconfined",
    ]


def test_a_grant_that_nobody_needs_is_a_remedy_and_advice() -> None:
    (cause,) = causes(text := POD.format("web", "web", "") + GRANT.format("web", "anyuid"))
    assert cause.span.line == 8
    assert cause.message == "Deployment web: container web will run unconfined"
    # What an image needs that nothing describes comes first.
    assert cause.help.startswith(COPY.format("web", ", instead of RoleBinding web-scc (SCC anyuid)")[:-1])
    assert [advice.span.line for advice in causes(text, "RBA403")] == [14]


def test_an_scc_of_the_input_is_where_its_workloads_are_confined() -> None:
    text = SCC + POD.format("web", "web", ROOT) + POD.format("db", "db", ROOT)
    (cause,) = causes(text)
    assert (cause.message, cause.span.line) == ("2 workloads run unconfined under SCC own", 3)
    assert "runtime/default" in cause.help
    assert not causes(text, "SCC301")


def test_a_privileged_workload_stays_at_its_own_field() -> None:
    privileged = ", securityContext: {privileged: true}"
    pods = [POD.format(name, "agent", privileged) for name in ("web", "db")]
    found = causes("".join(pods) + GRANT.format("agent", "privileged"), "SCC102")
    assert {cause.span.line for cause in found} == {8, 17}


@pytest.mark.parametrize("rule", ["SEC201", "RBA405"])
def test_a_comment_at_the_decision_covers_nothing_of_the_workloads(rule: str) -> None:
    pods = POD.format("web", "default", ROOT) + POD.format("db", "default", ROOT)
    grant = GRANT.format("default", "anyuid").replace(
        "namespace: shop}\nroleRef", f"namespace: shop}} # scclint: ignore[{rule}] ours\nroleRef"
    )
    assert len(causes(pods + grant)) == 1
    assert len(causes(pods + grant, "SUP901")) == 1


def test_the_fix_of_a_decision_is_said_once() -> None:
    text = SCC + POD.format("web", "web", ROOT) + POD.format("db", "db", ROOT)
    shown = render(joined(report_of(run_over(text=text))), "full")
    assert shown.count("= help: Add seccompProfiles: [runtime/default] to SCC own") == 1
    assert "= or: " not in shown.partition("SCC311")[0]


@needs_helm
def test_the_place_of_a_decision_in_a_chart_is_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pods = POD.format("web", "default", ROOT) + POD.format("db", "default", ROOT)
    files = {
        "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "shop/templates/pods.yaml": pods,
        "shop/templates/grant.yaml": "# {{ .Release.Name }}\n" + GRANT.format("default", "anyuid"),
    }
    write_below(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    (cause,) = (f for f in joined(report_on(["shop"])).live if f.rule_id == "SEC201")
    assert cause.message == "2 workloads run unconfined under SCC anyuid"
    assert cause.span.file == "shop/templates/grant.yaml"


CSI = """\
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: files.csi.example}
spec: {volumeLifecycleModes: [Ephemeral]}
---
"""


def with_csi(text: str) -> str:
    """Workloads with an inline volume of the driver."""
    return text.replace("containers: [", "volumes: [{name: files, csi: {driver: files.csi.example}}], containers: [")


def test_workloads_with_volumes_of_one_driver_are_one_cause_at_the_driver() -> None:
    text = CSI + with_csi(POD.format("web", "default", "") + POD.format("db", "default", ""))
    (cause,) = causes(text, "PSA505")
    assert cause.message == "2 workloads are rejected because of inline volumes of CSI driver files.csi.example"
    assert cause.span.line == 3
    assert cause.help.startswith(
        "Set the label security.openshift.io/csi-ephemeral-volume-profile: restricted on the CSIDriver"
    )


def test_a_driver_that_the_input_lacks_has_no_place() -> None:
    text = with_csi(POD.format("web", "default", "") + POD.format("db", "default", ""))
    assert len(causes(text, "PSA505")) == 2
