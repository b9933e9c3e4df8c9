"""The pager of `rules`, `rule`, `explain` and `seccomp show`."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

fits = {"rows": 5000, "columns": 100}
long = {"rows": 10, "columns": 100}


def on_a_terminal(*words: str, pager: str, rows: int, columns: int) -> str:
    """What a terminal of this size shows of a command, with this PAGER."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "LESS", "CI")}
    env |= {"TERM": "xterm", "PAGER": pager, "NO_COLOR": "1"}
    with subprocess.Popen((sys.executable, "-m", "scclint", *words), stdin=end, stdout=end, stderr=end, env=env):
        os.close(end)
        seen = b""
        try:
            while part := os.read(terminal, 65536):
                seen += part
        except OSError:  # how Linux says that nothing more will come
            pass
    os.close(terminal)
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "words", [("rules",), ("rule", "SCC101"), ("seccomp", "show"), ("explain", "deployment/legacy", "demo")]
)
def test_a_long_text_is_paged(demo: Path, words: tuple[str, ...]) -> None:
    assert "PAGED LESS=FX " in on_a_terminal(*words, pager='echo "PAGED LESS=$LESS "; cat >/dev/null', **long)


@pytest.mark.parametrize(
    ("pager", "size"), [("", long), ("cat", long), ("no-such-pager 2>/dev/null", long), ("echo PAGED", fits)]
)
def test_a_text_is_printed_without_a_pager_or_if_it_fits(demo: Path, pager: str, size: dict[str, int]) -> None:
    text = on_a_terminal("rule", "SCC101", pager=pager, **size)
    assert text.startswith("# SCC101 no-scc-admits\n")


def test_other_outputs_are_not_paged(demo: Path) -> None:
    piped = subprocess.run(
        (sys.executable, "-m", "scclint", "rules"),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PAGER": "echo PAGED"},
    )
    assert "SCC101" in piped.stdout and "PAGED" not in piped.stdout
    assert "PAGED" not in on_a_terminal("explain", "deployment/legacy", "demo", "--format", "json", pager="echo PAGED", **long)
