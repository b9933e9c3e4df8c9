"""Expressions by their types and syntax, beside the library that evaluates them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scclint.cel.syntax import SyntaxProblem, parse
from scclint.cel.types import BOOL, INT, STRING, check, list_of, map_of, names, object_of
from scclint.cel.types import DYN as ANY
from scclint.cel.values import field

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


KNOWN = {
    "object": map_of(ANY),
    "none": ANY,
    "scc": object_of(metadata=object_of(name=STRING), seccompProfiles=list_of(STRING), priority=INT),
    "verdict": object_of(
        scc=STRING,
        allowed=BOOL,
        containers=list_of(object_of(name=STRING, seccomp=object_of(type=STRING), procMode=INT)),
    ),
}


@pytest.mark.parametrize("case", [c for c in CASES if c["is"] != "error"], ids=lambda case: case["expr"])
def test_what_has_an_answer_passes_the_type_check(case: dict[str, Any]) -> None:
    told = [mistake.message for mistake in check(case["expr"], KNOWN)]
    # The definition lets unlike values be compared for equality, at run time; the check refuses what can never be true.
    assert told == (["a string is never equal to an int"] if case["expr"] == "verdict.scc == 3" else [])


@pytest.mark.parametrize(
    ("expr", "read"),
    [
        ("a.b == c", {"a", "c"}),
        ("l.exists(x, x == y)", {"l", "y"}),
        ("l.exists(x, x) && x", {"l", "x"}),
        ("l.map(x, x.m.all(y, y == x), z)[0]", {"l", "z"}),
        ("{k: v}[[i]] ? f(p) : q.g(r)", {"k", "v", "i", "p", "q", "r"}),
    ],
)
def test_names_read(expr: str, read: set[str]) -> None:
    assert names(parse(expr)) == read


def test_field_of_anything() -> None:
    assert field({"a": [{"b": 1}]}, "a.0.b") == 1
    assert field({"a": [{"b": 1}]}, "a.1.b") is None
    assert field({"a": [1]}, "a.x") is None
    assert field("text", "a") is None
    assert field(None, "a") is None


@given(st.text(alphabet="ab.()[]{}!&|=<>+-*/%?:,'\" \n01eEuUrx_\\", max_size=40))
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    try:
        mistakes = check(text, {"a": map_of(ANY), "b": BOOL})
    except SyntaxProblem as problem:
        assert 0 <= problem.at <= len(text)
        return
    assert all(0 <= mistake.at <= len(text) for mistake in mistakes)


@given(st.text(alphabet="ab.()[]!&|=<+-?:,' 01", max_size=24))
@example("!-a.c")
@example("--1 == 1 && !!b")
def test_what_passes_here_is_cel_for_the_library(text: str) -> None:
    try:
        if check(text, {"a": map_of(ANY), "b": BOOL}):
            return
    except SyntaxProblem:
        return
    try:
        cel.compile(text)
    except ValueError as error:
        # Words that the language keeps for itself, and numbers too long, are the library's to refuse.
        assert "Syntax error" not in str(error), text
