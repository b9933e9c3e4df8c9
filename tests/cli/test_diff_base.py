"""`scclint check --diff-base REV`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.deploy.tools import needs_helm, needs_kustomize
from tests.must_gather import files, write_archive
from tests.repository import git
from tests.running import facts_of, write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

CHART_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec: {containers: [{name: web, image: registry.example/web:1}]}
"""
SECOND_CONTAINER = "    - {name: side, image: registry.example/side:1}\n    - name: shell"
UNCHANGED = "No problems found (8 not new)"


def commit(message: str) -> str:
    git("add", "-A")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")


@pytest.fixture
def repository(demo: Path) -> Path:
    """The demo manifests, committed."""
    git("init", "-q", "-b", "main")
    commit("base")
    return demo


def found(cli: Cli, *words: str) -> list[str]:
    """The findings that are left, as `FILE:LINE RULE`."""
    run = cli("check", "--format", "json", *words)
    assert run.status in (0, 1), run.err
    return [f"{f['file']}:{f['line']} {f['rule']}" for f in facts_of(json.loads(run.out)) if not f["suppressed"]]


def edit(name: str, old: str, new: str) -> None:
    text = Path(name).read_text()
    assert text.count(old) == 1, text
    Path(name).write_text(text.replace(old, new))


@needs_helm
def test_a_chart_that_is_the_whole_repository(here: Path, cli: Cli) -> None:
    git("init", "-q", "-b", "main")
    write_file("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n")
    write_file("templates/pod.yaml", CHART_POD)
    commit("base")
    assert found(cli) == ["templates/pod.yaml:5 SEC201"]
    assert found(cli, "--diff-base", "HEAD") == []
    assert cli("diff", "HEAD", "--fail-on", "gap").status == 0


def test_nothing_changed(repository: Path, cli: Cli) -> None:
    run = cli("check", "--diff-base", "HEAD")
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith(UNCHANGED)


def test_what_is_left_out_can_be_shown(repository: Path, cli: Cli) -> None:
    run = cli("check", "--diff-base", "main", "--show-suppressed")
    assert run.status == 0
    assert "(suppressed by diff-base: not changed since main)" in " ".join(run.out.split())


def binding(*groups: str, scc: str = "privileged") -> str:
    subjects = "".join(f"- {{apiGroup: rbac.authorization.k8s.io, kind: Group, name: {group}}}\n" for group in groups)
    role = f"{{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:{scc}'}}"
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
    return f"{head}roleRef: {role}\nsubjects:\n{subjects}"


def test_other_subjects_are_new_although_the_words_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    Path("b.yaml").write_text(binding("g1", "g2", "g3", "g4"))
    commit("base")
    assert found(cli, "--diff-base", "HEAD") == []
    Path("b.yaml").write_text(binding("g1", "g2", "g5", "g6"))
    assert found(cli, "--diff-base", "HEAD") == ["b.yaml:4 RBA402"] * 2


@pytest.mark.parametrize(("path", "new"), [("/", ["a.yaml:7 SCC102"]), ("/var/log", [])])
def test_another_host_path_is_new_although_the_words_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli, path: str, new: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n  volumes:\n  - {name: log, hostPath: {path: /var/log}}\n"
    containers = "  containers: [{name: web, image: registry.example/web:1}]\n"
    Path("a.yaml").write_text(pod + containers)
    commit("base")
    Path("a.yaml").write_text(f"{pod}  - {{name: more, hostPath: {{path: {path}}}}}\n{containers}")
    assert found(cli, "--select", "SCC102", "--diff-base", "HEAD") == new


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("RBA402", ("g1", "g2", "g3", "g4"), ("g2", "g3", "g4")),
        ("RBA402", ("g1", "g2", "g3", "g4"), ("g3",)),
        ("RBA405", ("system:serviceaccounts:a", "system:serviceaccounts:b"), ("system:serviceaccounts:b",)),
        ("SCC306", ("system:authenticated", "system:serviceaccounts"), ("system:serviceaccounts",)),
    ],
)
def test_fewer_subjects_are_not_new(
    rule: str, before: tuple[str, ...], after: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    Path("b.yaml").write_text(binding(*before))
    commit("base")
    Path("b.yaml").write_text(binding(*after))
    assert found(cli, "--select", rule) != []
    assert found(cli, "--select", rule, "--diff-base", "HEAD") == []
    Path("b.yaml").rename("c.yaml")
    assert found(cli, "--select", rule, "--diff-base", "HEAD") == []


def test_another_scc_for_fewer_subjects_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    """The place in the binding is as it was, but the role that it names grants something else."""
    monkeypatch.chdir(tmp_path)
    role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: 'system:openshift:scc:x'}}\nrules:\n"
    role += (
        "- {{apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [{}], verbs: [use]}}\n"
    )
    git("init", "-q", "-b", "main")
    Path("b.yaml").write_text(binding("g1", "g2", scc="x") + role.format("hostmount-anyuid"))
    commit("base")
    Path("b.yaml").write_text(binding("g1", scc="x") + role.format("privileged"))
    assert found(cli, "--select", "RBA402", "--diff-base", "HEAD") == ["b.yaml:4 RBA402"]


