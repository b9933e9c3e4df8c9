"""What a command costs: CPU time of it and all it starts, wall time, and the most memory that one process held."""

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36
"""An option of `prctl(2)`: what a child leaves running is then waited for here."""


class Cost(NamedTuple):
    """Seconds of CPU and of wall time, megabytes of resident memory, and the exit status."""

    cpu: float
    wall: float
    memory: float
    status: int


def once(command: Sequence[str], folder: str = ".") -> Cost:
    """Run a command with its output thrown away."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Where this is set, Python would compile every module anew in each run.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    # What starts the renderers ends after the command.
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, usage.ru_maxrss / 1024, child.returncode)


def cheapest(commands: Sequence[Sequence[str]], times: int, folder: str = ".") -> list[Cost]:
    """The cheapest of so many runs of each command, which take turns so that all see the same machine."""
    runs = [[once(command, folder) for command in commands] for _ in range(times)]
    return [min(costs) for costs in zip(*runs, strict=True)]
