"""Runs the whole command, as a person or a CI job would."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from scclint.cli import main

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
  - name: app
    image: registry.example/app:1
    securityContext:
      privileged: true
"""


def pod(name: str) -> str:
    """A manifest with a finding of its own: a privileged container."""
    return POD.format(name=name)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Run]:
    """Runs `scclint` in this process, in an empty folder, without configuration of others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCCLINT_DEBUG", raising=False)

    def call(*argv: str) -> Ran:
        capsysbinary.readouterr()
        try:
            status = main(argv)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 1
        streams = capsysbinary.readouterr()
        return Ran(status, streams.out.decode(), streams.err.decode())

    yield call


def check_in(run: Run, formats: Sequence[str], *options: str) -> tuple[Ran, dict[str, str]]:
    """What one `check .` comes to, and the text of each format: the first goes to standard output, the others to files."""
    words = (
        word for name in formats for word in ("--format", name, "--output", "-" if name == formats[0] else f"written.{name}")
    )
    ran = run("check", ".", *words, *options)
    return ran, {formats[0]: ran.out} | {name: Path(f"written.{name}").read_text(encoding="utf-8") for name in formats[1:]}


Spawn = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def spawn(tmp_path: Path) -> Spawn:
    """Runs `scclint` as a process, with the options of `subprocess.run`."""

    def call(*argv: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-P", "-m", "scclint", *argv]
        given: dict[str, object] = {"cwd": tmp_path, "timeout": 60, "stdin": subprocess.DEVNULL, **options}
        if "stdout" not in given:
            given["capture_output"] = True
        return subprocess.run(command, check=False, **given)  # type: ignore[call-overload,no-any-return]

    return call
