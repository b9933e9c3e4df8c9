"""Evidence in content that nobody applies a file to an OpenShift cluster, each with a twin that lacks the evidence."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.finding import Severity
from scclint.run.report import Report
from tests.deploy.tools import needs_helm
from tests.running import report_on, run_over, write_files

pytestmark = pytest.mark.usefixtures("here")

POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: NAME, namespace: shop}
spec:
  selector: {matchLabels: {app: a}}
  template: {metadata: {labels: {app: a}}, spec: {hostPID: true, containers: [{name: a, image: a}]}}
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:privileged}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""
EVIL = f"{POD}---\n{GRANT}".replace("NAME", "evil")
CHART = "apiVersion: v2\nname: agent\nversion: 1.0.0\n"
SUITE = "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [e2e]\n"
CHAINSAW = (
    "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\n"
    "spec: {steps: [{try: [{apply: {file: pod.yaml}}, {assert: {file: 00-assert.yaml}}]}]}\n"
)
RENDERED = "kustomization.yaml"
OTHER = POD.replace("NAME", "other")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the name of the repository."""
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")


def judged(files: dict[str, str], *paths: str) -> Report:
    write_files(files)
    return report_on(paths or ["."], Config(render="never"))


def severity(report: Report, file: str, kind: str = "") -> Severity:
    """The worst severity in a file, of objects of a kind if one is named."""
    return min(
        (f.severity for f in report.findings if f.span.file == file and kind in ("", f.subject.kind)), key=lambda s: s.rank
    )


def lines(report: Report, file: str) -> list[str]:
    """The notices that name what a shown file opens."""
    return [n.message for n in report.notices if n.file == file and "; info, because " in n.message]


TEST_CODE = {
    "go": {"pkg/a_test.go": 'func TestA(t *testing.T) { os.ReadFile(filepath.Join("testdata", "pod.yaml")) }\n'},
    "a folder": {"pkg/a_test.go": 'var data = filepath.Join("..", "pkg", "testdata", name)\n'},
    "embedded": {"pkg/a_test.go": "//go:embed testdata/*\nvar data embed.FS\n"},
    "a format": {"pkg/a_test.go": 'os.ReadFile(fmt.Sprintf("testdata/%s.yaml", name))\n'},
    "python": {"pkg/test_a.py": 'DATA = Path(__file__).parent / "testdata" / "pod.yaml"\n'},
    "bats": {"pkg/a.bats": 'run cmd "testdata/pod.yaml"\n'},
    "a script of bats": {"tests/a.sh": '#!/usr/bin/env bats\n@test "it isn\'t admitted" { run cmd pkg/testdata/pod.yaml; }\n'},
}


@pytest.mark.parametrize("code", TEST_CODE.values(), ids=TEST_CODE)
@pytest.mark.parametrize("inner", ["pod.yaml", RENDERED])
def test_data_that_only_test_code_reads(code: dict[str, str], inner: str) -> None:
    files = {"pkg/testdata/pod.yaml": EVIL, "web.yaml": OTHER}
    if inner == RENDERED:
        files |= {"pkg/testdata/kustomization.yaml": "resources: [pod.yaml]\n"}
        code = {file: text.replace("pod.yaml", RENDERED) for file, text in code.items()}
        code = {file: text.replace("testdata/%s.yaml", "testdata/%s") for file, text in code.items()}
    assert severity(judged(files), "pkg/testdata/pod.yaml") is not Severity.INFO
    report = judged(code)
    assert severity(report, "pkg/testdata/pod.yaml") is Severity.INFO
    assert any(
        "DaemonSet evil opens the node (hostPID); info, because only tests read" in line
        for line in lines(report, "pkg/testdata/pod.yaml")
    )
    assert any(
        "lets service account shop/default use SCC privileged; info" in line for line in lines(report, "pkg/testdata/pod.yaml")
    )
    # What nobody applies grants nothing to others: restricted-v2 rejects the pod of the deployed file.
    assert {f.rule_id for f in report.findings if f.span.file == "web.yaml"} == {"SCC101"}
    assert severity(judged({}, "pkg/testdata/pod.yaml"), "pkg/testdata/pod.yaml") is not Severity.INFO


