"""Pairs the entries of a rendered document with those of its template, level by level."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from scclint.limits import MAX_CONDITIONAL_ENTRIES, MAX_ENTRY_PAIRS
from scclint.units.helm.go_template import WILD
from scclint.units.helm.outline import ITEM, OutlineEntry

_IDENTITY = ("kind", "name")
"""Keys whose value makes an item or a document another one."""
_BLOCK = ("|", ">", "&", "!")
_LEAST = 1e-9
_STEPS_PER_LINE, _MOST_STEPS = 100, 1_000_000
"""Comparisons for each line (charts need up to 72), and for all lines. Beyond that, the other entries get no pair."""

Wish: TypeAlias = "tuple[float, OutlineEntry]"
"""How well a template's entry would do for a rendered one, and the entry."""
_Chain: TypeAlias = "tuple[OutlineEntry, OutlineEntry, _Chain] | None"


class Pair(NamedTuple):
    """The entry of the template, and whether no unused entry fits as well."""

    entry: OutlineEntry
    sure: bool


class Scores:
    """How well entries and all they hold agree, each pair computed once, as long as that is in proportion to their `lines`."""

    __slots__ = ("_known", "_left", "_levels", "_names")

    def __init__(self, lines: int) -> None:
        self._left = min(max(lines, 2000) * _STEPS_PER_LINE, _MOST_STEPS)
        self._known: dict[tuple[OutlineEntry, OutlineEntry], float] = {}
        self._levels: dict[OutlineEntry, _Level] = {}
        self._names: dict[OutlineEntry, dict[str, list[OutlineEntry]]] = {}

    def spend(self, steps: int) -> bool:
        """Whether there are that many steps left to take."""
        self._left -= steps
        return self._left >= 0

    def forget(self) -> None:
        """Scores of what a document holds are of no use to another."""
        self._known.clear()

    def score(self, rendered: OutlineEntry, source: OutlineEntry) -> float:
        """0 where the one cannot have become the other; the more of their lines agree, the higher."""
        known = self._known.get((rendered, source))
        if known is None:
            known = self._known[rendered, source] = self._compute(rendered, source)
        return known

    def _compute(self, rendered: OutlineEntry, source: OutlineEntry) -> float:
        own = likeness(rendered, source)
        if own <= 0 or (not rendered.key and self._is_another(rendered, source)):
            return 0.0
        if not self.spend(1) or _too_many(rendered, source):
            return own
        inner = sum(max((s for s, _ in self.wishes(child, source)), default=0.0) for child in rendered.children)
        if rendered.text == ITEM and inner <= 0 and rendered.children and source.children:
            return 0.0
        return own + inner

    def _is_another(self, rendered: OutlineEntry, source: OutlineEntry) -> bool:
        """Whether two items or documents differ in what they are called."""
        ours, theirs = self._called(rendered), self._called(source)
        return any(not any(likeness(ours[key][0], their) for their in theirs[key]) for key in ours.keys() & theirs.keys())

    def _called(self, entry: OutlineEntry) -> dict[str, list[OutlineEntry]]:
        """The lines of an entry that make it another one, by key."""
        names = self._names.get(entry)
        if names is None:
            names = self._names[entry] = {}
            for child in entry.children:
                if child.key in _IDENTITY and len(names.setdefault(child.key, [])) < MAX_CONDITIONAL_ENTRIES:
                    names[child.key].append(child)
        return names

    def wishes(self, rendered: OutlineEntry, holder: OutlineEntry) -> list[Wish]:
        """The entries of `holder` that can have become `rendered`, best first; equal ones in the order of writing."""
        level = self._levels.get(holder)
        if level is None:
            level = self._levels[holder] = _Level(holder)
        alike = [*level.like(rendered)]
        self.spend(len(alike))
        scored = ((self.score(rendered, source), source) for source in alike)
        return sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].number))


class _Level:
    """The entries within one, by what they can be known by, so that long levels need not be compared one by one."""

    __slots__ = ("_by_key", "_by_text", "_open")

    def __init__(self, holder: OutlineEntry) -> None:
        self._by_key: dict[str, list[OutlineEntry]] = {}
        self._by_text: dict[str, list[OutlineEntry]] = {}
        self._open: list[OutlineEntry] = []
        for entry in holder.children:
            if entry.key:
                self._by_key.setdefault(entry.key, []).append(entry)
            if entry.parts and (not entry.key or f":{WILD}" in entry.text):
                # `port:{{ x }}` is a key only where what is written begins with a blank or a line break.
                self._open.append(entry)
            elif not entry.key:
                self._by_text.setdefault(entry.text, []).append(entry)

    def like(self, rendered: OutlineEntry) -> Iterator[OutlineEntry]:
        by_name = self._by_key.get(rendered.key, ()) if rendered.key else self._by_text.get(rendered.text, ())
        yield from by_name
        yield from (entry for entry in self._open if not (rendered.key and entry.key))