def test_moved_lines_are_not_new(repository: Path, cli: Cli) -> None:
    for path in Path("demo").iterdir():
        path.write_text("# one\n# two\n" + path.read_text())
    assert found(cli, "--diff-base", "HEAD") == []


def test_a_finding_on_a_changed_line_is_not_new(repository: Path, cli: Cli) -> None:
    edit("demo/needs-anyuid.yaml", "type: RuntimeDefault", "type: RuntimeDefault # really")
    assert found(cli, "--diff-base", "HEAD") == []


def test_a_verdict_that_changed_elsewhere(repository: Path, cli: Cli) -> None:
    """The deployment is as it was; that it is refused for another reason is due to the binding that has gone."""
    text = Path("demo/needs-anyuid.yaml").read_text()
    Path("demo/needs-anyuid.yaml").write_text(text.rpartition("---\n")[0])
    assert "demo/needs-anyuid.yaml:22 SCC101" in found(cli, "--diff-base", "HEAD")


def test_new_files_and_objects(repository: Path, cli: Cli) -> None:
    Path("demo/new.yaml").write_text(Path("demo/bare-pod.yaml").read_text().replace("shell", "other"))
    assert found(cli, "--diff-base", "HEAD") == ["demo/new.yaml:9 SEC201"]


def test_neither_a_moved_file_nor_a_copy_of_an_object_is_new(repository: Path, cli: Cli) -> None:
    git("mv", "demo/bare-pod.yaml", "demo/moved.yaml")
    assert found(cli, "--diff-base", "HEAD") == []
    git("mv", "demo/moved.yaml", "demo/bare-pod.yaml")
    Path("demo/copy.yaml").write_text(Path("demo/bare-pod.yaml").read_text())
    assert found(cli, "--diff-base", "HEAD") == []
    edit("demo/copy.yaml", "  name: shell\n  namespace", "  name: shell-2\n  namespace")
    assert "demo/copy.yaml:9 SEC201" in found(cli, "--diff-base", "HEAD")


def test_the_fact_of_a_suppression_that_is_taken_away_is_not_new(repository: Path, cli: Cli) -> None:
    edit("demo/bare-pod.yaml", "    - name: shell", "    # scclint: ignore[SEC201] for now\n    - name: shell")
    base = commit("suppressed")
    edit("demo/bare-pod.yaml", "    # scclint: ignore[SEC201] for now\n", "")
    assert found(cli, "--diff-base", base) == []


def test_the_branch_is_compared_with_where_it_began(repository: Path, cli: Cli) -> None:
    """What is mended on the other branch in the meantime is not broken on this one."""
    git("checkout", "-q", "-b", "feature")
    Path("demo/new.yaml").write_text(Path("demo/bare-pod.yaml").read_text().replace("shell", "other"))
    commit("new")
    git("checkout", "-q", "main")
    Path("demo/bare-pod.yaml").unlink()
    commit("mended")
    git("checkout", "-q", "feature")
    assert found(cli, "--diff-base", "main") == ["demo/new.yaml:9 SEC201"]