READS = 'os.ReadFile("testdata/pod.yaml")\n'
NO_EVIDENCE = {
    "a comment": {"pkg/a_test.go": '// It reads "testdata/pod.yaml".\n'},
    "another file": {"pkg/a_test.go": 'os.ReadFile("testdata/other.yaml")\n'},
    "code that is no test": {"pkg/a.go": 'os.ReadFile("testdata/pod.yaml")\n'},
    "also a program": {
        "pkg/a_test.go": READS,
        "pkg/a.go": "//go:embed testdata/pod.yaml\nvar a string\n",
    },
    "also a script": {
        "pkg/a_test.go": READS,
        "up.sh": "for f in pod.yaml; do oc apply -f pkg/testdata/$f; done\n",
    },
    "a loop over folders": {
        "pkg/a_test.go": READS,
        "up.sh": "for d in testdata; do oc apply -f pkg/$d/; done\n",
    },
    "a command": {"pkg/a_test.go": READS, "up.sh": "oc apply -f pkg/testdata/\n"},
    "a kustomization": {
        "pkg/a_test.go": READS,
        "k/kustomization.yaml": "resources: [../pkg/testdata/pod.yaml]\n",
    },
}


@pytest.mark.parametrize("code", NO_EVIDENCE.values(), ids=NO_EVIDENCE)
def test_no_evidence_of_test_code(code: dict[str, str]) -> None:
    assert (
        severity(judged({"pkg/testdata/pod.yaml": EVIL, "web.yaml": OTHER} | code), "pkg/testdata/pod.yaml")
        is not Severity.INFO
    )


JAVA = 'var data = Paths.get("src/test/resources/data/" + name + "/pod.yaml");\n'
RESOLVED = 'var data = Paths.get("src/test/resources");\nreturn data.resolve("data").resolve("pod.yaml");\n'


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ({"src/test/java/shop/PodTest.java": JAVA}, True),
        ({"src/test/java/shop/PodTest.java": RESOLVED}, True),
        ({"src/test/java/shop/PodTest.java": JAVA, "src/test/scripts/new.py": 'open("../resources/data/a/pod.yaml")\n'}, True),
        ({"src/test/java/shop/PodTest.java": JAVA, "src/main/new.py": 'open("../test/resources/data/a/pod.yaml")\n'}, False),
        ({"src/test/java/shop/PodTest.java": "// " + JAVA}, False),
        ({"src/test/java/shop/Pods.java": JAVA}, False),
        ({"src/main/java/shop/PodTest.java": JAVA}, False),
    ],
    ids=[
        "Java",
        "a step for each folder",
        "code of tests",
        "a program",
        "a comment",
        "code that is no test",
        "no sources of tests",
    ],
)
def test_resources_that_only_tests_in_java_read(code: dict[str, str], *, shown: bool) -> None:
    report = judged({"src/test/resources/data/a/pod.yaml": EVIL, "web.yaml": OTHER} | code)
    assert (severity(report, "src/test/resources/data/a/pod.yaml") is Severity.INFO) is shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [("${TMP}/cluster.yaml", True), ("${TMP}/pod.yaml", False), ("$1/testdata", False), ("$1/other/", True), ("$1", False)],
)
def test_the_known_end_of_a_path_that_a_script_applies(path: str, *, shown: bool) -> None:
    script = f'for folder in pkg; do\n  kubectl apply -f "{path}"\ndone\n'
    report = judged({"pkg/testdata/pod.yaml": EVIL, "web.yaml": OTHER, "pkg/a_test.go": READS, "up.sh": script})
    assert (severity(report, "pkg/testdata/pod.yaml") is Severity.INFO) is shown


def test_test_code_shows_no_manifest_outside_of_its_folder() -> None:
    code = 'os.ReadFile("../deploy/pod.yaml")\nfilepath.Join("..", "deploy")\n'
    report = judged({"deploy/pod.yaml": EVIL, "pkg/a_test.go": code, "a_test.go": 'read("deploy")\n', "web.yaml": OTHER})
    assert severity(report, "deploy/pod.yaml") is not Severity.INFO


