"""What a report says that an earlier state of the same files did not: findings are marked, never dropped."""

import re
from collections import Counter
from collections.abc import Callable

from scclint.baseline import Key, key_of
from scclint.finding import Finding, Report, Suppression
from scclint.record import replace
from scclint.source import Span

Where = Callable[[str], str]
"""From a file as a report names it to its path in the repository."""

Identity = tuple[Key, tuple[str, ...]]


def mark_old(report: Report, base: Report, *, where: Where, where_in_base: Where, reason: str) -> Report:
    """`report` with those findings suppressed that `base` has as well and that lie on no changed line.

    The same finding is one of the same rule on the same field of the same object with the same words, wherever its lines
    have gone; where it is about an object, also in another file. The words tell a verdict that changed.
    """
    here: Counter[tuple[str, Identity]] = Counter((where_in_base(f.span.file), _identity(f)) for f in base.live)
    before = {where_in_base(file): text for file, text in base.texts.items()}
    changed: dict[str, set[int]] = {}
    findings = list(report.findings)
    unmatched = []
    for index, finding in enumerate(findings):
        if finding.suppression is not None:
            continue
        file = where(finding.span.file)
        if here[file, _identity(finding)] <= 0:
            unmatched.append(index)
            continue
        here[file, _identity(finding)] -= 1
        if file not in changed:
            changed[file] = changed_lines(before.get(file, ""), report.texts.get(finding.span.file, ""))
        if not _touches(finding.span, changed[file]):
            findings[index] = replace(finding, suppression=Suppression("diff-base", reason))
    moved: Counter[Identity] = Counter()
    for (_, identity), left in here.items():
        moved[identity] += left
    for index in unmatched:
        identity = _identity(findings[index])
        if findings[index].subject.kind and moved[identity] > 0:
            moved[identity] -= 1
            findings[index] = replace(findings[index], suppression=Suppression("diff-base", reason))
    return replace(report, findings=tuple(findings))


def _identity(finding: Finding) -> Identity:
    message = re.sub(r"\b(line|column) \d+", r"\1", finding.message)
    return key_of(finding)._replace(file="", message=message), finding.releases


def _touches(span: Span, changed: set[int]) -> bool:
    # The end of a block is the beginning of the line after it.
    last = span.end_line - 1 if span.end_column <= 1 else span.end_line
    return any(line in changed for line in range(span.line, max(span.line, last) + 1))


def changed_lines(before: str, after: str) -> set[int]:
    """The 1-based numbers of the lines of `after` that are new or not as in `before`."""
    if before == after:
        return set()
    old, new = before.splitlines(), after.splitlines()
    # What both begin and end with is most of a manifest and costs difflib most of its time.
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail]).get_matching_blocks()
    same = {head + line for block in blocks for line in range(block.b, block.b + block.size)}
    return {line + 1 for line in range(head, len(new) - tail) if line not in same}
