"""What a report says that an earlier state of the same files did not: findings are marked, never dropped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from scclint.finding import Finding, Notice, Suppression
from scclint.record import replace
from scclint.run.report import Report
from scclint.source import Span
from scclint.suppress.baseline import Key, key_of, match, without_lines
from scclint.text import shared_start

Where = Callable[[str], str]
"""From a file as a report names it to its path in the repository."""

_PAIRS = 1_000_000
"""Lines of one text times those of the other that difflib is given: it takes the square of their number."""


def mark_old(report: Report, base: Report, *, where: Where, where_in_base: Where, reason: str) -> Report:
    """`report` with those findings suppressed that `base` has as well and that lie on no changed line.

    The same finding is one of the same rule on the same field of the same object with the same words, wherever its lines
    have gone; where it is about an object, also in another file. The words tell a verdict that changed. The subjects of an old
    finding, and what its object opens, are subsets of those in `base`. A finding that spread to another unit, which `base` has
    without it, is new. A comment or annotation suppresses no finding that is new.
    """
    report = _without_new_suppressions(report, base, where, where_in_base)
    units_by_key: dict[Key, set[str]] = {}
    recorded: Counter[Key] = Counter()
    for old in base.live:
        key = _key(old, where_in_base)
        recorded[key] += 1
        units_by_key.setdefault(key, set()).update(old.units)
    findings = list(report.findings)
    live = [index for index, finding in enumerate(findings) if finding.suppression is None]
    keys = [_key(findings[index], where) for index in live]
    accepted, remainder = match(keys, recorded)
    both = {unit.name for unit in base.units} & {unit.name for unit in report.units}
    before = {where_in_base(finding.span.file): finding.span.file for finding in base.findings}
    changed: dict[str, set[int]] = {}
    for index, key, old_key in zip(live, keys, accepted, strict=True):
        finding = findings[index]
        if old_key is None or both.intersection(finding.units) - units_by_key[old_key]:
            continue
        if key.file not in changed:
            changed[key.file] = changed_lines(
                base.texts.get(before.get(key.file, ""), ""), report.texts.get(finding.span.file, "")
            )
        if not _touches(finding.span, changed[key.file]):
            findings[index] = replace(finding, suppression=Suppression("diff-base", reason))
    moved: Counter[Key] = Counter()
    for key, count in remainder.items():
        moved[key._replace(file="")] += count
    candidates = [(index, key) for index, key, old in zip(live, keys, accepted, strict=True) if old is None and key.kind]
    for (index, _), old_key in zip(candidates, match([key._replace(file="") for _, key in candidates], moved)[0], strict=True):
        if old_key is not None:
            findings[index] = replace(findings[index], suppression=Suppression("diff-base", reason))
    return replace(report, findings=tuple(findings))


def _without_new_suppressions(report: Report, base: Report, where: Where, where_in_base: Where) -> Report:
    """Return `report` with the findings live that a comment or annotation suppresses and that `base` does not have."""
    written = [f for f in report.findings if f.suppression is not None and f.suppression.by in ("comment", "annotation")]
    base_keys = Counter(_key(old, where_in_base)._replace(file="") for old in base.findings)
    keys = [_key(finding, where)._replace(file="") for finding in written]
    new = [finding for finding, key in zip(written, match(keys, base_keys)[0], strict=True) if key is None]
    notices = tuple(
        Notice(
            "note",
            "this suppression is new and counts once it is merged",
            finding.suppression.span.file,
            finding.suppression.span.line,
        )
        for finding in new
        if finding.suppression is not None and finding.suppression.span is not None
    )
    live = {id(finding): replace(finding, suppression=None) for finding in new}
    findings = tuple(live.get(id(finding), finding) for finding in report.findings)
    return replace(report, findings=findings, notices=(*report.notices, *dict.fromkeys(notices)))


def _key(finding: Finding, where: Where) -> Key:
    """The key of a finding in its file of the repository, with its releases, and its words without the subjects."""
    words = without_lines(finding.message.replace(finding.subjects_in_message, "", 1))
    return key_of(finding)._replace(file=where(finding.span.file), message="\n".join((words, *finding.releases)))


def _touches(span: Span, changed: set[int]) -> bool:
    # The end of a block is the beginning of the line after it.
    last = span.end_line - 1 if span.end_column <= 1 else span.end_line
    return any(line in changed for line in range(span.line, max(span.line, last) + 1))


def changed_lines(before: str, after: str) -> set[int]:
    """The 1-based numbers of the lines of `after` that are new or not as in `before`."""
    if before == after:
        return set()
    new = after.splitlines()
    same = set(_same(before.splitlines(), new, _by_landmarks))
    return {line + 1 for line in range(len(new)) if line not in same}


Compare = Callable[[list[str], list[str]], Iterable[int]]


def _same(old: list[str], new: list[str], if_large: Compare) -> Iterator[int]:
    """The numbers, from 0, of the lines of `new` that `old` has as well and in the same order."""
    # What both begin and end with is most of a manifest and costs difflib most of its time.
    head = shared_start(old, new)
    tail = shared_start(old[head:][::-1], new[head:][::-1])
    yield from range(head)
    yield from range(len(new) - tail, len(new))
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    compare = _by_difflib if len(old) * len(new) <= _PAIRS else if_large
    yield from (head + line for line in compare(old, new))


def _by_difflib(old: list[str], new: list[str]) -> Iterator[int]:
    from difflib import SequenceMatcher

    for block in SequenceMatcher(None, old, new).get_matching_blocks():
        yield from range(block.b, block.b + block.size)


def _by_landmarks(old: list[str], new: list[str]) -> Iterator[int]:
    """Large texts are cut at lines that occur once in both. In a part that is still large, everything between its ends counts as new."""
    old_from, new_from = 0, 0
    for old_to, new_to in (*_landmarks(old, new), (len(old), len(new))):
        part = _same(old[old_from:old_to], new[new_from:new_to], lambda old, new: ())
        yield from (new_from + line for line in part)
        old_from, new_from = old_to, new_to


def _landmarks(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return the numbers in both texts of the longest sequence of lines that occur once in each, in the same order."""
    from bisect import bisect_left

    there = _once(old)
    pairs = [(there[line], number) for line, number in _once(new).items() if line in there]
    # Of the sequences of each length the one that leaves most to follow: the line of `old` it ends with, and its last pair.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (line, _) in enumerate(pairs):
        length = bisect_left(ends, line)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [line], [index]
    landmarks = []
    index = last[-1] if last else -1
    while index >= 0:
        landmarks.append(pairs[index])
        index = before[index]
    return landmarks[::-1]


def _once(lines: list[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {line: number for number, line in enumerate(lines) if counts[line] == 1}