def likeness(rendered: OutlineEntry, source: OutlineEntry) -> float:
    """How well two lines agree, what they hold apart: 0 for not at all, 3 for the same text."""
    if ITEM in (rendered.text, source.text) or not source.text:
        return 0.1 if rendered.text == source.text else 0.0
    if rendered.text == source.text:
        return 3.0
    if source.parts and _fits(rendered.text, source.parts):
        literal = sum(map(len, source.parts)) / len(rendered.text)
        return 2.0 + min(literal, 0.9) if source.key else 0.3 + literal
    if source.key and rendered.key == source.key:
        open_value = WILD in source.value or not source.value or source.value.startswith(_BLOCK)
        return 1.0 if open_value or not rendered.value else 0.0
    return 0.0


def _fits(text: str, parts: tuple[str, ...]) -> bool:
    """Whether `text` has the parts in order, the first at its beginning and the last at its end, with anything between."""
    first, *middle, last = parts
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def pair(rendered: OutlineEntry, source: OutlineEntry, scores: Scores) -> dict[OutlineEntry, Pair]:
    """The template's entry of each rendered one that has one, the two roots included."""
    pairs = {rendered: Pair(source, True)}
    open_pairs = [(rendered, source)]
    while open_pairs:
        holder, target = open_pairs.pop()
        for child, found in _pair_level(holder, target, scores).items():
            pairs[child] = found
            open_pairs.append((child, found.entry))
    return pairs


def _pair_level(holder: OutlineEntry, target: OutlineEntry, scores: Scores) -> dict[OutlineEntry, Pair]:
    """The pairs of what two entries hold that agree best, in the order of writing; a `range` may write its lines again."""
    ours, theirs = len(holder.children), len(target.children)
    if not scores.spend(ours + theirs if _too_many(holder, target) else ours * theirs):
        return {}
    if _too_many(holder, target):
        return _equal_lines(holder, target)
    wishes = {child: scores.wishes(child, target) for child in holder.children}
    chosen = _in_order(holder.children, target, wishes)
    taken = set(chosen.values())
    for child in holder.children:
        if child not in chosen:
            again = (source for _, source in wishes[child] if _repeats(source, target) or source not in taken)
            if (source := next(again, None)) is not None:
                chosen[child] = source
    return dict(_judged(holder, target, wishes, chosen))


def _too_many(holder: OutlineEntry, target: OutlineEntry) -> bool:
    return len(holder.children) * len(target.children) > MAX_ENTRY_PAIRS


def _equal_lines(holder: OutlineEntry, target: OutlineEntry) -> dict[OutlineEntry, Pair]:
    left: dict[str, list[OutlineEntry]] = {}
    for source in reversed(target.children):
        left.setdefault(source.text, []).append(source)
    return {child: Pair(same.pop(), False) for child in holder.children if (same := left.get(child.text))}


def _judged(
    holder: OutlineEntry,
    target: OutlineEntry,
    wishes: Mapping[OutlineEntry, list[Wish]],
    chosen: Mapping[OutlineEntry, OutlineEntry],
) -> Iterator[tuple[OutlineEntry, Pair]]:
    """Yield the choice. It is unsure if an unused line fits as well, for example under a condition that is not always true."""
    place = {source: index for index, source in enumerate(target.children)}
    taken = set(chosen.values())
    children = [child for child in holder.children if child in chosen]
    fixed = [None if _repeats(chosen[child], target) else place[chosen[child]] for child in children]
    least = list(accumulate((-1 if at is None else at for at in fixed), max, initial=-1))
    most = list(accumulate((len(place) if at is None else at for at in reversed(fixed)), min, initial=len(place)))[::-1]
    for index, child in enumerate(children):
        source = chosen[child]
        score = next(s for s, other in wishes[child] if other is source)
        rivals = (other for s, other in wishes[child] if s >= score - _LEAST and other not in taken)
        yield child, Pair(source, not any(least[index] < place[rival] < most[index + 1] for rival in rivals))


def _in_order(
    children: Sequence[OutlineEntry], target: OutlineEntry, wishes: Mapping[OutlineEntry, list[Wish]]
) -> dict[OutlineEntry, OutlineEntry]:
    """The choice of pairs with the highest sum of scores in which neither side changes its order."""
    place = {source: index for index, source in enumerate(target.children)}
    if sum(map(len, wishes.values())) == len(children) == len({w[0][1] for w in wishes.values() if w}):
        # Nothing to choose, as is the rule among keys.
        return {child: wishes[child][0][1] for child in children}
    # best[j]: the highest sum with the children so far and the first j sources, and the pairs that make it, newest first.
    best: list[tuple[float, _Chain]] = [(0.0, None)] * (len(place) + 1)
    for child in children:
        scored = {place[source]: score for score, source in wishes[child]}
        if not scored:
            continue
        row = [best[0]]
        for index, source in enumerate(target.children):
            sum_, chain = max(best[index + 1], row[index], key=itemgetter(0))
            if index in scored:
                # A line that is written again may be the last one that was.
                before = best[index + 1] if _repeats(source, target) else best[index]
                if before[0] + scored[index] > sum_ + _LEAST:
                    sum_, chain = before[0] + scored[index], (child, source, before[1])
            row.append((sum_, chain))
        best = row
    found = {}
    chain = best[-1][1]
    while chain is not None:
        child, source, chain = chain
        found[child] = source
    return found


def _repeats(source: OutlineEntry, holder: OutlineEntry) -> bool:
    """Whether a `range` within the holder writes the line."""
    return source.line.loops > holder.line.loops
