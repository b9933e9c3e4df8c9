"""`--diff-base` takes files out of git's objects, where whoever made the repository may have put anything under any name."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from scclint.files import revision as module
from tests.repository import git

from .conftest import Ran, Run, Spawn, pod

SECRET = "hunter2"


def blob(text: str) -> str:
    return git("hash-object", "-w", "--stdin", stdin=text)


def tree(*entries: str) -> str:
    return git("mktree", stdin="".join(f"{entry}\n" for entry in entries))


def nested(below: str, folder: str) -> str:
    """A tree with that folder, in which `below` is; one process of git writes all of it."""
    with subprocess.Popen(["git", "mktree", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mktree:
        assert mktree.stdin is not None and mktree.stdout is not None
        for part in reversed(folder.split("/")) if folder else ():
            mktree.stdin.write(f"040000 tree {below}\t{part}\n\n")
            mktree.stdin.flush()
            below = mktree.stdout.readline().strip()
    assert mktree.returncode == 0
    return below


def commit(*entries: str) -> str:
    """A commit with the pod that is in the work tree, and more."""
    return git("commit-tree", "-m", "base", tree(f"100644 blob {blob(pod('a'))}\ta.yaml", *entries))


@pytest.fixture
def repository(run: Run, tmp_path: Path) -> Path:
    """A work tree with a pod that has findings."""
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.yaml").write_text(pod("a"), encoding="utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main", "tree"], cwd=tmp_path, check=True)
    return folder


@pytest.fixture(autouse=True)
def inside(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)


def compared(run: Run, base: str) -> Ran:
    git("update-ref", "HEAD", base)
    return run("check", ".", "--diff-base", base, "--format", "json", "--isolated")


def nothing_is_new(ran: Ran) -> None:
    assert (ran.status, ran.err) == (0, "")
    report = json.loads(ran.out)
    assert not any(report[kind] for kind in ("problems", "access", "gaps"))
    assert report["summary"]["known"] > 0


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".yaml", "y/" * 2045 + "x.yaml", ".GIT/x.yaml", "x\\ud800.yaml"], ids=["long", "deep", "git", "odd"]
)
def test_a_name_that_a_disk_does_not_take(run: Run, name: str) -> None:
    git("update-index", "--add", "--cacheinfo", f"100644,{blob(pod('a'))},a.yaml")
    folder, _, file = name.rpartition("/")
    below = nested(tree(f"100644 blob {blob(pod('x'))}\t{file}"), folder)
    (entry,) = git("ls-tree", below).splitlines()
    nothing_is_new(compared(run, commit(entry)))


@pytest.mark.parametrize("entry", ["100644 blob {file}", "120000 blob {link}"])
def test_a_file_and_a_folder_of_one_name(run: Run, entry: str) -> None:
    folder = tree(f"100644 blob {blob(pod('x'))}\tx.yaml")
    other = entry.format(file=blob(pod("b")), link=blob("a.yaml"))
    nothing_is_new(compared(run, commit(f"040000 tree {folder}\tb.yaml", f"{other}\tb.yaml")))


def test_trees_that_list_one_tree_many_times(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REVISION_FILES", 10_000)
    below = tree(f"100644 blob {blob('x')}\tx.txt")
    for _ in range(8):
        below = tree(*(f"040000 tree {below}\t{name}" for name in "0123456789"))
    ran = compared(run, commit(f"040000 tree {below}\tb"))
    assert (ran.status, ran.out) == (2, "")
    assert "has more than 10,000 files, which are not read" in ran.err


def test_one_blob_under_many_names(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REVISION", 10_000)
    large = blob("#" * 1000)
    nothing_is_new(compared(run, commit(*(f"100644 blob {large}\tb{index}.yaml" for index in range(5)))))
    ran = compared(run, commit(*(f"100644 blob {large}\tb{index}.yaml" for index in range(50))))
    assert (ran.status, ran.out) == (2, "")
    assert "GiB, which is not read" in ran.err


def test_a_large_blob_is_passed_over_in_pieces(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    nothing_is_new(compared(run, commit(f"100644 blob {blob('x' * 2500)}\tZ.yaml", f"100644 blob {blob(pod('b'))}\tb.yaml")))


def test_links_through_links(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.yaml").write_text(SECRET, encoding="utf-8")
    up, out, stay = blob("deep"), blob("up/../../secret.yaml"), blob("up/x.yaml")
    deep = tree(f"100644 blob {blob(pod('x'))}\tx.yaml")
    base = commit(
        f"040000 tree {deep}\tdeep", f"120000 blob {up}\tup", f"120000 blob {out}\tout.yaml", f"120000 blob {stay}\tstay.yaml"
    )
    git("update-ref", "HEAD", base)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with module.checked_out(module.resolve("HEAD", ".")) as folder:
        assert sorted(os.listdir(folder)) == [".git", "a.yaml", "deep", "stay.yaml", "up"]
        assert Path(folder, "stay.yaml").read_text(encoding="utf-8") == pod("x")


@pytest.mark.parametrize("linked", ["objects/info/alternates", "packed-refs", "shallow", "HEAD", "config"])
def test_git_quotes_nothing_that_its_folder_links_to(spawn: Spawn, repository: Path, tmp_path: Path, linked: str) -> None:
    base = commit()
    git("update-ref", "HEAD", base)
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n##vso[task.complete]\033[2J\n", encoding="utf-8")
    file = repository / ".git" / linked
    file.unlink(missing_ok=True)
    file.symlink_to(secret)
    done = spawn("check", ".", "--diff-base", base, "--isolated", cwd=repository)
    assert done.returncode in (0, 2)
    for told in (SECRET, "##vso", "\033[2J", "Traceback"):
        assert told.encode() not in done.stdout + done.stderr
