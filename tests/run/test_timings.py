from collections.abc import Iterator
from typing import Any

import pytest

from scclint.finding import Place, Problem, Severity
from scclint.rule import AnyRule, Rule
from scclint.run.timings import Timings
from scclint.source import Span


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Subject:
    file = "web.yaml"


WORLD: Any = None
PROBLEM = Problem("m", Place(Span("web.yaml", 1, 1, 1, 2)))


def rule(check: Any) -> AnyRule:
    return Rule(
        "SCC101", "no-scc-admits", "t", "problem", Severity.ERROR, None, object, check, "p", "0.1", sentences={"m": "m"}
    )


def test_stages_files_and_rules() -> None:
    clock = Clock()
    timings = Timings(clock)

    def check(subject: Subject, world: object) -> Iterator[Problem]:
        clock.now += 1.0
        yield PROBLEM
        clock.now += 2.0

    clock.now = 0.5
    timings.lap("start")
    clock.now += 1.0
    timings.lap("load")
    for problem in timings.timed(rule(check)).check(Subject(), WORLD):
        assert problem is PROBLEM
        clock.now += 10.0  # the engine's own time is not the rule's
    timings.lap("check")
    assert timings.stages == {"start": 0.5, "load": 1.0, "check": 13.0}
    assert timings.rules == {"SCC101 no-scc-admits": 3.0}
    assert timings.files == {"web.yaml": 3.0}
    assert list(timings.lines()) == [
        "timings: 14.500 s of CPU",
        "     0.500 s    3%  start",
        "     1.000 s    7%  load",
        "    13.000 s   90%  check",
        "slowest files:",
        "     3.000 s  web.yaml",
        "slowest rules (the first to ask for a verdict pays for it):",
        "     3.000 s  SCC101 no-scc-admits",
    ]


def test_a_rule_that_raises_is_still_a_rule_that_raises() -> None:
    timings = Timings(Clock())

    def check(subject: Subject, world: object) -> Iterator[Problem]:
        yield PROBLEM
        raise ZeroDivisionError

    found: list[Problem] = []
    with pytest.raises(ZeroDivisionError):
        found.extend(timings.timed(rule(check)).check(Subject(), WORLD))
    assert list(timings.rules) == ["SCC101 no-scc-admits"]


def test_a_rule_may_return_a_list() -> None:
    timed = Timings(Clock()).timed(rule(lambda subject, world: [PROBLEM]))
    assert list(timed.check(Subject(), WORLD)) == [PROBLEM]
