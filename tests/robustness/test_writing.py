"""A report is written whole or its loss is told: by a word on standard error where there is one, and by the exit status always."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, Spawn, pod

FULL = Path("/dev/full")
COMMANDS = (
    ["check", "."],
    ["check", ".", "--format", "sarif"],
    ["check", ".", "--fail-on", "never"],
    ["check", "--show-files"],
    ["review", "."],
    ["explain", "pod/a"],
    ["rules"],
    ["rule", "SCC101"],
    ["config"],
    ["--version"],
    ["--help"],
    ["check", "--help"],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    return tmp_path


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_full_disk(spawn: Spawn, folder: Path, argv: list[str]) -> None:
    with FULL.open("wb") as full:
        ran = spawn(*argv, stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 2
    assert b"cannot write the report to standard output: No space left on device" in ran.stderr
    assert b"Traceback" not in ran.stderr and b"Exception ignored" not in ran.stderr


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_broken_pipe(spawn: Spawn, folder: Path, argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = spawn(*argv, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert ran.returncode == 2
    assert b"Traceback" not in ran.stderr and b"Exception ignored" not in ran.stderr


@pytest.mark.parametrize(
    ("closed", "argv"),
    [*(("012", argv) for argv in COMMANDS[:9]), *((closed, argv) for closed in "012" for argv in COMMANDS[:5:2])],
)
def test_closed_streams(folder: Path, argv: list[str], closed: str) -> None:
    """Without standard error nothing of what belongs there may get into the report."""
    (folder / "b.yaml").write_bytes(b"\xff")
    redirections = " ".join(f"{fd}<&-" if fd == "0" else f"{fd}>&-" for fd in closed)
    command = [sys.executable, "-P", "-m", "scclint", *argv]
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", *command]
    ran = subprocess.run(shell, cwd=folder, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in ran.stderr + ran.stdout
    assert b"error: not a text file" not in ran.stdout
    if "1" in closed:
        assert ran.returncode == 2
        assert not ran.stdout
        assert closed != "1" or b"standard output" in ran.stderr or b"b.yaml" in ran.stderr
    else:
        assert ran.returncode in (0, 2)


def test_stdin_is_closed(folder: Path) -> None:
    command = [sys.executable, "-P", "-m", "scclint", "check", "-", "a.yaml"]
    ran = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command], cwd=folder, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 2
    assert b"standard input is closed" in ran.stderr
    assert b"a.yaml" in ran.stdout


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", [["check", "."], ["review", "."], ["explain", "pod/a"]], ids=" ".join)
def test_full_output_file(run: Run, folder: Path, command: list[str]) -> None:
    ran = run(*command, "--format", "json", "--output", "/dev/full")
    assert ran.status == 2
    assert "No space left on device" in ran.err


@pytest.mark.parametrize("command", [["check", "."], ["review", "."], ["explain", "pod/a"]], ids=" ".join)
def test_one_of_several_outputs_cannot_be_written(run: Run, folder: Path, command: list[str]) -> None:
    ran = run(*command, "--format", "json", "--output", "out.json", "--format", "json", "--output", "no/such/folder.json")
    assert ran.status == 2
    assert "no/such/folder.json" in ran.err


def test_a_write_that_fails_leaves_the_old_report(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "out.json").write_text("old", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    ran = run("check", ".", "--format", "json", "--output", "out.json")
    assert ran.status == 2
    assert (folder / "out.json").read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in folder.iterdir()) == ["a.yaml", "out.json"]


def test_a_bug_is_a_status_and_a_line_and_hides_nothing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever stage fails on one of the files, the others are reported."""
    (folder / "b.yaml").write_text(pod("b"), encoding="utf-8")
    from importlib import import_module

    from scclint.objects.documents import reader
    from scclint.outcome import world

    def failing(real: object, is_meant: object) -> object:
        def call(*args: object, **more: object) -> object:
            if is_meant(*args):  # type: ignore[operator]
                raise KeyError("\x1b[31mboom")
            return real(*args, **more)  # type: ignore[operator]

        return call

    stages = (
        (reader, "load_file", lambda file, *_: file == "b.yaml"),
        (import_module("scclint.run.load"), "expand", lambda document, *_: document.file == "b.yaml"),
        (world.World, "outcome", lambda self, workload, *_: workload.file == "b.yaml"),
    )
    for holder, name, is_meant in stages:
        with monkeypatch.context() as patch:
            patch.setattr(holder, name, failing(getattr(holder, name), is_meant))
            for format in ("full", "json", "sarif", "github", "gitlab", "markdown"):
                ran = run("check", ".", "--format", format)
                assert ran.status == 3, (name, format, ran)
                assert "a.yaml" in ran.out
                assert "internal error: " in ran.err and "boom" in ran.err
                assert "\x1b" not in ran.err and "Traceback" not in ran.err
            for command in (["review", "."], ["explain", "a.yaml", "b.yaml"]):
                ran = run(*command)
                assert "Pod a" in ran.out
                assert ran.status == 3 or command[0] == "explain"