@pytest.mark.parametrize(
    ("suite", "file", "shown"),
    [
        ({}, "e2e/a/00-assert.yaml", False),
        ({}, "e2e/a/00-install.yaml", False),
        ({"kuttl-test.yaml": SUITE}, "e2e/a/00-assert.yaml", True),
        ({"kuttl-test.yaml": SUITE}, "e2e/a/00-install.yaml", True),
        ({"kuttl-test.yaml": SUITE}, "e2e/00-install.yaml", False),
        ({"kuttl-test.yaml": SUITE}, "prod/00-assert.yaml", False),
        ({"ci/kuttl.yaml": SUITE.replace("[e2e]", "['./e2e/']")}, "e2e/a/00-errors.yaml", True),
        ({"Makefile": "test:\n\tkubectl kuttl test ./e2e\n"}, "e2e/a/00-assert.yaml", True),
        ({"Makefile": "test:\n\t# kubectl kuttl test ./e2e\n"}, "e2e/a/00-assert.yaml", False),
        ({"e2e/a/01-x.yaml": "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\n"}, "e2e/a/00-assert.yaml", True),
        ({"e2e/a/chainsaw-test.yaml": CHAINSAW}, "e2e/a/00-assert.yaml", True),
        ({"e2e/a/chainsaw-test.yaml": CHAINSAW}, "e2e/a/pod.yaml", True),
        ({"e2e/a/chainsaw-test.yaml": CHAINSAW}, "e2e/a/other.yaml", False),
        ({"e2e/a/chainsaw-test.yaml": CHAINSAW}, "e2e/b/00-assert.yaml", False),
        ({"kuttl-test.yaml": SUITE, "up.sh": "for e in e2e; do oc apply -f $e/a/; done\n"}, "e2e/a/00-assert.yaml", False),
    ],
)
def test_what_suites_read(suite: dict[str, str], file: str, *, shown: bool) -> None:
    report = judged({file: EVIL, "web.yaml": OTHER} | suite)
    assert (severity(report, file) is Severity.INFO) is shown
    assert bool(lines(report, file)) is shown


PLAY = "podman kube play prod/e.yaml"


@pytest.mark.parametrize(
    ("file", "text", "shown"),
    [
        ("x.sh", f"{PLAY}\n", True),
        ("x.sh", "set -e; sudo podman play kube --configmap=c.yaml prod/e.yaml && echo done\n", True),
        ("Makefile", f"up:\n\t@{PLAY}\n", True),
        ("prod/README.md", "Run it:\n\n```bash\n$ podman kube play e.yaml\n```\n", True),
        (".github/workflows/a.yaml", f"jobs: \n  a:\n    steps:\n    - run: {PLAY}\n", True),
        ("x.sh", f"# {PLAY}\n", False),
        ("x.sh", f"true # {PLAY}\n", False),
        ("x.sh", f"echo '{PLAY}'\n", False),
        ("README.md", f"Run `{PLAY}`.\n", False),
        ("README.md", f"```bash\n# {PLAY}\n```\n", False),
        ("README.md", f"```bash\n{PLAY}\noc apply -f prod/e.yaml\n```\n", False),
        (".github/workflows/a.yaml", f"jobs:\n  a:\n    steps:\n    # {PLAY}\n    - run: ls\n", False),
        ("x.sh", f"{PLAY}\noc apply -f prod/\n", False),
    ],
)
def test_what_podman_runs(file: str, text: str, *, shown: bool) -> None:
    report = judged({"prod/e.yaml": EVIL, "web.yaml": OTHER, file: text})
    assert (severity(report, "prod/e.yaml", "DaemonSet") is Severity.INFO) is shown
    assert any("DaemonSet evil opens the node" in line for line in lines(report, "prod/e.yaml")) is shown
    # Podman reads no grants, so that it is no reason why nobody applies them.
    assert severity(report, "prod/e.yaml", "RoleBinding") is not Severity.INFO
    assert "SCC102" in {f.rule_id for f in report.findings if f.span.file == "web.yaml"}


RUN = (
    "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a, %s: {%s: b}}\nspec:\n  pipelineSpec:\n    tasks:\n"
    "    - {name: a, taskSpec: {steps: [{name: a, image: i, securityContext: {runAsUser: 0, privileged: true}}]}}\n"
)
KONFLUX = "appstudio.openshift.io/component"


