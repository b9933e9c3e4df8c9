"""Evaluates CEL expressions in a process of its own, which ends if an expression takes too long or too much memory."""

import atexit
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock, Timer
from typing import Any

from scclint.limits import CEL_CPU, CEL_MEMORY, CEL_SECONDS

_SANDBOX = os.path.join(os.path.dirname(__file__), "sandbox.py")
TOO_MUCH = f"more than {CEL_CPU} second or {CEL_MEMORY >> 20:,} MiB"
"""The limits of one evaluation, in words."""


class LimitReached(Exception):
    """The process ended while it worked on an expression: a limit was reached."""


class Evaluator:
    """The process, started for the first expression and after each end. A forked process starts its own one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._sent: Mapping[str, Any] | None = None
        self._lock = Lock()
        atexit.register(self.close)

    def check(self, expr: str) -> Mapping[str, Any]:
        """Return the `variables` and `functions` in an expression, or the `error` of the library.

        Raises LimitReached, OSError if no process can be started, and ImportError if there is no library.
        """
        with self._lock:
            return self._ask({"expr": expr, "check": True})

    def evaluate(self, expr: str, values: Mapping[str, Any], *, kubernetes: bool = False) -> Mapping[str, Any]:
        """Return the `value` of an expression that `check` found correct, or `why` it has none, with the `seconds` it took.

        `kubernetes`: as the API server evaluates it in admission policies, with its functions and a value of any type. The same `values`
        as in the last call are not sent again. Raises what `check` raises.
        """
        with self._lock:
            self._running()
            new = {} if values is self._sent else {"values": values}
            answer = self._ask({"expr": expr, **new, **({"kubernetes": True} if kubernetes else {})})
            self._sent = values
            return answer

    def close(self) -> None:
        """End the process, unless this one is a fork and the process is that of another."""
        process, self._process, self._sent = self._process, None, None
        if process is None:
            return
        if self._owner == os.getpid():
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not written yet
                pipe.close()  # type: ignore[union-attr]

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        process = self._running()
        with suppress(OSError):  # it ended meanwhile, as the answer shows
            process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        return self._answer(process)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.close()
            self._process, self._owner = self._started(), os.getpid()
            try:
                self._answer(self._process)
            except LimitReached as error:
                raise OSError("the CEL library cannot be loaded") from error
        return self._process

    def _started(self) -> "subprocess.Popen[bytes]":
        spec = importlib.util.find_spec("cel")
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("cel")
        folder = os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))
        command = [sys.executable, "-I", "-S", _SANDBOX, folder, *map(str, (CEL_CPU, CEL_SECONDS, CEL_MEMORY))]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    def _answer(self, process: "subprocess.Popen[bytes]") -> Mapping[str, Any]:
        # On Windows, a process has no timers that end it.
        timer = None if hasattr(signal, "setitimer") else Timer(CEL_SECONDS, process.kill)
        if timer:
            timer.start()
        line = process.stdout.readline()  # type: ignore[union-attr]
        if timer:
            timer.cancel()
        if not line.endswith(b"\n"):
            self.close()
            raise LimitReached
        answer: Mapping[str, Any] = json.loads(line)
        return answer


EVALUATOR = Evaluator()
"""The one of this process."""
