"""Makes the words of a problem: its facts in the sentences of its rule."""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.advice.words import pods
from scclint.finding import Location, Problem, Related
from scclint.objects.types import ApiObject, Workload
from scclint.rule import AnyRule, Checked
from scclint.text import filled, lacks


class ProblemText:
    """The words of one problem of a rule about a subject."""

    def __init__(self, problem: Problem, rule: AnyRule, subject: Checked) -> None:
        self._problem = problem
        self._sentences = rule.sentences
        self._facts = {**_known(subject), **problem.facts}

    @property
    def message(self) -> str:
        """The sentence of the code."""
        return self._text(self._problem.code)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes that have all their facts."""
        return tuple(self._text(code) for code in self._problem.notes if not self._lacks(code))

    @property
    def help(self) -> str:
        """The sentences of the help; empty if there are none."""
        return self._text(self._problem.help) if self._problem.help else ""

    @property
    def related(self) -> Iterator[Related]:
        """The places that explain the problem, with their sentences."""
        for place in self._problem.related:
            if isinstance(place, Location):
                yield Related(self._text(place.code, place.facts), place.at.span, place.label)
            else:
                yield place

    def _text(self, code: str, more: Mapping[str, Any] | None = None) -> str:
        key = code.partition("/")[0]
        if key not in self._sentences:
            raise LookupError(f"the rule has no sentence {key!r}")
        return filled(self._sentences[key], {**self._facts, **more} if more else self._facts)

    def _lacks(self, code: str) -> bool:
        return lacks(self._sentences[code], self._facts)


def _known(subject: Checked) -> dict[str, Any]:
    """The facts that every problem about a subject has."""
    if isinstance(subject, Workload):
        return {"object": subject.named, "pods": pods(subject), "alone": subject.kind == "Pod"}
    return {"object": subject.named} if isinstance(subject, ApiObject) else {}
