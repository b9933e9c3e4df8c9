"""`scclint check --changed`: the units that a commit concerns, each judged whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_diff_base import commit
from tests.cli.test_units import GRANT, WEB
from tests.repository import git
from tests.running import facts_of, write_file

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


@pytest.fixture
def repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Committed: two overlays with a base of their own each, a plain workload, and the grant that all three use."""
    for name in ("dev", "prod"):
        write_file(f"{name}/base/web.yaml", WEB.replace("shop", name))
        write_file(f"{name}/kustomization.yaml", "resources: [base/web.yaml]\n")
        write_file(f"grants/{name}/manifest.yaml", GRANT.replace("shop", name).replace("name: web", f"name: {name}"))
        write_file(f"grants/{name}/hydrator.metadata", "{}")
    write_file("plain.yaml", WEB.replace("shop", "plain"))
    git("init", "-q", "-b", "main")
    commit("base")
    for name in ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"):
        monkeypatch.delenv(name, raising=False)
    return here


def judged(cli: Cli, *words: str) -> tuple[list[str], set[str]]:
    """The files that findings of SCC101 are in, and the number of units that were judged with the files read."""
    run = cli("check", "--changed", "--render", "never", "--format", "json", *words)
    assert run.status in (0, 1), run.err
    found = json.loads(run.out)
    units = {unit for finding in facts_of(found) for unit in finding["units"]}
    return sorted({f["file"] for f in facts_of(found) if f["rule"] == "SCC101"}), units


def test_the_whole_unit_of_a_changed_file_is_judged(repository: Path, cli: Cli) -> None:
    write_file("other.yaml", WEB.replace("shop", "other"))
    git("add", "-A")
    assert judged(cli) == (["other.yaml", "plain.yaml"], {"."})


def test_a_unit_that_takes_from_a_changed_file_is_judged(repository: Path, cli: Cli) -> None:
    write_file("grants/dev/manifest.yaml", GRANT.replace("shop", "dev").replace("anyuid", "restricted"))
    git("add", "-A")
    files, units = judged(cli)
    assert (files, units) == (["dev/base/web.yaml"], {"dev", "grants/dev"})


def test_a_grant_that_no_longer_names_the_account(repository: Path, cli: Cli) -> None:
    """After the change nothing leads from the grant to the workload; before it, the workload had the grant."""
    write_file("grants/dev/manifest.yaml", GRANT.replace("shop", "elsewhere"))
    git("add", "-A")
    assert judged(cli)[0] == ["dev/base/web.yaml"]


@pytest.mark.parametrize("copy", ["also/dev", "grants/more/dev"])
def test_a_copy_of_a_grant_that_no_longer_equals_it(repository: Path, cli: Cli, copy: str) -> None:
    """Whichever of two equal grants the workload takes, it takes none if they differ."""
    grant = Path("grants/dev/manifest.yaml").read_text(encoding="utf-8")
    write_file(f"{copy}/manifest.yaml", grant)
    write_file(f"{copy}/hydrator.metadata", "{}")
    commit("copy")
    write_file(f"{copy}/manifest.yaml", grant.replace("anyuid", "restricted"))
    git("add", "-A")
    assert judged(cli)[0] == ["dev/base/web.yaml"]


def test_a_deleted_grant(repository: Path, cli: Cli) -> None:
    git("rm", "-q", "-r", "grants/prod")
    files, units = judged(cli)
    assert "prod/base/web.yaml" in files and "dev" not in units


def test_a_deleted_plain_file(repository: Path, cli: Cli) -> None:
    write_file("rbac.yaml", GRANT.replace("shop", "plain"))
    commit("grant")
    git("rm", "-q", "rbac.yaml")
    assert judged(cli) == (["plain.yaml"], {"."})


def test_a_renamed_file(repository: Path, cli: Cli) -> None:
    git("mv", "grants/dev/manifest.yaml", "grants/dev/other.yaml")
    assert "dev" in judged(cli)[1]


def test_a_kustomization_that_is_deleted_leaves_plain_files(repository: Path, cli: Cli) -> None:
    git("rm", "-q", "dev/kustomization.yaml")
    assert "." in judged(cli)[1]


