"""The command line in process, in a folder of its own."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from scclint.cli import main

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"


class Run(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


Cli = Callable[..., Run]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without what the environment may say about colour, CI and hooks."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CI", "PRE_COMMIT", "SCCLINT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def demo(here: Path) -> Path:
    """A working directory with the demo manifests in `demo`: 3 errors, two of which list a warning with the same cause."""
    shutil.copytree(DEMO, here / "demo")
    return here


@pytest.fixture
def cli(here: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs the words of a command line; what argparse ends with counts as the status."""

    def run(*words: str) -> Run:
        capsys.readouterr()
        try:
            status = main(words)
        except SystemExit as end:
            status = int(end.code or 0)
        text = capsys.readouterr()
        return Run(status, text.out, text.err)

    return run
