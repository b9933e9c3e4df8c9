"""Findings in what nobody seems to apply to an OpenShift cluster: severity info, and a note that counts them."""

import re
from pathlib import Path

import pytest

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.finding import Severity
from scclint.record import replace
from scclint.report import Options, render
from tests.deploy.tools import needs_helm
from tests.running import report_on, write_files

pytestmark = pytest.mark.usefixtures("here")

POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: a}}
  template: {metadata: {labels: {app: a}}, spec: {hostPID: true, containers: [{name: a, image: a}]}}
"""
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: wide}
allowPrivilegedContainer: true
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: open}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:privileged}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: system:authenticated}]
"""
TEMPLATE = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\n"
CHART = "apiVersion: v2\nname: agent\nversion: 1.0.0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the name of the repository."""
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")


def pod(name: str = "web") -> str:
    return POD.replace("NAME", name)


def severities(*paths: str, config: Config | None = None) -> dict[str, Severity]:
    """The worst severity of each file."""
    found = sorted(report_on(paths or ["."], config).findings, key=lambda f: -f.severity.rank)
    return {f.span.file: f.severity for f in found}


NAMED_LIKE_UNUSED = (
    "tests/pod.yaml",
    "test/e2e/pod.yaml",
    "cli/tests/resources/pod.yaml",
    "acceptance/pod.yaml",
    "e2e-tests/conf/pod.json",
    ".github/scripts/pod.yaml",
    "job-eks.yaml",
    "overlays/minikube/job.yaml",
    "hack/kind.test.yaml",
    "up/kind-sriov/a/b/job.yaml",
    "prod/web-gke.yaml",
    "OKE/pod.yaml",
    "testdata/pod.yaml",
    "__fixtures__/pod.yaml",
    "e2e/00-assert.yaml",
    "agent-k8s.yaml",
    "deploy/kubernetes/pod.yaml",
)
"""Paths that say that a file is for tests or for another platform. Anyone may apply it all the same."""


@pytest.mark.parametrize("file", NAMED_LIKE_UNUSED)
@pytest.mark.parametrize(
    "beside", [{}, {"agent.yaml": "b"}, {"deploy/openshift/pod.yaml": "a"}], ids=["alone", "twin", "openshift"]
)
def test_a_name_lowers_no_severity(file: str, beside: dict[str, str]) -> None:
    write_files({file: pod("a")} | {other: pod(name) for other, name in beside.items()})
    assert severities()[file] is Severity.ERROR


@pytest.mark.parametrize("kind", ["resources", "patch", "component", "list", "template"])
def test_a_kustomization_with_a_name_of_another_platform(kind: str) -> None:
    write_files({"eks/pod.yaml": pod()})
    if kind == "resources":
        write_files({"eks/kustomization.yaml": "resources: [pod.yaml]\n"})
    elif kind == "patch":
        plain = pod().replace("hostPID: true, ", "")
        patch = "- {op: add, path: /spec/template/spec/hostPID, value: true}\n"
        write_files({"eks/pod.yaml": plain, "eks/p.yaml": patch})
        write_files({"eks/kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml, target: {kind: DaemonSet}}]\n"})
    elif kind == "component":
        write_files({"eks/kustomization.yaml": "kind: Component\nresources: [pod.yaml]\n"})
        write_files({"prod/kustomization.yaml": "components: [../eks]\n"})
    else:
        head = {"list": "apiVersion: v1\nkind: List\nitems:\n", "template": f"{TEMPLATE}objects:\n"}[kind]
        write_files({"eks/pod.yaml": head + "- " + pod().replace("\n", "\n  ")})
    assert Severity.ERROR in severities().values()


@needs_helm
@pytest.mark.parametrize(
    "file", ["chart/templates/tests/pod.yaml", "chart/charts/tests/templates/pod.yaml", "eks/templates/pod.yaml"]
)
def test_a_template_of_a_chart_in_a_folder_of_tests(file: str) -> None:
    for folder in {"chart", file.partition("/templates")[0]}:
        write_files({f"{folder}/Chart.yaml": CHART, f"{folder}/values.yaml": "a: 1\n"})
    write_files({file: pod()})
    assert severities()[file] is Severity.ERROR


