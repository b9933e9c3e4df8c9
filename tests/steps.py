"""Counts the lines of Python that a piece of work runs, which no busy machine can disturb."""

import gc
import selectors
import subprocess
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

WAITING = (selectors.__file__, subprocess.__file__)
"""How often these look whether another process has written something depends on the load of the machine."""


def steps(work: Callable[[], Any]) -> int:
    """How many lines of Python `work` runs, each round of a loop or comprehension and each call counted."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename in WAITING:
            return None
        count += 1
        return trace

    before = sys.gettrace()  # coverage's, where it is measured
    # The collector runs what other tests left to be called when it comes.
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count
