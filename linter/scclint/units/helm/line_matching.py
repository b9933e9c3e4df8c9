"""Find the line of a Helm template that a rendered line comes from, by comparing the two texts.

Both are divided into levels by their indentation, and their entries are paired level by level from the root down: keys by their
name, items of sequences and documents by how much of their content is equal. A `range` can write its lines many times, so
order alone is not enough. The text that an expression writes has no line in the template, so it is paired with the line of the
expression.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from scclint.limits import MAX_EXPRESSIONS
from scclint.units.helm.entry_matching import Scores, pair
from scclint.units.helm.go_template import Expression, Section, plain_lines
from scclint.units.helm.outline import OutlineEntry, outline


class Nearness(Enum):
    """How a template line relates to a rendered one.

    It is that line, the expression that writes it, either that line or one under another condition, what holds it, or no more
    than the beginning of the object.
    """

    LINE = "line"
    EXPRESSION = "expression"
    EITHER = "either"
    PARENT = "parent"
    KIND = "kind"

    @property
    def exact(self) -> bool:
        return self in (Nearness.LINE, Nearness.EXPRESSION)


class Aligned(NamedTuple):
    """A line of a template, 1-based, and how near it is."""

    number: int
    nearness: Nearness


class RenderedDocument(NamedTuple):
    """A rendered document: the levels of its lines, and its comments by their line numbers."""

    root: OutlineEntry
    comments: dict[int, str]


class Template:
    """The sections of a template, the levels of the lines of each, and the line numbers of its comments by what they say."""

    __slots__ = ("comments", "lines", "roots", "sections")

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self.lines = sections[-1].last
        self.roots: list[OutlineEntry] = []
        self.comments: list[dict[str, list[int]]] = []
        for section in sections:
            root, comments = outline(section.lines, section.first, section.last)
            self.roots.append(root)
            numbers: dict[str, list[int]] = {}
            for line in comments:
                numbers.setdefault(line.text.strip(), []).append(line.number)
            self.comments.append(numbers)


class Alignment:
    """One rendered document beside the section of the template that it comes from."""

    __slots__ = ("_between", "_comments", "_deepest", "_numbers", "_pairs", "_rendered", "_root", "_section")

    def __init__(self, rendered: RenderedDocument, template: Template, index: int, scores: Scores) -> None:
        self._rendered = rendered
        self._root = template.roots[index]
        self._comments = template.comments[index]
        self._section = template.sections[index]
        self._pairs = pair(rendered.root, self._root, scores)
        self._deepest = {entry.number: entry for entry in rendered.root.walk() if entry is not rendered.root}
        self._numbers = sorted(self._deepest)
        self._between: dict[OutlineEntry, dict[OutlineEntry, tuple[int, int]]] = {}

    def find(self, number: int) -> Aligned:
        """The template line for line `number` (1-based) of the rendered file."""
        comment = self._rendered.comments.get(number)
        before = bisect_right(self._numbers, number)
        entry = self._deepest[self._numbers[before - 1]] if before else self._rendered.root
        found = self._find(entry)
        if comment is not None and (same := self._comments.get(comment)):
            at = bisect_left(same, found.number)
            return Aligned(min(same[max(at - 1, 0) : at + 1], key=lambda n: (abs(n - found.number), n)), Nearness.LINE)
        if comment is not None or not before or self._numbers[before - 1] != number:
            return found._replace(nearness=Nearness.PARENT) if found.nearness.exact else found
        return found

    def _find(self, entry: OutlineEntry) -> Aligned:
        missing = None
        while entry not in self._pairs:
            assert entry.parent is not None  # the roots are always paired
            missing, entry = entry, entry.parent
        target = self._pairs[entry].entry
        if missing is not None:
            expression = self._expression(entry, missing)
            if expression is not None:
                return Aligned(expression.number, Nearness.EXPRESSION if self._sure(entry) else Nearness.EITHER)
        if target is self._root:
            kind = next((c for c in target.children if c.key == "kind"), None)
            return Aligned(kind.number if kind else self._section.first, Nearness.KIND)
        if missing is not None:
            return Aligned(target.number, Nearness.PARENT)
        return Aligned(target.number, Nearness.LINE if self._sure(entry) else Nearness.EITHER)

    def _sure(self, entry: OutlineEntry | None) -> bool:
        while entry is not None:
            if not self._pairs[entry].sure:
                return False
            entry = entry.parent
        return True

    def _expression(self, holder: OutlineEntry, missing: OutlineEntry) -> Expression | None:
        """The one expression that can have written `missing` into `holder`: between its neighbours, and as far in."""
        target = self._pairs[holder].entry
        own = target.number if target is not self._root else self._section.first - 1
        if holder not in self._between:
            self._between[holder] = self._neighbours(holder, own, target.end + 1)
        low, high = self._between[holder][missing]
        if high <= low:
            high = target.end + 1
        expressions = self._section.expressions
        number = attrgetter("number")
        first = bisect_left(expressions, own if target.open else low + 1, key=number)
        stop = bisect_left(expressions, high, key=number)
        # Among that many none is the only one.
        near = expressions[first : min(stop, first + MAX_EXPRESSIONS)]
        between = [x for x in near if (target.open and x.number == own if x.inline else low < x.number < high)]
        between = _not_omitting(between, missing, self._written_with(holder, missing))
        fitting = [x for x in between if missing.indent == (x.written if x.indent is None else x.indent)]
        return _only(fitting, missing) or (None if fitting else _only([x for x in between if x.indent is None], missing))

    def _written_with(self, holder: OutlineEntry, missing: OutlineEntry) -> set[str]:
        """The keys without a line in the template that lie between the same neighbours, which one expression wrote if it is one of
        several branches."""
        bounds = self._between[holder]
        return {child.key for child in holder.children if child not in self._pairs and bounds[child] == bounds[missing]}

    def _neighbours(self, holder: OutlineEntry, before: int, behind: int) -> dict[OutlineEntry, tuple[int, int]]:
        """The lines of the template between which each entry within the holder was written."""
        found = {}
        low = before
        for child in holder.children:
            found[child] = (low, behind)
            if child in self._pairs:
                low = self._pairs[child].entry.number
        high = behind
        for child in reversed(holder.children):
            found[child] = (found[child][0], high)
            if child in self._pairs:
                high = self._pairs[child].entry.number
        return found


def _not_omitting(expressions: Sequence[Expression], missing: OutlineEntry, keys: Set[str]) -> list[Expression]:
    """Those that do not leave out the key, nor any key beside it where another branch would have written them all."""

    def left_out(x: Expression) -> bool:
        return missing.key in x.omitted or (not keys.isdisjoint(x.omitted) and any(x.excludes(other) for other in expressions))

    return [x for x in expressions if not x.omitted or not left_out(x)]


def _only(expressions: Sequence[Expression], missing: OutlineEntry) -> Expression | None:
    """The only one, or the only one whose text contains the missing key, as `.Values.podSecurityContext` contains `securityContext`."""
    if len(expressions) > 1 and missing.key:
        key = missing.key.lower()
        expressions = [x for x in expressions if key in x.text.lower()]
    return expressions[0] if len(expressions) == 1 else None


def rendered(text: str, first: int) -> RenderedDocument:
    """The levels of a rendered document that begins in line `first` of its file."""
    lines = plain_lines(text, first)
    root, comments = outline((x for x in lines if not x.text.startswith(("---", "..."))), first, first + len(lines) - 1)
    return RenderedDocument(root, {line.number: line.text.strip() for line in comments})


def align(documents: Sequence[RenderedDocument], template: Template) -> list[Alignment]:
    """Put documents that one template was rendered to, in the order of the stream, beside its sections."""
    scores = Scores(template.lines + sum(document.root.end - document.root.number + 1 for document in documents))
    chosen = []
    last = -1
    for document in documents:
        last = _section(document, template.roots, scores, last)
        chosen.append(Alignment(document, template, last, scores))
        scores.forget()
    return chosen


def _section(document: RenderedDocument, roots: Sequence[OutlineEntry], scores: Scores, last: int) -> int:
    """The section that is most like a document; `last` is that of the document before, -1 for the first.

    Helm keeps the order of documents of one kind; one that a loop writes comes again.
    """
    if len(roots) == 1:
        return 0
    if not scores.spend(len(roots)):
        return min(last + 1, len(roots) - 1)
    likeness = [scores.score(document.root, root) for root in roots]
    best = max(likeness) - 1e-9
    equal = [index for index, score in enumerate(likeness) if score >= best]
    return next((index for index in equal if index > last), last if last in equal else equal[0])
