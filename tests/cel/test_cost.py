"""What an expression of a declared rule may take: refused, or told and not evaluated, before the library is asked."""

from pathlib import Path

import pytest

from scclint.cel import rules as declared
from scclint.cel.types import DEEPEST, check
from scclint.errors import ConfigError
from scclint.finding import Severity
from scclint.limits import MAX_EXPRESSION
from tests.cel.test_rules import POD, findings, rule, rules_of, true_of


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "expr", ["(" * 5000 + "true" + ")" * 5000, "true" + " " * MAX_EXPRESSION, "[" * 900 + "]" * 900 + " == []"]
)
def test_bombs_are_refused(expr: str) -> None:
    with pytest.raises(ConfigError, match=r"nested too deep|more than"):
        rules_of(rule(expr))


def test_macros_nest_to_a_limit() -> None:
    expr = "true"
    for depth in range(DEEPEST + 1):
        assert check(expr, {}) == []
        expr = f"[1].all(x{depth}, {expr})"
    assert "within each other" in check(expr, {})[0].message


MANY = POD + "  volumes:\n" + "".join(f"    - {{name: v{number}, emptyDir: {{}}}}\n" for number in range(150))
VOLUMES = "pod.spec.volumes"


@pytest.mark.parametrize(
    "expr",
    [
        f"{VOLUMES}.all(a, {VOLUMES}.all(b, {VOLUMES}.all(c, c.name != 'x')))",
        f"field(pod, 'spec.volumes').all(a, {VOLUMES}.exists(b, pod.field('spec.volumes').exists(c, c.name == 'v149')))",
        f"{VOLUMES}.all(a, {VOLUMES}.all(b, {VOLUMES}.map(c, c.name).filter(d, d != a.name).all(e, e != b.name)))",
        f"{VOLUMES}.map(a, {VOLUMES}.map(b, {VOLUMES}.map(c, c))).size() > 0",
        f"({VOLUMES} + {VOLUMES}).all(a, {VOLUMES}.all(b, {VOLUMES}.all(c, true)))",
    ],
)
def test_what_takes_too_many_steps_is_told_and_not_evaluated(expr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_evaluate", lambda program, context: pytest.fail("evaluated"))
    (found,) = findings(MANY, rule(expr))
    assert found.severity is Severity.WARNING
    assert found.message == "Pod web: ACME001 is not looked at: it would take more than 1,000,000 steps"


@pytest.mark.parametrize(
    ("expr", "true"),
    [
        (f"{VOLUMES}.all(a, {VOLUMES}.exists(b, a.name == b.name))", True),
        (f"pod.spec.containers.all(a, {VOLUMES}.exists(b, {VOLUMES}.exists(c, b.name == c.name)))", True),
        (f"{VOLUMES}.filter(a, a.name == 'v1').all(b, pod.spec.containers.all(c, b.name != c.name))", True),
        ("object.metadata.all(a, ['name', 'namespace'].exists(b, b == a))", True),
    ],
)
def test_what_takes_few_enough_is_evaluated(expr: str, true: bool) -> None:
    assert true_of(MANY, expr) is true


@pytest.mark.parametrize(
    ("expr", "grows"),
    [
        ("['a'].map(a, a + a).map(a, a + a).size() > 0", True),
        ("[['a'].map(a, a + a)].map(a, a + a).size() > 0", True),
        ("['a'].map(a, ['b' + a].map(b, b + b)).size() > 0", True),
        ("['a'].map(a, a + a).filter(a, a != 'aa').all(a, a + a != 'b')", True),
        ("['a'].map(a, a + a).map(a, a).all(a, a == 'aa')", False),
        ("['a'].map(a, ['b'].map(b, a + b)).size() > 0", False),
        ("(['a'] + ['b']).all(a, a != 'c')", False),
    ],
)
def test_what_makes_large_values_larger_is_refused(expr: str, grows: bool) -> None:
    assert (
        [mistake.message for mistake in check(expr, {}) if "has no end" in mistake.message] != []
        if grows
        else not check(expr, {})
    )


def test_what_all_rules_take_together_is_bounded_and_told_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.cel.cost.MAX_STEPS_OF_RUN", 5_000)
    pods = "---\n".join(MANY.replace("name: web", f"name: web-{number}", 1) for number in range(9))
    found = findings(
        pods, rule(f"{VOLUMES}.all(a, a.name != 'x')"), {**rule(f"{VOLUMES}.all(a, a.name != 'y')"), "id": "ACME002"}
    )
    told = [f.message for f in found if "is not looked at" in f.message]
    assert len(told) == 2 and all("steps altogether" in message for message in told)
    assert 2 <= len(found) - len(told) < 18


@pytest.mark.parametrize(
    ("expr", "few"),
    [
        ("object.metadata.name != 'x'", True),
        (f"{VOLUMES}.all(a, a.name != object.metadata.name)", True),
        (f"{VOLUMES}.all(a, {VOLUMES}.all(b, a.name + b.name != object.metadata.name))", False),
        (" + ".join(["object.metadata.name"] * 100) + " != ''", False),
    ],
)
def test_large_texts_take_longer(expr: str, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_evaluate", lambda program, context: True)
    (found,) = findings(MANY.replace("name: web", f"name: {'a' * 1_000_000}"), rule(expr))
    assert ("is not looked at" in found.message) is not few


def test_regular_expressions_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_evaluate", lambda program, context: True)
    for pattern, few in (("a", True), ("(a{9}){9}", False)):
        expr = f"{VOLUMES}.all(a, {' && '.join([f'a.name.matches({pattern!r})'] * 8)})"
        (found,) = findings(MANY, rule(expr))
        assert ("is not looked at" in found.message) is not few
