"""Finds the rule modules, validates them as one set, and hands them out as a value. Nothing else knows where they are."""

import importlib
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType

from scclint.errors import RuleSetError
from scclint.record import record
from scclint.rule import AnyRule, Rule

PACKAGE = "scclint.rules"
ID = re.compile(r"[A-Z]{2,8}[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@record
class Registry:
    """A valid rule set, sorted by id."""

    rules: tuple[AnyRule, ...]

    def __iter__(self) -> Iterator[AnyRule]:
        return iter(self.rules)

    def find(self, id_or_name: str) -> AnyRule | None:
        """Return the rule with that ID or name, in any case."""
        wanted = id_or_name.strip()
        return next((r for r in self.rules if r.id == wanted.upper() or r.name == wanted.lower()), None)


@cache
def builtin() -> Registry:
    """The rules that come with scclint: one for each module of `rules/` whose name has no leading underscore."""
    package = importlib.import_module(PACKAGE)
    names = sorted(
        {
            file.partition(".")[0]
            for folder in package.__path__
            for file in os.listdir(folder)
            if file.endswith((".py", ".pyc")) and not file.startswith("_")
        }
    )
    return registry(rule_of(importlib.import_module(f"{PACKAGE}.{name}")) for name in names)


def rule_of(module: ModuleType) -> AnyRule:
    """The rule of a module: its `check`, decorated with `@rule`.

    Raises RuleSetError where there is none, or the module of a built-in rule is not called `<id>_<name>`.
    """
    check = getattr(module, "check", None)
    if not isinstance(check, Rule):
        raise RuleSetError(f"{module.__name__}: has no `check` under @rule(...)")
    expected = f"{check.id.lower()}_{check.name.replace('-', '_')}"
    short = module.__name__.rpartition(".")[2]
    if module.__name__.startswith(PACKAGE + ".") and short != expected:
        raise RuleSetError(f"{module.__name__}: holds {check.id} {check.name}, so the module must be called {expected}.py")
    return check


def registry(rules: Iterable[AnyRule]) -> Registry:
    """The rules as a set, or RuleSetError with everything that is wrong about it."""
    ordered = sorted(rules, key=lambda r: r.id)
    wrong: list[str] = []
    owners: dict[str, str] = {}
    for rule in ordered:
        wrong.extend(f"{rule.id}: {problem}" for problem in _problems(rule))
        for key in (rule.id, rule.name):
            if key in owners:
                wrong.append(f"{rule.id}: {key} is already taken by {owners[key]}")
            owners[key] = rule.id
    if wrong:
        raise RuleSetError("the rule set is not valid:\n  " + "\n  ".join(wrong))
    return Registry(tuple(ordered))


def _problems(rule: AnyRule) -> Iterator[str]:
    problems = {
        "an id is two to eight capitals and three digits, like SCC101": not ID.fullmatch(rule.id),
        f"the name {rule.name!r} is not words-joined-by-hyphens": not NAME.fullmatch(rule.name),
        "the title is one sentence without a full stop": not rule.title or rule.title.endswith("."),
        "the module has no docstring, which is the rule's page": not rule.page.strip(),
        "a rule of kind problem has a severity, and no other": (rule.kind == "problem") != (rule.severity is not None),
        "a rule of kind access has a reach, and no other": (rule.kind == "access") != (rule.reach is not None),
        "`since` names the scclint version that brought the rule": not rule.since,
        "security_severity lies between 0.1 and 10.0": not 0.1 <= (rule.security_severity or 1) <= 10,
        "study counts the findings that were read, and how many of them were right": not 0 <= rule.study[1] <= rule.study[0],
    }
    return (problem for problem, is_there in problems.items() if is_there)
