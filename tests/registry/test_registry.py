"""The rule set is a value, validated as a whole."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from scclint.errors import RuleSetError
from scclint.finding import Problem, Severity
from scclint.objects.documents.document import Document
from scclint.outcome.world import World
from scclint.record import replace
from scclint.registry import builtin, registry, rule_of
from scclint.rule import AnyRule, rule


@rule("ABC101", "bad-thing", "A bad thing", severity=Severity.ERROR, on=Document, since="0.1")
def sample(document: Document, world: World) -> Iterator[Problem]:
    yield from ()


def test_builtin_rules_are_sorted_and_found_by_id_and_name() -> None:
    rules = builtin()
    assert [r.id for r in rules] == sorted(r.id for r in rules)
    found = rules.find("scc101")
    assert found is not None
    assert found is rules.find("no-scc-admits")
    assert rules.find("SCC999") is None


def test_page_is_the_docstring_of_the_module() -> None:
    assert sample.page == "The rule set is a value, validated as a whole."


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (replace(sample, id="abc1"), "an id is two to eight capitals and three digits"),
        (replace(sample, name="Bad Thing"), "is not words-joined-by-hyphens"),
        (replace(sample, title="A bad thing."), "without a full stop"),
        (replace(sample, page=" "), "the rule's page"),
        (replace(sample, since=""), "the scclint version"),
        (replace(sample, security_severity=11.0), "between 0.1 and 10.0"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_reason(wrong: AnyRule, complaint: str) -> None:
    with pytest.raises(RuleSetError, match=complaint):
        registry([wrong])


def test_ids_and_names_are_unique() -> None:
    with pytest.raises(RuleSetError) as error:
        registry([sample, replace(sample, id="ABC102")])
    assert "bad-thing is already taken by ABC101" in str(error.value)


def test_a_module_without_a_rule_is_refused() -> None:
    with pytest.raises(RuleSetError, match="has no `check`"):
        rule_of(ModuleType("scclint.rules.abc101_bad_thing"))


def test_a_module_is_called_after_its_rule() -> None:
    module = ModuleType("scclint.rules.abc101_other")
    module.check = sample  # type: ignore[attr-defined]  # what a rule module has
    with pytest.raises(RuleSetError, match=r"must be called abc101_bad_thing\.py"):
        rule_of(module)
