"""Rules for people: the table, and the page of one."""

import json

from scclint.finding import Severity
from scclint.objects.types import ApiObject
from scclint.record import replace
from scclint.registry import builtin
from scclint.report.rule_pages import page, table, table_json
from scclint.rule import Rule

RULE = Rule(
    "SEC999",
    "loud-pod",
    "A pod is loud",
    "problem",
    Severity.WARNING,
    None,
    ApiObject,
    lambda subject, world: (),
    "A `pod` is loud, which\nis never `right at all`.\n\n- One\n  thing.\n- Another.\n\n"
    "## Before\n\n```yaml\nkind: Pod  # loud\n\nspec: {}\n```",
    "0.1",
    ("noise",),
    5.0,
    (250,),
    ("https://example.org/",),
)


def test_a_page_is_page() -> None:
    assert page(RULE) == (
        "# SEC999 loud-pod\n\n"
        "A pod is loud.\n\n"
        "*problem, warning, security severity 5.0, since 0.1, CWE-250, tags noise*\n\n"
        "A `pod` is loud, which\nis never `right at all`.\n\n- One\n  thing.\n- Another.\n\n"
        "## Before\n\n```yaml\nkind: Pod  # loud\n\nspec: {}\n```\n\n"
        "## References\n\n- <https://example.org/>\n"
    )


def test_a_rule_that_came_with_no_release_says_so() -> None:
    assert "since 0.1" in page(RULE)
    declared = Rule(
        "SEC998", "x", "X", "problem", Severity.WARNING, None, ApiObject, lambda subject, world: (), "X.", "declared here"
    )
    assert "*problem, warning, declared here*" in page(declared)


def test_titles_wrap_where_the_terminal_ends() -> None:
    assert table([RULE], False) == "SEC999  problem  loud-pod  A pod is loud\n"
    assert table([RULE], False, 60) == "SEC999  problem  loud-pod  A pod is loud\n"
    assert table([RULE], False, 20) == "SEC999\n  kind: problem\n  name: loud-pod\n  title: A pod is loud\n"
    lines = table(builtin(), False, 100).split("\n")
    assert max(map(len, lines)) <= 100
    assert len(lines) > len(builtin().rules)


def test_the_table_as_json() -> None:
    rows = json.loads(table_json(builtin()))
    assert [row["id"] for row in rows] == [rule.id for rule in builtin()]
    assert {
        "id",
        "name",
        "title",
        "kind",
        "severity",
        "reach",
        "securitySeverity",
        "cwe",
        "tags",
        "since",
        "references",
    } == set(rows[0])


def test_paragraphs_of_a_page_fit_the_terminal_and_code_stays_as_it_is() -> None:
    code = "```yaml\n# A comment of thirty-four columns.\na: 1\n```"
    text = f"A paragraph that has\nthree lines in its\nsource.\n\n- An entry with a\n  second line\n- Another\n\n{code}\n"
    shown = page(replace(RULE, page=text), 40).split("\n\n")
    assert shown[3:6] == [
        "A paragraph that has three lines in its\nsource.",
        "- An entry with a second line\n- Another",
        code,
    ]
