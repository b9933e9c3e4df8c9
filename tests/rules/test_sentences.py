"""The sentences of rules: every code has one, every sentence has its facts, and the words of facts are those that people write."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from scclint.outcome.chain import Misfit
from scclint.registry import builtin
from scclint.rule import AnyRule
from scclint.text import filled, lacks

RULES = builtin().rules
KNOWN = {"object", "pods", "alone"}
"""The facts of every problem: see `Problem`."""


def module_of(rule: AnyRule) -> ModuleType:
    return importlib.import_module(rule.check.__module__)


def trees(rule: AnyRule) -> Iterator[ast.Module]:
    """The syntax trees of the module of a rule and of the modules beside it that it imports."""
    file = Path(str(module_of(rule).__file__))
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield tree
    beside = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 1}
    for name in sorted(filter(None, beside)):
        yield ast.parse((file.parent / f"{name}.py").read_text(encoding="utf-8"))


def codes(node: ast.expr | None) -> Iterator[str]:
    """The codes that an expression gives, as far as it is written out: a text, the one or the other, or several."""
    match node:
        case ast.Constant(value=str(code)) if code:
            yield code.partition("/")[0]
        case ast.IfExp(body=body, orelse=orelse):
            yield from codes(body)
            yield from codes(orelse)
        case ast.Tuple(elts=elements):
            for element in elements:
                yield from codes(element)


def given(tree: ast.Module) -> Iterator[str]:
    """The codes of the problems and places that a module makes."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in ("Problem", "Location"):
            yield from codes(call.args[0])
        if name == "Problem":
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            yield from codes(named.get("notes"))
            yield from codes(named.get("help"))


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", sentence))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_each_code_has_a_sentence_and_each_sentence_a_use(rule: AnyRule) -> None:
    own, *beside = trees(rule)
    assert set(given(own)) <= rule.sentences.keys()
    nodes = [node for tree in (own, *beside) for node in ast.walk(tree)]
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in keys)
    used = {text.partition("/")[0] for text in texts if isinstance(text, str)}
    # The code of a misfit is what the container lacks.
    used.update(get_args(Misfit.__annotations__["need"]))
    assert {code for code in rule.sentences if code not in used} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_each_sentence_has_its_facts(rule: AnyRule) -> None:
    facts = {
        key.value
        for tree in trees(rule)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    needed = {name for sentence in rule.sentences.values() for name in placeholders(sentence)}
    assert needed - facts - KNOWN == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_each_severity_is_that_of_a_code(rule: AnyRule) -> None:
    assert {code.partition("/")[0] for code in rule.severities} <= rule.sentences.keys()


class Named:
    named = "Pod web"


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("{one} and {number}", "anyuid and 10"),
        ("{object}", "Pod web"),
        ("{yes} {nothing}", "true null"),
        ("{several}", "a, b, c and d"),
        ("{several:or}", "a, b, c or d"),
        ("{several:2}", "a, b and 2 more"),
        ("{several:3}", "a, b, c and d"),
        ("{twice}", "a and b"),
        ("{twice:3} {twice:is|are}", "a and b are"),
        ("{single:is|are} {several:is|are} {none:is|are}", "is are are"),
        ("{one:is|are} {number:is|are} {yes:it|them} {no:it|them}", "is are it them"),
        ("{large:,}", "1,234"),
        ("a[ {none}][ {nothing}][ {empty}][ {zero}] b", "a b"),
        ("a[ {one}][ {no}][ {object}] b", "a anyuid false Pod web b"),
        ("a[ {one} of {none}] b", "a b"),
        ("{{{one}}}", "{anyuid}"),
        ("{braces}", "{one} [two]"),
    ],
)
def test_facts_in_a_sentence(sentence: str, text: str) -> None:
    facts: dict[str, Any] = {
        "one": "anyuid",
        "object": Named(),
        "number": 10,
        "large": 1234,
        "zero": 0,
        "yes": True,
        "no": False,
        "nothing": None,
        "empty": "",
        "none": [],
        "single": ["a"],
        "several": ["a", "b", "c", "d"],
        "twice": ("a", "b", "a"),
        "braces": "{one} [two]",
    }
    assert filled(sentence, facts) == text


def test_a_sentence_lacks_an_empty_fact_outside_of_brackets() -> None:
    assert lacks("{scc} admits it", {"scc": ""})
    assert not lacks("it is admitted[ by {scc}]", {"scc": ""})
    assert not lacks("{known:yes|no}", {"known": False})
    with pytest.raises(KeyError, match="scc"):
        filled("{scc} admits it", {})
