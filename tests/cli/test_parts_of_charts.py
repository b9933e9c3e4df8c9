"""A path that a finding of a chart prints is taken as input: values and templates are judged in the views that have them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.deploy.tools import needs_helm
from tests.remedy.test_chart import CHART, VALUES
from tests.running import write_file, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

pytestmark = needs_helm
OTHER = {name.replace("web/", "other/", 1): text for name, text in CHART.items()}


@pytest.mark.parametrize("path", ["web/values.yaml", "web/templates/web.yaml"])
def test_check_judges_the_chart_of_a_part(path: str, here: Path, cli: Cli) -> None:
    write_files({**CHART, **OTHER})
    run = cli("check", path, "--format", "concise")
    assert run.out.startswith("web/values.yaml:6:3: SCC101 Deployment web")
    assert "other/" not in run.out


def test_a_file_is_judged_from_the_root_folder(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: i}]}\n")
    monkeypatch.chdir("/")
    assert cli("check", str(here / "pod.yaml")).status == 1


def test_a_template_without_actions_is_judged_as_it_stands(here: Path, cli: Cli) -> None:
    write_files(CHART)
    write_file(
        "web/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: [{name: a, image: i}]}\n",
    )
    assert "web/templates/pod.yaml:4:" in cli("check", "web/templates/pod.yaml", "--format", "concise").out


@pytest.mark.parametrize("what", ["web/values.yaml:6", "web/values.yaml", "web/templates/web.yaml:22"])
def test_explain_takes_the_place_of_a_finding(what: str, here: Path, cli: Cli) -> None:
    write_files({**CHART, **OTHER})
    run = cli("explain", what)
    assert run.out.startswith("Deployment shop/web  web/templates/web.yaml:4")
    assert "other/" not in run.out


def test_diff_names_the_value_that_changed(here: Path, cli: Cli) -> None:
    write_files({**CHART, "web/values.yaml": VALUES.replace("1001", "null")})
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "base"], check=True)
    write_file("web/values.yaml", VALUES)
    assert "web/values.yaml:6:3: error[SCC101] Deployment web: no SCC admits its pods" in cli("diff", "HEAD").out


def test_what_other_files_deploy_is_nothing_that_a_part_of_a_chart_is_about(here: Path, cli: Cli) -> None:
    write_files(CHART)
    source = "{repoURL: 'https://git.example.com/team/other.git', path: deploy}"
    write_file(
        "argocd/app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: other}\n"
        f"spec: {{source: {source}, destination: {{namespace: prod}}}}\n",
    )
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://git.example.com/team/this.git"], check=True)
    assert "it lies in another repository" in cli("check", ".").err
    assert cli("check", "web/values.yaml").err == ""


def test_a_dependency_beside_the_folder_that_is_read_is_named(here: Path, cli: Cli) -> None:
    write_files(CHART)
    dependency = 'dependencies: [{name: web, version: ">0", repository: "file://../web"}]'
    write_file("all/Chart.yaml", f"apiVersion: v2\nname: all\nversion: 1.0.0\n{dependency}\n")
    note = "web is outside of the folder that is read, so name one that has both charts"
    assert note in cli("check", "all").err
    assert note not in cli("check", ".").err
