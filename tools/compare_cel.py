"""Compare the CEL libraries on the package index: right answers, start-up, time for an evaluation.

Development only; run it in an environment of each library (`pip install cel-python`, `pip install common-expression-language`).
The right answers are those of the CEL language definition.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "tests" / "cel" / "cel.jsonl"

CONTAINERS = [
    {"name": "web", "image": "registry.example/web:1", "ports": [{"containerPort": 8080}]},
    {"name": "side", "image": "docker.io/x@sha256:abc", "securityContext": {"runAsUser": 0, "privileged": True}},
]
OBJECT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/part-of": "shop", "tier": "front"}, "annotations": None},
    "spec": {"replicas": 3, "ratio": 0.5, "template": {"spec": {"hostNetwork": False, "containers": CONTAINERS}}},
}
VERDICT = {
    "scc": "restricted-v2",
    "allowed": True,
    "containers": [
        {"name": "web", "seccomp": {"type": "RuntimeDefault"}, "procMode": 2},
        {"name": "side", "seccomp": {"type": "Unconfined"}, "procMode": 0},
    ],
}
VALUES: dict[str, Any] = {
    "object": OBJECT,
    "verdict": VERDICT,
    "scc": {"metadata": {"name": "restricted-v2"}, "seccompProfiles": ["runtime/default"], "priority": None},
    "none": None,
}
TIMED = "object.spec.template.spec.containers.exists(c, has(c.securityContext) && c.securityContext.runAsUser == 0)"
Program = Callable[[], Any]


def cel_python(expr: str) -> Program:
    import celpy

    program = celpy.Environment().program(celpy.Environment().compile(expr))
    values = {name: celpy.json_to_cel(value) for name, value in VALUES.items()}

    def run() -> Any:
        answer = program.evaluate(values)
        return bool(answer) if isinstance(answer, celpy.celtypes.BoolType) else answer

    return run


def common_expression_language(expr: str) -> Program:
    import cel

    program, context = cel.compile(expr), cel.Context(VALUES)
    return lambda: program.execute(context)


LIBRARIES = {"celpy": cel_python, "cel": common_expression_language}


def answer(make: Callable[[str], Program], expr: str) -> Any:
    try:
        return make(expr)()
    except Exception:
        return "error"


def main() -> None:
    module = next(name for name in LIBRARIES if find_spec(name))
    make = LIBRARIES[module]
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    answers = [(case["expr"], answer(make, case["expr"]), case["is"]) for case in cases]
    wrong = [given for given in answers if given[1] != given[2]]
    print(f"{module}: {len(cases) - len(wrong)} of {len(cases)} as the language definition has it")
    for expr, got, right in wrong:
        print(f"  {expr}: {got!r} instead of {right!r}")
    first = {"celpy": "celpy.Environment().compile('true')", "cel": "cel.compile('true')"}[module]
    code = f"import time; t = time.process_time(); import {module}; {first}; print(1000 * (time.process_time() - t))"
    runs = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    print(f"  import and first expression: {min(runs):.0f} ms of CPU")
    program = make(TIMED)
    start = time.process_time()
    for _ in range(1000):
        program()
    print(f"  an evaluation: {1000 * (time.process_time() - start):.1f} µs of CPU, values converted before")


if __name__ == "__main__":
    main()
