"""Which findings suppressions cover. A covered finding is marked, never dropped."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from scclint.config.selection import covers, unknown_selector
from scclint.finding import END, Finding, Ignore, Subject, Suppression
from scclint.record import replace
from scclint.rule import AnyRule
from scclint.source import Span
from scclint.suppress.regions import Position, Regions

if TYPE_CHECKING:
    from datetime import date

Ran = Callable[[str, str], bool]
"""Whether this run judged the rule of that id on that file. For a file that no longer exists: whether it would have."""


def always(rule_id: str, file: str) -> bool:
    return True


def apply(
    findings: Iterable[Finding],
    ignores: Iterable[Ignore],
    rules: Sequence[AnyRule],
    today: "date | None",
    *,
    root: str = ".",
    ran: Ran = always,
) -> tuple[list[Finding], list[Ignore]]:
    """Mark the findings that an ignore covers, and say of each ignore what came of it.

    `rules` are those that ignores may name; `root` is the folder that their `paths` are relative to (`Config.root`).
    The findings come back in their order; one that is suppressed already stays as it is, but counts as a use.
    """
    selectors: dict[tuple[str, ...], _Selectors] = {}
    trials = [_Trial(place, ignore, rules, today, root, selectors) for place, ignore in enumerate(ignores)]
    by_file: dict[str, list[_Trial]] = {}
    for trial in trials:
        if trial.ignore.region is not None:
            by_file.setdefault(trial.ignore.region.file, []).append(trial)
    anywhere = _Group([trial for trial in trials if trial.ignore.region is None])
    within = {file: _File(found) for file, found in by_file.items()}
    marked = []
    for finding in findings:
        file = within.get(finding.span.file)
        groups = (*file.groups(finding.span), anywhere) if file else (anywhere,)
        covering = [first for group in groups if (first := group.cover(finding)) is not None]
        marked.append(_mark(finding, min(covering, key=_place).ignore) if covering else finding)
    for group in (anywhere, *(group for file in within.values() for group in file.all)):
        group.count()
    return marked, [trial.outcome(ran) for trial in trials]


class _Selectors:
    """What the selectors of an ignore mean: those that each rule is named by, and what to tell of one that names none."""

    def __init__(self, selectors: tuple[str, ...], rules: Sequence[AnyRule]) -> None:
        self.unknown = next(filter(None, (unknown_selector(s, rules) for s in selectors)), "")
        self.of = {r.id: tuple(s for s in selectors if covers((s,), r)) for r in rules if covers(selectors, r)}


class _Trial:
    """An ignore while it is applied: its place among all, and what of it was of use."""

    def __init__(
        self,
        place: int,
        ignore: Ignore,
        rules: Sequence[AnyRule],
        today: "date | None",
        root: str,
        selectors: dict[tuple[str, ...], _Selectors],
    ) -> None:
        if ignore.rules not in selectors:
            selectors[ignore.rules] = _Selectors(ignore.rules, rules)
        self._selectors = selectors[ignore.rules]
        self.place = place
        self.ignore = ignore if ignore.mistake else replace(ignore, mistake=self._selectors.unknown)
        self.expired = ignore.until is not None and ignore.until < (today or type(ignore.until).today())
        self._uses = 0
        self._used: set[str] = set()
        self._root = root
        self._takes = _among(ignore.paths) if ignore.paths else None
        globs = {field: glob for field in ("kind", "namespace", "name", "container") if (glob := getattr(ignore, field))}
        self._globs = _patterns(globs) if globs else []

    @property
    def of_any_subject(self) -> bool:
        return not self._globs and self.ignore.about is None

    def reaches(self, rule_id: str, file: str) -> bool:
        """Whether it can cover findings of the rule in the file."""
        if rule_id not in self._selectors.of:
            return False
        return self._takes is None or self._takes(os.path.relpath(file, self._root).replace(os.sep, "/"))

    def takes(self, subject: Subject) -> bool:
        if self.ignore.about not in (None, (subject.kind, subject.namespace, subject.name)):
            return False
        return all(pattern.fullmatch(getattr(subject, field)) for field, pattern in self._globs)

    def use(self, rule_id: str, times: int = 1) -> None:
        """Remember that it covers findings of the rule; an expired one still counts, but covers nothing."""
        self._used.update(self._selectors.of[rule_id])
        self._uses += times

    def outcome(self, ran: Ran) -> Ignore:
        judged = {s for id, selectors in self._selectors.of.items() if ran(id, self.ignore.file) for s in selectors}
        unused = tuple(s for s in self.ignore.rules if s in judged and s not in self._used)
        return replace(self.ignore, uses=self._uses, unused=unused, expired=self.expired)


_place = attrgetter("place")
_WILD = re.compile(r"[*?\[]")


class _Reaching:
    """Ignores that can cover findings of one rule in one file: of any subject, of a container by its name, and others."""

    def __init__(self, trials: Iterable[_Trial]) -> None:
        self.any_subject: list[_Trial] = []
        self.of_container: dict[str, list[_Trial]] = {}
        self.others: list[_Trial] = []
        for trial in trials:
            container = trial.ignore.container
            if trial.of_any_subject:
                self.any_subject.append(trial)
            elif container and not _WILD.search(container):
                self.of_container.setdefault(container, []).append(trial)
            else:
                self.others.append(trial)


class _Group:
    """Ignores that cover the same findings as far as places go, in their order.

    Findings of one rule in one file are then told apart by their subject only, so most ignores are asked once for all of them.
    """

    def __init__(self, trials: Sequence[_Trial]) -> None:
        self._trials = trials
        self._reaching: dict[tuple[str, str], _Reaching] = {}
        self._findings: Counter[tuple[str, str]] = Counter()

    def cover(self, finding: Finding) -> _Trial | None:
        """The first ignore that covers the finding, which lies where they do; None where none does."""
        key = (finding.rule_id, finding.span.file)
        if key not in self._reaching:
            self._reaching[key] = _Reaching(trial for trial in self._trials if trial.reaches(*key))
        reaching = self._reaching[key]
        self._findings[key] += 1
        others = (*reaching.of_container.get(finding.subject.container, ()), *reaching.others)
        covering = sorted((trial for trial in others if trial.takes(finding.subject)), key=_place)
        for trial in covering:
            trial.use(finding.rule_id)
        first = (next((trial for trial in found if not trial.expired), None) for found in (reaching.any_subject, covering))
        return min(filter(None, first), key=_place, default=None)

    def count(self) -> None:
        """Have those of any subject remember what they cover."""
        for key, times in self._findings.items():
            for trial in self._reaching[key].any_subject:
                trial.use(key[0], times)


class _File:
    """The ignores that cover a part of one file: the whole, lines, or an object."""

    def __init__(self, trials: Sequence[_Trial]) -> None:
        whole: list[_Trial] = []
        lines: list[tuple[Position, Position, _Trial]] = []
        objects: dict[tuple[Position, Position], list[_Trial]] = {}
        for trial in trials:
            assert trial.ignore.region is not None
            _, line, column, end_line, end_column = trial.ignore.region
            if (line, column, end_line, end_column) == (1, 1, END, END):
                whole.append(trial)
            elif (column, end_column) == (1, END):
                lines.append(((line, 0), (end_line + 1, 0), trial))
            else:
                objects.setdefault(((line, column), (end_line, end_column)), []).append(trial)
        self._whole = _Group(whole)
        self._lines = Regions(lines)
        self._of_lines: dict[tuple[int, int], _Group] = {}
        self._objects = Regions((start, end, _Group(found)) for (start, end), found in objects.items())

    def groups(self, span: Span) -> Iterator[_Group]:
        """The groups that overlap the span."""
        start = (span.line, span.column)
        # A span without extent counts as one character.
        end = max((span.end_line, span.end_column), (span.line, span.column + 1))
        if end > (1, 1):
            yield self._whole
        last = end[0] if end[1] > 1 else end[0] - 1
        if (span.line, last) not in self._of_lines:
            found = self._lines.overlapping((span.line, 0), (last + 1, 0))
            self._of_lines[span.line, last] = _Group(sorted(found, key=_place))
        yield self._of_lines[span.line, last]
        yield from self._objects.overlapping(start, end)

    @property
    def all(self) -> Iterator[_Group]:
        yield self._whole
        yield from self._of_lines.values()
        yield from self._objects


def _patterns(globs: Mapping[str, str]) -> list[tuple[str, re.Pattern[str]]]:
    from scclint.files.globs import name_pattern

    return [(field, re.compile(name_pattern(glob))) for field, glob in globs.items()]


def _among(globs: tuple[str, ...]) -> Callable[[str], bool]:
    from scclint.files.globs import path_filter

    return path_filter(globs)


def _mark(finding: Finding, ignore: Ignore) -> Finding:
    if finding.suppression is not None:
        return finding
    return replace(finding, suppression=Suppression(ignore.by, ignore.reason, ignore.span))
