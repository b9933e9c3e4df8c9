"""A rule's page keeps its promises: the rule reports the example Before, and not the example After."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint import Config, lint
from scclint.registry import builtin
from scclint.rule import AnyRule
from tests.rules.cases import FIXTURES, fires, run

RULES = builtin().rules
EXAMPLE = re.compile(
    r'^## (Before|After)$\n+(?:```yaml title="(.*?)"\n(.*?)^```$\n+)?```yaml\n(.*?)^```$', re.MULTILINE | re.DOTALL
)
"""An example: its heading, the name and text of a file that its options name, and its own text."""
UNAVOIDABLE = {
    "RBA402": ("RBA409",),  # RBA409 moves a workload that needs the privileged SCC to a namespace of its own.
    "SCC102": ("SCC111",),  # SCC111 is about SCCs for privileged containers.
    "SCC301": ("SCC111",),
    "SCC312": ("SCC111",),
}
"""The errors and warnings that an example may show after its fix: the rule, and the pages."""


def ids(rule: AnyRule) -> str:
    return str(rule.id)


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_page_says_how_to_settle_it(rule: AnyRule) -> None:
    assert "## How to fix it" in rule.page
    assert not rule.page.startswith("#"), "the page begins with what the rule finds; the title is added where it is shown"


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_page_says_if_there_is_no_fix(rule: AnyRule) -> None:
    """A rule has fixes if it gives edits, if a remedy changes the object, or if it is about unused suppressions."""
    edits = "edits=" in Path(inspect.getfile(rule.check)).read_text(encoding="utf-8")
    found = (
        finding
        for path in sorted((FIXTURES / rule.name).glob("bad*.yaml"))
        for finding in lint(path, Config(select=(rule.id,))).findings
    )
    operations = (remedy.operations for finding in found if finding.rule_id == rule.id for remedy in finding.remedies)
    has_fixes = edits or any(operations) or rule.id == "SUP901"
    assert ("`scclint fix` leaves this to you: " in rule.page) is not has_fixes


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_examples_are_true(rule: AnyRule, tmp_path: Path) -> None:
    """A reader who copies the fixed example gets no error or warning of another rule either."""
    examples = _examples(rule, tmp_path)
    reports = {title: run(rule.id, name, folder=tmp_path, alone=title == "Before") for title, name in examples}
    assert set(reports) == {"Before", "After"}, f"{rule.id}: give the page yaml under ## Before and ## After"
    assert fires(rule.id, reports["Before"]), f"{rule.id} is silent on its own example:\n{reports['Before']}"
    assert not fires(rule.id, reports["After"]), f"{rule.id} still fires on the example After:\n{reports['After']}"
    problems = set(re.findall(r"(?:error|warning)\[(\w+)\]", reports["After"]))
    assert {problem for problem in problems if rule.id not in UNAVOIDABLE.get(problem, ())} == set(), reports["After"]


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_examples_fit_the_page(rule: AnyRule) -> None:
    """80 columns fit in a terminal, and in the column of the site without a scroll bar."""
    assert [line for _, _, _, text in EXAMPLE.findall(rule.page) for line in text.split("\n") if len(line) > 80] == []


def _examples(rule: AnyRule, folder: Path) -> Iterator[tuple[str, str]]:
    """Write the files of each example, and yield its heading and the name of the file to check."""
    for title, name, text, example in EXAMPLE.findall(rule.page):
        if name:
            (folder / name).write_text(text, encoding="utf-8")
        (folder / f"{title}.yaml").write_text(example, encoding="utf-8")
        yield title, f"{title}.yaml"
