"""The entry point, every command's help, and what only a real process can show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import scclint
from scclint.cli import main
from scclint.cli.commands import COMMANDS

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SCCLINT = (sys.executable, "-m", "scclint")


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version(cli: Cli, word: str) -> None:
    assert cli(word) == (0, f"scclint {scclint.__version__}\n", "")


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = (
        f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); from scclint.cli import run_and_exit; run_and_exit()"
    )
    run = subprocess.run([sys.executable, "-P", "-c", script, "check", "."], check=False, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (2, "scclint: the working directory does not exist any more\n")


def test_no_command_shows_the_help(cli: Cli) -> None:
    run = cli()
    assert run.status == 2
    assert run.out == cli("--help").out
    assert all(f"\n    {name} " in run.out for name in COMMANDS)


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_help_fits_a_screen(cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run = cli(*words, "--help")
    lines = run.out.splitlines()
    assert (run.status, run.err) == (0, "")
    assert lines[0].startswith(" ".join(("usage: scclint", *words)))
    assert len(lines) <= 71
    assert max(map(len, lines)) <= 80


def test_a_bug_of_ours_is_called_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args: object) -> int:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("scclint.cli.check.run", broken)
    run = cli("check")
    assert (run.status, run.out) == (3, "")
    assert run.err == (
        "scclint: internal error: ZeroDivisionError: x\n"
        "This is a bug of scclint. Run again with SCCLINT_DEBUG=1 for the details to report.\n"
    )
    monkeypatch.setenv("SCCLINT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["check"])


def test_an_interrupt_is_no_bug(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("scclint.cli.check.run", interrupted)
    assert cli("check") == (130, "", "")


def test_a_reader_that_goes_away(demo: Path) -> None:
    """As in `scclint check | head -1`: no complaint, and no success either."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        words = (*SCCLINT, "check", "--format", "full", "-o", "-", "--format", "json", "-o", "x.json", "demo")
        done = subprocess.run(words, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert Path("x.json").exists()


def test_as_a_process(demo: Path) -> None:
    text = Path("demo/bare-pod.yaml").read_text()
    done = subprocess.run(
        (*SCCLINT, "check", "--format", "concise", "-"), input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("<stdin>:9:7: SEC201 ")


def test_an_empty_pipe(here: Path) -> None:
    done = subprocess.run((*SCCLINT, "check", "-"), input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (4, "scclint: no manifest found in standard input\n")


def test_more_than_fits_comes_through_a_pipe(here: Path) -> None:
    text = "# " + "x" * (65 << 20)
    done = subprocess.run((*SCCLINT, "check", "-"), input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "<stdin>: error: larger than 64 MiB, which is not read\n")


def test_a_clean_run_loads_no_more_than_it_needs(demo: Path) -> None:
    script = "import sys; from scclint.cli import main; main(['check', 'demo/deployment.yaml']); print(*sorted(sys.modules))"
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("No problems found")
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "scclint.run.run" in loaded
    unwanted = {"jinja2", "jsonschema", "subprocess", "tempfile", "difflib", "shtab", "scclint.cli.diff_base"}
    assert not unwanted & loaded


def colours(text: str) -> bool:
    return re.search(r"\x1b\[[\d;]*m", text) is not None


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ((), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(
    demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], variables: dict[str, str], expected: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert colours(cli("check", *words, "demo").out) is expected


def test_help_and_version_as_commands(cli: Cli) -> None:
    assert cli("help", "check").out == cli("check", "--help").out
    assert cli("help").out == cli("--help").out
    assert cli("version").out == cli("--version").out


def test_a_version_is_judged_as_its_release_and_the_report_says_so(demo: Path, cli: Cli) -> None:
    run = cli("check", "--openshift", "4.20.3,v4.20", "--format", "concise")
    assert "OpenShift 4.20;" in run.out
    assert "OpenShift 4.20.3 is judged as 4.20" in run.out + run.err
    assert "is judged as" not in cli("check", "--openshift", "v4.20").err
    assert cli("check", "--openshift", "4.99.1").status == 2
