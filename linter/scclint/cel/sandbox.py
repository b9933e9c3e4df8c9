"""The process that evaluates CEL expressions: it reads one request per line, and answers each with one line, both as JSON.

    sandbox.py PACKAGES CPU SECONDS MEMORY

PACKAGES is the folder with the package `cel`. The library is native code that nothing can interrupt, so this process ends if an
evaluation takes more than CPU seconds of processor time, SECONDS on the clock, or MEMORY in bytes. A request is `{"expr", "values"?}`
with the variables unless they are those of the request before, or `{"expr", "check": true}`. With `"kubernetes": true`, an expression
has the functions of the API server, and its value may have any type. The script imports nothing of scclint, so that it starts quickly.
"""

import json
import re
import resource
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
            context = cel.Context(request["values"], KUBERNETES if "kubernetes" in request else {"field": field})
        start = time.process_time()
        _end_after(cpu, seconds)
        answer = (
            _references(compiled, request["expr"])
            if "check" in request
            else _evaluated(compiled(request["expr"]), context, any_type="kubernetes" in request)
        )
        _end_after(0, 0)
        _answer({**answer, "seconds": time.process_time() - start})


def _references(compiled: Any, expr: str) -> dict[str, Any]:
    try:
        return dict(compiled(expr).references())
    except ValueError as error:
        return {"error": str(error)}


def _evaluated(program: Any, context: Any, *, any_type: bool) -> dict[str, Any]:
    """Return the boolean result, or a text that says why there is none.

    `broken` is true if the rule itself is wrong, and `missing` names the key that is not there. With `any_type`, a value that JSON can
    express is a result.
    """
    try:
        value = program.execute(context)
        if any_type:
            json.dumps(value)
            return {"value": value}
    except KeyError as error:
        return {"why": f"there is no {error.args[0]!r} here", "missing": error.args[0]}
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


_UNITS = {unit: 1000**n for n, unit in enumerate(("", "k", "M", "G", "T", "P", "E"))} | {
    **{unit: 1024**n for n, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
    **{"n": 1e-9, "u": 1e-6, "m": 1e-3},
}


def quantity(text: str) -> float:
    """The function `quantity('1Gi')`: the number of base units."""
    number, unit = re.fullmatch(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)(\D*)", text).groups()  # type: ignore[union-attr]
    return float(float(number) * _UNITS[unit])


def _is_quantity(text: str) -> bool:
    with suppress(AttributeError, KeyError, ValueError):
        quantity(text)
        return True
    return False


KUBERNETES: dict[str, Any] = {
    "charAt": lambda text, at: text[at : at + 1],
    "indexOf": lambda values, item: (
        values.find(item) if isinstance(values, str) else ([*values, item].index(item) + 1) % (len(values) + 1) - 1
    ),
    "join": lambda values, between="": between.join(values),
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "replace": lambda text, old, new, count=-1: text.replace(old, new, count),
    "reverse": lambda values: values[::-1],
    "split": lambda text, by, count=0: text.split(by, max(count, 0) - 1) if by else list(text),
    "substring": lambda text, start, end=None: text[start:end],
    "trim": str.strip,
    "format": lambda text, values: text % tuple(values),
    "find": lambda text, pattern: found[0] if (found := re.search(pattern, text)) else "",
    "findAll": lambda text, pattern, most=-1: [found[0] for found in re.finditer(pattern, text)][: most if most >= 0 else None],
    "isSorted": lambda values: values == sorted(values),
    "min": min,
    "max": max,
    "sum": sum,
    "quantity": quantity,
    "isQuantity": _is_quantity,
    "isGreaterThan": lambda one, other: one > other,
    "isLessThan": lambda one, other: one < other,
    "compareTo": lambda one, other: (one > other) - (one < other),
    "asInteger": int,
    "asApproximateFloat": float,
}
"""Functions that expressions have in the API server. Source: `pkg/cel/library` of k8s.io/apiserver, and the strings of cel-go's `ext`."""


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
        for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
            # A limit that is lower already stays; macOS has no RLIMIT_AS that it enforces.
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
