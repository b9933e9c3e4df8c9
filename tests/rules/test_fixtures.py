"""Every rule has fixtures, and says on them exactly what was read and accepted."""

from pathlib import Path

import pytest

from scclint.registry import builtin
from scclint.rule import AnyRule
from tests.rules.cases import FIXTURES, fires, run, writing

RULES = builtin().rules
WRITE = "SCCLINT_WRITE_GOLDEN=1 python -m pytest tests/rules   (then read what it wrote)"


def cases(pattern: str) -> list[tuple[AnyRule, Path]]:
    return [(rule, path) for rule in RULES for path in sorted((FIXTURES / rule.name).glob(pattern))]


def name(value: object) -> str:
    return value.stem if isinstance(value, Path) else getattr(value, "id", "")


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_fixtures_are_complete(rule: AnyRule) -> None:
    folder = FIXTURES / rule.name
    assert sorted(folder.glob("bad*.yaml")), f"write {folder}/bad.yaml, a manifest {rule.id} fires on, then: {WRITE}"
    assert sorted(folder.glob("good*.yaml")), f"write {folder}/good.yaml, a manifest {rule.id} is silent on"


def test_no_fixture_without_a_rule() -> None:
    known = {rule.name for rule in RULES} | {"chart", "conformance", "demo", "seccomp", "upgrade"}
    assert sorted(p.name for p in FIXTURES.iterdir() if p.name not in known and not p.name.startswith(".")) == []


@pytest.mark.parametrize(("rule", "path"), cases("bad*.yaml"), ids=name)
def test_bad(rule: AnyRule, path: Path) -> None:
    report = run(rule.id, path.name, folder=path.parent)
    assert fires(rule.id, report), f"{rule.id} does not fire on {path}:\n{report}"
    golden = path.with_suffix(".out")
    if writing():
        golden.write_text(report, encoding="utf-8")
    assert golden.exists(), f"no golden file {golden}; write it with: {WRITE}"
    assert report == golden.read_text(encoding="utf-8"), f"{golden} differs; if the new text is right: {WRITE}"


@pytest.mark.parametrize(("rule", "path"), cases("good*.yaml"), ids=name)
def test_good(rule: AnyRule, path: Path) -> None:
    report = run(rule.id, path.name, folder=path.parent)
    assert not fires(rule.id, report), f"{rule.id} fires on {path}:\n{report}"
    assert "[" + rule.id not in report
