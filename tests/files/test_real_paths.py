"""Real paths, with each folder resolved once."""

import os
from pathlib import Path

import pytest

from scclint.files import RealPaths


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").touch()
    (tmp_path / "folder").symlink_to("a/b")
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "broken").symlink_to("nowhere/file")
    monkeypatch.chdir(tmp_path)
    return tmp_path


PATHS = (
    "a/b/file",
    "folder",
    "folder/file",
    "folder/../b/file",
    "folder/..",
    "link",
    "broken",
    "missing/x",
    "",
    ".",
    "..",
    "/",
    "a/",
    "a/./b",
    "d/" * 3000 + "file",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_resolved_as_python_does(tree: Path, path: str) -> None:
    paths = RealPaths()
    for given in (path, os.path.join(tree, path), path):
        assert paths.of(given) == os.path.realpath(given)


def test_a_folder_is_looked_at_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    is_link = os.path.islink

    def counted(path: str) -> bool:
        asked.append(os.path.basename(path))
        return is_link(path)

    monkeypatch.setattr(os.path, "islink", counted)
    paths = RealPaths()
    assert [paths.of(f"folder/{name}") for name in ("file", "x", "x")] == [
        str(tree / "a/b" / name) for name in ("file", "x", "x")
    ]
    assert asked == ["folder", "file", "x"]
