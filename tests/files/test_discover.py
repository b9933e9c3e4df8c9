"""Which files a command line names."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint.files as module
from scclint.errors import LoadError
from scclint.files import SourceFile, discover, repository_names
from scclint.files.globs import path_filter


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.yaml", "a/x.yml", "a/y.json", "a/z.txt", "a/deep/k.yaml", ".hidden/h.yaml", "ignored/i.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kind: Pod\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*paths: str, exclude: tuple[str, ...] = (), force_exclude: bool = False) -> list[str]:
    return [
        item.display if isinstance(item, SourceFile) else f"{item.file}: {item.message}"
        for item in discover(paths, exclude=exclude, force_exclude=force_exclude)
    ]


ALL = [".hidden/h.yaml", "a/deep/k.yaml", "a/x.yml", "a/y.json", "b.yaml", "ignored/i.yaml"]


def git(*args: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    subprocess.run(["git", "-c", "init.defaultBranch=main", *args], check=True, capture_output=True)


def test_folder(tree: Path) -> None:
    assert names(".") == ALL
    assert names("a") == names("./a/") == ["a/deep/k.yaml", "a/x.yml", "a/y.json"]
    assert names(str(tree / "a")) == [str(tree / name) for name in ("a/deep/k.yaml", "a/x.yml", "a/y.json")]


def test_named_files_may_be_called_anything(tree: Path) -> None:
    assert names("a/z.txt", "./b.yaml", "b.yaml", ".") == ["a/z.txt", "b.yaml", *(name for name in ALL if name != "b.yaml")]


def test_standard_input(tree: Path) -> None:
    assert list(discover(["-", "-"], stdin_filename="x.yaml")) == [SourceFile("-", "x.yaml")]


def test_exclude(tree: Path) -> None:
    assert names(".", exclude=("a/deep/", "*.json", ".hidden")) == ["a/x.yml", "b.yaml", "ignored/i.yaml"]
    assert names("a", exclude=("deep",)) == ["a/x.yml", "a/y.json"]
    assert names("a", exclude=("a/x.*",)) == ["a/deep/k.yaml", "a/y.json"]
    assert names("a/x.yml", exclude=("a",)) == ["a/x.yml"]
    assert names("a/x.yml", exclude=("a",), force_exclude=True) == []


def test_problems_are_among_the_files(tree: Path) -> None:
    assert names("nope", "b.yaml", "a\0b") == ["nope: no such file or directory", "b.yaml", "a\0b: is not a path"]
    (tree / "dangling.yaml").symlink_to("nowhere")
    (tree / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tree / "pipe.yaml")
    found = names(".")
    assert "dangling.yaml: is a link to a file that is not there" in found
    assert any(name.startswith("loop.yaml: cannot be read: ") for name in found)
    assert any(name.startswith("pipe.yaml: is a FIFO") for name in found)
    assert [name.split(":")[0] for name in found] == sorted([*ALL, "dangling.yaml", "loop.yaml", "pipe.yaml"])


def test_links(tree: Path) -> None:
    (tree / "a" / "up").symlink_to("..")
    (tree / "link.yaml").symlink_to("b.yaml")
    assert names(".") == [*ALL, "link.yaml"]


def test_links_out_of_the_tree(tree: Path) -> None:
    (tree / "a" / "up.yaml").symlink_to("../b.yaml")
    refused = "a/up.yaml: is a link out of the tree, and not followed: name it on the command line to have it read"
    assert refused in names("a") and "a/up.yaml" in names(".") and names("a/up.yaml") == ["a/up.yaml"]
    (tree / "a" / "host.yaml").symlink_to("/etc/hostname")
    assert refused.replace("up", "host") in names(".")
    git("init")
    assert refused in names("a"), "a repository that has nothing of the folder is another matter"
    git("add", "a/x.yml")
    assert "a/up.yaml" in names("a"), "a work tree is one"
    git("rm", "-q", "--cached", "a/x.yml")
    (tree / ".gitignore").write_text("a/\n")
    assert refused in names("a"), "what a repository ignores is none of it"
    (tree / ".gitignore").unlink()
    git("add", "a/x.yml")
    assert "a/up.yaml" in names("a")
    (tree / "a" / "config.yaml").symlink_to("../.git/config")
    assert refused.replace("up", "config") in names("a")


def test_git_ignored_files_are_left_out(tree: Path) -> None:
    git("init")
    (tree / ".gitignore").write_text("ignored/\n*.json\n!.hidden\n")
    assert names(".") == [".hidden/h.yaml", "a/deep/k.yaml", "a/x.yml", "b.yaml"]
    assert names("a") == ["a/deep/k.yaml", "a/x.yml"]
    assert names("a/y.json", "ignored") == ["a/y.json", "ignored/i.yaml"]
    git("add", "-f", "a/y.json")
    (tree / "b.yaml").unlink()
    assert names(".") == [".hidden/h.yaml", "a/deep/k.yaml", "a/x.yml", "a/y.json"]


def test_deleted_files_and_nested_repositories(tree: Path) -> None:
    git("init")
    git("add", "b.yaml")
    (tree / "b.yaml").unlink()
    git("init", "a/deep")
    (tree / "a" / "deep" / ".gitignore").write_text("n.yaml\n")
    (tree / "a" / "deep" / "n.yaml").write_text("x")
    assert names(".") == [".hidden/h.yaml", "a/deep/k.yaml", "a/x.yml", "a/y.json", "ignored/i.yaml"]


def test_git_runs_nothing_of_the_repository(tree: Path) -> None:
    git("init")
    script = tree / "monitor.sh"
    script.write_text("#!/bin/sh\ntouch ran\n")
    script.chmod(0o755)
    git("config", "core.fsmonitor", str(script))
    assert "b.yaml" in names(".") and not (tree / "ran").exists()


def test_without_git(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init")
    (tree / ".gitignore").write_text("ignored/\n")
    monkeypatch.setenv("PATH", "")
    assert names(".") == ALL
    assert repository_names(str(tree)) == set()


def test_unreadable_folder_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problems = [item for item in discover(["a"]) if isinstance(item, LoadError)]
    assert [(item.file, item.message) for item in problems] == [("a/deep", "cannot be read: permission denied")]


def test_undecodable_names(tree: Path) -> None:
    """What is shown of them could as well be another file's name, which is what is found when it is read again."""
    for name in (b"\xff.yaml", b"a\xff/x.yaml"):
        file = Path(os.fsdecode(os.fsencode(tree) + b"/" + name))
        file.parent.mkdir(exist_ok=True)
        file.touch()
    told = "has a name that is not UTF-8, and is not read: rename it"
    refused = [f"\\xff.yaml: {told}", f"a\\xff/x.yaml: {told}"]
    assert [name for name in names(".") if name not in ALL] == refused
    assert names(os.fsdecode(b"\xff.yaml")) == refused[:1]
    git("init")
    git("add", ".")
    assert [name for name in names(".") if name not in ALL] == refused


