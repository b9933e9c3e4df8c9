"""Show a long text in the user's pager, as git does."""

import os
import signal
import subprocess
import sys
from shutil import get_terminal_size, which

from scclint.report.output import write


def show(text: str, *, color: bool = False) -> None:
    """Write a text to standard output, in a pager if that is a terminal on which the text does not fit.

    PAGER names the pager, and less is the default. An empty PAGER, or `cat`, is no pager.
    """
    command = _pager()
    if not command or _fits(text):
        write(text, None)
        return

    environ = {**os.environ}
    # Without -R, less shows the codes of colours as text. -F and -X leave a short text on the screen.
    environ.setdefault("LESS", "FRX" if color else "FX")
    environ.setdefault("LV", "-c" if color else "")
    # An interrupt is for the pager, which uses it to stop a search.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # A shell, because PAGER may have options: `less -S`.
        done = subprocess.run(command, shell=True, input=text.encode("utf-8", "backslashreplace"), env=environ, check=False)
    finally:
        signal.signal(signal.SIGINT, before)
    if done.returncode in (126, 127):
        # The shell has not found the pager.
        write(text, None)


def _pager() -> str:
    """The command of the pager; empty if the text is not for a person at a terminal."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return ""
    command = os.environ.get("PAGER")
    if command is None:
        command = "less" if which("less") else ""
    return "" if command.strip() == "cat" else command.strip()


def _fits(text: str) -> bool:
    return text.count("\n") < get_terminal_size().lines
