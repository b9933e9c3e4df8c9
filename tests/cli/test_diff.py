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
from referencing import Registry, Resource

from tests.manifests import GRANT, PRIVILEGED, ROOT, WEB
from tests.repository import git
from tests.running import write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCHEMAS = Path(__file__).parents[2] / "schemas"
SCHEMA = json.loads((SCHEMAS / "diff.json").read_text())
VALIDATOR = Draft202012Validator(
    SCHEMA,
    registry=Registry().with_resource(
        "json_v1.json", Resource.from_contents(json.loads((SCHEMAS / "json_v1.json").read_text()))
    ),
)


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
    VALIDATOR.validate(document)
    return document


def rules(document: dict[str, Any], side: str = "new") -> list[str]:
    """The rules of the facts that are new, or gone."""
    return [fact["rule"] for facts in document[side].values() for fact in facts]


def workloads(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The workloads that get something else, and the SCC of both sides."""
    return [
        (one["name"], *(state["scc"] if state else "none" for state in (one["before"], one["after"])))
        for one in document["workloads"]
    ]


GRANTED = ["SEC201", "SCC102", "RBA402"]
"""The facts that the grant adds to a pod that gets a profile without it."""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_text(sides: Path, cli: Cli) -> None:
    run = cli("diff", "old", "new")
    assert run.status == 1
    first, gone, changed = (run.out.index(title) for title in ("New:\n", "Gone:\n", "Workloads that get something else:\n"))
    assert run.out.startswith("old to new\n\n") and first < gone < changed
    assert "new/web.yaml:11:74: error[SCC101] Deployment web: no SCC admits its pods" in run.out[first:gone]
    assert "old/web.yaml:11:56: error[SEC201] Deployment web: container web will run" in run.out[gone:changed]
    assert "  Deployment shop/web on 4.22  changed  new/web.yaml:3:12\n    result: admitted -> rejected\n" in run.out


def test_a_fact_on_several_releases_is_one(sides: Path, cli: Cli) -> None:
    document = found(cli, "new", "old", "--openshift", "4.20,4.22")
    assert rules(document) == GRANTED
    assert document["new"]["access"][1]["releases"] == ["4.20", "4.22"]
    assert [one["release"] for one in document["workloads"]] == ["4.20", "4.22"]


@pytest.mark.parametrize(("order", "word"), [(("empty", "new"), "new"), (("new", "empty"), "gone")])
def test_a_workload_that_is_on_one_side(here: Path, cli: Cli, order: tuple[str, str], word: str) -> None:
    (here / "empty").mkdir()
    write_file("new/web.yaml", WEB)
    assert (
        f"Deployment shop/web on 4.22  {word}  new/web.yaml:3:12\n    admitted by SCC restricted-v2\n"
        in cli("diff", *order).out
    )


def test_json(sides: Path, cli: Cli) -> None:
    document = found(cli, "new", "old")
    assert (document["before"], document["after"]) == ("new", "old")
    assert (rules(document), rules(document, "gone")) == (GRANTED, ["SCC101"])
    assert [(one["what"], one["who"], one["file"]) for one in document["new"]["access"]] == [
        ("SCC anyuid", "", "old/web.yaml"),
        ("SCC anyuid", "service account shop/web", "old/web.yaml"),
    ]
    (workload,) = document["workloads"]
    assert (workload["before"]["result"], workload["after"]["scc"], workload["file"]) == ("rejected", "anyuid", "old/web.yaml")
    assert workload["after"]["uid of web"] == "0 (manifest)"


def test_markdown(sides: Path, cli: Cli) -> None:
    text = cli("diff", "old", "new", "--format", "markdown").out
    assert text.startswith("## scclint: old to new\n")
    assert "- error new/web.yaml:11 **Deployment web: no SCC admits its pods**" in text
    assert "<details><summary>Gone: 3</summary>" in text
    assert "(changed, new/web.yaml:3:12): result: admitted" in text


def test_sarif_has_what_is_new(sides: Path, cli: Cli) -> None:
    write_file("new/web.yaml", PRIVILEGED + GRANT.replace(":anyuid", ":privileged"))
    log = json.loads(cli("diff", "old", "new", "--format", "sarif").out)
    results = [
        (result["ruleId"], result["message"]["text"]) for result in log["runs"][0]["results"] if "suppressions" not in result
    ]
    assert sorted({rule for rule, _ in results}) == ["RBA402", "SCC102", "SEC203"]
    assert any("asks for privileged" in text for _, text in results)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("main...feature",), [("web", "restricted-v2", "anyuid")]),
        (("main...",), [("web", "restricted-v2", "anyuid")]),
        (("main..feature",), [("other", "restricted-v2", "none"), ("web", "restricted-v2", "anyuid")]),
        (("main", "feature"), [("other", "restricted-v2", "none"), ("web", "restricted-v2", "anyuid")]),
        (("HEAD",), []),
        (("HEAD~1",), [("web", "restricted-v2", "anyuid")]),
    ],
)
def test_revisions(branch: Path, cli: Cli, words: tuple[str, ...], expected: list[tuple[str, str, str]]) -> None:
    document = found(cli, *words)
    assert sorted(workloads(document)) == expected
    assert rules(document) == (GRANTED if expected else [])


def test_a_revision_counts_from_the_working_directory(branch: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("deploy")
    write_file("web.yaml", ROOT)
    document = found(cli, "HEAD")
    assert [(one["file"], one["rule"]) for one in document["new"]["problems"]] == [("web.yaml", "SCC101")]


def test_a_path_that_is_also_a_revision(branch: Path, cli: Cli) -> None:
    write_file("feature/web.yaml", WEB)
    told = "note: feature is a path and a git revision, and the path is compared; write heads/feature or tags/feature for the revision"
    assert told in cli("diff", "--isolated", "feature", "deploy").out
    assert "revision" not in cli("diff", "--isolated", "./feature", "deploy").out
    assert "revision" not in cli("diff", "--isolated", "heads/feature", "main").out


def test_rendered_streams(here: Path, cli: Cli) -> None:
    write_file("before.yaml", WEB)
    write_file("after.yaml", WEB + GRANT)
    assert rules(found(cli, "before.yaml", "after.yaml")) == GRANTED


def test_standard_input(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file("before.yaml", WEB)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((WEB + GRANT).encode())))
    document = found(cli, "before.yaml", "-")
    assert [(one["rule"], one["file"]) for one in document["new"]["problems"]] == [("SEC201", "<stdin>")]
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
    assert rules(json.loads(run.stdout)) == GRANTED


def test_an_upgrade(here: Path, cli: Cli) -> None:
    write_file("web.yaml", WEB.replace("securityContext: {}", "securityContext: {procMount: Unmasked}"))
    write_file("grant.yaml", GRANT.replace(":anyuid", ":privileged"))
    document = found(cli, ".", "--openshift", "4.22,4.14")
    assert (document["before"], document["after"]) == ("4.14", "4.22")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--fail-on", "error"), 1),
        (("--fail-on", "gap"), 1),
    ],
)
def test_status(sides: Path, cli: Cli, words: tuple[str, ...], status: int) -> None:
    assert cli("diff", "old", "new", *words).status == status


def test_a_document_that_cannot_be_read_is_an_error(sides: Path, cli: Cli) -> None:
    write_file("new/broken.yaml", "kind: [")
    run = cli("diff", "old", "new")
    assert run.status == 2
    assert "new/broken.yaml:1:8: error[MAN001] this document cannot be read" in run.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "say what to compare"),
        (("old",), "old is one state: name a second one"),
        (("HEAD~3..", "."), "HEAD~3.. already names two states: leave out ., or run `scclint diff` in that folder"),
        (("../nowhere", "old"), "../nowhere is no file, no folder and no git revision"),
        (("old", "new", "old"), "diff compares two states, not 3"),
        (("old", "nowhere"), "nowhere is no file, no folder and no git revision"),
        (("old", "new", "--fail-on", "worse"), "unknown value 'worse'; use one of error, warning, access, gap, never"),
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


MORE_ACCESS = (
    {"Pod Security level privileged", "no SCC admission"},
    {"hostPath /etc to read"},
    {"hostPath /var/log to write"},
    {"SCC privileged"},
)


@pytest.mark.parametrize(("which", "words"), [*zip(MORE, MORE_ACCESS, strict=True)])
def test_each_way_to_more_is_new_access(here: Path, cli: Cli, which: str, words: set[str]) -> None:
    assert NODE.count(which) == 1
    write_file("old/a.yaml", NODE)
    write_file("new/a.yaml", NODE.replace(which, MORE[which]))
    document = found(cli, "old", "new")
    assert {one["what"] for one in document["new"]["access"]} == words


def test_a_right_and_what_was_not_judged(here: Path, cli: Cli) -> None:
    write_file("old/a.yaml", NODE)
    write_file("new/a.yaml", NODE + RIGHT)
    write_file("new/app.yaml", ELSEWHERE)
    run = cli("diff", "old", "new")
    assert run.status == 1
    assert "impersonate * for service account" in run.out
    # What was not judged is said where people read it.
    assert "Application elsewhere" in run.out[run.out.index("Notes:") :]


@pytest.mark.parametrize("text", ["", "---\n", "hello\n", 'Error from server (NotFound): deployments.apps "x" not found\n'])
@pytest.mark.parametrize("first", [True, False])
def test_a_stream_without_manifests_is_no_state(
    here: Path, cli: Cli, text: str, monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    write_file("web.yaml", WEB)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    run = cli("diff", *(("-", "web.yaml") if first else ("web.yaml", "-")))
    assert run.status == 2
    assert "<stdin>" in run.err