def test_causes_in_folders_of_tests_are_folded() -> None:
    write_files({"deploy/pod.yaml": pod("a"), "deploy/by-kind.yaml": pod("d"), "test-app/pod.yaml": pod("e")})
    assert "exclude" not in render(joined(report_on(["."])), "full")
    refused = pod("b").replace("hostPID: true", "securityContext: {runAsUser: 0}")
    write_files({"tests/pod.yaml": refused, "overlays/eks/grant.yaml": GRANT})
    report = joined(report_on(["."]))
    text = render(report, "full")
    assert (
        "2 causes in overlays/eks/ and tests/: --verbose shows them. If you deploy nothing of a folder, name it in `exclude` in the settings."
    ) in " ".join(text.split())
    # What opens the node is named.
    assert re.search(r"^  overlays/eks/grant.yaml:\S+: error\[SCC306\] ClusterRoleBinding open", text, re.MULTILINE)
    assert "\ntests/pod.yaml:" not in text
    assert "\ntests/pod.yaml:" in render(report, "full", Options(verbose=True))
    # They count for the status, and what the user names is what the user wants to know about.
    assert report.live == joined(report_on(["."])).live
    assert "exclude" not in render(joined(report_on(["tests"])), "full")
    # Nothing is folded where nothing else is shown.
    alone = replace(report, findings=tuple(f for f in report.findings if f.span.file.startswith("tests/")))
    assert "DaemonSet b" in render(alone, "full")


def test_a_severity_of_the_settings_stays() -> None:
    write_files({"tests/pod.yaml": pod()})
    assert severities(config=Config(severity={"SCC101": Severity.WARNING}))["tests/pod.yaml"] is Severity.WARNING


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ({}, Severity.INFO),
        ({"rbac/kustomization.yaml": "resources:\n- role.yaml\n# - extra.yaml\n"}, Severity.INFO),
        ({"rbac/kustomization.yaml": "resources:\n- role.yaml\n- extra.yaml\n"}, Severity.WARNING),
        ({"rbac/kustomization.yaml": "kind: Component\nresources: [extra.yaml]\n"}, Severity.WARNING),
        ({"README.md": "Then run `oc apply -f rbac/extra.yaml`.\n"}, Severity.WARNING),
        ({"hack/up.sh": "for f in extra.yaml; do oc apply -f rbac/$f; done\n"}, Severity.WARNING),
        ({"main.go": 'var name = "rbac/extra.yaml"\n'}, Severity.WARNING),
        ({"README.md": "See more-extra.yaml.\n"}, Severity.INFO),
    ],
    ids=[
        "unlisted",
        "in a comment",
        "listed",
        "listed by a component",
        "in a README",
        "in a script",
        "in code",
        "another file",
    ],
)
def test_a_file_that_its_kustomization_does_not_list(others: dict[str, str], severity: Severity) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: []\n"
    files = {"rbac/kustomization.yaml": "resources: [role.yaml]\n", "rbac/role.yaml": role, "rbac/extra.yaml": SCC}
    write_files(files | others)
    assert severities(config=Config(render="never"))["rbac/extra.yaml"] is severity


def test_a_kustomization_in_the_folder_of_a_chart() -> None:
    write_files({"charts/agent/Chart.yaml": CHART, "charts/agent/templates/a.yaml": pod("a")})
    write_files({"charts/agent/driver/kustomization.yaml": "resources: [pod.yaml]\n", "charts/agent/driver/pod.yaml": pod()})
    assert severities(config=Config(render="never"))["charts/agent/driver/pod.yaml"] is Severity.ERROR


@needs_helm
def test_a_chart_beside_one_for_openshift() -> None:
    for name in ("agent", "agent-k8s", "agent-ocp"):
        write_files({f"charts/{name}/Chart.yaml": CHART, f"charts/{name}/templates/pod.yaml": pod()})
    assert set(severities().values()) == {Severity.ERROR}
