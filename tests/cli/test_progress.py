"""The line on standard error during long runs."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from scclint.console import progress
from scclint.console.progress import ProgressLine, wanted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_a_person_who_waits_sees_it() -> None:
    stream, clock = Terminal(), Clock()
    line = ProgressLine(stream, 80, clock)
    line("read", 1, 0)
    clock.now += 0.3
    line("read", 1900, 0)
    assert stream.getvalue() == ""
    clock.now += 0.2
    line("read", 2000, 0)
    line("read", 2001, 0)
    clock.now += 0.1
    line("judged", 1, 4000)
    line.clear()
    clock.now += 9
    line("judged", 2, 4000)
    assert stream.getvalue() == "\r\x1b[Kscclint: 2,000 files read\r\x1b[Kscclint: judged 1 of 4,000\r\x1b[K"


def test_the_line_is_never_wider_than_the_terminal() -> None:
    stream, clock = Terminal(), Clock()
    line = ProgressLine(stream, 10, clock)
    clock.now += 5
    line("judged", 1, 4000)
    assert stream.getvalue() == "\r\x1b[Kscclint: "


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, False),
        (Terminal(), {"TERM": "xterm", "CI": "true"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_wanted(stream: io.StringIO, environ: dict[str, str], expected: bool) -> None:
    assert wanted(stream, environ) is expected


def on_a_terminal(*words: str, patience: float) -> tuple[str, str]:
    """Standard output and what a terminal on standard error gets, of a run that loses its patience early."""
    script = f"import sys, scclint.console.progress as p; p.PATIENCE = p.PACE = {patience}\nfrom scclint.cli import main\nmain(sys.argv[1:])"
    terminal, end = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
    done = subprocess.run((sys.executable, "-c", script, *words), stdout=subprocess.PIPE, stderr=end, env=env, check=True)
    os.close(end)
    seen = b""
    try:
        while part := os.read(terminal, 65536):
            seen += part
    except OSError:  # how Linux says that nothing more will come
        pass
    os.close(terminal)
    return done.stdout.decode(), seen.decode()


def test_a_real_run(demo: Path) -> None:
    patient, nothing = on_a_terminal("check", "demo", patience=60)
    assert nothing == ""
    out, seen = on_a_terminal("check", "demo", patience=0)
    assert out == patient
    assert "\r\x1b[Kscclint: 3 files read\r\x1b[Kscclint: judged 1 of " in seen
    assert "scclint: fixed " not in seen
    assert seen.endswith("\r\x1b[K")
    assert on_a_terminal("check", "-q", "demo", patience=0)[1] == ""


@pytest.mark.parametrize("command", ["review", "units", "who-can privileged", "suggest deployment/shell", "explain demo"])
def test_every_command_that_judges_shows_it(demo: Path, command: str) -> None:
    seen = on_a_terminal(*command.split(), "demo", patience=0)[1]
    assert "\r\x1b[Kscclint: 3 files read" in seen


def test_the_line_is_cleared_before_an_error_is_told(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setenv("TERM", "xterm")
    with pytest.raises(ZeroDivisionError), progress.progress() as step:
        step("read", 1, 0)
        raise ZeroDivisionError
    assert stream.getvalue() == "\r\x1b[Kscclint: 1 file read\r\x1b[K"


def test_no_fixes_are_looked_for_where_none_is_shown(demo: Path) -> None:
    for words in (("--format", "concise", "--fixes", "always"), ("--fixes", "never")):
        assert "fixes" not in on_a_terminal("check", "--no-cache", "demo", "--fail-on", "never", *words, patience=0)[1]
    seen = on_a_terminal("check", "--no-cache", "demo", "--fail-on", "never", "--fixes", "always", patience=0)[1]
    assert "scclint: looked for fixes: 4 of 4" in seen and "fixed" not in seen
