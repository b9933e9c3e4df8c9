"""The language of expressions: what the library makes of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.cel.evaluator import EVALUATOR
from scclint.cel.sandbox import field

cel = pytest.importorskip("cel", reason="needs the extra `cel`")

CASES = [json.loads(line) for line in (Path(__file__).parent / "cel.jsonl").read_text(encoding="utf-8").splitlines()]
DEVIATIONS = {
    "object.spec.template.spec.containers.exists(c, c.securityContext.runAsUser == 0)": "error",
    "object.spec.template.spec.containers.all(c, c.securityContext.runAsUser != 0)": "error",
    "verdict.allowed ? size('añ') == 2 : false": False,
}
"""Where the library differs from the language definition. docs/custom-rules.md describes the effects for users."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["expr"])
def test_the_library_answers_as_the_language_definition_has_it(case: dict[str, Any]) -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("compare_cel", Path(__file__).parents[2] / "tools" / "compare_cel.py")
    assert spec is not None and spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    expr = case["expr"]
    assert tool.answer(tool.common_expression_language, expr) == DEVIATIONS.get(expr, case["is"])


def test_field_of_anything() -> None:
    assert field({"a": [{"b": 1}]}, "a.0.b") == 1
    assert field({"a": [{"b": 1}]}, "a.1.b") is None
    assert field({"a": [1]}, "a.x") is None
    assert field("text", "a") is None
    assert field(None, "a") is None


@given(st.text(alphabet="ab.()[]{}!&|=<>+-*/%?:,'\" \n01eEuUrx_\\", max_size=40))
def test_any_text_has_names_or_an_error(text: str) -> None:
    answer = EVALUATOR.check(text)
    assert ("error" in answer) is not ("variables" in answer)
