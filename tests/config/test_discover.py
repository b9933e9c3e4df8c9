"""The nearest configuration file upward."""

from pathlib import Path

import pytest

from scclint.config import discover_config


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(repository)
    return repository


def test_none(tree: Path) -> None:
    assert discover_config(str(tree / "a" / "b")) is None


def test_nearest_wins(tree: Path) -> None:
    (tree / ".scclint.yaml").touch()
    assert discover_config("a/b") == ".scclint.yaml"
    (tree / "a" / ".scclint.yaml").touch()
    assert discover_config("a/b") == "a/.scclint.yaml"


def test_stops_at_the_repository(tree: Path) -> None:
    (tree.parent / ".scclint.yaml").touch()
    assert discover_config("a") is None
    (tree / ".git").rmdir()
    assert discover_config("a") == "../.scclint.yaml"


def test_worktree_has_a_git_file(tree: Path) -> None:
    (tree.parent / ".scclint.yaml").touch()
    (tree / ".git").rmdir()
    (tree / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert discover_config("a") is None


def test_from_a_file_or_what_does_not_exist(tree: Path) -> None:
    (tree / "a" / ".scclint.yaml").touch()
    (tree / "a" / "pod.yaml").touch()
    assert discover_config("a/pod.yaml") == "a/.scclint.yaml"
    assert discover_config("a/none.yaml") == "a/.scclint.yaml"


def test_a_folder_of_that_name_is_none(tree: Path) -> None:
    (tree / ".scclint.yaml").mkdir()
    assert discover_config(".") is None
