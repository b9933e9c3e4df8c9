"""How much each problem matters: one table of rules, codes and who applies the object."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scclint.finding import Applied, Finding, Severity
from scclint.registry import builtin
from scclint.rule import AnyRule, Rule, severities
from scclint.run.shared import Run
from scclint.source import Span
from tests.rules.cases import writing

TABLE = Path(__file__).parent / "severities.txt"
HEAD = ("rule", "code", "applied or unknown", "shown", "assumed", "new in a review", "new, assumed")


def rows() -> Iterator[tuple[str, ...]]:
    """A row for each rule, and one for each of its codes with a severity of its own."""
    yield HEAD
    for rule in builtin().rules:
        for code in ("", *rule.severities):
            known, new = severities(rule, code, rule.severity)
            shown, _ = severities(rule, code, rule.severity, applied="shown")
            assumed, new_assumed = severities(rule, code, rule.severity, is_assumed=True)
            yield rule.id, code or "*", *(each.value for each in (known, shown, assumed, new, new_assumed))


def test_table() -> None:
    widths = [max(map(len, column)) for column in zip(*rows(), strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows())
    table = "\n".join(lines) + "\n"
    if writing():
        TABLE.write_text(table, encoding="utf-8")
    assert table == TABLE.read_text(encoding="utf-8")


RULE: AnyRule = Rule(
    *("XXX901", "sample", "A sample"),
    severity=Severity.ERROR,
    on=object,
    check=lambda subject, world: (),
    page="A sample.",
    since="0.1",
    severities={"light": Severity.INFO, "light/new": (Severity.INFO, Severity.WARNING)},
)


@pytest.mark.parametrize("applied", ["unknown", "built", "applied"])
def test_what_nobody_is_known_to_apply_counts_in_full(applied: Applied) -> None:
    assert severities(RULE, "any", Severity.ERROR, applied=applied) == (Severity.ERROR, Severity.ERROR)
    assert severities(RULE, "light/new", Severity.ERROR, applied=applied) == (Severity.INFO, Severity.WARNING)


def test_what_content_shows_not_to_be_applied_is_info_and_counts_in_full_in_a_review() -> None:
    assert severities(RULE, "any", Severity.ERROR, applied="shown") == (Severity.INFO, Severity.ERROR)
    assert severities(RULE, "light", Severity.ERROR, applied="shown") == (Severity.INFO, Severity.INFO)


def test_what_rests_on_something_absent_is_no_error() -> None:
    assert severities(RULE, "any", Severity.ERROR, is_assumed=True) == (Severity.WARNING, Severity.WARNING)
    assert severities(RULE, "light", Severity.ERROR, is_assumed=True) == (Severity.INFO, Severity.INFO)


def test_a_setting_of_the_user_holds() -> None:
    assert severities(RULE, "light", Severity.WARNING, applied="shown") == (Severity.WARNING, Severity.WARNING)
    assert severities(RULE, "any", Severity.INFO, is_assumed=True) == (Severity.INFO, Severity.INFO)


@pytest.mark.parametrize(("setting", "in_review"), [(Severity.ERROR, Severity.WARNING), (Severity.INFO, None)])
def test_a_setting_for_a_path_holds_in_a_review_too(setting: Severity, in_review: Severity | None) -> None:
    run: Any = SimpleNamespace(
        config=SimpleNamespace(per_path=["a path"]),
        registry=SimpleNamespace(rules=[RULE]),
        select=lambda file: {RULE.id: setting},
    )
    found = Finding(RULE.id, RULE.name, RULE.severity, "m", Span("a.yaml", 1, 1, 1, 2), in_review=Severity.WARNING)
    assert [(finding.severity, finding.in_review) for finding in Run.selected(run, [found])] == [(setting, in_review)]
