"""One cause, one finding: a finding that goes with the fix of another one is shown as a line of that one.

Nothing is lost: only live problems are grouped, so that a finding whose winner is suppressed or not selected stands by itself. Access,
gaps and advice stand by themselves. The winner weighs at least as much, so that the worst severity and the exit status stay as they are.
"""

import os.path
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from scclint.causes.decisions import by_decision
from scclint.causes.reach import widest_first
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.finding import Finding, Suppression
from scclint.objects.documents.sniff import is_generated
from scclint.record import replace
from scclint.run.check import order
from scclint.run.report import Report
from scclint.text import and_more
from scclint.yaml.untyped import in_any_item

YIELDS: Mapping[str, tuple[str, ...]] = {"SCC101": ("SEC206",)}
"""The rules of the findings that a finding yields to, if they are about the same object. What fixes the other one fixes it as well."""

SAME_FOR = "the same holds for"
"""What a message says before the other containers of its object, which are lines of the cause as well."""

UNKNOWN_FIELD = "MAN003"
"""The rule about fields that do not exist."""

_MADE = "a comment says that a program writes this file: change what it is made from"

_COPIES = frozenset(("install", "objects"))
"""Steps to the objects of a ClusterServiceVersion and a Template, which scripts make of the other manifests of a repository."""

Subject = tuple[str, str, str, str, str]


def joined(report: Report, *, each_edit: bool = False) -> Report:
    """Return the report in which findings with one cause are suppressed by one of them, which lists them.

    `each_edit` leaves those apart that an edit of their own removes, as for fixes: copies of an object, and the objects that one decision
    outside of them concerns.
    """
    problems = report.problems
    made = {file: is_generated(report.texts.get(file, "")) for file in {finding.span.file for finding in problems}}
    winners = _Winners(report, made).of(problems, copies=not each_edit)
    of_decisions = {} if each_edit else by_decision([f for f in problems if f not in winners])
    for decided in of_decisions.values():
        winners |= dict.fromkeys(decided.others, decided.first)
    others: dict[Finding, list[Finding]] = {}
    containers: dict[Finding, list[str]] = {}
    for loser in winners:
        winner = _root(loser, winners)
        others.setdefault(winner, []).append(loser)
        if _cause(loser) == _cause(winner) and loser.subject.container:
            containers.setdefault(winner, []).append(loser.subject.container)
    shown = [_shown(finding, winners, others, containers) for finding in report.findings]
    findings = [
        of_decisions[before].said(after) if before in of_decisions else after
        for before, after in zip(report.findings, shown, strict=True)
    ]
    noted = (
        replace(f, notes=(*f.notes, _MADE)) if f.suppression is None and made.get(f.span.file, False) else f for f in findings
    )
    # The cause of several objects stands at another place than its findings.
    return replace(report, findings=tuple(sorted(noted, key=order) if of_decisions else noted))


class _Winners:
    """Finds for each finding the one that it is a line of. `made` says which files a program writes."""

    def __init__(self, report: Report, made: Mapping[str, bool]) -> None:
        self._mains = _mains(report.findings)
        self._rendered = {unit.name for unit in report.units if unit.rendered}
        self._made = made
        self._first: dict[tuple[object, ...], Finding] = {}

    def of(self, live: Sequence[Finding], *, copies: bool) -> dict[Finding, Finding]:
        """Return the winner of each finding that has one. `copies` is False if those on copies of one object have none."""
        # A file that is put together of others has more findings than each of them.
        number = Counter(finding.span.file for finding in live)
        by_source = sorted(
            live,
            # The line of a kustomization stands for objects that nobody wrote.
            key=lambda f: (
                self._is_derived(f),
                os.path.basename(f.span.file) in NAMES,
                self._rendered.isdisjoint(f.units),
                number[f.span.file],
            ),
        )
        found = {}
        for finding in by_source:
            winner = self._repeated(finding, copies) or next(_winners(finding, self._mains), None)
            if winner is not None:
                found[finding] = winner
        return found

    def _is_derived(self, finding: Finding) -> bool:
        return self._made[finding.span.file] or not _COPIES.isdisjoint(finding.path)

    def _repeated(self, finding: Finding, copies: bool) -> Finding | None:
        """Return the first finding that says the same as this one; None if this is the first."""
        said = self._earlier(_said(finding), finding)
        same = [
            self._earlier(_cause(finding), finding) if finding.cause else None,
            # What a program makes may differ from its source in other fields.
            said if self._is_derived(finding) else None,
            *([self._earlier(key, finding) for key in _same(finding)] if copies else ()),
        ]
        repeated: Finding | None = next((other for other in same if other is not None), None)
        if repeated is not None:
            return repeated
        # What one line of a template or base says counts once, whatever the objects are called that it makes.
        line = (finding.rule_id, finding.severity, finding.span, finding.path, finding.releases, finding.subject.kind)
        of_line = self._earlier(line, finding)
        names = (finding.subject.namespace, finding.subject.name)
        return of_line if of_line is not None and (of_line.subject.namespace, of_line.subject.name) != names else None

    def _earlier(self, key: tuple[object, ...], finding: Finding) -> Finding | None:
        """Return the first finding with this key; None if it is this one."""
        first = self._first.setdefault(key, finding)
        return first if first is not finding else None


