"""Rules for people: the table, and the page of one on a terminal."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from scclint.finding import Severity
from scclint.model.object import ApiObject
from scclint.registry import builtin
from scclint.report.manual import render
from scclint.report.rule_pages import markdown, page, table, table_json
from scclint.rule import Rule
from scclint.text import display_width

ANSI = re.compile(r"\x1b\[[0-9;]*m")

RULE = Rule(
    "SEC999",
    "loud-pod",
    "A pod is loud",
    Severity.WARNING,
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


def test_a_page_without_colour() -> None:
    assert page(RULE, False, 40) == (
        "SEC999 loud-pod\n"
        "A pod is loud.\n"
        "severity warning, security severity 5.0,\n"
        "since 0.1, CWE-250, tags noise\n"
        "\n"
        "A `pod` is loud, which is never `right\n"
        "at all`.\n"
        "\n"
        "- One thing.\n"
        "- Another.\n"
        "\n"
        "Before\n"
        "\n"
        "    kind: Pod  # loud\n"
        "\n"
        "    spec: {}\n"
        "\n"
        "References\n"
        "\n"
        "- <https://example.org/>\n"
    )


def test_tables_links_emphasis_and_titles_of_files() -> None:
    text = (
        "| Right | Effect |\n|---|---|\n| `bind` roles | **every** right |\n| `*` | all |\n\n"
        '[SEC211](weak.md) and *who* [opens](open-scc.md) `a *b* c`.\n\n```yaml title="a.yaml"\nkind: Pod\n```'
    )
    assert render(text, False, 80) == (
        "- `bind` roles: every right\n- `*`: all\n\n"
        "SEC211 and who opens (`scclint rule open-scc`) `a *b* c`.\n\na.yaml:\n\n    kind: Pod\n"
    )


def test_pages_of_all_rules_show_no_marks() -> None:
    for rule in builtin():
        prose = [line for line in page(rule, False, 80).split("\n") if not line.startswith("    ")]
        assert not re.search(r"\]\(|^\||\*\*", "\n".join(prose), re.MULTILINE), rule.id


def test_colour_sets_off_and_takes_no_room() -> None:
    shown = page(RULE, True, 40)
    assert "\x1b[1;33mSEC999\x1b[0m \x1b[1mloud-pod\x1b[0m" in shown
    assert "\x1b[36mright\x1b[0m" in shown
    assert "    \x1b[36mkind\x1b[0m: Pod  \x1b[2m# loud\x1b[0m\n" in shown
    assert "`" not in shown
    assert all(display_width(ANSI.sub("", line)) <= 40 for line in shown.split("\n"))


def test_pages_of_all_rules_fit() -> None:
    for rule in builtin():
        for line in page(rule, False, 80).split("\n"):
            assert len(line) <= 80 or line.startswith(("    ", "- <")), f"{rule.id}: {line}"


def test_a_rule_that_came_with_no_release_says_so() -> None:
    assert "since 0.1" in markdown(RULE)
    declared = Rule("SEC998", "x", "X", Severity.WARNING, ApiObject, lambda subject, world: (), "X.", "declared here")
    assert "*severity warning, declared here*" in markdown(declared)


def test_titles_wrap_where_the_terminal_ends() -> None:
    assert table([RULE], False) == "SEC999  warning  loud-pod  A pod is loud\n"
    assert table([RULE], False, 60) == "SEC999  warning  loud-pod  A pod is loud\n"
    assert table([RULE], False, 20) == "SEC999  warning  loud-pod\n        A pod is\n        loud\n"
    lines = table(builtin(), False, 100).split("\n")
    assert max(map(len, lines)) <= 100
    assert len(lines) > len(builtin().rules)


def test_the_table_as_json() -> None:
    rows = json.loads(table_json(builtin()))
    assert [row["id"] for row in rows] == [rule.id for rule in builtin()]
    assert {"id", "name", "title", "severity", "securitySeverity", "cwe", "tags", "since", "references", "study"} == set(
        rows[0]
    )


@given(
    st.lists(st.sampled_from(["word", "`code`", "`two words`", "ünïcödé", "漢字", "(`x`),"]), min_size=1), st.integers(20, 60)
)
def test_wrapping_keeps_every_word(words: list[str], width: int) -> None:
    text = " ".join(words)
    for color in (False, True):
        lines = ANSI.sub("", render(text, color, width)).rstrip("\n").split("\n")
        assert " ".join(lines) == (text.replace("`", "") if color else text)
        assert all(display_width(line) <= width for line in lines)
