"""Run by pre-commit, folders have what git tracks and nothing else: the commit is judged, not what lies beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.repository import git

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def files(here: Path) -> Path:
    """A repository with a tracked, an untracked and an ignored file, an ignored folder, and another repository nested in it."""
    git("init", "-q")
    for name in ("tracked", "untracked", "ignored", "out/a", "nested/tracked", "nested/untracked"):
        path = here / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(CONFIG_MAP)
    (here / ".gitignore").write_text("ignored.yaml\nout/\n")
    git("init", "-q", at="nested")
    git("add", "tracked.yaml", at="nested")
    git("commit", "-q", "-m", "nested", at="nested")
    git("add", "tracked.yaml", "nested")
    return here


def listed(cli: Cli, *paths: str) -> list[str]:
    return cli("check", "--show-files", *paths).out.split()


def test_by_hand(files: Path, cli: Cli) -> None:
    assert listed(cli) == ["nested/tracked.yaml", "nested/untracked.yaml", "tracked.yaml", "untracked.yaml"]


def test_in_a_hook(files: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert listed(cli) == ["nested/tracked.yaml", "tracked.yaml"]
    assert listed(cli, "untracked.yaml", "out") == ["untracked.yaml", "out/a.yaml"]


def test_what_git_sets_for_a_hook_does_not_mislead(files: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    git("mv", "tracked.yaml", "other.yaml", at="nested")
    monkeypatch.setenv("PRE_COMMIT", "1")
    monkeypatch.setenv("GIT_DIR", str(files / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(files / ".git" / "index"))
    assert listed(cli) == ["nested/other.yaml", "tracked.yaml"]


def test_a_file_removed_from_the_work_tree_alone(files: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRE_COMMIT", "1")
    (files / "tracked.yaml").unlink()
    assert listed(cli) == ["nested/tracked.yaml"]
