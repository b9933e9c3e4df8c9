"""Facts about what seems to be for tests, for another platform or for nobody: they count like all others."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Severity
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


def severities(*paths: str, config: Config | None = None) -> dict[str, Severity | None]:
    """The worst severity of the problems of each file."""
    found = (f for f in report_on(paths or ["."], config).findings if f.kind == "problem")
    return {f.span.file: f.severity for f in sorted(found, key=lambda f: -f.rank)}


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


def test_a_severity_of_the_settings_stays() -> None:
    write_files({"tests/pod.yaml": pod()})
    assert severities(config=Config(severity={"SCC101": Severity.WARNING}))["tests/pod.yaml"] is Severity.WARNING


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"rbac/kustomization.yaml": "resources:\n- role.yaml\n# - extra.yaml\n"},
        {"rbac/kustomization.yaml": "resources:\n- role.yaml\n- extra.yaml\n"},
        {"README.md": "Then run `podman kube play rbac/extra.yaml`.\n"},
        {"README.md": "See more-extra.yaml.\n"},
    ],
    ids=["unlisted", "in a comment", "listed", "for podman", "another file"],
)
def test_a_file_that_its_kustomization_does_not_list(others: dict[str, str]) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: []\n"
    files = {"rbac/kustomization.yaml": "resources: [role.yaml]\n", "rbac/role.yaml": role, "rbac/extra.yaml": SCC}
    write_files(files | others)
    found = report_on(["."], Config(render="never")).findings
    words = {f.what for f in found if f.span.file == "rbac/extra.yaml" and f.kind == "access"}
    assert "privileged containers" in words


def test_a_kustomization_in_the_folder_of_a_chart() -> None:
    write_files({"charts/agent/Chart.yaml": CHART, "charts/agent/templates/a.yaml": pod("a")})
    write_files({"charts/agent/driver/kustomization.yaml": "resources: [pod.yaml]\n", "charts/agent/driver/pod.yaml": pod()})
    assert severities(config=Config(render="never"))["charts/agent/driver/pod.yaml"] is Severity.ERROR


@needs_helm
def test_a_chart_beside_one_for_openshift() -> None:
    for name in ("agent", "agent-k8s", "agent-ocp"):
        write_files({f"charts/{name}/Chart.yaml": CHART, f"charts/{name}/templates/pod.yaml": pod()})
    assert set(severities().values()) == {Severity.ERROR}
