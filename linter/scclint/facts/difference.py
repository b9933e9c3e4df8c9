"""What is new between two runs: the one answer to that question, for reviews of changes and of upgrades.

Two runs have the same fact if its key is the same, wherever it is written. Facts are counted (see `scclint.facts.keys.numbers`): a second
one with the same key is new. What a wider fact of the same part covered before is not new: hostPath `/` covers hostPath `/var/log`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from scclint.admission.access import covers
from scclint.facts.keys import numbers
from scclint.finding import Finding, Key
from scclint.record import grouped, record

At = tuple[Key, str]
"""A key on a release; the release is empty where a run judged one."""

COUNTED = frozenset(("problem", "access", "gap"))
"""The kinds of facts that a review is about. Advice says that nothing is wrong."""


@record
class FactDifference:
    """The facts that are new, and those that are gone, each in the order of its run."""

    new: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()


def difference(before: Iterable[Finding], after: Iterable[Finding]) -> FactDifference:
    """Return which facts of a later run are new, and which of an earlier one are gone. Advice is neither."""
    was, now = [f for f in before if f.kind in COUNTED], [f for f in after if f.kind in COUNTED]
    return FactDifference(_missing_in(was, now), _missing_in(now, was))


def _missing_in(known: Sequence[Finding], found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those of the facts found that are not known, or are there more often than known."""
    recorded, counted = numbers(known), numbers(found)
    more = {at: number - recorded.get(at, 0) for at, number in counted.items() if number > recorded.get(at, 0)}
    if not more:
        return ()
    lost = grouped((_alike(key), key.what) for key, release in recorded if (key, release) not in counted)
    missing = {
        at: number for at, number in more.items() if not any(covers(what, at[0].what) for what in lost.get(_alike(at[0]), ()))
    }
    return _chosen(missing, found, {(finding.key, finding.span.file) for finding in known})


def beyond(allowed: Callable[[Key], int], found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those of the facts that are there more often than allowed."""
    more = {at: number - allowed(at[0]) for at, number in numbers(found).items() if number > allowed(at[0])}
    return _chosen(more, found, frozenset())


def _chosen(missing: Mapping[At, int], found: Sequence[Finding], places: Set[tuple[Key, str]]) -> tuple[Finding, ...]:
    """Return so many of the facts found as are missing of each key."""
    by_key = grouped(((finding.key, release), finding) for finding in found for release in finding.releases or ("",))
    new: set[Finding] = set()
    for at, number in missing.items():
        new |= _last(by_key[at], number, places)
    return tuple(finding for finding in found if finding in new)


def _alike(key: Key) -> Key:
    """What two keys have in common of which one may cover the other."""
    return key._replace(what="")


def _last(alike: Sequence[Finding], number: int, places: Set[tuple[Key, str]]) -> set[Finding]:
    """Return so many of the facts with one key: first those in files that did not have it before, then the last ones.

    Each unit has its own, so that several facts at different places may be one for each unit.
    """
    in_units = grouped((unit, finding) for finding in alike for unit in finding.units or ("",))
    chosen: set[Finding] = set()
    for of_unit in in_units.values():
        # The sort is stable, so that those in known files stay in order.
        ordered = sorted(of_unit, key=lambda finding: (finding.key, finding.span.file) not in places)
        chosen.update(ordered[-number:])
    return chosen