def _mains(findings: Sequence[Finding]) -> dict[tuple[str, Subject], Finding]:
    """Return for each rule and object the finding that those of other rules yield to: one with a cause, and a live one if possible."""
    mains: dict[tuple[str, Subject], Finding] = {}
    for finding in findings:
        key = finding.rule_id, _subject(finding)
        mains[key] = min(mains.get(key, finding), finding, key=lambda one: (not one.cause, one.suppression is not None))
    return mains


def _winners(finding: Finding, mains: Mapping[tuple[str, Subject], Finding]) -> Iterator[Finding]:
    for rule in YIELDS.get(finding.rule_id, ()):
        winner = mains.get((rule, _subject(finding)))
        if winner is not None and winner.suppression is None and winner.rank <= finding.rank:
            yield winner


def _root(finding: Finding, winners: Mapping[Finding, Finding]) -> Finding:
    while finding in winners:
        finding = winners[finding]
    return finding


def _shown(
    finding: Finding,
    winners: Mapping[Finding, Finding],
    others: Mapping[Finding, list[Finding]],
    containers: Mapping[Finding, list[str]],
) -> Finding:
    """Return a finding with what yields to it, or suppressed by its winner. `containers` are the other ones that it is about."""
    if finding in winners:
        return hidden_by(_root(finding, winners), finding)
    if finding not in others:
        return finding
    message = finding.message
    if named := containers.get(finding):
        # Some formats show the message alone.
        message += f"; {SAME_FOR} container{'' if len(named) == 1 else 's'} {and_more(named, 3)}"
    return replace(finding, message=message, others=tuple(widest_first(others[finding])))


def hidden_by(winner: Finding, finding: Finding) -> Finding:
    """Return a finding that is shown as a line of its winner alone."""
    file = f" of {winner.span.file}" if winner.span.file != finding.span.file else ""
    reason = f"{winner.rule_id} in line {winner.span.line}{file} has the same cause"
    return replace(finding, suppression=Suppression("finding", reason, winner.span))


def _subject(finding: Finding) -> Subject:
    subject = finding.subject
    return finding.span.file, subject.kind, subject.namespace, subject.name, subject.part


def _said(finding: Finding) -> tuple[object, ...]:
    """What a finding says, of an object in any file."""
    subject = finding.subject
    about = subject.kind, subject.name, subject.part, subject.container
    return finding.rule_id, finding.severity, finding.message, finding.releases, about


def _same(finding: Finding) -> Iterator[tuple[object, ...]]:
    """What a finding has in common with one that says the same of a copy of the object, or of the object in another unit."""
    said = *_said(finding), finding.subject.namespace
    yield *said, finding.span
    if finding.subject.name:
        # Files of one folder that define the same object are alternatives, and the same is to be done.
        yield *said, finding.path, os.path.dirname(finding.span.file), finding.help
    yield from ((*said, finding.path, content) for content in finding.contents)
    if finding.help:
        # One line of a template wrote several fields of the object, and the same is to be done.
        yield finding.rule_id, finding.severity, _subject(finding), finding.span, finding.help, finding.releases
    if os.path.basename(finding.span.file) == CHART_FILE:
        # The objects of a packed dependency are one decision: whether and how the chart depends on it.
        yield finding.rule_id, finding.severity, finding.span, finding.releases
    if finding.rule_id == UNKNOWN_FIELD:
        # Whoever writes one field into a mapping that does not have it writes the others there as well, and it into other items of a list.
        yield finding.rule_id, finding.severity, _subject(finding), finding.path[:-1], finding.releases
        yield finding.rule_id, finding.severity, _subject(finding), in_any_item(finding.path), finding.releases, finding.help
    if finding.path[-1:] == ("apiVersion",):
        # All objects of a folder or unit that need another version are corrected in one go.
        old = finding.rule_id, finding.severity, finding.releases, finding.help
        yield *old, os.path.dirname(finding.span.file)
        yield *old, finding.units


def _cause(finding: Finding) -> tuple[object, ...]:
    """What findings with the same cause have in common."""
    return finding.rule_id, finding.severity, _subject(finding), finding.help, finding.cause, finding.releases, finding.units
