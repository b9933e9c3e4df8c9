"""Both hook ids, run by pre-commit itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.precommit.conftest import Repository

pytest.importorskip("pre_commit")

ROOT = Path(__file__).parents[3]

GOOD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
"""
BAD = GOOD.replace("image:", "securityContext: {privileged: true}\n          image:")
NEEDS_GRANT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: shop}
spec:
  selector: {matchLabels: {app: old}}
  template:
    metadata: {labels: {app: old}}
    spec:
      serviceAccountName: old
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: old
          image: registry.example.com/old:1
          securityContext: {runAsUser: 1}
"""
NONROOT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: old, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:nonroot-v2"}
subjects: [{kind: ServiceAccount, name: old, namespace: shop}]
"""
TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}}
spec:
  {{- with .Values.containers }}
  containers: {{ toYaml . | nindent 4 }}
  {{- end }}
"""
ONLY = ["--select", "SCC101"]


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("id", ["scclint", "scclint-repo"])
def test_a_commit_that_breaks_a_rule_is_stopped(repository: Repository, id: str) -> None:
    repository.use(id)
    repository.add(web=BAD)
    done = repository.commit()
    assert done.status == 1
    assert re.search(r"^web\.yaml:11:\d+: error\[SCC101\] Deployment web: no SCC admits its pods$", done.text, re.M), done.text
    assert repository.git("status", "--porcelain") == "A  web.yaml"


@pytest.mark.parametrize("id", ["scclint", "scclint-repo"])
def test_a_commit_that_breaks_none_passes(repository: Repository, id: str) -> None:
    repository.use(id)
    repository.add(web=GOOD)
    done = repository.commit()
    assert (done.status, repository.git("log", "-1", "--format=%s")) == (0, "change"), done.text


def test_only_changed_units_are_reported_on_and_the_others_count(repository: Repository) -> None:
    for name, text in (("rbac", NONROOT), ("web", BAD)):
        repository.write(f"{name}/hydrator.metadata", "{}")
        repository.write(f"{name}/manifest.yaml", text)
    repository.use("scclint", args=ONLY)
    repository.git("add", "-A")
    repository.git("commit", "-q", "--no-verify", "-m", "others")
    repository.add(old=NEEDS_GRANT)
    done = repository.pre_commit("run", "--verbose")
    assert done.status == 0, done.text
    assert "2 files, 2 documents: 1 linted (1 workload), 1 of other kinds" in done.text


@pytest.mark.parametrize("id", ["scclint", "scclint-repo"])
def test_untracked_files_do_not_count(repository: Repository, id: str) -> None:
    """A grant that is not part of the commit does not justify what is."""
    repository.use(id, args=ONLY)
    repository.add(old=NEEDS_GRANT)
    repository.write("rbac.yaml", NONROOT)
    repository.write("web.yaml", BAD)
    done = repository.pre_commit("run")
    assert done.status == 1
    assert "SCC101" in done.text
    assert "web.yaml" not in done.text
    repository.git("add", "rbac.yaml")
    assert repository.pre_commit("run").status == 0


@pytest.mark.parametrize("id", ["scclint", "scclint-repo"])
def test_a_grant_that_is_deleted_or_edited_counts(repository: Repository, id: str) -> None:
    repository.add(rbac=NONROOT, old=NEEDS_GRANT)
    repository.use(id, args=ONLY)
    assert repository.pre_commit("run", "--all-files").status == 0
    repository.git("rm", "-q", "rbac.yaml")
    done = repository.commit()
    assert done.status == 1
    assert "old.yaml:14:29: error[SCC101]" in done.text
    repository.add(rbac=NONROOT.replace("name: old, namespace: shop}]", "name: new, namespace: shop}]"))
    done = repository.commit()
    assert done.status == 1
    assert "old.yaml:14:29: error[SCC101]" in done.text


def test_a_commit_of_all_tracked_files_counts_what_it_commits(repository: Repository) -> None:
    """`git commit --all` has an index of its own, which git names to its hooks."""
    repository.add(rbac=NONROOT, old=NEEDS_GRANT)
    repository.use("scclint", args=ONLY)
    (repository.folder / "rbac.yaml").unlink()
    assert repository.commit("--all").status == 1


def test_all_files_are_judged_where_nothing_is_staged(repository: Repository) -> None:
    repository.add(web=BAD)
    repository.use("scclint")
    repository.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "all")
    assert "web.yaml:11" in repository.pre_commit("run", "--all-files").text


def test_template_sources_are_passed_over_and_counted(repository: Repository) -> None:
    repository.write(".scclint.yaml", "render: never\n")
    repository.use("scclint", "scclint-repo")
    repository.write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    repository.add(chart__templates__pod=TEMPLATE, web=GOOD)
    assert repository.commit().status == 0
    done = repository.pre_commit("run", "--all-files", "--verbose")
    assert done.status == 0, done.text
    assert done.text.count("1 not judged") == 2
    assert "chart/templates/pod.yaml: not judged, because it is a template" in done.text


def test_the_configuration_excludes_also_what_is_passed(repository: Repository) -> None:
    repository.write(".scclint.yaml", "exclude: ['vendor/**']\n")
    repository.use("scclint", "scclint-repo")
    repository.add(vendor__web=BAD, web=GOOD)
    assert repository.pre_commit("run").status == 0
    repository.write(".scclint.yaml", "exclude: []\n")
    repository.git("add", "-A")
    assert "vendor/web.yaml:11" in repository.pre_commit("run").text


def test_arguments_beyond_what_one_command_line_takes(repository: Repository) -> None:
    """No name of a file is an argument of the hook, so that many files are one run."""
    repository.use("scclint", args=["--format", "concise", *ONLY])
    folder = "/".join(["a" * 200] * 3)
    count = 300
    for number in range(count):
        manifest = (
            NEEDS_GRANT.replace("Name: old", f"Name: a{number}")
            if number % 100
            else BAD.replace("name: web,", f"name: web{number},")
        )
        repository.write(f"{folder}/{number}.yaml", manifest)
    grants = [NONROOT.replace("name: old", f"name: a{number}") for number in range(count)]
    repository.write("rbac.yaml", "---\n".join(grants))
    repository.git("add", "-A")
    done = repository.pre_commit("run", "--all-files", "--verbose")
    summaries = re.findall(r"([\d,]+) files?, [\d,]+ documents? in 298 units:", done.text)
    # The configuration of pre-commit is a YAML file as well.
    assert list(map(int, summaries)) == [count + 2], done.text
    assert sorted(re.findall(r"/(\d+)\.yaml:11:\d+: SCC101", done.text), key=int) == ["0", "100", "200"]
    assert done.text.count(": SCC101 ") == 3
    assert done.status == 1


@pytest.mark.parametrize(("color", "escapes"), [("always", True), ("never", False)])
def test_color_is_that_of_pre_commit(repository: Repository, color: str, escapes: bool) -> None:
    repository.use("scclint")
    repository.add(web=BAD)
    done = repository.pre_commit("run", "--color", color, TERM="xterm")
    assert ("\x1b[1;31merror[SCC101]" in done.text) is escapes, done.text


def test_arguments_of_the_user_are_taken(repository: Repository) -> None:
    repository.use("scclint", args=["--ignore", "ALL"])
    repository.add(web=BAD)
    assert repository.pre_commit("run").status == 0
