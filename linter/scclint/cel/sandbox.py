"""The process that evaluates CEL expressions: it reads one request per line, and answers each with one line, both as JSON.

    sandbox.py PACKAGES CPU SECONDS MEMORY

PACKAGES is the folder with the package `cel`. The library is native code that nothing can interrupt, so this process ends if an
evaluation takes more than CPU seconds of processor time, SECONDS on the clock, or MEMORY in bytes. A request is `{"expr", "values"?}`
with the variables unless they are those of the request before, or `{"expr", "check": true}`. The script imports nothing of scclint, so
that it starts quickly.
"""

import json
import signal
import sys
import time
from contextlib import suppress
from functools import lru_cache
from types import ModuleType
from typing import Any


def main(packages: str, cpu: float, seconds: float, memory: int) -> None:
    _limit(memory)
    sys.path.append(packages)
    # The package imports a command line of its own, which takes ten times as long as everything else.
    sys.modules["cel.cli"] = ModuleType("cel.cli")
    import cel

    compiled = lru_cache(cel.compile)
    _answer({})
    context = None
    for line in sys.stdin:
        request = json.loads(line)
        if "values" in request:
            context = cel.Context(request["values"], {"field": field})
        start = time.process_time()
        _end_after(cpu, seconds)
        answer = (
            _references(compiled, request["expr"]) if "check" in request else _evaluated(compiled(request["expr"]), context)
        )
        _end_after(0, 0)
        _answer({**answer, "seconds": time.process_time() - start})


def _references(compiled: Any, expr: str) -> dict[str, Any]:
    try:
        return dict(compiled(expr).references())
    except ValueError as error:
        return {"error": str(error)}


def _evaluated(program: Any, context: Any) -> dict[str, Any]:
    """Return the boolean result, or a text that says why there is none. `broken` is true if the rule itself is wrong."""
    try:
        value = program.execute(context)
    except KeyError as error:
        return {"why": f"there is no {error.args[0]!r} here"}
    except MemoryError:
        raise
    except BaseException as error:  # the library is native code, whose panics are no Exception
        why = " ".join(str(error).split("\n")[0].split()) or type(error).__name__
        return {"why": why}
    if isinstance(value, bool):
        return {"value": value}
    return {"why": f"the expression is neither true nor false but {repr(value)[:1000]}", "broken": value is not None}


def field(value: Any, path: str) -> Any:
    """The function `field(value, 'a.b')` of expressions: the value at the path, or null."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _end_after(cpu: float, seconds: float) -> None:
    """Let a signal end this process after so many seconds; 0 means never. Windows has no such timers."""
    with suppress(AttributeError):
        signal.setitimer(signal.ITIMER_PROF, cpu)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit(memory: int) -> None:
    with suppress(ImportError):  # Windows
        import resource

        for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
            # A limit that is lower already stays; macOS has no RLIMIT_AS that it enforces.
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
