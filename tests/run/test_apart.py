"""Findings in what nobody seems to apply to an OpenShift cluster: severity info, and a note that counts them."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Severity
from tests.running import report_on, write_files
from tests.units.tools import needs_helm

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


@pytest.mark.parametrize(
    "folder", ["tests", "test/e2e", "cli/tests/resources", "acceptance", "e2e-tests/conf", ".github/scripts"]
)
def test_what_tests_and_ci_use(folder: str) -> None:
    deployed = ("deploy/pod.yaml", "latest/pod.yaml", "test-app/pod.yaml")
    write_files({f"{folder}/pod.yaml": pod("a"), **{file: pod(f"b{number}") for number, file in enumerate(deployed)}})
    report = report_on(["."])
    (lowered,) = (f for f in report.findings if f.span.file == f"{folder}/pod.yaml" and f.rule_id == "SCC101")
    assert (lowered.severity, lowered.notes[-1]) == (Severity.INFO, "the folder is for tests or CI")
    number = sum(f.span.file == f"{folder}/pod.yaml" for f in report.findings)
    assert f"in {folder}/pod.yaml: severity info, because the folder is for tests or CI; --show-info shows" in "".join(
        notice.message for notice in report.notices if notice.message.startswith(f"{number} finding")
    )
    assert {severities()[file] for file in deployed} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("file", "platform"),
    [
        ("job-eks.yaml", "eks"),
        ("overlays/minikube/job.yaml", "minikube"),
        ("hack/kind.test.yaml", "kind"),
        ("up/kind-sriov/a/job.yaml", "kind"),
        ("by-kind/job.yaml", ""),
        ("weeks.yaml", ""),
        ("kinds/job.yaml", ""),
    ],
)
def test_names_of_other_platforms(file: str, platform: str) -> None:
    write_files({file: pod()})
    (found,) = (f for f in report_on(["."]).findings if f.rule_id == "SCC101")
    assert found.severity is (Severity.INFO if platform else Severity.ERROR)
    assert (f"the name says that it is for {platform}" in found.notes) == bool(platform)
    assert severities(file) == {file: Severity.ERROR}


@needs_helm
def test_values_with_which_a_chart_is_only_tried() -> None:
    template = pod().replace("hostPID: true", "hostPID: {{ .Values.host }}")
    tried = {"chart/Chart.yaml": CHART, "chart/values.yaml": "host: false\n", "chart/ci/a-values.yaml": "host: true\n"}
    write_files({**tried, "chart/templates/pod.yaml": template})
    (found,) = (f for f in report_on(["."]).findings if f.rule_id == "SCC101")
    assert (found.severity, found.notes[-1]) == (Severity.INFO, "the values are for tests or CI")
    write_files({"chart/values.yaml": "host: true\n"})
    assert Severity.ERROR in {f.severity for f in report_on(["."]).findings if f.rule_id == "SCC101"}


def test_a_folder_of_tests_that_the_user_names() -> None:
    write_files({"tests/pod.yaml": pod(), "tests/e2e/pod.yaml": pod("b")})
    assert severities("tests") == {"tests/pod.yaml": Severity.ERROR, "tests/e2e/pod.yaml": Severity.INFO}
    assert severities("tests/e2e/pod.yaml") == {"tests/e2e/pod.yaml": Severity.ERROR}


def test_what_a_controller_deploys_of_tests() -> None:
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
        "spec: {source: {path: tests/app, repoURL: 'https://example.com/repo.git'}, destination: {namespace: shop}}\n"
    )
    write_files({"tests/app/pod.yaml": pod(), "app.yaml": application})
    assert severities()["tests/app/pod.yaml"] is Severity.ERROR


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
    inner = {"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": pod()}
    write_files({"charts/agent/Chart.yaml": CHART, "charts/agent/templates/a.yaml": pod("a")})
    write_files({f"{folder}/{name}": text for folder in ("charts/agent/driver", "other") for name, text in inner.items()})
    found = severities(config=Config(render="never"))
    assert (found["charts/agent/driver/pod.yaml"], found["other/pod.yaml"]) == (Severity.INFO, Severity.ERROR)
    write_files({"up.sh": "oc apply -k charts/agent/driver\n"})
    assert severities(config=Config(render="never"))["charts/agent/driver/pod.yaml"] is Severity.ERROR


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("deploy/agent.yaml", "deploy/agent-okd.yaml"),
        ("deploy/agent-k8s.yaml", "deploy/agent.yaml"),
        ("deploy/agent-kubernetes.yaml", "deploy/agent-openshift.yaml"),
    ],
)
def test_a_variant_for_other_clusters(plain: str, other: str) -> None:
    write_files({plain: f"{pod('a')}---\n{pod('b')}", other: f"{SCC}---\n{pod('a')}", "web.yaml": pod("c")})
    found = {(f.span.file, f.subject.name): f.severity for f in report_on(["."]).findings if f.rule_id == "SCC101"}
    # Pod b is in no file for OpenShift.
    assert found == {
        (plain, "a"): Severity.INFO,
        (plain, "b"): Severity.ERROR,
        (other, "a"): Severity.ERROR,
        ("web.yaml", "c"): Severity.ERROR,
    }


@needs_helm
def test_a_chart_for_other_clusters() -> None:
    for name in ("agent", "agent-k8s"):
        write_files({f"charts/{name}/Chart.yaml": CHART, f"charts/{name}/templates/pod.yaml": pod()})
    write_files({"charts/agent-k8s/templates/other.yaml": pod("other")})
    assert severities() == {
        "charts/agent/templates/pod.yaml": Severity.ERROR,
        "charts/agent-k8s/templates/pod.yaml": Severity.INFO,
        "charts/agent-k8s/templates/other.yaml": Severity.ERROR,
    }