def test_from_elsewhere(repository: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    edit("demo/bare-pod.yaml", "    - name: shell", SECOND_CONTAINER)
    monkeypatch.chdir(repository / "demo")
    assert found(cli, "--diff-base", "HEAD") == ["bare-pod.yaml:9 SEC201"]
    assert found(cli, "--diff-base", "HEAD", "../demo") == ["../demo/bare-pod.yaml:9 SEC201"]
    monkeypatch.chdir("/")
    full = str(repository / "demo" / "bare-pod.yaml")
    assert found(cli, "--diff-base", "HEAD", full) == [f"{full}:9 SEC201"]


def test_context_and_configuration_are_those_of_the_revision_and_of_today(repository: Path, cli: Cli) -> None:
    """The context is read as it was; the settings are today's, so that a new rule set alone makes no finding new."""
    text = Path("demo/needs-anyuid.yaml").read_text()
    workload, _, grant = text.rpartition("---\n")
    Path("demo/needs-anyuid.yaml").write_text(workload)
    Path("grant.yaml").write_text(grant)
    base = commit("apart")
    Path(".scclint.yaml").write_text("exclude: [bare-pod.yaml]\n")
    assert found(cli, "--diff-base", base, "--context", "grant.yaml", "demo") == []
    Path("grant.yaml").unlink()
    Path("grant.yaml").write_text("kind: ConfigMap\n")
    assert found(cli, "--diff-base", base, "--context", "grant.yaml", "demo") != []


def test_an_archived_dump_describes_the_cluster_of_both(repository: Path, cli: Cli) -> None:
    base = git("rev-parse", "HEAD")
    write_archive(repository / "dump.tgz", files("4.11.1"))
    commit("with dump")
    assert found(cli, "--cluster-state", "dump.tgz", "demo")
    assert found(cli, "--diff-base", base, "--cluster-state", "dump.tgz", "demo") == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".scclint.yaml", "exclude: [demo/new.yaml]\n"),
        ("demo/.scclint.yaml", "ignore: [SEC201]\n"),
        (".scclint.yaml", "select: [MAN]\n"),
        (".scclint.yaml", "ignores: [{rule: SEC201, reason: r}]\n"),
        (".scclint.yaml", "per-path: [{path: '**', ignore: [SEC201]}]\n"),
    ],
)
@pytest.mark.parametrize("earlier", [False, True])
def test_the_settings_of_a_change_do_not_count(repository: Path, cli: Cli, file: str, text: str, earlier: bool) -> None:
    if earlier:
        Path(".scclint.yaml").write_text("show-suppressed: true\n")
    base = commit("base") if earlier else "HEAD"
    Path(file).write_text(text)
    Path("demo/new.yaml").write_text(Path("demo/bare-pod.yaml").read_text().replace("shell", "other"))
    assert found(cli, "--diff-base", base, "demo") == ["demo/new.yaml:9 SEC201"]
    assert "note: the settings are those of" in cli("check", "--diff-base", base, "demo").err
    assert "note: the settings" not in cli("check", "--diff-base", commit("merged"), "demo").err


def test_a_named_configuration_is_that_of_the_base(
    repository: Path, cli: Cli, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Path("ci.yaml").write_text("show-suppressed: false\n")
    base = commit("base")
    Path("ci.yaml").write_text("exclude: ['**']\n")
    Path("demo/new.yaml").write_text(Path("demo/bare-pod.yaml").read_text().replace("shell", "other"))
    assert found(cli, "--diff-base", base, "--config", "ci.yaml") == ["demo/new.yaml:9 SEC201"]
    # What lies outside the repository is not of the change.
    outside = tmp_path_factory.mktemp("outside") / "ci.yaml"
    outside.write_text("ignore: [SEC201, SCC104]\n")
    assert found(cli, "--diff-base", base, "--config", str(outside)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Pod", "kind: Pod # scclint: ignore-file[SEC201] r"),
        ("    - name: other", "    # scclint: ignore[SEC201] r\n    - name: other"),
        ("name: other\n", "name: other\n  annotations: {scclint.dev/ignore: 'SEC201: r'}\n"),
    ],
)
def test_a_suppression_of_a_change_does_not_count(repository: Path, cli: Cli, old: str, new: str) -> None:
    text = Path("demo/bare-pod.yaml").read_text().replace("shell", "other")
    assert old in text
    Path("demo/new.yaml").write_text(text.replace(old, new, 1))
    run = cli("check", "--diff-base", "HEAD")
    assert run.status == 1
    assert "demo/new.yaml" in run.err and "note: this suppression is new and counts once it is merged" in run.err
    # One for a finding that the base has, or that the base suppresses, does.
    base = commit("merged")
    assert cli("check", "--diff-base", base).status == 0
    Path("demo/new.yaml").write_text(text)
    base = commit("without")
    Path("demo/new.yaml").write_text(text.replace(old, new, 1))
    assert cli("check", "--diff-base", base).status == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [("path: /var/log/pods", "path: /"), ("image:", "securityContext: {privileged: true}\n          image:")],
)
def test_a_suppression_covers_no_wider_access(repository: Path, cli: Cli, old: str, new: str) -> None:
    """The author of a least SCC accepts what the pod can do to its node. A change lets the pod do more, and adapts the SCC."""
    text = Path(__file__, "../../../fixtures/pod-access/bad-least.yaml").resolve().read_text()
    Path("demo/agent.yaml").write_text(f"# scclint: ignore-file[SCC102, SCC312, RBA402] collects logs\n{text}")
    base = commit("accepted")
    assert [line for line in found(cli) if "agent" in line] == []
    assert found(cli, "--diff-base", base) == []
    edit("demo/agent.yaml", old, new)
    edit("demo/agent.yaml", "allowPrivilegedContainer: false", "allowPrivilegedContainer: true")
    edit("demo/agent.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    assert [line for line in found(cli) if "SCC102" in line and "agent" in line] == []
    new_findings = found(cli, "--diff-base", base)
    assert [line.partition(" ")[2] for line in new_findings if "SCC102" in line] == ["SCC102"]


def test_names_that_git_quotes(repository: Path, cli: Cli) -> None:
    name = 'demo/a "b"\tc\u00fc.yaml'
    Path(name).write_text(Path("demo/bare-pod.yaml").read_text().replace("shell", "other"))
    commit("odd")
    assert found(cli, "--diff-base", "HEAD") == []


def test_links(repository: Path, cli: Cli) -> None:
    Path("demo/link.yaml").symlink_to("bare-pod.yaml")
    Path("demo/out.yaml").symlink_to("/etc/hostname")
    commit("links")
    Path("demo/out.yaml").unlink()
    assert found(cli, "--diff-base", "HEAD") == []


def test_nothing_of_the_repository_is_run(repository: Path, cli: Cli) -> None:
    Path(".gitattributes").write_text("*.yaml filter=evil diff=evil\n")
    commit("attributes")
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor"):
        git("config", key, f"touch {repository}/owned; cat")
    edit("demo/bare-pod.yaml", "    - name: shell", SECOND_CONTAINER)
    assert found(cli, "--diff-base", "HEAD") == ["demo/bare-pod.yaml:9 SEC201"]
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--diff-base", "nope"), "no revision 'nope' in "),
        (("--diff-base=--help",), "'--help' is not the name of a revision"),
        (("--diff-base", "HEAD", "-"), "--diff-base compares files with a git revision; standard input is in none"),
        (("--diff-base", "HEAD", ".", "/etc"), "--diff-base: /etc is not in "),
    ],
)
def test_what_cannot_be(repository: Path, cli: Cli, words: tuple[str, ...], message: str) -> None:
    run = cli("check", *words)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(f"scclint: {message}")


