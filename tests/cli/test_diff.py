"""`scclint diff`: what it compares, its formats, and its exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.manifests import GRANT, PRIVILEGED, ROOT, SCC, WEB
from tests.repository import git
from tests.running import write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "diff.json").read_text())


@pytest.fixture
def sides(here: Path) -> Path:
    write_file("old/web.yaml", ROOT + GRANT)
    write_file("new/web.yaml", ROOT)
    return here


@pytest.fixture
def branch(here: Path) -> Path:
    """A repository with a branch `feature` that adds a grant, while `main` adds another workload."""
    git("init", "-q", "-b", "main")
    write_file("deploy/web.yaml", WEB)
    git("add", ".")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "feature")
    write_file("deploy/web.yaml", WEB + GRANT)
    git("commit", "-qam", "grant")
    git("checkout", "-q", "main")
    write_file("deploy/other.yaml", WEB.replace("name: web", "name: other"))
    git("add", ".")
    git("commit", "-qm", "other")
    git("checkout", "-q", "feature")
    return here


def found(cli: Cli, *words: str) -> dict[str, Any]:
    run = cli("diff", "--isolated", "--fail-on", "never", "--format", "json", *words)
    assert run.status == 0, run.err
    document: dict[str, Any] = json.loads(run.out)
    Draft202012Validator(SCHEMA).validate(document)
    return document


def names(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(workload["name"], workload["effects"]) for workload in document["workloads"]]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_text(sides: Path, cli: Cli) -> None:
    run = cli("diff", "old", "new")
    assert run.status == 1
    assert run.out == (
        "old to new: 1 of 1 workload changed, 1 rejected, 1 SCC lost\n"
        "\n"
        "Deployment shop/web: rejected\n"
        "  new/web.yaml:3:12\n"
        "  result: admitted -> rejected\n"
        "  scc: anyuid -> -\n"
        "  why: restricted-v2: .containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000000000, 1000009999]; "
        "restricted-v3: .spec.hostUsers: Invalid value: null: Host Users must be set to false\n"
        "  because of RoleBinding shop/web (removed), old/web.yaml:15:12\n"
        "\n"
        "Who gained or lost an SCC:\n"
        "  ServiceAccount shop/web may no longer use SCC anyuid in namespace shop, old/web.yaml:15:12\n"
    )


def test_a_grant_on_several_releases_is_one(sides: Path, cli: Cli) -> None:
    run = cli("diff", "new", "old", "--openshift", "4.20,4.22")
    assert run.out.count("ServiceAccount shop/web may now use SCC anyuid in namespace shop") == 1
    assert ", 1 SCC gained\n" in run.out
    sarif = json.loads(cli("diff", "new", "old", "--openshift", "4.20,4.22", "--format", "sarif").out)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]].count("DIF003") == 1
    assert found(cli, "new", "old", "--openshift", "4.20,4.22")["summary"]["gained"] == 2


@pytest.mark.parametrize(("order", "effect"), [(("empty", "new"), "added"), (("new", "empty"), "removed")])
def test_colour_of_a_workload_that_is_on_one_side(here: Path, cli: Cli, order: tuple[str, str], effect: str) -> None:
    for name in ("empty", "new"):
        (here / name).mkdir()
    (here / "new" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: b}]}\n"
    )
    run = cli("diff", "--color", "always", *order)
    assert f"Pod web: \x1b[36m{effect}\x1b[0m" in run.out
    assert f"Pod web: {effect}" in cli("diff", "--color", "never", *order).out


def test_json(sides: Path, cli: Cli) -> None:
    document = found(cli, "new", "old")
    (workload,) = document["workloads"]
    assert (workload["before"]["result"], workload["after"]["scc"]) == ("rejected", "anyuid")
    assert workload["after"]["containers"][0]["uid"] == "0 (manifest)"
    assert workload["causes"] == [
        {
            "kind": "RoleBinding",
            "namespace": "shop",
            "name": "web",
            "part": "",
            "how": "added",
            "alone": True,
            "file": "old/web.yaml",
            "line": 15,
        }
    ]
    assert document["summary"] == {"workloads": 1, "changed": 1, "refused": 0, "wider": 1, "gained": 1, "lost": 0}


def test_markdown(sides: Path, cli: Cli) -> None:
    text = cli("diff", "old", "new", "--format", "markdown").out
    assert text.startswith("## 🔴 scclint: 1 of 1 workload changed, 1 rejected, 1 SCC lost\n")
    assert (
        "| <code>Deployment shop/web</code> | rejected | result: admitted → rejected<br>scc: anyuid → -<br>why: restricted-v2: "
        in text
    )


def test_sarif_has_what_got_worse(sides: Path, cli: Cli) -> None:
    write_file("new/web.yaml", PRIVILEGED + GRANT.replace(":anyuid", ":privileged"))
    log = json.loads(cli("diff", "old", "new", "--format", "sarif").out)
    results = log["runs"][0]["results"]
    assert sorted(result["ruleId"] for result in results) == ["DIF002", "DIF003"]
    assert "scc: anyuid -> privileged" in results[0]["message"]["text"]


@pytest.mark.parametrize(
    ("words", "workloads"),
    [
        (("main...feature",), [("web", ["wider"])]),
        (("main...",), [("web", ["wider"])]),
        (("main..feature",), [("other", ["removed"]), ("web", ["wider"])]),
        (("main", "feature"), [("other", ["removed"]), ("web", ["wider"])]),
        (("HEAD",), []),
        (("HEAD~1",), [("web", ["wider"])]),
    ],
)
def test_revisions(branch: Path, cli: Cli, words: tuple[str, ...], workloads: list[tuple[str, list[str]]]) -> None:
    assert names(found(cli, *words)) == workloads


def test_a_revision_counts_from_the_working_directory(branch: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("deploy")
    write_file("web.yaml", ROOT)
    (workload,) = found(cli, "HEAD")["workloads"]
    assert (workload["file"], workload["effects"]) == ("web.yaml", ["refused"])


def test_a_path_that_is_also_a_revision(branch: Path, cli: Cli) -> None:
    write_file("feature/web.yaml", WEB)
    told = "note: feature is a path and a git revision, and the path is compared; write heads/feature or tags/feature for the revision"
    assert told in cli("diff", "--isolated", "feature", "deploy").out
    assert "revision" not in cli("diff", "--isolated", "./feature", "deploy").out
    assert "revision" not in cli("diff", "--isolated", "heads/feature", "main").out


def test_rendered_streams(here: Path, cli: Cli) -> None:
    write_file("before.yaml", WEB)
    write_file("after.yaml", WEB + GRANT)
    assert names(found(cli, "before.yaml", "after.yaml")) == [("web", ["wider"])]


def test_standard_input(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file("before.yaml", WEB)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((WEB + GRANT).encode())))
    (workload,) = found(cli, "before.yaml", "-")["workloads"]
    assert (workload["effects"], workload["file"]) == (["wider"], "<stdin>")
    run = cli("diff", "-", "-")
    assert (run.status, "standard input can be one state only" in run.err) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs FIFOs")
def test_the_output_of_two_commands(here: Path) -> None:
    write_file("before.yaml", WEB)
    write_file("after.yaml", WEB + GRANT)
    scclint = f"{sys.executable} -m scclint diff --isolated --format json"
    run = subprocess.run(
        ("bash", "-c", f"{scclint} <(cat before.yaml) <(cat after.yaml)"), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert names(json.loads(run.stdout)) == [("web", ["wider"])]


def test_an_upgrade_and_a_matrix(here: Path, cli: Cli) -> None:
    write_file("web.yaml", PRIVILEGED + GRANT.replace(":anyuid", ":node-exporter").replace(":anyuid", ""))
    document = found(cli, "--openshift", "4.14,4.22")
    assert [[cell["release"] for cell in row["releases"]] for row in document["matrix"]] == [["4.14", "4.22"]]
    text = cli("diff", ".", "--openshift", "4.14,4.16,4.22").out
    assert text.splitlines()[-2].split() == ["WORKLOAD", "4.14", "4.16", "4.22"]


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_the_matrix_on_a_narrow_terminal(columns: int, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file("web.yaml", WEB)
    monkeypatch.setattr("scclint.cli.diff.terminal_columns", lambda: columns)
    monkeypatch.setattr("scclint.console.arguments.terminal_columns", lambda: columns)
    text = cli("diff", ".", "--openshift", "4.14,4.16,4.22").out
    matrix = text[text.index("WORKLOAD") :]
    assert "\\n" not in matrix and max(map(len, matrix.splitlines())) <= columns
    assert all(release in matrix for release in ("4.14", "4.16", "4.22"))


def test_what_if(here: Path, cli: Cli) -> None:
    write_file("dump/web.yaml", WEB + "---\n" + SCC.replace("NAME", "mine"))
    write_file("scc.yaml", SCC.replace("NAME", "mine").replace("users: []", 'users: ["system:serviceaccount:shop:web"]'))
    document = found(cli, "dump", "--what-if", "scc.yaml")
    assert [workload["after"]["scc"] for workload in document["workloads"]] == ["mine"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--fail-on", "wider"), 0),
        (("--fail-on", "refused"), 1),
        (("--fail-on", "any"), 1),
    ],
)
def test_status(sides: Path, cli: Cli, words: tuple[str, ...], status: int) -> None:
    assert cli("diff", "old", "new", *words).status == status


def test_a_document_that_cannot_be_read_is_an_error(sides: Path, cli: Cli) -> None:
    write_file("new/broken.yaml", "kind: [")
    run = cli("diff", "old", "new")
    assert run.status == 2
    assert "new/broken.yaml:1: error: this document cannot be read" in run.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "say what to compare"),
        (("old",), "old is one state: name a second one"),
        (("HEAD~3..", "."), "HEAD~3.. already names two states: leave out ., or run `scclint diff` in that folder"),
        (("../nowhere", "old"), "../nowhere is no file, no folder and no git revision"),
        (("old", "new", "old"), "diff compares two states, not 3"),
        (("old", "nowhere"), "nowhere is no file, no folder and no git revision"),
        (("old", "new", "--what-if", "old"), "name one state"),
        (("old", "new", "--fail-on", "worse"), "expected any, wider, refused or never, not 'worse'"),
    ],
)
def test_mistakes(sides: Path, cli: Cli, words: tuple[str, ...], text: str) -> None:
    run = cli("diff", *words)
    assert run.status == 2
    assert text in run.err


NODE = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: log, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: log, namespace: shop}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: log, namespace: kube-logs}
spec:
  selector: {matchLabels: {app: log}}
  template:
    metadata: {labels: {app: log}}
    spec:
      serviceAccountName: log
      hostPID: true
      containers:
      - name: log
        image: registry.example/log:1
        securityContext: {privileged: true}
        volumeMounts: [{name: log, mountPath: /log, readOnly: true}]
      volumes: [{name: log, hostPath: {path: /var/log}}]
""".replace("kube-logs", "shop").replace("enforce: restricted", "enforce: baseline")
MORE = {
    "enforce: baseline": "enforce: privileged, openshift.io/run-level: '1'",
    "path: /var/log": "path: /etc",
    ", readOnly: true": "",
    "      hostPID: true\n": "",
    "subjects: [": "subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}, ",
}
RIGHT = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: builder}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: builder}
subjects: [{kind: ServiceAccount, name: builder, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: builder}
rules: [{apiGroups: [""], resources: [users], verbs: [impersonate]}]
"""


ELSEWHERE = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: elsewhere}
spec:
  destination: {namespace: shop}
  source: {repoURL: https://git.example/elsewhere.git, path: web}
"""


def test_what_is_gained_comes_before_what_is_lost(here: Path, cli: Cli) -> None:
    after = NODE
    for old, new in MORE.items():
        assert after.count(old) == 1
        after = after.replace(old, new)
    write_file("old/a.yaml", NODE)
    write_file("new/a.yaml", after + RIGHT)
    write_file("new/app.yaml", ELSEWHERE)
    run = cli("diff", "old", "new")
    assert run.status == 1
    text = run.out
    assert "Namespace shop: openshift.io/run-level: - -> 1, and admits more, new/a.yaml:3:" in text
    assert "enforce: baseline -> privileged, and admits more, new/a.yaml:3:" in text
    assert "User jane may now use SCC privileged in namespace shop, new/a.yaml:" in text
    assert "ServiceAccount shop/builder may now act as every user, new/a.yaml:" in text
    gains, loses = (text.index(f"  {word}: ") for word in ("gains", "loses"))
    assert gains < loses
    assert "gains: hostPath /etc and hostPath /etc to write\n" in text
    assert "loses: hostPID, hostPath /var/log and hostPath /var/log to read\n" in text
    # What was not judged is said where people read it.
    assert "Notes:\n" in text and "Application elsewhere" in text[text.index("Notes:") :]
    rules = {
        result["ruleId"] for result in json.loads(cli("diff", "old", "new", "--format", "sarif").out)["runs"][0]["results"]
    }
    assert rules >= {"DIF002", "DIF003", "DIF005", "DIF006"}
    document = json.loads(cli("diff", "old", "new", "--format", "json").out)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    assert [one["right"] for one in document["rights"]] == ["act as every user"]


@pytest.mark.parametrize(
    "text", ["", "---\n", "hello\n", 'Error from server (NotFound): deployments.apps "x" not found\n', "a: [1"]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_stream_without_manifests_is_no_state(
    here: Path, cli: Cli, text: str, monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    write_file("web.yaml", WEB)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    run = cli("diff", *(("-", "web.yaml") if first else ("web.yaml", "-")))
    assert run.status == 2
    assert "<stdin>" in run.err
