"""Which line of a Helm template a rendered line comes from, told from the two texts alone.

Both are cut into levels by their indentation, and entries that may stand for each other are paired level by level from the
root down: keys by their name, items of sequences and documents by how much of what they hold agrees. A `range` may write its
lines many times, so that order alone would not do; and what an expression writes has no line of its own in the template, so
that the line of the expression stands for it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from scclint.load.gotemplate import Expression, Line, Section, plain_lines
from scclint.load.outline import Entry, outline
from scclint.load.pairing import Scores, pair


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


class Rendered(NamedTuple):
    """A rendered document: the levels of its lines, and its comments."""

    root: Entry
    comments: list[Line]


class Alignment:
    """One rendered document beside the section of the template that it comes from."""

    __slots__ = ("_comments", "_deepest", "_numbers", "_pairs", "_rendered", "_root", "_section")

    def __init__(self, rendered: Rendered, root: Entry, comments: Sequence[Line], section: Section, scores: Scores) -> None:
        self._rendered = rendered
        self._root = root
        self._comments = comments
        self._section = section
        self._pairs = pair(rendered.root, root, scores)
        self._deepest = {entry.number: entry for entry in rendered.root.walk() if entry is not rendered.root}
        self._numbers = sorted(self._deepest)

    def find(self, number: int) -> Aligned:
        """The template line for line `number` (1-based) of the rendered file."""
        comment = next((line for line in self._rendered.comments if line.number == number), None)
        before = bisect_right(self._numbers, number)
        entry = self._deepest[self._numbers[before - 1]] if before else self._rendered.root
        found = self._find(entry)
        if comment is not None:
            same = [line.number for line in self._comments if line.text.strip() == comment.text.strip()]
            if same:
                return Aligned(min(same, key=lambda n: (abs(n - found.number), n)), Nearness.LINE)
        if comment is not None or not before or self._numbers[before - 1] != number:
            return found._replace(nearness=Nearness.PARENT) if found.nearness.exact else found
        return found

    def _find(self, entry: Entry) -> Aligned:
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

    def _sure(self, entry: Entry | None) -> bool:
        while entry is not None:
            if not self._pairs[entry].sure:
                return False
            entry = entry.parent
        return True

    def _expression(self, holder: Entry, missing: Entry) -> Expression | None:
        """The one expression that can have written `missing` into `holder`: between its neighbours, and as far in."""
        target = self._pairs[holder].entry
        at = holder.children.index(missing)
        before = (self._pairs[s].entry.number for s in reversed(holder.children[:at]) if s in self._pairs)
        after = (self._pairs[s].entry.number for s in holder.children[at + 1 :] if s in self._pairs)
        own = target.number if target is not self._root else self._section.first - 1
        low, high = next(before, own), next(after, target.end + 1)
        if high <= low:
            high = target.end + 1
        expressions = self._section.expressions
        between = [x for x in expressions if (target.open and x.number == own if x.inline else low < x.number < high)]
        fitting = [x for x in between if missing.indent == (x.written if x.indent is None else x.indent)]
        return _only(fitting, missing) or (None if fitting else _only([x for x in between if x.indent is None], missing))


def _only(expressions: Sequence[Expression], missing: Entry) -> Expression | None:
    """The only one, or the only one that speaks of the key in question, as `.Values.podSecurityContext` does."""
    if len(expressions) > 1 and missing.key:
        key = missing.key.lower()
        expressions = [x for x in expressions if key in x.text.lower()]
    return expressions[0] if len(expressions) == 1 else None


def rendered(text: str, first: int) -> Rendered:
    """The levels of a rendered document that begins in line `first` of its file."""
    lines = plain_lines(text, first)
    return Rendered(*outline((x for x in lines if not x.text.startswith(("---", "..."))), first, first + len(lines) - 1))


def align(documents: Iterable[Rendered], sections: Sequence[Section]) -> list[Alignment]:
    """Put documents that one template was rendered to, in the order of the stream, beside its sections."""
    scores = Scores()
    outlines = [outline(section.lines, section.first, section.last) for section in sections]
    chosen = []
    last = -1
    for document in documents:
        likeness = [scores.score(document.root, root) for root, _ in outlines] if len(outlines) > 1 else [1.0]
        equal = [index for index, score in enumerate(likeness) if score >= max(likeness) - 1e-9]
        # Helm keeps the order of documents of one kind; one that a loop writes comes again.
        last = next((index for index in equal if index > last), last if last in equal else equal[0])
        root, comments = outlines[last]
        chosen.append(Alignment(document, root, comments, sections[last], scores))
    return chosen