@pytest.mark.parametrize(
    ("files", "file", "shown"),
    [
        ({".tekton/push.yaml": RUN % ("labels", KONFLUX)}, ".tekton/push.yaml", True),
        ({".tekton/a/push.yaml": RUN % ("annotations", KONFLUX)}, ".tekton/a/push.yaml", True),
        ({".tekton/push.yaml": RUN % ("labels", "app")}, ".tekton/push.yaml", False),
        ({".tekton/push.yaml": f"# {KONFLUX}\n" + RUN % ("labels", "app")}, ".tekton/push.yaml", False),
        ({".tekton/push.yaml": RUN % ("labels", "app"), ".tekton/a.yaml": f"a: {KONFLUX}\n"}, ".tekton/push.yaml", False),
        ({".tekton/push.yaml": RUN % ("labels", KONFLUX), ".tekton/b.yaml": RUN % ("labels", "app")}, ".tekton/b.yaml", False),
        ({"push.yaml": RUN % ("labels", KONFLUX)}, "push.yaml", False),
    ],
)
def test_a_pipeline_of_konflux(files: dict[str, str], file: str, *, shown: bool) -> None:
    report = judged({".tekton/evil.yaml": EVIL, "web.yaml": OTHER} | files)
    assert (severity(report, file) is Severity.INFO) is shown
    # Konflux runs pipelines and nothing else.
    for kind in ("DaemonSet", "RoleBinding"):
        assert severity(report, ".tekton/evil.yaml", kind) is not Severity.INFO


@pytest.mark.parametrize(
    ("folders", "other", "shown"),
    [
        (("v1.0.0", "v1.10.0"), "evil", True),
        (("deploy/1.9", "deploy/1.10"), "evil", True),
        (("v1.0.0", "v1.10.0"), "web", False),
        (("prod", "prod-2"), "evil", False),
    ],
)
def test_older_releases_of_plain_files(folders: tuple[str, str], other: str, *, shown: bool) -> None:
    """Only what the newer release has as well is an older release of it."""
    old, new = folders
    files = {
        f"{old}/p.yaml": EVIL,
        f"{old}/gone.yaml": POD.replace("NAME", "gone"),
        f"{new}/p.yaml": EVIL.replace("evil", other),
    }
    report = judged(files)
    assert (severity(report, f"{old}/p.yaml") is Severity.INFO) is shown
    assert bool(lines(report, f"{old}/p.yaml")) is shown
    assert severity(report, f"{old}/gone.yaml") is not Severity.INFO
    if shown:
        assert severity(judged({"up.sh": f"oc apply -f {old}/\n"}), f"{old}/p.yaml") is not Severity.INFO


@pytest.mark.parametrize(
    ("more", "named", "shown"),
    [
        ({"1.2.0": EVIL.replace("  name: evil", "  name: evil\n  namespace: b")}, "", True),
        ({"1.2.0": EVIL, "1.4.0": EVIL.replace("evil", "renamed")}, "", True),
        ({"1.2.0": EVIL.replace("evil", "renamed"), "1.4.0": EVIL.replace("evil", "again")}, "", False),
        ({"0.9.0": EVIL, "1.2.0": EVIL.replace("evil", "renamed")}, "", False),
        ({"1.2.0": EVIL}, "1.0.0", False),
    ],
)
def test_releases_that_rename_an_object_or_move_it(more: dict[str, str], named: str, *, shown: bool) -> None:
    """Any newer release of the same object makes it older, in any namespace."""
    releases = {"1.0.0": EVIL.replace("  name: evil", "  name: evil\n  namespace: a")} | more
    files = {f"releases/{number}/p.yaml": text for number, text in releases.items()}
    if named:
        files["up.sh"] = f"oc apply -f releases/{named}/\n"
    report = judged(files)
    assert (severity(report, "releases/1.0.0/p.yaml") is Severity.INFO) is shown
    assert bool(lines(report, "releases/1.0.0/p.yaml")) is shown


