"""Problems of many objects that one object outside of them decides: the grant of an SCC, or an SCC of the input.

They are one cause. Its place is where the decision is written, if it concerns several objects, or if what is said of it there has the
fix. Problems that the platform decides are one cause as well, at the first of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from scclint.finding import Finding, Related, Remedy, help_text
from scclint.record import grouped, record, replace
from scclint.text import and_more, counted

NO_PROFILES = "SCC301"
"""The rule whose remedy changes an SCC so that it makes none of the problems."""

_MOST_WAYS = 2
"""How many remedies are named where objects need different ones."""

Key = tuple[object, ...]


@record
class Decided:
    """The findings of one decision. `first` stands for them, and `others` are its lines. `objects` are what it is about, without repeats.

    `owner` is what is said of the decision itself and has its fix.
    """

    first: Finding
    others: tuple[Finding, ...]
    objects: tuple[str, ...]
    owner: Finding | None

    def said(self, finding: Finding) -> Finding:
        """Return the finding that stands for all, in their words and at their place. It is `first` with its lines."""
        decision = self.first.decision
        assert decision is not None
        if self.owner is None and len(self.objects) == 1:
            return finding
        place = decision.at.span if decision.at is not None and decision.is_place else finding.span
        remedies = self._remedies()
        notes, related = finding.notes, finding.related
        if self.owner is not None:
            notes = (*notes, self.owner.message)
        if len(self.objects) > 1:
            notes = (and_more(self.objects, 3), *notes)
        if place != finding.span:
            related = (Related(self.first.subject.label, finding.span), *(r for r in related if r.span != place))
        return replace(
            finding,
            span=place,
            message=finding.message if len(self.objects) == 1 else f"{counted(len(self.objects), 'workload')} {decision.words}",
            notes=notes,
            related=related,
            remedies=remedies,
            help=self.owner.help if self.owner is not None and remedies[:1] == self.owner.remedies[:1] else help_text(remedies),
        )

    def _remedies(self) -> tuple[Remedy, ...]:
        """Return what fixes the decision. Without that, or before it if it changes no pod, return what the objects need."""
        if self.owner is None:
            return self._of_objects()
        if self.first.remedies and self.first.remedies[0].beside:
            # What is said of an SCC without profiles is the same change.
            return self._of_objects()
        # Who needs the grant does what else confines the pods.
        return (*self.owner.remedies, *self.first.remedies[1:2])

    def _of_objects(self) -> tuple[Remedy, ...]:
        """Return what each of the objects needs."""
        alike = [f for f in (self.first, *self.others) if f.rule_id == self.first.rule_id and f.remedies]
        # One change of what decides is enough for all, where it is the first choice of most.
        chosen = Counter(f.remedies[0] for f in alike).most_common(1)
        if chosen and chosen[0][0].beside and all(chosen[0][0].words in [r.words for r in f.remedies] for f in alike):
            return (chosen[0][0],)
        by_words = grouped((f.remedies[0].words, f) for f in alike)
        if not by_words:
            return ()
        # An effect is one clause or several, and what most objects have is said of all.
        clauses = Counter(clause for f in alike for effect in f.remedies[0].effects for clause in effect.split("; "))
        effects = [clause for clause, number in clauses.items() if number * 2 > len(alike)]
        ways = sorted(by_words.items(), key=lambda way: -len(way[1]))
        parts = [
            f"in {and_more(dict.fromkeys(f.subject.label for f in some), 3)}, {words}" for words, some in ways[:_MOST_WAYS]
        ]
        if len(ways) == 1:
            parts = [f"in each of them, {ways[0][0]}"]
        if len(ways) > _MOST_WAYS:
            parts.append("and likewise in the others")
        return (Remedy("; ".join(parts), tuple(effects)),)


def by_decision(findings: Iterable[Finding]) -> Mapping[Finding, Decided]:
    """Return what each decision makes, by the finding that stands for it. What a decision makes alone, and says alone, has no entry."""
    groups = grouped((_key(finding), finding) for finding in findings if finding.decision is not None)
    found = (decided for group in groups.values() if len(group) > 1 and (decided := _decided(group)) is not None)
    return {decided.first: decided for decided in found}


def _key(finding: Finding) -> Key:
    decision = finding.decision
    assert decision is not None
    where: Key = (decision.at.span.file,) if decision.at is not None else finding.units
    return decision.name, finding.releases, *where


def _decided(group: Sequence[Finding]) -> Decided | None:
    """Return the findings of one decision together; None if none of them is about what it decides for others."""
    concerned = [f for f in group if f.decision and f.decision.words]
    if not concerned:
        return None
    first = min(concerned, key=lambda f: f.rank)
    same = [f for f in concerned if (f.rule_id, f.severity) == (first.rule_id, first.severity)]
    objects = tuple(dict.fromkeys(f.subject.label for f in same))
    lighter = [f for f in group if f.decision and not f.decision.words and f.rank >= first.rank]
    owner = next((f for f in lighter if f.rule_id == NO_PROFILES and f.remedies), None)
    others = tuple(f for f in (*same, *lighter) if f is not first)
    return Decided(first, others, objects, owner) if others else None
