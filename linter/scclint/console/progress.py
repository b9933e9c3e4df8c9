"""A line on standard error that says how far a long run is, for a person who waits at a terminal."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from scclint.run.options import Progress, silent
from scclint.text import counted

PATIENCE = 0.4  # seconds that a run may take before anything is shown
PACE = 0.1  # seconds between two changes of the line
CLEAR = "\r\x1b[K"


def wanted(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether a person is watching `stream`, on a terminal whose line can be written over."""
    return stream is not None and stream.isatty() and environ.get("TERM", "dumb") != "dumb" and not environ.get("CI")


class ProgressLine:
    """Shows each step it is called with, not before `PATIENCE` and not more often than `PACE`."""

    def __init__(self, stream: TextIO, width: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._width = width
        self._clock = clock
        self._next = clock() + PATIENCE
        self._shown = False
        self._closed = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if self._closed or now < self._next:
            return
        self._next = now + PACE
        self._shown = True
        text = f"scclint: {counted(done, 'file')} read" if stage == "read" else f"scclint: {stage} {done:,} of {total:,}"
        self._stream.write(CLEAR + text[: self._width - 1])
        self._stream.flush()

    def clear(self) -> None:
        """Leave the terminal as it was, and show nothing from now on."""
        self._closed = True
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()


@contextmanager
def progress(quiet: bool = False) -> Iterator[Progress]:
    """What to call with each step; says nothing unless a person watches standard error. The line is gone in the end."""
    if quiet or not wanted(sys.stderr, os.environ):
        yield silent
        return

    from shutil import get_terminal_size

    line = ProgressLine(sys.stderr, get_terminal_size().columns)
    try:
        yield line
    finally:
        line.clear()