@pytest.mark.parametrize("around", ["charts/{}/agent", "charts/agent/{}"])
@pytest.mark.parametrize(
    ("old", "new", "is_older"),
    [
        ("4.9.0", "4.10.0", True),
        ("v4.9.0", "4.10.0-rc.1", True),
        ("1.0.0", "1.0.0", False),
        ("1.0.0", "2.0.0, a: b", False),
        ("", "1.0.0", False),
    ],
)
def test_older_releases_of_a_chart(around: str, old: str, new: str, *, is_older: bool) -> None:
    name = "other" if ", " in new else "agent"
    for number, version, called in (("v4.9.0", old, name), ("v4.10.0", new.partition(",")[0], "agent")):
        folder = around.format(number)
        write_files({f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {called}\nversion: {version}\n"})
        write_files({f"{folder}/templates/a.yaml": f"a: b\n---\n{EVIL}", f"{folder}/values.yaml": "a: 1\n"})
    run, report = run_over(["."]), report_on(["."], Config(render="never"))
    assert [unit.path for unit in run.units] == [
        around.format(number) for number in (("v4.10.0",) if is_older else ("v4.10.0", "v4.9.0"))
    ]
    file = f"{around.format('v4.9.0')}/templates/a.yaml"
    assert [notice.line for notice in report.notices if notice.file == file] == ([8] if is_older else [])
    assert len([n for n in report.notices if "only looked through for access to the node" in n.message]) == is_older
    assert [unit.path for unit in run_over([around.format("v4.9.0")]).units] == [around.format("v4.9.0")]


CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: NAME
spec:
  install:
    strategy: deployment
    spec:
      deployments: []
      permissions:
      - serviceAccountName: agent
        rules:
        - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [privileged], verbs: [use]}
"""


@pytest.mark.parametrize(("older", "is_older"), [("agent.v1.2.0", True), ("other.v1.2.0", False), ("agent.v1.10.0", False)])
@pytest.mark.parametrize(
    "path", ["catalog/{}/manifests/a.clusterserviceversion.yaml", "catalog/agent.v{}.clusterserviceversion.yaml"]
)
def test_older_bundles(older: str, path: str, *, is_older: bool) -> None:
    old, new = path.format("1.2.0"), path.format("1.10.0")
    write_files({old: CSV.replace("NAME", older), new: CSV.replace("NAME", "agent.v1.10.0")})
    judged_files = {file for unit in run_over(["."]).units for file in unit.files}
    assert judged_files == ({new} if is_older else {old, new})
    assert {file for unit in run_over([old]).units for file in unit.files} == {old}


@pytest.mark.parametrize(
    ("newer", "path", "is_older"),
    [
        ("agent.v1.2.0", "bundle/manifests/a.clusterserviceversion.yaml", True),
        ("agent.v0.0.2", "bundle/manifests/a.clusterserviceversion.yaml", True),
        ("agent.v0.0.1", "bundle/manifests/a.clusterserviceversion.yaml", False),
        ("other.v1.2.0", "bundle/manifests/a.clusterserviceversion.yaml", False),
        ("agent.v1.2.0", "testdata/manifests/a.clusterserviceversion.yaml", False),
    ],
)
def test_a_catalogue_that_has_an_older_bundle(newer: str, path: str, *, is_older: bool) -> None:
    old = "deploy/catalog/0.0.1/agent.0.0.1.clusterserviceversion.yaml"
    test = {"testdata/a_test.go": 'package a\nfunc f() { read("manifests/a.clusterserviceversion.yaml") }\n'}
    write_files({old: CSV.replace("NAME", "agent-0.0.1"), path: CSV.replace("NAME", newer)} | test)
    judged_files = {file for unit in run_over(["."]).units if unit.shown is None for file in unit.files}
    assert (old not in judged_files) is is_older


def test_older_releases_of_kustomizations() -> None:
    for number in ("1.2.0", "1.10.0"):
        write_files(
            {f"{top}/{number}/overlays/a/kustomization.yaml": "resources: [pod.yaml]\n" for top in ("releases", "clusters")}
        )
        write_files({f"{top}/{number}/overlays/a/pod.yaml": EVIL for top in ("releases", "clusters")})
    both = ["clusters/1.10.0/overlays/a", "clusters/1.2.0/overlays/a", "releases/1.10.0/overlays/a"]
    assert [unit.name for unit in run_over(["."], Config(render="never")).units] == both
    write_files({"releases/1.2.0/overlays/a/pod.yaml": EVIL.replace("evil", "gone")})
    assert len(run_over(["."], Config(render="never")).units) == len(both) + 1


JOB = """\
jobs:
  test:
    steps:
    - uses: actions/checkout@v4
    - run: kind create cluster
    - run: kubectl apply -f e2e/
"""


@pytest.mark.parametrize(
    ("workflow", "others", "shown"),
    [
        (JOB, {}, True),
        (JOB.replace("run: kind create cluster", "uses: helm/kind-action@v1"), {}, True),
        (
            JOB.replace("kind create cluster", "minikube start").replace("-f e2e/", "-k e2e"),
            {"e2e/kustomization.yaml": "resources: [pod.yaml]\n"},
            True,
        ),
        (JOB.replace("kind create", "|\n        set -e\n        k3d cluster create # new\n        echo"), {}, True),
        (JOB.replace("- run: kind", "- if: matrix.kind\n      run: kind"), {}, False),
        (JOB.replace("- run: kind", "# - run: kind"), {}, False),
        (JOB.replace("    - run: kubectl", "  prod:\n    steps:\n    - run: kubectl"), {}, False),
        (JOB.replace("    - run: kubectl", "    - run: oc login $SERVER\n    - run: kubectl"), {}, False),
        ("jobs: {a: {steps: [{run: oc apply -f e2e/}, {run: kind create cluster}]}}\n", {}, False),
        (JOB, {"up.sh": "oc apply -f e2e/\n"}, False),
        (JOB, {"README.md": "Run `oc apply -f e2e/`.\n"}, False),
    ],
)
def test_what_a_job_applies_to_a_cluster_of_its_own(workflow: str, others: dict[str, str], *, shown: bool) -> None:
    report = judged({"e2e/pod.yaml": EVIL, "web.yaml": OTHER, ".github/workflows/a.yml": workflow} | others)
    assert (severity(report, "e2e/pod.yaml") is Severity.INFO) is shown
    assert bool(lines(report, "e2e/pod.yaml")) is shown


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("kind create cluster\noc apply -f e2e/\n", True),
        ("minikube start && echo up\nkubectl apply -f e2e/pod.yaml\n", True),
        ("oc apply -f e2e/\nkind create cluster\n", False),
        ("# kind create cluster\noc apply -f e2e/\n", False),
        ("kind create cluster\nexport KUBECONFIG=$1\noc apply -f e2e/\n", False),
        ("oc apply -f e2e/\n", False),
    ],
)
def test_what_a_script_applies_to_a_cluster_of_its_own(script: str, *, shown: bool) -> None:
    report = judged({"e2e/pod.yaml": EVIL, "web.yaml": OTHER, "tests/e2e.sh": script})
    assert (severity(report, "e2e/pod.yaml") is Severity.INFO) is shown


OWN = "up: kind kubectl\n\t$(KIND) create cluster --name e2e\n\t$(KUBECTL) apply -f e2e/\n"


@pytest.mark.parametrize(
    ("makefile", "shown"),
    [
        (OWN, True),
        ("up:\n\tkind create cluster\n\n# What it tests.\ntest: up build ## Test.\n\tkubectl apply -f e2e/\n", True),
        (OWN + "deploy: build\n\t$(KUBECTL) apply -f e2e/\n", False),
        ("up:\n\tkind create cluster\ntest: build\n\tkubectl apply -f e2e/\n", False),
        ("up:\n\tkubectl apply -f e2e/\n\tkind create cluster\n", False),
        (OWN + "\tkubectl config use-context $(CONTEXT)\n", False),
        ("kind create cluster:\n\tkubectl apply -f e2e/\n", False),
    ],
)
def test_what_a_target_applies_to_a_cluster_of_its_own(makefile: str, *, shown: bool) -> None:
    report = judged({"e2e/pod.yaml": EVIL, "web.yaml": OTHER, "Makefile": makefile})
    assert (severity(report, "e2e/pod.yaml") is Severity.INFO) is shown


CT = "jobs: {a: {steps: [{uses: helm/kind-action@v1}, {run: ct install}]}}\n"


@needs_helm
@pytest.mark.parametrize(
    ("workflow", "values", "shown"),
    [
        (CT, "ci/a-values.yaml", True),
        ("a: b\n", "ci/a-values.yaml", False),
        ("a: b # ct install\n", "ci/a-values.yaml", False),
        (CT, "values-a.yaml", False),
    ],
)
def test_values_with_which_chart_testing_tries_a_chart(workflow: str, values: str, *, shown: bool) -> None:
    template = EVIL.replace("hostPID: true", "hostPID: {{ .Values.host }}")
    write_files({"chart/Chart.yaml": CHART, "chart/values.yaml": "host: false\n", f"chart/{values}": "host: true\n"})
    write_files({"chart/templates/pod.yaml": template, ".github/workflows/a.yml": workflow})
    found = [f for f in report_on(["."]).findings if f.rule_id == "SCC102"]
    assert {f.severity is Severity.INFO for f in found} == {shown}
    write_files({"chart/values.yaml": "host: true\n"})
    assert Severity.WARNING in {f.severity for f in report_on(["."]).findings if f.rule_id == "SCC102"}


@needs_helm
def test_values_of_chart_testing_count_where_the_defaults_do_not_render() -> None:
    needed = EVIL.replace("hostPID: true", 'hostPID: {{ required "host" .Values.host }}')
    write_files({"chart/Chart.yaml": CHART, "chart/values.yaml": "a: 1\n", "chart/ci/a-values.yaml": "host: true\n"})
    write_files({"chart/templates/pod.yaml": needed, ".github/workflows/a.yml": CT})
    assert {f.severity for f in report_on(["."]).findings if f.rule_id == "SCC102"} == {Severity.WARNING}


@needs_helm
def test_a_job_that_tries_a_chart_lowers_nothing_of_its_defaults() -> None:
    write_files({"chart/Chart.yaml": CHART, "chart/templates/pod.yaml": EVIL, "chart/values.yaml": "a: 1\n"})
    write_files({".github/workflows/a.yml": JOB.replace("kubectl apply -f e2e/", "helm install x ./chart -n shop")})
    assert Severity.WARNING in {f.severity for f in report_on(["."]).findings}


def test_many_lines_are_folded() -> None:
    files = {f"prod/e{number:02}.yaml": POD.replace("NAME", f"p{number}") for number in range(13)}
    report = judged({**files, "x.sh": "".join(f"podman kube play {file}\n" for file in files), "web.yaml": OTHER})
    opening = [
        notice.message for notice in report.notices if "opens the node" in notice.message or "open the node" in notice.message
    ]
    assert len(opening) == 11
    assert opening[-1].startswith(
        "3 more objects that nobody applies open the node or grant an SCC, in prod/e10.yaml, prod/e11.yaml"
    )


COMMENTS = {
    "a file": ("#- deployments/d.yaml", "deployments/d.yaml"),
    "a file with a comment": ("  # - ./deployments/d.yaml  # later", "deployments/d.yaml"),
    "a file in quotes": ('#  - "deployments/deep/er/d.yaml"', "deployments/deep/er/d.yaml"),
    "a list": ("# - deployments/list.yaml", "deployments/list.yaml"),
    "a kustomization": ("#- ./over", "over/d.yaml"),
}


@pytest.mark.parametrize("is_commented", [True, False])
@pytest.mark.parametrize("form", COMMENTS)
def test_what_a_kustomization_names_only_in_a_comment(form: str, is_commented: bool) -> None:
    line, file = COMMENTS[form]
    text = OTHER.replace("name: other", "name: evil")
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: evil}, spec: {hostPID: true, containers: [{name: a, image: a}]}}"
    item = f"{{apiVersion: v1, kind: List, items: [{pod}]}}"
    files = {
        "kustomization.yaml": f"resources:\n- ss\n{line if is_commented else '# text'}\n",
        "ss/kustomization.yaml": "resources: [s.yaml]\n",
        "ss/s.yaml": OTHER.replace("hostPID: true, ", ""),
        file: item if "list" in file else text,
    }
    if file.startswith("over"):
        files["over/kustomization.yaml"] = "resources: [d.yaml]\n"
    report = judged(files)
    assert (severity(report, file) is Severity.INFO) is is_commented
    assert bool(lines(report, file)) is is_commented


def test_a_comment_of_what_something_deploys_is_no_evidence() -> None:
    files = {"kustomization.yaml": "resources:\n- s.yaml\n#- d/d.yaml\n", "s.yaml": OTHER, "d/d.yaml": EVIL}
    assert severity(judged({**files, "deploy.sh": "oc apply -f d/d.yaml\n"}), "d/d.yaml", "DaemonSet") is not Severity.INFO
    assert severity(report_on(["d/d.yaml"]), "d/d.yaml", "DaemonSet") is not Severity.INFO


@pytest.mark.parametrize("line", ["- b.yaml", "#- b.yaml", "# nothing"])
def test_an_application_in_a_file_that_nobody_applies_deploys_nothing(line: str) -> None:
    app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: NAME}\nspec: {source: {repoURL: '', path: NAME}}\n"
    files = {f"argo/{name}.yaml": app.replace("NAME", name) for name in ("a", "b")}
    files |= {f"{name}/d.yaml": OTHER for name in ("a", "b")}
    write_files({**files, "argo/kustomization.yaml": f"resources:\n- a.yaml\n{line}\n"})
    names = [unit.name for unit in run_over(["."], Config(render="never")).units]
    assert "a#a" in names
    assert ("b#b" in names) is (line == "- b.yaml")
