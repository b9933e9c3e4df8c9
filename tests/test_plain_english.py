"""The text that users read contains none of the idioms that readers had to read twice."""

import argparse
import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.cli.commands import build

ROOT = Path(__file__).parents[1]

IDIOMS = re.compile(
    r"""\b(?:
    mend(?:s|ed|ing)? | kin | whoever | somebody | likewise | without\ a\ word | for\ want\ of | of\ old | one's\ own |
    at\ the\ very\ line | before\ the\ cluster\ does | a\ stricter\ house | living\ with\ findings |
    settles? | settled | settling |
    [A-Z]{3}\d{3}\ tells | tells\ (?:it|you|more) | (?:is|was|are)\ told | says?\ nothing |
    what\ (?:stands|becomes\ of|(?:it|they|one)\ comes?\ to) | stands\ (?:there|here) | in\ its\ stead |
    (?:fills?|filled|filling)\ (?:it|them|this|that|none|nothing)\ in | would\ (?:take|have\ taken)\ (?:it|them|the\ pods?) |
    (?:it|them|they)\ but\ for | but\ what\ (?:it|they)\ names? | (?:is|are)\ held\ to |
    goe?s?\ by\ (?:its|the)\ letters | lands?\ on | the\ nearest, | passes\ it\ on | no\ matter\ of |
    one\ (?:may|can|would|should|must|has\ to|leaves|writes|gives|needs)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Idioms to replace by a subject, a verb and the terms of Kubernetes and OpenShift."""

WORST = re.compile(
    r"""\b(?:
    for\ want\ of | whoever | whomever | somebody | but\ for | what\ becomes?\ of | what\ stands | what\ (?:it|they|one)\ comes?\ to |
    (?:is|are|was)\ told | stands?\ (?:for|there|here) | in\ its\ stead | no\ matter\ of | (?:it|they)\ but\ for
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Idioms that no docstring contains."""

CODE = re.compile(r"^(```+).*?^\1$|`[^`\n]*`|\]\([^)\s]*\)|<!--.*?-->", re.MULTILINE | re.DOTALL)

MARKDOWN = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
RULES = sorted((ROOT / "rules").glob("*.py"))
LINTER = sorted((ROOT / "linter" / "scclint").rglob("*.py"))
SCHEMAS = sorted((ROOT / "schemas").rglob("*.json"))


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def idioms(text: str) -> list[str]:
    """Return the idioms of a text in Markdown, with code left out."""
    prose = CODE.sub(" ", text)
    return [match[0] for match in IDIOMS.finditer(re.sub(r"\s+", " ", prose))]


def strings(tree: ast.Module, *, docstrings: bool) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string; the pieces of an f-string count as one string."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(value) for value in ast.walk(node) if value is not node)
            yield node.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and not docstrings:
            skipped.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped and " " in node.value:
            yield node.lineno, node.value


def descriptions(value: object) -> Iterator[str]:
    """Yield each `title` and `description` of a JSON Schema."""
    if isinstance(value, dict):
        yield from (value[key] for key in ("title", "description") if isinstance(value.get(key), str))
        for below in value.values():
            yield from descriptions(below)
    elif isinstance(value, list):
        for below in value:
            yield from descriptions(below)


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from commands(command)


@pytest.mark.parametrize("path", RULES, ids=label)
def test_rules(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert {line: found for line, text in strings(tree, docstrings=True) if (found := idioms(text))} == {}


@pytest.mark.parametrize("path", LINTER, ids=label)
def test_messages(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert {line: found for line, text in strings(tree, docstrings=False) if (found := idioms(text))} == {}


@pytest.mark.parametrize("path", LINTER, ids=label)
def test_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [
        node.value.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    prose = [re.sub(r"\s+", " ", CODE.sub(" ", text)) for text in strings if isinstance(text, str)]
    assert [match[0] for text in prose for match in WORST.finditer(text)] == []


@pytest.mark.parametrize("path", MARKDOWN, ids=label)
def test_documents(path: Path) -> None:
    assert idioms(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SCHEMAS, ids=label)
def test_schemas(path: Path) -> None:
    found = [idiom for text in descriptions(json.loads(path.read_text(encoding="utf-8"))) for idiom in idioms(text)]
    assert found == []


@pytest.mark.parametrize("command", list(commands(build())), ids=lambda command: command.prog)
def test_help(command: argparse.ArgumentParser) -> None:
    assert idioms(command.format_help()) == []


def test_code_is_not_prose() -> None:
    assert idioms("the key `settle` of\n```json\n{}\n```\n[page](settle.md)") == []
    assert idioms("Mend the syntax, whoever\nwrote it.") == ["Mend", "whoever"]