def test_no_repository(demo: Path, cli: Cli) -> None:
    run = cli("check", "--diff-base", "HEAD", "demo")
    assert run.status == 2
    assert run.err.endswith("is in no git work tree\n")


@needs_kustomize
def test_an_object_of_another_unit_is_new_if_it_is_another_object(here: Path, cli: Cli) -> None:
    """Units are views of the same objects, and an overlay may make others of them."""
    workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n"
    workload += "      containers: [{name: web, image: registry.example/web:1, securityContext: {runAsUser: 1000}}]\n"
    for name, resources in (("base", "web.yaml"), ("one", "../base"), ("two", "")):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text(f"resources: [{resources}]\n")
    Path("base/web.yaml").write_text(workload)
    git("init", "-q", "-b", "main")
    commit("base")
    options = ("--diff-base", "HEAD", "--select", "SCC101")
    assert found(cli, *options) == []
    Path("two/kustomization.yaml").write_text("resources: [../base]\n")
    assert found(cli, *options) == []
    Path("two/kustomization.yaml").write_text("resources: [../base]\nnamespace: other\n")
    assert [line.partition(":")[0] for line in found(cli, *options)] == ["base/web.yaml"]


def test_a_script_that_grants_is_not_new(here: Path, cli: Cli) -> None:
    git("init", "-q", "-b", "main")
    write_file("deploy.sh", "oc adm policy add-scc-to-user privileged -z web -n shop\n")
    write_file("pod.yaml", CHART_POD.replace("{{ .Release.Name }}", "web"))
    commit("base")
    assert "deploy.sh:1 RBA402" in found(cli)
    assert found(cli, "--diff-base", "HEAD") == []
    write_file("deploy.sh", "oc adm policy add-scc-to-user privileged -z other -n shop\n")
    assert found(cli, "--diff-base", "HEAD") == ["deploy.sh:1 RBA402"]


OPEN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      {{ each .Values.some as $x }}
      hostPID: true
"""


def test_a_new_line_about_access_to_the_node_counts(here: Path, cli: Cli) -> None:
    write_file("pod.yaml", CHART_POD.replace("{{ .Release.Name }}", "web"))
    write_file("template.yaml", OPEN.replace("hostPID", "paused"))
    git("init", "-q", "-b", "main")
    commit("base")
    write_file("template.yaml", OPEN)
    run = cli("check", "--diff-base", "HEAD")
    assert run.status == 1
    assert re.search(r"node +Deployment web +hostPID +template.yaml:8:7\n", run.out)
    assert "template.yaml:3:1: Deployment web: not judged" in run.out and "No problems found" not in run.out
    assert cli("check", "--diff-base", "HEAD", "--fail-on", "error").status == 0
    commit("merged")
    write_file("template.yaml", "# moved\n" + OPEN)
    git("mv", "template.yaml", "other.yaml")
    assert cli("check", "--diff-base", "HEAD").status == 0