def test_folders_however_deep(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tree.joinpath(*"d" * 400, "k.yaml")
    deep.parent.mkdir(parents=True)
    deep.touch()
    expected = sorted([*ALL, str(deep.relative_to(tree))])
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    try:
        assert names(".") == expected
        # Repositories in repositories.
        monkeypatch.setattr(module, "listed_by_git", lambda folder, **_: ["k.yaml", "d/"])
        assert names(".") == [name for name in expected if name.startswith("d")]
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("x", ["x", "x/y", "a/x", "a/x/y"], ["xy", "a/yx"]),
        ("x/", ["x/y", "a/x/y"], ["x", "a/x"]),
        ("/x", ["x", "x/y"], ["a/x"]),
        ("a/x", ["a/x", "a/x/y"], ["b/a/x"]),
        ("./a/x", ["a/x"], ["b/a/x"]),
        ("*.yaml", ["a.yaml", "b/a.yaml"], ["a.yml", "a.yaml2"]),
        ("a/*", ["a/x", "a/x/y"], ["b/x"]),
        ("a/*/c", ["a/b/c"], ["a/b/b/c", "a/c"]),
        ("a/**/c", ["a/c", "a/b/b/c"], ["c", "ac"]),
        ("**/c", ["c", "a/b/c"], ["ac"]),
        ("a/**", ["a/b", "a/b/c"], ["a"]),
        ("a?", ["ab", "a1/x"], ["a", "a/"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("[!a]x", ["bx"], ["ax", "/x"]),
        ("[^]]x", ["^x", "[x"], ["]x"]),
        ("a.b", ["a.b"], ["axb"]),
        ("a[", ["a["], ["a"]),
        ("[]", ["[]"], ["a"]),
        ("[!]", ["[!]"], ["a"]),
        ("[z-a]", [], ["b", "[z-a]"]),
        ("[&&||~~[]", ["&", "["], ["a"]),
        ("a+(b)", ["a+(b)"], ["aab"]),
    ],
)
def test_patterns(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = path_filter([pattern])
    assert [path for path in [*matching, *others] if matches(path)] == matching


@given(st.text("ab/*?[]!^-\\.&~|", max_size=8), st.text("ab/.", max_size=6))
def test_any_pattern(pattern: str, path: str) -> None:
    assert path_filter([pattern])(path) in (True, False)


def test_no_pattern_matches_nothing() -> None:
    assert not path_filter([])("a") and path_filter(["b", "a"])("a")


def test_a_submodule_that_was_never_checked_out(tree: Path) -> None:
    git("init")
    git("update-index", "--add", "--cacheinfo", "160000,a6e3298bc426755ae0a4da789c0072766499aa6c,sub")
    (tree / "sub").mkdir()
    assert "b.yaml" in names(".")
    assert names("sub") == []


def test_a_folder_of_files_in_place_of_a_submodule(tree: Path) -> None:
    git("init")
    git("update-index", "--add", "--cacheinfo", "160000,a6e3298bc426755ae0a4da789c0072766499aa6c,sub")
    (tree / "sub" / "deep").mkdir(parents=True)
    (tree / "sub" / "deep" / "x.yaml").touch()
    assert names(".") == [*ALL, "sub/deep/x.yaml"]