def test_an_alternative_that_loses_the_other(repository: Path, cli: Cli) -> None:
    for name in ("one", "two"):
        write_file(f"{name}/web.yaml", WEB.replace("shop", "same"))
    commit("alternatives")
    git("rm", "-q", "-r", "one")
    assert judged(cli) == (["plain.yaml", "two/web.yaml"], {"."})


def test_what_is_not_staged_does_not_count(repository: Path, cli: Cli) -> None:
    write_file("README.md", "text\n")
    git("add", "-A")
    write_file("plain.yaml", WEB.replace("shop", "plain") + "# changed\n")
    run = cli("check", "--changed")
    assert (run.status, run.out) == (0, "Nothing judged. 0 files, 0 documents: 0 linted (0 workloads).\n")


def test_without_a_change_everything_is_judged(repository: Path, cli: Cli) -> None:
    assert judged(cli)[1] >= {".", "dev", "prod"}


@pytest.mark.parametrize("name", [".scclint.yaml", "known.yaml"])
def test_a_change_that_reaches_all_units(repository: Path, cli: Cli, name: str) -> None:
    write_file(".scclint.yaml", "cluster: {state: [known.yaml]}\n")
    write_file("known.yaml", GRANT.replace("shop", "known"))
    commit("settings")
    write_file(name, Path(name).read_text() + "# changed\n")
    git("add", "-A")
    assert judged(cli)[1] >= {".", "dev", "prod"}


def test_a_change_of_what_deploys_folders(repository: Path, cli: Cli) -> None:
    write_file("apps.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {}\n")
    git("add", "-A")
    assert judged(cli)[1] >= {".", "dev", "prod"}


def test_files_that_are_named(repository: Path, cli: Cli) -> None:
    assert judged(cli, "plain.yaml") == (["plain.yaml"], {"."})
    Path("grants/dev/manifest.yaml").unlink()
    assert judged(cli, "grants/dev/manifest.yaml")[0] == ["dev/base/web.yaml"]
    run = cli("check", "--changed", "-")
    assert (run.status, run.err) == (2, "scclint: --changed takes the names of changed files; standard input has none\n")


def test_a_range_of_revisions(repository: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    base = git("rev-parse", "HEAD")
    git("rm", "-q", "-r", "grants/prod")
    commit("gone")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", base)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    files, units = judged(cli)
    assert "prod/base/web.yaml" in files and "dev" not in units
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "nope")
    run = cli("check", "--changed")
    assert run.status == 2 and "no revision 'nope'" in run.err


def test_the_first_commit(here: Path, cli: Cli) -> None:
    git("init", "-q", "-b", "main")
    write_file("plain.yaml", WEB)
    git("add", "-A")
    assert judged(cli) == (["plain.yaml"], {"."})


def test_no_repository(here: Path, cli: Cli) -> None:
    write_file("plain.yaml", WEB)
    run = cli("check", "--changed")
    assert run.status == 2
    assert run.err == (
        "scclint: --changed asks git for the changed files, and this folder is in no git work tree: name the files\n"
    )
    assert judged(cli, "plain.yaml") == (["plain.yaml"], {"."})


def test_a_file_of_a_chart_that_is_no_manifest(repository: Path, cli: Cli) -> None:
    write_file("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    write_file("chart/templates/web.yaml", WEB)
    write_file("chart/templates/_helpers.tpl", "")
    commit("chart")
    write_file("chart/templates/_helpers.tpl", "{{/* changed */}}")
    git("add", "-A")
    run = cli("check", "--changed", "--render", "never", "--format", "json")
    assert json.loads(run.out)["summary"]["units"] == 1
    assert json.loads(run.out)["summary"]["files"] == 2


def test_nothing_that_the_repository_configures_is_run(repository: Path, cli: Cli) -> None:
    for key in ("core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean"):
        git("config", key, f"touch {repository}/owned; cat")
    write_file(".gitattributes", "*.yaml filter=evil diff=evil\n")
    Path("plain.yaml").unlink()
    git("-c", "core.fsmonitor=", "rm", "-q", "--cached", "plain.yaml")
    Path("owned").unlink(missing_ok=True)
    cli("check", "--changed")
    assert not Path("owned").exists()
