"""A rule's page keeps its promises: what it shows as wrong is found, what it shows as settled is not."""

import inspect
import re
from pathlib import Path

import pytest

from scclint.registry import builtin
from scclint.remedy.propose import LADDERS
from scclint.rule import AnyRule
from tests.rules.cases import fires, run

RULES = builtin().rules
FILE = re.compile(r"^```yaml title=\"(.*?)\"\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file that the examples of a page name in their options."""
EXAMPLE = re.compile(r"^## (Before|After)$\n+(?:```yaml title=.*?^```$\n+)?```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def ids(rule: AnyRule) -> str:
    return str(rule.id)


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_page_says_how_to_settle_it(rule: AnyRule) -> None:
    assert "## How to fix it" in rule.page
    assert not rule.page.startswith("#"), "the page begins with what the rule finds; the title is added where it is shown"


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_page_says_if_there_is_no_fix(rule: AnyRule) -> None:
    """A rule has fixes if it gives edits, if scclint has a ladder for it, or if it is about unused suppressions."""
    source = Path(inspect.getfile(rule.check)).read_text(encoding="utf-8")
    has_fixes = "edits=" in source or rule.id in (*LADDERS, "SUP901")
    assert ("`scclint fix` leaves this to you: " in rule.page) is not has_fixes


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_examples_are_true(rule: AnyRule, tmp_path: Path) -> None:
    for name, text in FILE.findall(rule.page):
        (tmp_path / name).write_text(text, encoding="utf-8")
    examples = dict(EXAMPLE.findall(rule.page))
    assert set(examples) == {"Before", "After"}, f"{rule.id}: give the page yaml under ## Before and ## After"
    for title, text in examples.items():
        (tmp_path / f"{title}.yaml").write_text(text, encoding="utf-8")
    before = run(rule.id, "Before.yaml", folder=tmp_path)
    after = run(rule.id, "After.yaml", folder=tmp_path)
    assert fires(rule.id, before), f"{rule.id} is silent on its own example:\n{before}"
    assert not fires(rule.id, after), f"{rule.id} still fires on the settled example:\n{after}"
