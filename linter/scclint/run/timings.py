"""Where a run spends its time: CPU seconds by stage, and the files and rules that took the most."""

from collections.abc import Callable, Iterable, Iterator
from time import process_time

from scclint.finding import Problem
from scclint.outcome.world import World
from scclint.record import replace
from scclint.rule import AnyRule, Checked

SHOWN = 5
"""The number of slowest files and rules that are listed."""


class Timings:
    """Gathers the CPU time of this process. `clock` gives seconds; the first stage begins where the process did."""

    def __init__(self, clock: Callable[[], float] = process_time) -> None:
        self._clock = clock
        self._last = 0.0
        self.stages: dict[str, float] = {}
        self.files: dict[str, float] = {}
        self.rules: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Count the time since the last call for `stage`."""
        now = self._clock()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._last
        self._last = now

    def timed(self, rule: AnyRule) -> AnyRule:
        """Return a rule whose checks count their time for the rule and for the subject's file."""
        label = f"{rule.id} {rule.name}"

        def check(subject: Checked, world: World) -> Iterator[Problem]:
            problems: Iterator[Problem] = iter(())
            start = self._clock()
            try:
                problems = iter(rule.check(subject, world))
                while (problem := next(problems, None)) is not None:
                    spent = self._clock() - start
                    yield problem
                    start = self._clock() - spent
            finally:
                spent = self._clock() - start
                self.rules[label] = self.rules.get(label, 0.0) + spent
                self.files[subject.file] = self.files.get(subject.file, 0.0) + spent

        return replace(rule, check=check)

    def lines(self) -> Iterator[str]:
        """The table for people."""
        total = sum(self.stages.values())
        yield f"timings: {total:.3f} s of CPU"
        yield from (f"  {spent:8.3f} s  {spent / (total or 1):4.0%}  {stage}" for stage, spent in self.stages.items())
        yield from _slowest("files", self.files.items())
        yield from _slowest("rules (the first to ask for a verdict pays for it)", self.rules.items())


def _slowest(what: str, spent: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"slowest {what}:"
    slowest = sorted(spent, key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
    yield from (f"  {seconds:8.3f} s  {name}" for name, seconds in slowest)
