"""Which rules run on a file, and how severe they are."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config import Config, selection
from scclint.config.selection import exactness, unknown_selector
from scclint.finding import Severity
from scclint.registry import builtin
from scclint.rule import AnyRule

Configured = Callable[..., Config]
EVERY = ["RBA401", "SCC101", "SEC201", "SEC202", "SEC210"]


def ids(rules: Sequence[AnyRule], config: Config, path: str = "a.yaml") -> list[str]:
    return list(selection(rules, config)(path))


@pytest.mark.parametrize(
    ("text", "running"),
    [
        ("", EVERY),
        ("select: [SEC2]", ["SEC201", "SEC202", "SEC210"]),
        ("select: [advice]", ["SEC210"]),
        ("ignore: [advice]", EVERY[:-1]),
        ("select: [problem]", EVERY[:-1]),
        ("select: [relies-on-scc-defaulting]", ["SEC210"]),
        ("select: [sec201, Unconfined]", ["SEC201", "SEC202"]),
        ("select: [rbac, admission]", ["RBA401", "SCC101"]),
        ("select: [ALL]", EVERY),
        ("select: [SCC, SEC]", ["SCC101", "SEC201", "SEC202", "SEC210"]),
        ("select: [RBA]\nextend-select: [SEC210]", ["RBA401", "SEC210"]),
        ("select: [SEC201]\nextend-select: [RBA]", ["RBA401", "SEC201"]),
        ("ignore: [seccomp]", ["RBA401", "SCC101"]),
        ("ignore: [ALL]", []),
        ("select: [SEC201]\nignore: [SEC2]", ["SEC201"]),
        ("select: [SEC2]\nignore: [SEC201]", ["SEC202", "SEC210"]),
        ("select: [SEC2]\nignore: [SEC2]", []),
        ("select: [SEC2]\nignore: [SEC]", ["SEC201", "SEC202", "SEC210"]),
        ("select: [unconfined]\nignore: [SEC202]", []),
        ("severity: {SEC210: warning}", EVERY),
    ],
)
def test_table(rules: Sequence[AnyRule], configured: Configured, text: str, running: list[str]) -> None:
    assert ids(rules, configured(text)) == running


@pytest.mark.parametrize(
    ("path", "running"),
    [
        ("conf/a.yaml", EVERY),
        ("conf/tests/a.yaml", ["RBA401", "SCC101"]),
        ("conf/tests/deep/a.yaml", ["RBA401", "SCC101", "SEC201"]),
        ("tests/a.yaml", EVERY),
        ("conf/no-advice/a.yaml", EVERY[:-1]),
    ],
)
def test_per_path(rules: Sequence[AnyRule], configured: Configured, path: str, running: list[str]) -> None:
    text = """
per-path:
  - {path: tests/**, ignore: [SEC2]}
  - {path: tests/deep/, select: [SEC201]}
  - {path: no-advice, ignore: [advice]}
"""
    assert ids(rules, configured(text, "conf/.scclint.yaml"), path) == running


def test_severities(rules: Sequence[AnyRule], configured: Configured) -> None:
    of = selection(
        rules, configured("severity: {SEC2: warning, unconfined: error}\nper-path: [{path: x, severity: {SEC201: error}}]")
    )
    assert of("a")["SEC201"] is Severity.WARNING
    assert of("a")["SEC202"] is Severity.ERROR
    assert of("x/a")["SEC201"] is Severity.ERROR
    assert of("a")["RBA401"] is None
    assert of("a")["SEC210"] is None


def test_answers_are_shared(rules: Sequence[AnyRule], configured: Configured) -> None:
    of = selection(rules, configured("per-path: [{path: x, ignore: [SEC201]}]"))
    assert of("x/a") is of("x/b")
    assert of("y/a") is of("z/b")


@given(st.data())
def test_ignoring_what_is_selected_leaves_nothing(rules: Sequence[AnyRule], data: st.DataObject) -> None:
    words = tuple(data.draw(st.lists(st.sampled_from([w for r in rules for w in (r.id, r.name, r.id[:3], *r.tags)]))))
    assert ids(rules, Config(select=words, ignore=words) if words else Config(ignore=("ALL",))) == []


def test_no_selector_is_empty(rules: Sequence[AnyRule]) -> None:
    assert [exactness("", rule) for rule in rules] == [None] * len(rules)


@pytest.mark.parametrize("selector", ["S", "SE", "R", "M", ""])
def test_a_part_of_the_letters_of_an_id_names_no_rule(selector: str) -> None:
    assert unknown_selector(selector, builtin().rules)
    assert not unknown_selector("SEC", builtin().rules) and not unknown_selector("SEC2", builtin().rules)
